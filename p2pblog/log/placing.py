"""Where an arriving segment fits into what is held of its log.

Implements protocol/03-logs.md section 5.  Pure.  A log is held as at most two ranges; a
segment may extend the newest one upward, grow it downward (toward the older one, and into
it), start the log, or, once, jump ahead and leave a gap.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from p2pblog.core.errors import ForkFound, SeqGap
from p2pblog.log.entry import Entry
from p2pblog.log.held import Held, Range
from p2pblog.log.segment import Checked, Segment, part_of


class Where(Enum):
    """How a segment relates to the ranges held."""

    FIRST = auto()
    ABOVE = auto()
    AHEAD = auto()
    BELOW = auto()


class Placing(NamedTuple):
    """Where entries go, and what they must fit.

    Fields:
        where: how they relate to the ranges held.
        held: what is held, None before the first segment of a log.
        pinned: the id that the last entry must have, or None where a signature decides.
        skip: how many of the first entries are held already.
    """

    where: Where
    held: Held | None
    pinned: bytes | None = None
    skip: int = 0

    def settle(self, checked: Checked) -> list[Entry]:
        """Return the entries that are new, once they agree with what is held.

        Raises:
            ForkFound: two authentic entries bear the same number.
        """
        below = self._range_below()
        entries = checked.entries[self.skip :]
        touches = below is not None and entries[0].seq == below.high + 1
        if below is not None and touches and entries[0].prev != below.high_id:
            raise ForkFound(f"entry {below.high}")
        return entries

    def held_after(self, entries: list[Entry]) -> Held:
        """Return the log's ranges once `entries` (contiguous, oldest first) are stored."""
        first, last = entries[0], entries[-1]
        new = Range(first.seq, last.seq, first.prev, last.id)
        held = self.held
        if held is None:
            return Held(new)
        newest, older = held.newest, held.older
        match self.where:
            case Where.ABOVE:
                return held._replace(newest=newest._replace(high=last.seq, high_id=last.id))
            case Where.AHEAD:
                return held._replace(newest=new, older=newest)
            case _:
                low, low_prev = first.seq, first.prev
                if older is not None and low == older.high + 1:
                    low, low_prev, older = older.low, older.low_prev, None
                grown = newest._replace(low=low, low_prev=low_prev)
                return held._replace(newest=grown, older=older)

    def _range_below(self) -> Range | None:
        """Return the range that the new entries are to touch from above, if any."""
        if self.held is None or self.where is Where.AHEAD:
            return None
        return self.held.newest if self.where is Where.ABOVE else self.held.older


def on_top(held: Held | None) -> Placing:
    """Return the placing of entries that a log's own writer appends."""
    return Placing(Where.FIRST if held is None else Where.ABOVE, held)


def place(held: Held | None, segment: Segment) -> tuple[Placing, Segment] | None:
    """Return where `segment` fits and the part of it to verify, or None if all is held.

    Raises:
        SeqGap: it touches no range, and the one jump ahead is taken already.
    """
    if held is None:
        return Placing(Where.FIRST, None), segment
    newest, older = held.newest, held.older
    if segment.first > newest.high + 1:
        if older is not None:
            raise SeqGap(f"entries {newest.high + 1} to {segment.first - 1}")
        return Placing(Where.AHEAD, held), segment
    if segment.last > newest.high:
        skip = newest.high + 1 - segment.first
        return Placing(Where.ABOVE, held, None, skip), segment
    if segment.first >= newest.low:
        return None
    if segment.last < newest.low - 1:
        if older is not None and older.low <= segment.first and segment.last <= older.high:
            return None
        raise SeqGap(f"entries {segment.last + 1} to {newest.low - 1}")
    part = part_of(segment, segment.first, newest.low - 1)
    skip = 0 if older is None else max(0, older.high + 1 - part.first)
    return Placing(Where.BELOW, held, newest.low_prev, skip), part
