"""Which of the addresses that peers tell of may be dialled.

Implements protocol/15-overlay.md, M-1.  Nobody may point this node at a printer, at a name
that has to be looked up, or at what listens on its own loopback only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from p2pblog.core.errors import BadAddress
from p2pblog.core.limits import LAN_PORT_MIN
from p2pblog.net.address import parse_address


def may_be_dialled(addresses: Iterable[str], own: Sequence[str]) -> tuple[str, ...]:
    """Return those of a member's addresses, HOST:PORT each, that a node may dial.

    Args:
        own: the addresses of this node.  Where they are loopback ones, there is no other
            network, and others are those of the same machine.
    """
    alone = bool(own) and all(_is_loopback(address) for address in own)
    return tuple(address for address in addresses if _is_fit(address, loopback=alone))


def _is_fit(text: str, *, loopback: bool) -> bool:
    ip = _ip_of(text, LAN_PORT_MIN)
    if ip is None or ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        return False
    if isinstance(ip, IPv6Address):
        if ip.packed[0] == 0 and not ip.is_loopback:
            return False  # an IPv4 address in disguise would pass by the checks for those
    elif ip.is_reserved or ip.packed[0] == 0 or "[" in text:
        return False
    return ip.is_loopback == loopback


def _is_loopback(text: str) -> bool:
    ip = _ip_of(text, 0)
    return ip is not None and ip.is_loopback


def _ip_of(text: str, port_min: int) -> IPv4Address | IPv6Address | None:
    try:
        address = parse_address(text, listening=True)
        return None if address.port < port_min else ip_address(address.host)
    except (BadAddress, ValueError):  # a name, or an address with a scope
        return None
