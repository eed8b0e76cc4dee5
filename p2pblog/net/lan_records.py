"""Decide what a node says of itself on the LAN, and what it believes of others.

Implements protocol/07-discovery.md sections 3 to 5.  Pure: records in, `Found` out.  All of it
is hearsay: anybody on the LAN can announce anything, so a record is only a hint whom to dial,
and the handshake on the link decides who is there.  What is checked here bounds where a
stranger can make us dial: unicast addresses, unprivileged ports, a few of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from p2pblog.core.crypto import digest
from p2pblog.core.errors import BadTextForm
from p2pblog.core.limits import LAN_ADDRESSES_MAX, LAN_PORT_MIN, LAN_TXT_BYTES_MAX
from p2pblog.core.textform import Kind, from_text, to_text
from p2pblog.net.address import Address
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind

SERVICE_TYPE = "_p2pblog._tcp.local."
VERSION = b"1"
_NAME_CHARS = 20  # of the device's text form: 95 bits, and short enough to read in a list
_TAG_BYTES = 8
_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_SHARED = ip_network("100.64.0.0/10")
_V4_ANNOUNCED_MAX = LAN_ADDRESSES_MAX // 2


@dataclass(frozen=True, slots=True)
class Found:
    """A device on the LAN that says it is of our network.

    `addresses` are "HOST:PORT", ready for dialling, the best first; at most 8.
    """

    device: bytes
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What the DNS records of one instance say, unchecked.

    `addresses` are (4 or 16 bytes, index of the interface they came in on or None), the
    newest first; `ttl_s` is how much longer the records hold.
    """

    name: str
    txt: bytes
    port: int
    addresses: tuple[tuple[bytes, int | None], ...]
    ttl_s: float


def instance_name(device: bytes) -> str:
    """Return the full name under which `device` (32 bytes) is announced.

    It follows from the key, so that nobody can speak for a device under a second name, and
    two honest nodes never compete for one.
    """
    return f"{to_text(Kind.DEVICE, device)[:_NAME_CHARS]}.{SERVICE_TYPE}"


def is_instance_name(name: str) -> bool:
    """Tell whether a full name could be a node's, before anything else is looked at."""
    label, dot, service = name.partition(".")
    return (
        len(label) == _NAME_CHARS
        and label[0] == Kind.DEVICE.value
        and _ALPHABET.issuperset(label)
        and dot + service == f".{SERVICE_TYPE}"
    )


def host_name(device: bytes) -> str:
    """Return the host that the addresses belong to: ours alone, not the machine's own name."""
    return f"{to_text(Kind.DEVICE, device)[:_NAME_CHARS]}.local."


def network_tag(network_key: bytes) -> str:
    """Return what tells networks apart on a LAN (16 hex digits) without revealing the key."""
    return digest(b"p2pblog network tag" + network_key)[:_TAG_BYTES].hex()


def write_txt(device: bytes, network_key: bytes) -> bytes:
    """Return the TXT record: length-prefixed strings `v`, `d` and `n`."""
    fields = [
        b"v=" + VERSION,
        b"d=" + to_text(Kind.DEVICE, device).encode(),
        b"n=" + network_tag(network_key).encode(),
    ]
    return b"".join(bytes([len(field)]) + field for field in fields)


def announced(addresses: Iterable[InterfaceAddress]) -> list[str]:
    """Return which of our addresses to announce: IPv4 and link-local IPv6 before the rest."""
    ordered = sorted(addresses, key=lambda one: (one.is_v6, not one.is_link_local_v6))
    v4 = [one.address for one in ordered if not one.is_v6][:_V4_ANNOUNCED_MAX]
    v6 = list(dict.fromkeys(one.address for one in ordered if one.is_v6))
    return (v4 + v6)[:LAN_ADDRESSES_MAX]


def read_record(record: Record, *, tag: str, here: Sequence[InterfaceAddress]) -> Found | None:
    """Return whom a record announces; None when it is malformed, foreign or not reachable.

    Args:
        record: from anybody on the LAN.
        tag: our `network_tag`.
        here: the addresses that we look for peers on.
    """
    fields = _read_txt(record.txt)
    if fields.get(b"v") != VERSION or fields.get(b"n") != tag.encode():
        return None
    try:
        device = from_text(Kind.DEVICE, fields.get(b"d", b"").decode("ascii"))
    except (BadTextForm, UnicodeDecodeError):
        return None
    if instance_name(device) != record.name or not LAN_PORT_MIN <= record.port <= 65_535:
        return None
    ranked = []
    for packed, scope in record.addresses[: LAN_ADDRESSES_MAX * 2]:
        rank_and_host = _judge(packed, scope, here)
        if rank_and_host is not None:
            ranked.append(rank_and_host)
    ranked.sort(key=lambda item: item[0])  # stable: among equals, the newest stays first
    hosts = dict.fromkeys(host for _, host in ranked)
    addresses = tuple(str(Address(host, record.port)) for host in hosts)
    return Found(device, addresses[:LAN_ADDRESSES_MAX]) if addresses else None


def _read_txt(txt: bytes) -> dict[bytes, bytes]:
    """Return the fields of a TXT record; nothing at all when it is malformed or too long."""
    if len(txt) > LAN_TXT_BYTES_MAX:
        return {}
    fields: dict[bytes, bytes] = {}
    at = 0
    while at < len(txt):
        end = at + 1 + txt[at]
        if end > len(txt):
            return {}
        key, _, value = txt[at + 1 : end].partition(b"=")
        fields.setdefault(key.lower(), value)  # RFC 6763 section 6.4: the first one counts
        at = end
    return fields


def _judge(
    packed: bytes, scope: int | None, here: Sequence[InterfaceAddress]
) -> tuple[int, str] | None:
    """Return (rank, host to dial) of an announced address; None for one we never dial."""
    if len(packed) not in (4, 16):
        return None
    ip = ip_address(packed)
    if ip.is_multicast or ip.is_unspecified:
        return None
    if isinstance(ip, IPv6Address):
        if packed[0] == 0 and not ip.is_loopback:
            return None  # an IPv4 address in disguise would pass by the checks for those
        if ip.is_link_local:
            # It means nothing without the interface, and that must be one we look on.
            names = {one.index: one.name for one in here if one.is_v6}
            return None if scope not in names else (1, f"{ip}%{names[scope]}")
    elif ip.is_reserved or packed[0] == 0:  # 240.0.0.0/4 and 0.0.0.0/8 are nobody's
        return None
    on_link = any(one.is_v6 == (ip.version == 6) and ip in one.network for one in here)
    if ip.is_loopback or all(one.kind is InterfaceKind.LOOPBACK for one in here):
        # The loopback is a network of its own: nothing leads into it, or out of it.
        if not (ip.is_loopback and on_link):
            return None
    elif not on_link and ip in _SHARED:
        return None  # the inside of a carrier's network, which is another one everywhere
    return (0 if on_link else 2) + (ip.version == 6), str(ip)
