"""Read and write addresses: HOST:PORT, as people type them and peers announce them.

Decides what counts as an address: an IPv4 address, an IPv6 address in brackets (with %scope
where it is link-local) or a host name, and a port.  Looks nothing up.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from p2pblog.core.errors import BadAddress

ADDRESS_CHARS_MAX = 300  # a host name has at most 253
NOWHERE = "none"
"""Typed in the place of addresses to listen at: there are none."""

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_SCOPE = re.compile(r"[A-Za-z0-9_.-]{1,15}")


@dataclass(frozen=True, slots=True)
class Address:
    """A host (IPv4, IPv6 with its %scope, or a name) and a port (0 to 65535)."""

    host: str
    port: int

    @property
    def is_name(self) -> bool:
        """Whether the host must be looked up, and may stand for several addresses."""
        return ":" not in self.host and not _NUMBER.fullmatch(self.host.split(".")[-1])

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, *, listening: bool = False) -> Address:
    """Return the address that `text` writes, its host in normal form.

    Args:
        text: HOST:PORT, [IPV6]:PORT or [fe80::1%eth0]:PORT.
        listening: also take port 0 (any free port) and the addresses that mean every
            interface, 0.0.0.0 and [::]; nobody can be dialled there.
    Raises:
        BadAddress: anything else.
    """
    text = text.strip()
    if len(text) > ADDRESS_CHARS_MAX:
        raise BadAddress("it is too long")
    host, colon, port_text = text.rpartition(":")
    if not colon:
        raise BadAddress("it has no port")
    if not host:
        raise BadAddress("it has no host")
    # isdecimal alone would let the digits of other scripts through.
    if not (port_text.isascii() and port_text.isdecimal() and len(port_text) <= 5):
        raise BadAddress("its port is not a number")
    port = int(port_text)
    least = 0 if listening else 1
    if not least <= port <= 65_535:
        raise BadAddress(f"its port is not between {least} and 65535")
    if host.startswith("[") and host.endswith("]"):
        host = _ipv6(host[1:-1], listening=listening)
    elif ":" in host:
        raise BadAddress("an IPv6 address stands in brackets, as in [fe80::1%eth0]:4114")
    else:
        host = _ipv4_or_name(host, listening=listening)
    return Address(host, port)


def address_of(sockaddr: Any) -> Address:
    """Return the address in what `getpeername` or `getsockname` gave for an IP socket.

    An IPv4 peer of a socket that serves both families appears as IPv4.
    """
    host, port = str(sockaddr[0]), int(sockaddr[1])
    if len(sockaddr) == 4:
        plain, _, scope = host.partition("%")
        ip = IPv6Address(plain)
        if ip.ipv4_mapped is not None:
            return Address(str(ip.ipv4_mapped), port)
        if not scope and sockaddr[3]:
            scope = _interface_name(sockaddr[3])
        host = f"{ip}%{scope}" if scope else str(ip)
    return Address(host, port)


def _ipv6(host: str, *, listening: bool) -> str:
    plain, percent, scope = host.partition("%")
    try:
        ip = IPv6Address(plain)
    except ValueError:
        raise BadAddress("what stands in brackets is not an IPv6 address") from None
    if ip.ipv4_mapped is not None and not percent:
        return _checked(ip.ipv4_mapped, listening=listening)
    if percent and not (ip.is_link_local and _SCOPE.fullmatch(scope)):
        raise BadAddress("what stands behind % is not an interface")
    if ip.is_link_local and not percent:
        raise BadAddress("a link-local address needs its interface, as in [fe80::1%eth0]:4114")
    return _checked(ip, listening=listening) + percent + scope


def _ipv4_or_name(host: str, *, listening: bool) -> str:
    try:
        ip = ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        # A name whose last label is a number is a mistyped IPv4 address: resolvers would take
        # 192.168.1 or 0x7f.1 for one.
        if (
            len(host) > 253
            or not all(_LABEL.fullmatch(label) for label in labels)
            or _NUMBER.fullmatch(labels[-1])
        ):
            raise BadAddress("its host is neither an address nor a name") from None
        return host.lower()
    return _checked(ip, listening=listening)


def _checked(ip: IPv4Address | IPv6Address, *, listening: bool) -> str:
    if ip.is_multicast or (ip.is_unspecified and not listening):
        raise BadAddress("no single machine has that address")
    return str(ip)


def _interface_name(index: int) -> str:
    try:
        return socket.if_indextoname(index)
    except OSError:  # it is gone again
        return str(index)
