"""Chapter 9, sections 1, 2 and 4: the forms of messages."""

from __future__ import annotations

from typing import Any

from tests.plain import segment
from tests.plain.msgpack import LARGEST, decode
from tests.plain.refused import need
from tests.plain.segment import is_bin, is_int

NAMES = [
    "hello", "have", "want", "segment", "done", "ping", "pong", "bye", "ask_blob", "blob_part",
    "latest", "fork",
]  # fmt: skip


def read(data: bytes) -> tuple[str, list[Any]]:
    """Return the name and the fields of a message (S-1, S-2)."""
    value = decode(data)
    ok(isinstance(value, list) and len(value) >= 1 and is_int(value[0]))
    ok(0 <= value[0] < len(NAMES))
    name, fields = NAMES[value[0]], value[1:]
    counts = {"want": 5, "segment": 2, "ask_blob": 3, "blob_part": 2, "latest": 3}
    count = counts.get(name, 1)
    ok(len(fields) == count or (name == "hello" and len(fields) > count))
    if name not in ("have", "bye", "fork"):
        ok(is_int(fields[0]))
        ok(fields[0] >= (1 if name in ("want", "latest") else 0))
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
    return name, fields


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
