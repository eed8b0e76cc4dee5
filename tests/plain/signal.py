"""Chapter 14, sections 2 to 4: offers and answers, and their text form."""

from __future__ import annotations

from base64 import b32decode, b32encode
from hashlib import blake2b
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from tests.plain.msgpack import decode
from tests.plain.refused import need
from tests.plain.segment import is_bin, is_int
from tests.plain.textform import LOWER, UPPER

ICE = set(UPPER + LOWER + "0123456789+/")
DIGITS = LOWER + "234567"
NOBODY: list[IPv4Network | IPv6Network] = [
    *map(IPv4Network, ("0.0.0.0/8", "224.0.0.0/3")),
    *map(IPv6Network, ("::/8", "fe80::/9", "ff00::/8")),
]
MYSELF: list[IPv4Network | IPv6Network] = [IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")]


def read(data: bytes) -> dict[str, Any]:
    """Return what an offer or answer says (W-2 to W-6)."""
    need(len(data) <= 512, "too-large")
    value = decode(data)
    bad = "bad-structure"
    need(isinstance(value, list) and len(value) >= 2, bad)
    need(is_int(value[0]) and value[0] in (0, 1) and is_int(value[1]) and value[1] == 1, bad)
    need(len(value) == 6 + value[0], bad)
    ufrag, pwd, fingerprint, candidates = value[2:6]
    _ice(ufrag, 4, 32)
    _ice(pwd, 22, 64)
    need(is_bin(fingerprint, 32), bad)
    if value[0] == 1:
        _ice(value[6], 4, 32)
    need(isinstance(candidates, list) and 1 <= len(candidates) <= 8, bad)
    places = [_candidate(one) for one in candidates]
    need(len(set(places)) == len(places), bad)
    here = [any(ip in net for net in MYSELF if net.version == ip.version) for ip, _ in places]
    need(all(here) or not any(here), bad)
    return {
        "type": "answer" if value[0] else "offer",
        "candidates": [[str(ip), port] for ip, port in places],
    }


def _ice(value: Any, low: int, high: int) -> None:
    need(
        isinstance(value, str) and low <= len(value) <= high and set(value) <= ICE, "bad-structure"
    )


def _candidate(value: Any) -> tuple[Any, int]:
    bad = "bad-structure"
    need(isinstance(value, list) and len(value) == 3, bad)
    kind, address, port = value
    need(is_int(kind) and kind in (0, 1), bad)
    need(is_bin(address, 4) or is_bin(address, 16), bad)
    need(is_int(port) and 1024 <= port <= 65_535, bad)
    ip = ip_address(address)
    nobody = any(ip in net for net in NOBODY if net.version == ip.version)
    need(not nobody or ip == ip_address("::1"), bad)
    return ip, port


def write_text(letter: str, data: bytes) -> str:
    """Return the text form of an offer (o) or an answer (a)."""
    check = blake2b(letter.encode() + data, digest_size=3).digest()
    return letter + b32encode(data + check).decode().lower().rstrip("=")


def read_text(letter: str, text: str) -> bytes:
    """Return the bytes behind a text form (W-9, W-10)."""
    text = "".join(text.split()).translate(str.maketrans(UPPER, LOWER))
    bad = "bad-offer"
    need(text[:1] == letter and all(char in DIGITS for char in text[1:]), bad)
    need(len(text[1:]) % 8 in (0, 2, 4, 5, 7), bad)  # RFC 4648: no bytes have 1, 3 or 6
    digits = text[1:].upper()
    data = b32decode(digits + "=" * (-len(digits) % 8))[:-3]
    need(0 < len(data) <= 512 and write_text(letter, data) == text, bad)
    return data
