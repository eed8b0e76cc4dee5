"""Chapter 3, section 6: the proof of a fork."""

from __future__ import annotations

from typing import Any

from tests.plain.refused import need
from tests.plain.segment import Segment, check, read


def prove(value: Any) -> int:
    """Return the lowest seq at which two segments contradict each other."""
    need(isinstance(value, list) and len(value) == 2, "bad-structure")
    one, other = read(value[0]), read(value[1])
    need(one.log == other.log, "bad-structure")
    ids, others = stated(one), stated(other)
    seqs = [seq for seq in sorted(ids) if seq in others and ids[seq] != others[seq]]
    need(bool(seqs), "bad-structure")
    return seqs[0]


def stated(segment: Segment) -> dict[int, bytes]:
    """Return the ids that a segment on its own signature states, that of `prev` included."""
    ids = {entry.seq: entry.id for entry in check(segment, None).entries}
    if segment.prev is not None:
        ids[segment.first - 1] = segment.prev
    return ids
