"""Chapter 9, sections 1, 2 and 4: the forms of messages."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.plain import segment
from tests.plain.deflate import inflate
from tests.plain.msgpack import LARGEST, decode
from tests.plain.refused import need
from tests.plain.segment import is_bin, is_int

NAMES = [
    "hello", "have", "want", "segment", "done", "ping", "pong", "bye", "ask_blob", "blob_part",
    "latest", "fork", "compare", "compared", "reveal", "agreed", "told", "seek", "note", "graft",
    "prune", "packed", "join", "shuffle", "relay", "batch",
]  # fmt: skip
COUNTS = {
    "want": 5, "segment": 2, "ask_blob": 3, "blob_part": 2, "latest": 3, "compare": 3,
    "compared": 3, "reveal": 2, "agreed": 0, "graft": 2,
    "join": 2, "shuffle": 2, "relay": 4,
}  # fmt: skip
NUMBERED = ("want", "segment", "done", "ping", "pong", "ask_blob", "blob_part", "latest")
HOPS = {"join": 6, "shuffle": 4, "relay": 8}
SIZE_MOST = 1_048_576
DIGITS = "0123456789abcdef"


def read(data: bytes) -> tuple[str, list[Any]]:
    """Return the name and the fields of a message (S-1, S-2), packed or not (S-33)."""
    value = decode(data)
    if is_type(value, "packed"):
        ok(len(value) == 3 and is_int(value[1]) and isinstance(value[2], bytes))
        ok(value[1] >= 1)
        need(value[1] <= SIZE_MOST, "too-large")
        value = decode(inflate(value[2], value[1]))
    if is_type(value, "batch"):
        ok(len(value) == 2 and isinstance(value[1], list) and 2 <= len(value[1]) <= 256)
        return "batch", [[check(item) for item in value[1]]]
    return check(value)


def each(data: bytes) -> list[tuple[str, list[Any]]]:
    """Return the messages that travel together, or the one that it is."""
    name, fields = read(data)
    together: list[tuple[str, list[Any]]] = fields[0] if name == "batch" else [(name, fields)]
    return together


def is_type(value: Any, name: str) -> bool:
    """Tell whether a value begins as a message of that name does."""
    if not isinstance(value, list) or not value or not is_int(value[0]):
        return False
    return bool(value[0] == NAMES.index(name))


def check(value: Any) -> tuple[str, list[Any]]:
    """Check the form of a message; return its name and fields."""
    ok(isinstance(value, list) and len(value) >= 1 and is_int(value[0]))
    ok(0 <= value[0] < len(NAMES) and NAMES[value[0]] not in ("packed", "batch"))
    name, fields = NAMES[value[0]], value[1:]
    if name == "hello":
        check_hello(fields)
    else:
        ok(len(fields) == COUNTS.get(name, 1))
        if name in NUMBERED:
            ok(is_int(fields[0]) and fields[0] >= (1 if name in ("want", "latest") else 0))
        if name in ("compare", "compared", "reveal"):
            check_comparison(name, *fields)
        elif name in HOPS:
            check_overlay(name, *fields)
        else:
            check_fields(name, fields)
    return name, fields


def check_hello(fields: list[Any]) -> None:
    """Check the form of a hello: one of another version may say anything behind it."""
    ok(len(fields) >= 1 and is_int(fields[0]) and fields[0] >= 0)
    if fields[0] == 1:
        ok(len(fields) >= 2)
        check_token(fields[1])


def check_token(token: Any) -> None:
    """Check the form of a token."""
    ok(token is None or (isinstance(token, bytes) and 1 <= len(token) <= 64))


def check_fields(name: str, fields: list[Any]) -> None:
    """Check the fields of a message behind its type."""
    if name == "have":
        ok(isinstance(fields[0], list) and len(fields[0]) <= 512)
        for offer in fields[0]:
            check_offer(offer)
    elif name == "want":
        _, log, low, high, down = fields
        ok(is_bin(log, 32) and isinstance(down, bool))
        ok(is_range(low, high) and high - low <= 4095)
    elif name == "segment":
        segment.read(fields[1])
    elif name == "latest":
        ok(is_bin(fields[1], 32) and is_int(fields[2]) and 1 <= fields[2] <= 512)
    elif name == "fork":
        ok(isinstance(fields[0], list) and len(fields[0]) == 2)
        for part in fields[0]:
            segment.read(part)
    elif name == "bye":
        ok(isinstance(fields[0], str) and len(fields[0]) <= 32)
    elif name == "ask_blob":
        ok(is_bin(fields[1], 32) and is_int(fields[2]) and -1 <= fields[2] <= 127)
    elif name == "blob_part":
        part = fields[1]
        ok(part is None or (isinstance(part, bytes) and len(part) <= 65_536))
    elif name == "told":
        check_token(fields[0])
    elif name == "seek":
        ok(isinstance(fields[0], list) and 1 <= len(fields[0]) <= 512)
        ok(all(is_bin(log, 32) for log in fields[0]))
    elif name == "note":
        ok(isinstance(fields[0], list) and 1 <= len(fields[0]) <= 512)
        for pair in fields[0]:
            ok(isinstance(pair, list) and len(pair) == 2)
            ok(is_bin(pair[0], 32) and is_int(pair[1]) and pair[1] >= 1)
    elif name == "graft":
        ok(is_bin(fields[0], 32) and is_int(fields[1]) and fields[1] >= 0)
    elif name == "prune":
        ok(is_bin(fields[0], 32))


def check_overlay(name: str, hops: Any, *fields: Any) -> None:
    """Check the fields of a join, a shuffle or a relay (chapter 15)."""
    ok(is_int(hops) and 0 <= hops <= HOPS[name])
    if name == "relay":
        origin, target, sealed = fields
        ok(is_bin(origin, 32) and is_bin(target, 32))
        ok(isinstance(sealed, bytes) and 1 <= len(sealed) <= 4096)
        return
    members = fields if name == "join" else fields[0]
    ok(isinstance(members, tuple | list) and 1 <= len(members) <= 8)
    for member in members:
        ok(isinstance(member, list) and len(member) == 2)
        device, addresses = member
        ok(is_bin(device, 32) and isinstance(addresses, list) and len(addresses) <= 4)
        for address in addresses:
            ok(isinstance(address, str) and 1 <= len(address) <= 64)
            ok(all(ord(one) < 128 for one in address))


def check_comparison(name: str, prefix: Any, *fields: Any) -> None:
    """Check the fields of a compare, a compared or a reveal."""
    ok(isinstance(prefix, str) and len(prefix) <= 63)
    ok(all(digit in DIGITS for digit in prefix))
    if name == "compare":
        items, digests = fields
        check_summary(prefix, items, digests)
    elif name == "compared":
        parts, lacking = fields
        ok(isinstance(parts, list))
        before = ""
        for part in parts:
            ok(isinstance(part, list) and len(part) == 3)
            digit, items, digests = part
            ok(isinstance(digit, str) and len(digit) == 1 and digit in DIGITS and digit > before)
            before = digit
            check_summary(prefix + digit, items, digests)
        check_digests(lacking)
    else:
        (lacking,) = fields
        check_digests(lacking)
        ok(lacking != b"")


def check_summary(prefix: str, items: Any, digests: Any) -> None:
    """Check what is said of the items under a prefix."""
    ok(isinstance(items, bool) and len(prefix) <= (63 if items else 62))
    if items:
        check_digests(digests)
    else:
        ok(is_bin(digests, 16 * 8))


def check_digests(digests: Any) -> None:
    """Check digests of items: at most 16, rising."""
    ok(isinstance(digests, bytes) and len(digests) % 8 == 0 and len(digests) <= 16 * 8)
    cut = split(digests)
    ok(all(one < other for one, other in pairwise(cut)))


def split(digests: bytes) -> list[bytes]:
    """Return digests one by one."""
    return [digests[at : at + 8] for at in range(0, len(digests), 8)]


def ok(condition: bool) -> None:
    """Refuse as `bad-structure` unless `condition` holds."""
    need(condition, "bad-structure")


def is_range(low: Any, high: Any) -> bool:
    """Tell whether two values are low and high of a range."""
    return is_int(low) and is_int(high) and 1 <= low <= high <= LARGEST


def check_offer(offer: Any) -> None:
    """Check the form of an offer (S-7)."""
    ok(isinstance(offer, list) and len(offer) in (4, 6))
    log, low, high, high_id = offer[:4]
    ok(is_bin(log, 32) and is_range(low, high) and is_bin(high_id, 32))
    if len(offer) == 6:
        ok(is_range(offer[4], offer[5]) and offer[5] + 1 < low)
