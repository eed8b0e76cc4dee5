"""One entry of a log: its header, its id, and what its signature covers.

Implements protocol/02-entries.md.  Pure: no I/O, no clock, no randomness.
"""

from __future__ import annotations

from typing import NamedTuple

from p2pblog.core.crypto import SigningKey, digest, verify
from p2pblog.core.encoding import encode
from p2pblog.core.limits import CHECKPOINT_EVERY_ENTRIES

HEADER_VERSION = 1
SIGNATURE_DOMAIN = b"p2pblog entry v1"


class Entry(NamedTuple):
    """An entry; a named tuple because millions of them are made while syncing.

    Fields:
        log: the Ed25519 key (32 bytes) that signs the log, and its name.
        seq: 1 to 2**53 - 1, without gaps.
        prev: id of the entry before (32 bytes), None at seq 1.
        time_ms: the writer's clock, milliseconds since 1970 UTC; a claim, not a fact.
        body_size, body_hash: of the body, 1 to 8192 bytes and BLAKE2b-256.
        id: BLAKE2b-256 of the header (32 bytes).
        body: None where it is withheld or was erased.
    """

    log: bytes
    seq: int
    prev: bytes | None
    time_ms: int
    body_size: int
    body_hash: bytes
    id: bytes
    body: bytes | None


class Tip(NamedTuple):
    """The newest entry of a log that somebody holds: its seq and id."""

    seq: int
    id: bytes


def make_entry(log: bytes, tip: Tip | None, time_ms: int, body: bytes) -> Entry:
    """Return the entry that `log` has after `tip`, not yet signed."""
    seq, prev = (1, None) if tip is None else (tip.seq + 1, tip.id)
    body_hash = digest(body)
    header = encode([HEADER_VERSION, log, seq, prev, time_ms, len(body), body_hash])
    return Entry(log, seq, prev, time_ms, len(body), body_hash, digest(header), body)


def is_checkpoint(seq: int) -> bool:
    """Tell whether replicas keep the signature of the entry `seq` for ever."""
    return seq % CHECKPOINT_EVERY_ENTRIES == 0


def sign_id(key: SigningKey, entry_id: bytes) -> bytes:
    """Return `key`'s signature (64 bytes) over an entry's id."""
    return key.sign(SIGNATURE_DOMAIN + entry_id)


def verify_id(log: bytes, entry_id: bytes, signature: bytes) -> bool:
    """Tell whether `signature` is the log's own over `entry_id`."""
    return verify(log, SIGNATURE_DOMAIN + entry_id, signature)
