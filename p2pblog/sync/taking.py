"""The taking half of a session: entries and notes as they come from the peer.

Implements protocol/10-replication.md sections 2 and 6.  Sans-IO.  What answers a question is
taken as far as the policy allows; what is pushed besides must be wanted, and go on from what is
held.
"""

from __future__ import annotations

from p2pblog.log.segment import Segment
from p2pblog.sync.allowance import Allowance, idle
from p2pblog.sync.asking import Asking
from p2pblog.sync.events import SegmentArrived
from p2pblog.sync.live import Hearing
from p2pblog.sync.messages import Prune, Seek
from p2pblog.sync.replica import Replica
from p2pblog.sync.telling import Telling


class Taking:
    """What becomes of the entries that one peer sends."""

    def __init__(
        self,
        replica: Replica,
        asking: Asking,
        telling: Telling,
        hearing: Hearing,
        allowance: Allowance,
        *,
        near: bool,
    ) -> None:
        self._replica = replica
        self._asking = asking
        self._telling = telling
        self._hearing = hearing
        self._allowance = allowance
        self._near = near

    def entries(self, number: int, segment: Segment, now_s: float) -> SegmentArrived | Prune | None:
        """Take in a segment; return what is to be done with it, or what to answer.

        Args:
            number: of the question that it answers; 0: it is pushed.
        Raises:
            UnexpectedMessage: it does not answer that question.
            TooLarge: the peer pushes more of what nobody wants than it may.
        """
        log, pushed = segment.log, number == 0
        if pushed:
            # At once, lest it be sent back to where it comes from.
            self._asking.learn(log, segment.first, segment.last)
            self._telling.heard(log, segment.last)
            welcome = self._is_welcome(segment)
        else:
            self._asking.check_answer(number, segment)
            welcome = True
        if self._replica.admit(segment, self._near, not pushed, now_s) and welcome:
            return SegmentArrived(segment, pushed)
        prune = None
        if pushed:
            self._allowance.spend(idle(len(segment.bodies)), now_s)
            prune = self._hearing.unwanted(log)
        else:
            self._asking.progress(now_s)  # that it is dropped is not the peer's fault
        self._asking.consider(log)
        return prune

    def took(self, arrived: SegmentArrived, new: int, now_s: float) -> Prune | None:
        """Hear that a segment was stored, with so many new entries; return what to answer.

        Raises:
            TooLarge: the peer sends more of what is held than it may.
        """
        segment = arrived.segment
        self._replica.charge(segment, self._near, new, now_s)
        prune = None
        if new:
            self._asking.progress(now_s)
        else:
            self._allowance.spend(idle(len(segment.bodies)), now_s)
        if arrived.pushed:
            prune = self._hearing.took_push(segment.log, new)
        self._asking.learn(segment.log, segment.first, segment.last)
        self._asking.consider(segment.log)
        return prune

    def note(self, news: list[tuple[bytes, int]], now_s: float) -> list[Seek]:
        """Take in up to which seq the peer holds logs; return what to ask at once."""
        seeks: list[Seek] = []
        for log, seq in news:
            self._telling.heard(log, seq)
            self._hearing.noted(log, seq, now_s)
            seeks += self.seek_past(log)
        return seeks

    def seek_past(self, log: bytes) -> list[Seek]:
        """Return the question for what the peer holds of a log below what it has noted."""
        known = max(self._telling.heard_of(log), self._asking.offered(log))
        seek = self._asking.seek_past(log, known) if known else None
        return [] if seek is None else [seek]

    def _is_welcome(self, segment: Segment) -> bool:
        """Tell whether a push is wanted, and goes on from what is held."""
        log = segment.log
        held = self._replica.held.get(log)
        if not self._replica.wants(log, near=self._near):
            return False
        if held is None:
            return segment.first == 1 and self._hearing.is_parent(log)
        newest = held.newest
        if segment.last <= newest.high and segment.first < newest.low:
            return False  # nothing but the past, which is asked for as far as it is wanted
        return segment.first == 1 or held.holds(segment.first - 1)
