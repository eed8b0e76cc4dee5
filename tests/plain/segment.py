"""Chapter 3, sections 2 and 3: segments, and whether they are authentic."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.plain.ed25519 import verify
from tests.plain.entry import CHECKPOINT, DOMAIN, Entry, entry
from tests.plain.hashes import b256
from tests.plain.msgpack import LARGEST
from tests.plain.refused import need


class Segment(NamedTuple):
    """The fields of a segment once L-1 to L-6 hold; times are absolute."""

    log: bytes
    first: int
    prev: bytes | None
    times: list[int]
    bodies: list[Any]
    signatures: list[bytes]

    @property
    def last(self) -> int:
        """Return the seq of the last entry."""
        return self.first + len(self.bodies) - 1


class Checked(NamedTuple):
    """Authentic entries, and the signatures that came with them by seq."""

    entries: list[Entry]
    signatures: dict[int, bytes]


def is_int(value: Any) -> bool:
    """Tell whether a value is an int; a bool is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_bin(value: Any, size: int) -> bool:
    """Tell whether a value is a bin of that many bytes."""
    return isinstance(value, bytes) and len(value) == size


def read(value: Any) -> Segment:
    """Return the segment that a decoded value describes (L-1 to L-6)."""
    bad = "bad-structure"
    need(isinstance(value, list) and len(value) == 6, bad)
    log, first, prev, deltas, bodies, signatures = value
    need(is_bin(log, 32) and is_int(first) and first >= 1, bad)
    need(prev is None or is_bin(prev, 32), bad)
    need(all(isinstance(item, list) for item in (deltas, bodies, signatures)), bad)
    count = len(bodies)
    need(count <= 512, "too-large")
    need(count >= 1, bad)
    for body in bodies:
        check_body(body)
    need(first + count <= LARGEST, bad)
    need((prev is None) == (first == 1), bad)
    need(len(deltas) == count and all(is_int(delta) for delta in deltas), bad)
    times = [sum(deltas[: index + 1]) for index in range(count)]
    need(all(0 <= time <= LARGEST for time in times), bad)
    need(all(is_bin(item, 64) for item in signatures), bad)
    last = first + count - 1
    inside = len(checkpoints(first, last))
    right = [inside] if last % CHECKPOINT == 0 else [inside, inside + 1]
    need(len(signatures) in right, bad)
    return Segment(log, first, prev, times, bodies, signatures)


def check_body(body: Any) -> None:
    """Check one item of bodies: there, or withheld."""
    if isinstance(body, bytes):
        size = len(body)
    else:
        need(isinstance(body, list) and len(body) == 2, "bad-structure")
        need(is_int(body[0]) and is_bin(body[1], 32), "bad-structure")
        size = body[0]
    need(size <= 8192, "too-large")
    need(size >= 1, "bad-structure")


def checkpoints(first: int, last: int) -> list[int]:
    """Return the seqs of the checkpoints from first to last."""
    return [seq for seq in range(first, last + 1) if seq % CHECKPOINT == 0]


def hashed(segment: Segment) -> list[Entry]:
    """Return the entries that a segment states, authentic or not."""
    entries: list[Entry] = []
    prev = segment.prev
    for index, body in enumerate(segment.bodies):
        size, hash_ = (len(body), b256(body)) if isinstance(body, bytes) else body
        made = entry(segment.log, segment.first + index, prev, segment.times[index], size, hash_)
        entries.append(made)
        prev = made.id
    return entries


def check(segment: Segment, pinned: bytes | None) -> Checked:
    """Return the entries of a segment once they are authentic (L-8 to L-10)."""
    entries = hashed(segment)
    need(pinned is None or entries[-1].id == pinned, "broken-chain")
    seqs = checkpoints(segment.first, segment.last)
    if len(segment.signatures) > len(seqs):
        seqs.append(segment.last)
    signatures = dict(zip(seqs, segment.signatures, strict=True))
    need(pinned is not None or segment.last in signatures, "bad-signature")
    for seq, signature in signatures.items():
        id_ = entries[seq - segment.first].id
        need(verify(segment.log, DOMAIN + id_, signature), "bad-signature")
    return Checked(entries, signatures)
