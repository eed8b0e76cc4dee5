"""Consecutive entries of one log, as they travel, and whether they may be believed.

Implements protocol/03-logs.md.  Pure: no I/O, no clock, no randomness.

A segment sends only times and bodies; headers and ids are recomputed.  An entry is
authentic when its own signature verifies, or when its id is the `prev` of an authentic
one: so one hash chain and the signature of its last entry vouch for a whole segment, and
an older segment needs no signature at all when it hashes to the `prev` already held.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.core.crypto import digest
from p2pblog.core.encoding import Value, encode, flat_encoder
from p2pblog.core.errors import BadSignature, BadStructure, BrokenChain, TooLarge
from p2pblog.log.entry import HEADER_VERSION, Entry, is_checkpoint, verify_id


class Withheld(NamedTuple):
    """Stands for a body that is not sent: its size in bytes and its hash (32 bytes)."""

    size: int
    hash: bytes


class Segment(NamedTuple):
    """1 to 512 consecutive entries of one log, oldest first.

    Fields:
        log: the log's key (32 bytes).
        first: seq of the first entry.
        prev: id of the entry before it, None when `first` is 1.
        times_ms: one per entry.
        bodies: one per entry.
        signatures: of the checkpoints inside, by rising seq; then, where the last entry
            is no checkpoint and the segment has to stand on its own, of the last entry.
    """

    log: bytes
    first: int
    prev: bytes | None
    times_ms: list[int]
    bodies: list[bytes | Withheld]
    signatures: list[bytes]

    @property
    def last(self) -> int:
        """Return the seq of the last entry."""
        return self.first + len(self.bodies) - 1


class Checked(NamedTuple):
    """Authentic entries, oldest first, with the signatures (seq to 64 bytes) that came along."""

    entries: list[Entry]
    signatures: dict[int, bytes]


def to_wire(segment: Segment) -> list[Value]:
    """Return the array that a segment is on the wire; times are sent as differences."""
    times, before = [], 0
    for time_ms in segment.times_ms:
        times.append(time_ms - before)
        before = time_ms
    bodies = [body if type(body) is bytes else list(body) for body in segment.bodies]
    return [segment.log, segment.first, segment.prev, times, bodies, segment.signatures]


def encode_segment(segment: Segment) -> bytes:
    """Return the canonical bytes of a segment."""
    return encode(to_wire(segment))


def from_wire(value: Value) -> Segment:
    """Return the segment that an array from the wire describes; nothing is verified yet.

    Raises:
        BadStructure: fields of other types, counts that do not agree, times out of range.
        TooLarge: more than 512 entries, or a body over 8 KiB.
    Source: protocol/03-logs.md section 2.
    """
    match value:
        case [
            bytes(log),
            int(first),
            None | bytes() as prev,
            list(deltas),
            list(bodies),
            list(signatures),
        ]:
            pass
        case _:
            raise BadStructure("segment")
    count = len(bodies)
    if count > limits.SEGMENT_ENTRIES_MAX:
        raise TooLarge(f"{count} entries in a segment")
    if (
        len(log) != limits.KEY_BYTES
        or not 1 <= count == len(deltas)
        or isinstance(first, bool)
        or not 1 <= first <= limits.SEQ_MAX - count
        or (prev is None) != (first == 1)
        or (prev is not None and len(prev) != limits.ID_BYTES)
    ):
        raise BadStructure("segment")
    for signature in signatures:
        if type(signature) is not bytes or len(signature) != limits.SIGNATURE_BYTES:
            raise BadStructure("signature")
    inside = sum(1 for _ in _checkpoints(first, first + count - 1))
    surplus = len(signatures) - inside
    if surplus not in (0, 1) or (surplus and is_checkpoint(first + count - 1)):
        raise BadStructure("number of signatures")
    return Segment(
        log, first, prev, _absolute(deltas), [_body(item) for item in bodies], signatures
    )


def entries_of(segment: Segment) -> list[Entry]:
    """Return the entries that a segment describes, hashed forward; nothing is proven yet."""
    log, seq, prev = segment.log, segment.first, segment.prev
    pack = flat_encoder()
    entries: list[Entry] = []
    for time_ms, body in zip(segment.times_ms, segment.bodies, strict=True):
        if type(body) is bytes:
            size, body_hash, kept = len(body), digest(body), body
        else:
            size, body_hash, kept = *body, None  # type: ignore[misc]
        entry_id = digest(pack((HEADER_VERSION, log, seq, prev, time_ms, size, body_hash)))
        entries.append(Entry(log, seq, prev, time_ms, size, body_hash, entry_id, kept))
        prev = entry_id
        seq += 1
    return entries


def check_segment(segment: Segment, pinned: bytes | None = None) -> Checked:
    """Return the segment's entries once they are proven to be the log's own.

    Args:
        pinned: the id that the last entry must have, because an authentic entry names it
            as its `prev`; then its signature may be absent.
    Raises:
        BrokenChain: the last id is not `pinned`.
        BadSignature: a checkpoint's or the last entry's signature is absent or wrong;
            drop the sender.
    Source: protocol/03-logs.md section 3.
    """
    entries = entries_of(segment)
    if pinned is not None and entries[-1].id != pinned:
        raise BrokenChain(f"entries {segment.first} to {segment.last}")
    signatures = _named_signatures(segment)
    if pinned is None and segment.last not in signatures:
        raise BadSignature("the last entry is not signed")
    for number, signature in signatures.items():
        if not verify_id(segment.log, entries[number - segment.first].id, signature):
            raise BadSignature(f"entry {number}")
    return Checked(entries, signatures)


def withheld(body: bytes | Withheld) -> Withheld:
    """Return what stands for a body that is not sent."""
    return Withheld(len(body), digest(body)) if isinstance(body, bytes) else body


def part_of(segment: Segment, low: int, high: int) -> Segment:
    """Return the entries low <= seq <= high of a segment, with the signatures among them."""
    prev = segment.prev
    if low > segment.first:
        prev = entries_of(segment)[low - 1 - segment.first].id
    chosen = slice(low - segment.first, high + 1 - segment.first)
    named = _named_signatures(segment)
    return Segment(
        segment.log,
        low,
        prev,
        segment.times_ms[chosen],
        segment.bodies[chosen],
        [named[seq] for seq in sorted(named) if low <= seq <= high],
    )


def joined(lower: Segment, upper: Segment) -> Segment:
    """Return two adjoining segments as one; only the upper one's end may be signed."""
    return Segment(
        lower.log,
        lower.first,
        lower.prev,
        lower.times_ms + upper.times_ms,
        lower.bodies + upper.bodies,
        lower.signatures + upper.signatures,
    )


def is_signed(segment: Segment) -> bool:
    """Tell whether the last entry's signature comes along, so that it can stand alone."""
    return segment.last in _named_signatures(segment)


def _named_signatures(segment: Segment) -> dict[int, bytes]:
    """Return the signatures by the seq of the entry that each belongs to."""
    numbers = list(_checkpoints(segment.first, segment.last))
    if len(segment.signatures) > len(numbers):
        numbers.append(segment.last)
    return dict(zip(numbers, segment.signatures, strict=True))


def _checkpoints(first: int, last: int) -> Iterator[int]:
    every = limits.CHECKPOINT_EVERY_ENTRIES
    return iter(range(-(-first // every) * every, last + 1, every))


def _absolute(deltas: list[Value]) -> list[int]:
    times, now_ms = [], 0
    for delta in deltas:
        if type(delta) is not int:
            raise BadStructure("time")
        now_ms += delta
        if not 0 <= now_ms <= limits.TIME_MS_MAX:
            raise BadStructure("time out of range")
        times.append(now_ms)
    return times


def _body(item: Value) -> bytes | Withheld:
    if type(item) is bytes:
        size, withheld = len(item), None
    else:
        match item:
            case [int(size), bytes(body_hash)] if len(body_hash) == limits.ID_BYTES:
                withheld = Withheld(size, body_hash)
            case _:
                raise BadStructure("body")
    if size > limits.BODY_BYTES_MAX:
        raise TooLarge(f"a body of {size} bytes")
    if size < 1 or isinstance(size, bool):
        raise BadStructure("body size")
    return item if withheld is None else withheld
