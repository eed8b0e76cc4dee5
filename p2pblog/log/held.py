"""How much of a log somebody holds: at most two contiguous ranges.

Implements protocol/03-logs.md section 4.  Pure.
"""

from __future__ import annotations

from typing import NamedTuple


class Range(NamedTuple):
    """Contiguous entries of one log that are held.

    Fields:
        low, high: seq of the first and the last.
        low_prev: id of the entry before `low` (None when `low` is 1): what an older
            segment has to hash to.
        high_id: id of the entry `high`.
    """

    low: int
    high: int
    low_prev: bytes | None
    high_id: bytes


class Held(NamedTuple):
    """What is held of one log; `older` lies below `newest`, with a gap between them."""

    newest: Range
    older: Range | None = None

    @property
    def ranges(self) -> tuple[Range, ...]:
        """Return the ranges, the newest first."""
        return (self.newest,) if self.older is None else (self.newest, self.older)

    @property
    def entries(self) -> int:
        """Return the number of entries held."""
        return sum(held.high - held.low + 1 for held in self.ranges)

    def holds(self, seq: int) -> bool:
        """Tell whether the entry `seq` is held."""
        return any(held.low <= seq <= held.high for held in self.ranges)
