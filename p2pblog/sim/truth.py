"""What was really written: every entry that any author has made, whoever holds it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from p2pblog.log.entry import Entry


@dataclass(slots=True)
class _Log:
    ids: dict[int, dict[bytes, bytes]] = field(default_factory=dict)  # by seq: id to body's hash
    high: int = 0
    forked_at: int | None = None


class Truth:
    """The entries of all logs; a log has two ids for one seq only where its writer made both."""

    def __init__(self) -> None:
        self._logs: dict[bytes, _Log] = {}

    @property
    def logs(self) -> list[bytes]:
        """All logs that were ever written to."""
        return list(self._logs)

    @property
    def entries(self) -> int:
        """How many entries were made."""
        return sum(len(ids) for log in self._logs.values() for ids in log.ids.values())

    def wrote(self, entries: Iterable[Entry]) -> bool:
        """Take in what an author has made; tell whether the log forks by it."""
        forks = False
        for entry in entries:
            log = self._logs.setdefault(entry.log, _Log())
            ids = log.ids.setdefault(entry.seq, {})
            ids[entry.id] = entry.body_hash
            log.high = max(log.high, entry.seq)
            if len(ids) > 1:
                forks = True
                log.forked_at = min(entry.seq, log.forked_at or entry.seq)
        return forks

    def high(self, log: bytes) -> int:
        """Return how many entries a log has come to."""
        return self._logs[log].high if log in self._logs else 0

    def forked_at(self, log: bytes) -> int | None:
        """Return the lowest seq for which the author has made two entries."""
        return self._logs[log].forked_at if log in self._logs else None

    def is_true(self, entry: Entry) -> bool:
        """Tell whether the author has made this very entry."""
        log = self._logs.get(entry.log)
        ids = log.ids.get(entry.seq, {}) if log is not None else {}
        return ids.get(entry.id) == entry.body_hash
