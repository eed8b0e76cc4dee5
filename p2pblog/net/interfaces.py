"""Decide which network interfaces and addresses of this machine to use.

Implements protocol/07-discovery.md section 2.  `snapshot` asks the kernel (through ifaddr
and one ioctl an interface; both see the network namespace that the process is in), `choose`
picks from such a list without asking anybody, `NetworkWatch` notices that the list has
changed or that the machine has slept.  Nothing here sends or listens.

What people expect of "the LAN", and so the default: Ethernet and Wi-Fi, not the loopback,
not a VPN (point-to-point: multicast does not cross it, and the office should not see the
living room), not the bridges of containers and virtual machines.  Any of these can be
chosen by name.
"""

from __future__ import annotations

import re
import socket
import struct
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from fcntl import ioctl
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path

import ifaddr

from p2pblog.core.limits import SLEEP_GAP_S
from p2pblog.net.address import Address, parse_address


class InterfaceKind(StrEnum):
    """What an interface is for, as far as finding neighbours is concerned."""

    LAN = "lan"
    LOOPBACK = "loopback"
    TUNNEL = "tunnel"  # point-to-point: VPNs, dial-up
    VIRTUAL = "virtual"  # bridges of containers and virtual machines, Apple's private links


@dataclass(frozen=True, slots=True, order=True)
class InterfaceAddress:
    """One unicast address of one interface that is up.

    `address` has no scope; `host` is what to bind or dial, with the scope where it needs one.
    """

    name: str
    index: int
    address: str
    prefix: int
    kind: InterfaceKind

    @property
    def ip(self) -> IPv4Address | IPv6Address:
        return ip_address(self.address)

    @property
    def network(self) -> IPv4Network | IPv6Network:
        return ip_network(f"{self.address}/{self.prefix}", strict=False)

    @property
    def host(self) -> str:
        return f"{self.address}%{self.name}" if self.is_link_local_v6 else self.address

    @property
    def is_v6(self) -> bool:
        return ":" in self.address

    @property
    def is_link_local_v6(self) -> bool:
        return self.is_v6 and self.ip.is_link_local


class NetworkChange(IntEnum):
    """What `NetworkWatch.poll` has noticed since it was last asked."""

    NONE = 0
    ADDRESSES = 1  # an interface or address came or went
    WOKE = 2  # the machine has slept, or the process was stopped


# The flags of an interface, from <net/if.h>; MULTICAST differs between the systems.
_UP, _LOOPBACK, _POINT_TO_POINT, _RUNNING = 0x1, 0x8, 0x10, 0x40
_MULTICAST = 0x1000 if sys.platform == "linux" else 0x8000
_GET_FLAGS = 0x8913 if sys.platform == "linux" else 0xC0206911  # SIOCGIFFLAGS

# Linux calls an interface's own side of things by convention only, so this goes by name.
# Not "veth": inside a container that is the way out.
_VIRTUAL_NAME = re.compile(
    r"docker|br-[0-9a-f]{12}$|virbr|lxcbr|lxdbr|incusbr|cni|podman|flannel|cali|vmnet|vboxnet"
    r"|awdl|llw|anpi"
)
# Flags in /proc/net/if_inet6: not usable yet (duplicate detection runs), found to be a duplicate.
_TENTATIVE, _DAD_FAILED = 0x40, 0x08
_IF_INET6 = Path("/proc/net/if_inet6")


def snapshot() -> tuple[InterfaceAddress, ...]:
    """Return every usable address of every interface that is up and connected, sorted.

    Takes about 0.2 ms.  An interface without carrier (a pulled cable) is not up; an IPv6
    address that is still being checked for duplicates is left out until it may be used.
    """
    unusable = _unusable_v6()
    found: list[InterfaceAddress] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for adapter in ifaddr.get_adapters():
            if adapter.index is None or not adapter.ips:
                continue
            kind = _kind(adapter.name, _flags(asking, adapter.name))
            if kind is None:
                continue
            for ip in adapter.ips:
                address = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
                if (adapter.name, address) not in unusable:
                    found.append(
                        InterfaceAddress(
                            adapter.name, adapter.index, address, ip.network_prefix, kind
                        )
                    )
    return tuple(sorted(found))


def choose(
    addresses: Iterable[InterfaceAddress],
    *,
    names: Collection[str] | None = None,
    listen_hosts: Sequence[str] = (),
) -> tuple[InterfaceAddress, ...]:
    """Return the addresses to look for peers on, and to tell them.

    Args:
        addresses: what `snapshot` returned.
        names: only these interfaces, of whatever kind; None for the default (see above).
        listen_hosts: where this node accepts links.  A wildcard ("", "0.0.0.0", "::") or
            nothing at all allows every interface; otherwise only the addresses listened on:
            a node on 127.0.0.1 has business on the loopback alone.
    """
    hosts = [_bare(host) for host in listen_hosts]
    everywhere = not hosts or "" in hosts or "::" in hosts
    chosen = []
    for one in addresses:
        explicit = one.address in hosts
        if not (explicit or everywhere or ("0.0.0.0" in hosts and not one.is_v6)):  # noqa: S104
            continue
        if names is not None:
            wanted = one.name in names
        else:
            wanted = explicit or one.kind is InterfaceKind.LAN
        if wanted:
            chosen.append(one)
    return tuple(chosen)


def reachable_at(listening: Iterable[str], addresses: Iterable[InterfaceAddress]) -> list[str]:
    """Return, best first, where others may dial a node that listens there.

    Args:
        listening: HOST:PORT of each listener; 0.0.0.0 and [::] stand for every address.
        addresses: this machine's, as `snapshot` gives them.
    Returns:
        HOST:PORT without those that mean every address, nor link-local ones, which need the
        name of an interface of the other machine.  Of a machine without a network, its
        loopback: programs on itself can dial that.
    """
    found: dict[str, None] = {}
    here = sorted(addresses, key=lambda one: (one.kind is InterfaceKind.TUNNEL, one.is_v6, one))
    outward = (InterfaceKind.LAN, InterfaceKind.TUNNEL)
    usable = [one for one in here if one.kind in outward and not one.is_link_local_v6]
    usable = usable or [one for one in here if one.kind is InterfaceKind.LOOPBACK]
    for text in listening:
        at = parse_address(text, listening=True)
        if at.host not in ("::", "0.0.0.0"):  # noqa: S104 (compared, not bound)
            found[text] = None
            continue
        for one in usable:
            if at.host == "::" or not one.is_v6:
                found[str(Address(one.address, at.port))] = None
    return list(found)


def channel_hosts(
    listening: Iterable[str],
    addresses: Sequence[InterfaceAddress],
    *,
    names: Collection[str] | None = None,
) -> list[str]:
    """Return the addresses that data channels may use, best first: where others may dial us.

    Args:
        listening: HOST:PORT of each listener, as for `reachable_at`; without any, all that
            suit: who takes no calls at an address can be called through others.
        addresses: this machine's, as `snapshot` gives them.
        names: only these interfaces; None for all.
    Returns:
        Hosts, each once, without link-local ones: they mean nothing in an offer.
    """
    reached = reachable_at(tuple(listening) or ("[::]:0",), addresses)
    hosts = dict.fromkeys(parse_address(one, listening=True).host for one in reached)
    if names is not None:
        chosen = {one.address for one in addresses if one.name in names}
        hosts = dict.fromkeys(host for host in hosts if host in chosen)
    return [host for host in hosts if "%" not in host]


class NetworkWatch:
    """Notices, each time it is asked, that addresses changed or that the machine slept.

    Suspended time is missing from Linux' monotonic clock but not from the wall clock; on
    macOS, or when the process alone was stopped, the next poll simply comes late.

    Args:
        addresses: the addresses to watch, as `choose` gives them.
        poll_s: how often `poll` will be called.
        clock: monotonic seconds.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        addresses: Callable[[], Sequence[InterfaceAddress]],
        *,
        poll_s: float,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._addresses = addresses
        self._gap_s = poll_s + SLEEP_GAP_S
        self._clock, self._wall = clock, wall
        self._clock_s, self._wall_s = clock(), wall()
        self.current = tuple(addresses())

    def poll(self) -> NetworkChange:
        """Look again; `current` is up to date afterwards."""
        clock_s, wall_s = self._clock(), self._wall()
        passed_s = max(clock_s - self._clock_s, wall_s - self._wall_s)
        self._clock_s, self._wall_s = clock_s, wall_s
        before, self.current = self.current, tuple(self._addresses())
        if passed_s > self._gap_s:
            return NetworkChange.WOKE
        return NetworkChange.ADDRESSES if self.current != before else NetworkChange.NONE


def _bare(host: str) -> str:
    """Return an address without brackets and scope, in its usual spelling; a name as it is."""
    host = host.strip("[]").partition("%")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return "127.0.0.1" if host == "localhost" else host


def _kind(name: str, flags: int) -> InterfaceKind | None:
    """Return what an interface is; None when it cannot be used for finding peers now."""
    if not flags & _UP or not flags & _RUNNING:
        return None
    if flags & _LOOPBACK:
        return InterfaceKind.LOOPBACK
    if flags & _POINT_TO_POINT:
        return InterfaceKind.TUNNEL
    if not flags & _MULTICAST:
        return None
    # A port of a bridge (the host's end of a container's cable) is not a way out by itself.
    if _VIRTUAL_NAME.match(name) or Path("/sys/class/net", name, "brport").exists():
        return InterfaceKind.VIRTUAL
    return InterfaceKind.LAN


def _flags(asking: socket.socket, name: str) -> int:
    """Return the kernel's flags of an interface; 0, as if down, when it has just gone."""
    request = struct.pack("16sH30x", name.encode()[:15], 0)
    try:
        answer = ioctl(asking, _GET_FLAGS, request)
    except OSError:
        return 0
    flags: int = struct.unpack_from("H", answer, 16)[0]
    return flags


def _unusable_v6() -> set[tuple[str, str]]:
    """Return (interface, address) of the IPv6 addresses that cannot be bound yet (Linux)."""
    try:
        lines = _IF_INET6.read_text().splitlines()
    except OSError:
        return set()  # another system, or IPv6 is off
    unusable = set()
    for line in lines:
        fields = line.split()
        if len(fields) == 6 and int(fields[4], 16) & (_TENTATIVE | _DAD_FAILED):
            unusable.add((fields[5], str(IPv6Address(bytes.fromhex(fields[0])))))
    return unusable
