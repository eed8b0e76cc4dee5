"""What is held at each distance, added up as it changes.  Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from p2pblog.sync.rules import Distance


@dataclass(slots=True)
class Total:
    """How many logs, how many entries of them, and about how many bytes."""

    logs: int = 0
    entries: int = 0
    size: int = 0


class _Counted(NamedTuple):
    """As what a log was added up."""

    distance: Distance
    entries: int
    size: int


class Holdings:
    """The totals; who knows of a change says so by `put`."""

    def __init__(self) -> None:
        self._logs: dict[bytes, _Counted] = {}
        self._totals: defaultdict[Distance, Total] = defaultdict(Total)

    def put(self, log: bytes, distance: Distance, entries: int, size: int) -> None:
        """Take in that so much of a log is held now; 0 entries: nothing."""
        now = _Counted(distance, entries, size)
        before = self._logs.get(log)
        if now == before:
            return
        if before is not None:
            self._add(before, -1)
            del self._logs[log]
        if entries:
            self._add(now, 1)
            self._logs[log] = now

    def total(self, distance: Distance) -> Total:
        """Return what is held at a distance."""
        return self._totals[distance]

    def _add(self, counted: _Counted, sign: int) -> None:
        total = self._totals[counted.distance]
        total.logs += sign
        total.entries += sign * counted.entries
        total.size += sign * counted.size
