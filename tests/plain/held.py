"""Chapter 3, sections 4 to 6: what a replica holds of a log, and where segments go."""

from __future__ import annotations

from typing import NamedTuple

from tests.plain.entry import CHECKPOINT, Entry
from tests.plain.refused import need
from tests.plain.segment import Segment, check, checkpoints


class Range(NamedTuple):
    """Consecutive entries that are held."""

    low: int
    high: int
    low_prev: bytes | None
    high_id: bytes


class Held:
    """What is held of one log: two ranges at most, and every entry by its seq."""

    def __init__(self) -> None:
        self.newest: Range | None = None
        self.older: Range | None = None
        self.forked = False
        self.entries: dict[int, Entry] = {}
        self.bodies: dict[int, object] = {}
        self.signatures: dict[int, bytes] = {}

    def take(self, segment: Segment) -> int:
        """Place, check and hold a segment; return how many entries were new (section 5)."""
        need(not self.forked, "fork")  # L-19
        newest, older = self.newest, self.older
        pinned = None
        if newest is None:
            fresh_from = segment.first
        elif segment.first > newest.high + 1:
            need(older is None, "seq-gap")
            fresh_from = segment.first
        elif segment.last > newest.high:
            fresh_from = newest.high + 1
        elif segment.first >= newest.low:
            return 0
        elif segment.last < newest.low - 1:
            inside = older is not None and older.low <= segment.first <= segment.last <= older.high
            need(inside, "seq-gap")
            return 0
        else:
            segment = cut(segment, newest.low - 1)
            pinned = newest.low_prev
            fresh_from = max(segment.first, older.high + 1 if older else 1)
        checked = check(segment, pinned)
        fresh = [entry for entry in checked.entries if entry.seq >= fresh_from]
        below = self.entries.get(fresh_from - 1)
        if below is not None and fresh[0].prev != below.id:  # L-15
            self.forked = True
            need(False, "fork")
        self.entries.update({entry.seq: entry for entry in fresh})
        bodies = {segment.first + index: body for index, body in enumerate(segment.bodies)}
        self.bodies.update({entry.seq: bodies[entry.seq] for entry in fresh})
        self.signatures.update(checked.signatures)
        self.measure()
        return len(fresh)

    def measure(self) -> None:
        """Find the ranges anew, and drop the signatures that L-13 lets go."""
        ranges: list[list[int]] = []
        for seq in sorted(self.entries, reverse=True):
            if ranges and ranges[-1][0] == seq + 1:
                ranges[-1][0] = seq
            else:
                ranges.append([seq, seq])
        assert len(ranges) <= 2
        made = [
            Range(low, high, self.entries[low].prev, self.entries[high].id) for low, high in ranges
        ]
        self.newest, self.older = (*made, None, None)[:2]
        heads = {high for _, high in ranges}
        self.signatures = {
            seq: signature
            for seq, signature in self.signatures.items()
            if seq % CHECKPOINT == 0 or seq in heads
        }


def cut(segment: Segment, last: int) -> Segment:
    """Return a segment without the entries above `last`."""
    count = last - segment.first + 1
    if count == len(segment.bodies):
        return segment
    kept = len(checkpoints(segment.first, last))
    return segment._replace(
        times=segment.times[:count],
        bodies=segment.bodies[:count],
        signatures=segment.signatures[:kept],
    )
