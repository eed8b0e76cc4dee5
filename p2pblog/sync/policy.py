"""What a node replicates, and how much of it.

Implements protocol/10-replication.md section 10.  Pure.  Everything that is asked for or taken
goes by the rule of the log's distance (rules.py): how deep, how fast (quotas.py), and how much
in all (holdings.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from p2pblog.core import limits
from p2pblog.log.held import Held
from p2pblog.log.segment import Segment
from p2pblog.sync.holdings import Holdings, Total
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.quotas import Quotas
from p2pblog.sync.rules import DEFAULT_RULES, STRANGERS, Distance, Rule


@dataclass(slots=True)
class Refused:
    """How much was turned away since it did not fit into a quota, or its writer is blocked."""

    entries: int = 0
    size: int = 0


class Policy:
    """Answers how deep a log is wanted; told anew when follows, devices or blocks change."""

    def __init__(
        self,
        held: Mapping[bytes, Held],
        bare: Mapping[bytes, Collection[int]],
        *,
        rules: Mapping[Distance, Rule] = DEFAULT_RULES,
        sizes: Mapping[bytes, int] | None = None,
        on_spent: Callable[[], None] = lambda: None,
    ) -> None:
        """Decide for a node that holds this; all of it changes under the policy.

        Args:
            held: what it holds of every log.
            bare: the entries (seqs, by log) that it holds without their bodies.
            sizes: about how many bytes it holds of every log.
            on_spent: called when `due_s` may have become earlier.
        """
        self._held = held
        self._bare = bare
        self._rules = rules
        self._sizes = {} if sizes is None else sizes
        self._on_spent = on_spent
        self._distances: dict[bytes, Distance] = {}
        self._sought: frozenset[bytes] = frozenset()
        self._errands: dict[bytes, int] = {}
        self._quotas = Quotas(rules)
        self._holdings = Holdings()
        self.refused = {distance: Refused() for distance in Distance}
        for log in tuple(held):
            self.count(log)

    # --- whose logs --------------------------------------------------------------------

    def want(
        self,
        whole: Iterable[bytes],
        sought: Iterable[bytes] = (),
        *,
        own: Iterable[bytes] = (),
        second: Iterable[bytes] = (),
        blocked: Iterable[bytes] = (),
    ) -> bool:
        """Take the logs of one's own identity and of everybody followed.

        Args:
            sought: those of which it has to be known what peers hold, though they are here.
            own: those of `whole` that are one's own.
            second: the logs of people whom those follow that one follows.
            blocked: those of which nothing is taken, whoever follows whom.
        Returns:
            True when the wishes changed, so that sessions should think again.
        """
        before = self._distances, self._sought
        self._distances = {
            **dict.fromkeys(second, Distance.SECOND),
            **dict.fromkeys(whole, Distance.FOLLOWED),
            **dict.fromkeys(blocked, Distance.BLOCKED),
            **dict.fromkeys(own, Distance.OWN),
        }
        self._sought = frozenset(sought)
        if before == (self._distances, self._sought):
            return False
        for log in before[0].keys() | self._distances.keys():
            self.count(log)
        return True

    def go_for(self, log: bytes, seq: int) -> None:
        """Take a stranger's log for a while, as if it were second, for the sake of one entry.

        It is taken deeper than others if it must be, though not deeper than one may go.
        """
        self._errands[log] = min(seq, self._errands.get(log, seq))
        self.count(log)

    def return_from(self, log: bytes) -> None:
        """Be done with an errand, whatever came of it."""
        if self._errands.pop(log, None) is not None:
            self.count(log)

    def distance(self, log: bytes, near: bool) -> Distance:
        """Return how far away a log is; near: the peer that offers it was met on the LAN."""
        known = self._distances.get(log)
        if known is None and log in self._errands:
            return Distance.SECOND
        return known or (Distance.NEAR if near else Distance.FAR)

    def is_known(self, log: bytes) -> bool:
        """Tell whether a log is no stranger's, nor blocked, however much of it is wanted now."""
        return self.distance(log, near=False) not in (Distance.FAR, Distance.BLOCKED)

    def rule(self, log: bytes) -> Rule:
        """Return the rule by which a log is held: of a stranger's, that of those near."""
        return self._rules[self.distance(log, near=True)]

    def surplus(self, log: bytes) -> int:
        """Return the seq below which nothing of a log is to be held any more; 0: hold all of it.

        So a log of which only so much may be held goes on with what is new, and one that was
        caught up with by a jump is not held up by what lies before the gap.
        """
        rule, held = self.rule(log), self._held.get(log)
        if held is None or not 0 < rule.depth < WHOLE:
            return 0
        newest, depth = held.newest, self._depth_of(log, rule)
        full = rule.log_entries is not None and held.entries >= rule.log_entries
        if newest.high - newest.low + 1 < depth or not (full or held.older):
            return 0
        return newest.high - depth + 1

    def missing(self) -> list[bytes]:
        """Return the logs that peers are to be asked about.

        Those that are wanted and not here as wanted, and those of which bodies are lacking.
        """
        lacking = {log for log in (*self._distances, *self._errands) if self._lacks(log)}
        return sorted(lacking.union(self._sought, self._bare))

    # --- how much of them ---------------------------------------------------------------

    def depth(self, log: bytes, near: bool) -> int:
        """Return how many of the newest entries of `log` are wanted now (0 none, WHOLE all).

        Args:
            near: the peer that offers it was met on the LAN.
        """
        depth, distance = self.reach(log, near), self.distance(log, near)
        if depth and self._rules[distance].is_rationed and self._quotas.is_spent(log, distance):
            self._quotas.wait(log, distance)
            return 0
        return depth

    def reach(self, log: bytes, near: bool) -> int:
        """Return what `depth` does when no quota is used up, and hold nothing back meanwhile."""
        distance = self.distance(log, near)
        rule = self._rules[distance]
        if rule.depth <= 0 or not self._has_room(log, distance):
            return 0
        return self._depth_of(log, rule)

    def admit(self, segment: Segment, near: bool, asked: bool, now_s: float) -> bool:
        """Tell whether entries that have arrived may be taken in; count those that may not.

        Args:
            asked: they answer a question.
        """
        log = segment.log
        distance = self.distance(log, near)
        rule = self._rules[distance]
        if rule.depth <= 0 and distance is not Distance.BLOCKED:
            return False
        if rule.depth <= 0 or not self._has_room(log, distance):
            taken = False
        elif rule.is_rationed:
            taken = self._quotas.has_room(log, distance, asked=asked, now_s=now_s)
        else:
            taken = True
        if not taken:
            self.refused[distance].entries += len(segment.bodies)
            self.refused[distance].size += _size_of(segment)
        return taken

    def charge(self, segment: Segment, near: bool, new: int, now_s: float) -> None:
        """Count towards the quotas what was new of entries that were taken in.

        What is not authentic, or was here, uses up nobody's quota: anybody can send that.
        """
        log, distance = segment.log, self.distance(segment.log, near)
        if new and self._rules[distance].is_rationed:
            size = _size_of(segment) * new // len(segment.bodies)
            self._quotas.charge(log, distance, new, size, now_s)
            if self._quotas.is_spent(log, distance):
                self._on_spent()

    def due_s(self) -> float:
        """Return when `refill` is to be called; infinite while no quota is used up."""
        return self._quotas.due_s()

    def refill(self, now_s: float) -> list[bytes]:
        """Return logs that were held back and are wanted again: peers are to be asked anew."""
        return self._quotas.refill(now_s)

    # --- what that adds up to -----------------------------------------------------------

    def count(self, log: bytes) -> None:
        """Take in that another part of a log is held than before."""
        held = self._held.get(log)
        entries = 0 if held is None else held.entries
        distance = self.distance(log, near=True)
        self._holdings.put(log, distance, entries, self._sizes.get(log, 0))

    def total(self, distance: Distance) -> Total:
        """Return what is held at a distance."""
        return self._holdings.total(distance)

    @property
    def rules(self) -> Mapping[Distance, Rule]:
        """The rule of each distance."""
        return self._rules

    def _depth_of(self, log: bytes, rule: Rule) -> int:
        seq, held = self._errands.get(log), self._held.get(log)
        if seq is None or held is None or not 0 < rule.depth < WHOLE:
            return rule.depth
        needed = held.newest.high - seq + 1
        return max(rule.depth, needed) if needed <= limits.ERRAND_ENTRIES_MAX else rule.depth

    def _has_room(self, log: bytes, distance: Distance) -> bool:
        rule = self._rules[distance]
        if not rule.is_bounded:
            return True
        self.count(log)
        held = self._held.get(log)
        total = self._holdings.total(Distance.NEAR if distance in STRANGERS else distance)
        if rule.total_bytes is not None and total.size >= rule.total_bytes:
            return False
        if held is None:
            # Counted by those that are held: a log that is only offered takes nobody's place.
            return rule.logs is None or total.logs < rule.logs
        return rule.log_entries is None or held.entries < rule.log_entries

    def _lacks(self, log: bytes) -> bool:
        depth = self.depth(log, near=False)
        if depth <= 0:
            return False
        held = self._held.get(log)
        if held is None:
            return True
        newest = held.newest
        return newest.low > 1 and newest.high - newest.low + 1 < depth


def _size_of(segment: Segment) -> int:
    bodies = sum(len(body) for body in segment.bodies if isinstance(body, bytes))
    return bodies + limits.ENTRY_BYTES * len(segment.bodies)
