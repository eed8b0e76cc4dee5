"""Chapter 8: bundles."""

from __future__ import annotations

from typing import Any

from tests.plain.hashes import b256
from tests.plain.msgpack import decode, encode
from tests.plain.refused import Refused, need
from tests.plain.segment import is_bin, is_int

MAGIC = b"p2pblog bundle 1\n"
RECORD_MOST = 1_048_576


def record(body: bytes) -> bytes:
    """Return a body behind its length."""
    return len(body).to_bytes(4, "big") + body


def digest(segments: list[bytes], counts: dict[str, Any]) -> bytes:
    """Return the digest that the end of a bundle names."""
    return b256(MAGIC + b"".join(encode(item) for item in segments) + encode(counts))


def write(segments: list[bytes]) -> bytes:
    """Return the bundle of these segments."""
    values = [decode(item) for item in segments]
    counts = {
        "segments": len(segments),
        "entries": sum(len(value[4]) for value in values),
        "logs": len({value[0] for value in values}),
    }
    end = encode([counts, digest(segments, counts)])
    return MAGIC + b"".join(record(encode(item)) for item in segments) + record(end)


def read(data: bytes) -> tuple[list[bytes], bool]:
    """Return the segments of a bundle, and whether it is whole; `bad-archive` if it is none."""
    need(data[:17] == MAGIC, "bad-archive")
    segments: list[bytes] = []
    at = 17
    while True:
        length = data[at : at + 4]
        size = int.from_bytes(length, "big")
        body = data[at + 4 : at + 4 + size]
        at += 4 + size
        if len(length) < 4 or not 1 <= size <= RECORD_MOST or len(body) < size:
            return segments, False
        try:
            value = decode(body)
        except Refused:
            return segments, False
        if not isinstance(value, bytes):
            return segments, at == len(data) and is_end(value, segments)
        segments.append(value)


def is_end(value: Any, segments: list[bytes]) -> bool:
    """Tell whether a value is the end that these segments must have."""
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], dict):
        return False
    counts, stated = value
    if sorted(counts) != ["entries", "logs", "segments"]:
        return False
    right = all(is_int(one) and one >= 0 for one in counts.values())
    right = right and counts["segments"] == len(segments)
    return right and is_bin(stated, 32) and stated == digest(segments, counts)
