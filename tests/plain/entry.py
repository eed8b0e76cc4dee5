"""Chapter 2: header, id, signature."""

from __future__ import annotations

from typing import NamedTuple

from tests.plain.hashes import Key, b256
from tests.plain.msgpack import encode

DOMAIN = b"p2pblog entry v1"
CHECKPOINT = 64


class Entry(NamedTuple):
    """An entry, with what its header says and the header's hash."""

    log: bytes
    seq: int
    prev: bytes | None
    time_ms: int
    size: int
    hash: bytes
    header: bytes
    id: bytes


def entry(log: bytes, seq: int, prev: bytes | None, time_ms: int, size: int, hash_: bytes) -> Entry:
    """Return the entry with these fields."""
    header = encode([1, log, seq, prev, time_ms, size, hash_])
    return Entry(log, seq, prev, time_ms, size, hash_, header, b256(header))


def signature(key: Key, id_: bytes) -> bytes:
    """Return the log's signature over an id."""
    return key.sign(DOMAIN + id_)
