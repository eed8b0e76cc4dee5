"""How much may be taken a minute: of one log, and of all logs at one distance.

Implements protocol/10-replication.md section 10.  Pure: the time is an argument.  A quota is a
bucket that fills steadily and holds a minute's worth, and of entries those that are asked for
at first besides.  What was asked for is taken though it empties the bucket, and a full one more;
then nothing is asked for, and what comes unasked is turned away, until some has come back.
Only what was new counts: whatever else arrives anybody can send, and hold nobody up by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from p2pblog.core import limits
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.rules import Distance, Rule

_MINUTE_S = 60
_AGAIN_S = 15  # worth of what comes back, before a bucket that was empty is used again

_ALL = b""
_Whose: TypeAlias = tuple[bytes, Distance]
"""A log as one of its distance, or, with _ALL, all logs of that distance together."""


@dataclass(slots=True)
class _Bucket:
    """How much may be taken now (`level`, at the time `at_s`), and at most (`most`)."""

    per_s: float
    most: float
    level: float
    at_s: float

    def fill(self, now_s: float) -> None:
        """Let in what has come back since."""
        if now_s > self.at_s:
            self.level = min(self.most, self.level + self.per_s * (now_s - self.at_s))
            self.at_s = now_s

    def again_s(self) -> float:
        """Return when it may be taken from again, once it was empty."""
        return self.at_s + _AGAIN_S - self.level / self.per_s


class Quotas:
    """The buckets of all logs and distances."""

    def __init__(self, rules: Mapping[Distance, Rule]) -> None:
        self._rules = rules
        self._buckets: dict[tuple[_Whose, str], _Bucket] = {}
        self._spent: dict[_Whose, float] = {}  # with the time from which they are free
        self._waiting: dict[bytes, Distance] = {}
        self._again_s = float("inf")

    def is_spent(self, log: bytes, distance: Distance) -> bool:
        """Tell whether nothing is to be taken of a log for the present."""
        return (log, distance) in self._spent or (_ALL, distance) in self._spent

    def wait(self, log: bytes, distance: Distance) -> None:
        """Remember that there is more of a log, to be asked for when there is room again."""
        if log in self._waiting or len(self._waiting) < limits.QUOTA_WAITING_MAX:
            self._waiting[log] = distance

    def has_room(self, log: bytes, distance: Distance, *, asked: bool, now_s: float) -> bool:
        """Tell whether what has arrived of a log may be taken; if not, the log waits.

        Args:
            asked: it answers a question, which was asked when there was room.
        """
        buckets = self._of(log, distance, 0, 0, now_s)
        overdrawn = any(bucket.level <= -bucket.most for _, bucket, _ in buckets)
        if overdrawn or (not asked and self.is_spent(log, distance)):
            self.wait(log, distance)
            return False
        return True

    def charge(self, log: bytes, distance: Distance, entries: int, size: int, now_s: float) -> None:
        """Count what was taken: so many entries, and bytes."""
        for whose, bucket, amount in self._of(log, distance, entries, size, now_s):
            bucket.level -= amount
            if bucket.level <= 0:
                again_s = bucket.again_s()
                self._spent[whose] = max(again_s, self._spent.get(whose, again_s))

    def due_s(self) -> float:
        """Return when `refill` is to be called."""
        return min(self._again_s, *self._spent.values(), float("inf"))

    def refill(self, now_s: float) -> list[bytes]:
        """Return logs that wait, and may be asked for again; a bounded number at once."""
        self._spent = {whose: due_s for whose, due_s in self._spent.items() if due_s > now_s}
        freed = [log for log, distance in self._waiting.items() if not self.is_spent(log, distance)]
        more = len(freed) > limits.QUOTA_FREED_MAX
        self._again_s = now_s + limits.QUOTA_AGAIN_S if more else float("inf")
        del freed[limits.QUOTA_FREED_MAX :]
        for log in freed:
            del self._waiting[log]
        self._drop_full(now_s)
        return freed

    def _of(
        self, log: bytes, distance: Distance, entries: int, size: int, now_s: float
    ) -> Iterator[tuple[_Whose, _Bucket, int]]:
        """Yield the buckets that entries take from: whose each is, and how much."""
        rule = self._rules[distance]
        depth = rule.depth if rule.depth < WHOLE else 0
        for of, counts, rate, first, amount in (
            (log, "entries", rule.entries_per_minute, depth, entries),
            (log, "bytes", rule.bytes_per_minute, 0, size),
            (_ALL, "bytes", rule.total_bytes_per_minute, 0, size),
        ):
            if rate is None:
                continue
            whose = (of, distance)
            bucket = self._buckets.get((whose, counts))
            if bucket is None:
                most = float(rate + first)
                bucket = _Bucket(rate / _MINUTE_S, most, most, now_s)
                self._buckets[whose, counts] = bucket
            bucket.fill(now_s)
            yield whose, bucket, amount

    def _drop_full(self, now_s: float) -> None:
        """Forget the buckets that are full again: they would be made so."""
        for bucket in self._buckets.values():
            bucket.fill(now_s)
        self._buckets = {key: one for key, one in self._buckets.items() if one.level < one.most}
