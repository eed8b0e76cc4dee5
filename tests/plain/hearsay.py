"""Chapter 7 section 5, and M-1 of chapter 15: what is believed of what others announce."""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)

from tests.plain.hashes import b256
from tests.plain.refused import Refused
from tests.plain.textform import read, write

SERVICE = "._p2pblog._tcp.local."
NOWHERE = [ip_network(net) for net in ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "ff00::/8")]
SHARED, LINK_LOCAL = ip_network("100.64.0.0/10"), ip_network("fe80::/10")
IP = IPv4Address | IPv6Address


def tag(network: bytes) -> bytes:
    """Return the tag of a network, as digits."""
    return b256(b"p2pblog network tag" + network)[:8].hex().encode()


def strings(txt: bytes) -> list[bytes] | None:
    """Return the strings of a TXT record, or None where it is malformed or too long."""
    found, at = [], 0
    while at < len(txt):
        end = at + 1 + txt[at]
        found.append(txt[at + 1 : end])
        at = end
    return found if at == len(txt) <= 512 else None


def fields(txt: bytes) -> dict[bytes, bytes]:
    """Return the fields of a TXT record: of two of one name the first (D-4)."""
    made: dict[bytes, bytes] = {}
    for string in strings(txt) or []:
        name, _, value = string.partition(b"=")
        made.setdefault(name.lower(), value)
    return made


def device_of(name: str, txt: bytes, network: bytes) -> bytes | None:
    """Return the device that an instance announces, if it is of this network (D-5)."""
    said = fields(txt)
    if (said.get(b"v"), said.get(b"n")) != (b"1", tag(network)):
        return None
    try:
        device = read("d", said.get(b"d", b"").decode("ascii", "replace"))
    except Refused:
        return None
    return device if write("d", device)[:20] + SERVICE == name else None


def is_nowhere(ip: IP) -> bool:
    """Tell whether an address is no machine's, or another one in disguise (D-6)."""
    disguised = ip.version == 6 and ip.packed[0] == 0 and str(ip) != "::1"
    return disguised or any(ip in net for net in NOWHERE if net.version == ip.version)


def rank(ip: IP, heard_on: str, here: list[tuple[str, str]]) -> int | None:
    """Return the place of an address in the order of section 5; None for one left out."""
    own = [(name, ip_interface(spelt)) for name, spelt in here]
    if is_nowhere(ip):
        return None
    if ip in LINK_LOCAL:
        return 1 if any(name == heard_on and one.version == 6 for name, one in own) else None
    on_link = any(one.version == ip.version and ip in one.network for _, one in own)
    if ip.is_loopback and not on_link:
        return None
    if not ip.is_loopback and all(one.ip.is_loopback for _, one in own):
        return None
    if ip in SHARED and not on_link:
        return None
    return (0 if on_link else 2) + (ip.version == 6)


def spelt(ip: IP, heard_on: str, port: int) -> str:
    """Return an address as it is dialled."""
    if ip.version == 4:
        return f"{ip}:{port}"
    scope = f"%{heard_on}" if ip in LINK_LOCAL else ""
    return f"[{ip}{scope}]:{port}"


def lan(
    network: bytes,
    own: bytes,
    here: list[tuple[str, str]],
    name: str,
    txt: bytes,
    port: int,
    addresses: list[tuple[str, str]],
) -> tuple[bytes | None, list[str]]:
    """Return the device that is found and where it may be dialled, or nothing."""
    device = device_of(name, txt, network)
    if device is None or device == own or not 1024 <= port <= 65_535:
        return None, []
    kept: list[tuple[int, str]] = []
    for text, heard_on in addresses:
        ip = ip_address(text)
        place = rank(ip, heard_on, here)
        if place is not None:
            kept.append((place, spelt(ip, heard_on, port)))
    dial: list[str] = []
    for wanted in range(4):
        for place, text in kept:
            if place == wanted and text not in dial:
                dial.append(text)
    return (device, dial[:8]) if dial else (None, [])


def may_dial(address: str) -> bool:
    """Tell whether an address that a peer tells of may be dialled (M-1)."""
    found = re.fullmatch(r"(?:([0-9.]+)|\[([0-9a-f:.]+)\]):([0-9]{1,5})", address)
    if found is None or not 1024 <= int(found[3]) <= 65_535:
        return False
    try:
        ip = ip_address(found[1] or found[2])
    except ValueError:
        return False
    link_local = IPv6Network("fe80::/10") if ip.version == 6 else ip_network("169.254.0.0/16")
    return not (is_nowhere(ip) or ip.is_loopback or ip in link_local)
