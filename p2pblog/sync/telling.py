"""The telling half of a session: what the peer hears without having asked.

Implements protocol/10-replication.md sections 5 to 7.  Sans-IO.  What is new is pushed to a
peer that has asked for that (a graft), and noted to others; what is held is offered where it
differs.  Whatever waits to be told is joined, one item a log, so a slow peer's queue is
bounded by the number of logs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.log.fork import ForkProof
from p2pblog.log.held import Held
from p2pblog.log.segment import Segment
from p2pblog.sync.asking import Asking
from p2pblog.sync.messages import Fork, Have, Message, Note, Offer, Told
from p2pblog.sync.replica import Replica


class Push(NamedTuple):
    """Entries that are to be pushed."""

    log: bytes
    low: int
    high: int


class Telling:
    """What one peer has been told, and what it is still to be told."""

    def __init__(self, replica: Replica, asking: Asking) -> None:
        self._replica = replica
        self._asking = asking
        self._pushing: set[bytes] = set()
        self._heard_high: dict[bytes, int] = {}
        self._told_low: dict[bytes, int] = {}
        self._told_high: dict[bytes, int] = {}
        # The entries whose bodies were lacking when the peer last heard of them, or since.
        self._bare = {log: frozenset(seqs) for log, seqs in tuple(replica.bare.items())}
        self._told_forks: dict[bytes, int] = {}
        self._sought: set[bytes] = set()  # offered because the peer lacks something of them
        self._haves: OrderedDict[bytes, None] = OrderedDict()
        self._noted: set[bytes] = set()
        self._notes: dict[bytes, None] = {}
        self._notes_due_s = float("inf")
        self._filled: set[bytes] = set()  # what has grown downward, and may have to be told
        self._pushes: OrderedDict[bytes, Push] = OrderedDict()
        self._sending: Push | None = None  # being read
        self._proofs: dict[bytes, Fork] = {}
        self._token: bytes | None = None
        self._token_due_s = float("inf")

    def known(self, log: bytes) -> int:
        """Return up to which seq the peer is known to hold `log`, 0 if nothing is known."""
        return max(self._asking.known(log), self._heard_high.get(log, 0))

    @property
    def waiting(self) -> int:
        """How many logs and proofs the peer is still to be told of."""
        told = len(self._haves) + len(self._notes) + len(self._pushes)
        return told + len(self._proofs)

    # --- what happens ------------------------------------------------------------------

    def offer(self, logs: Iterable[bytes]) -> None:
        """Have the peer know what is held of these logs."""
        for log in logs:
            self._haves[log] = None

    def sought(self, logs: Iterable[bytes]) -> None:
        """Have the peer know what is held of these logs, and what comes next of them.

        What it does not know of their forks it may be told again.
        """
        for log in logs:
            # It may have let the proof pass while the log was no concern of its own.
            self._told_forks.pop(log, None)
            if log in self._replica.held:
                self._haves[log] = None
                self._sought.add(log)

    def log_changed(self, log: bytes, now_s: float) -> None:
        """Tell what is new of a log, if the peer does not know it."""
        held, before = self._replica.held.get(log), self._replica.before(log)
        if held is None:
            # Should it come again, the peer is to hear of it as of one that was never here.
            for told in (self._told_low, self._told_high, self._bare):
                told.pop(log, None)
            self._filled.discard(log)
            return
        if before is None or held.newest.high > before.newest.high:
            self._tell_news(log, held, now_s)
        if bare := self._replica.bare.get(log):
            self._bare[log] = self._bare.get(log, frozenset()).union(bare)
        if before is None:
            # Who told of it first, and so hears nothing of what is new, may lack the past.
            lower = held.newest.high <= self.known(log)
        elif held.newest.low > before.newest.high or self._lies_below(log, before, held):
            # Behind a gap the range begins anew, here or there: what was told says nothing of it.
            self._told_low.pop(log, None)
            lower = True
        else:
            lower = held.newest.low < before.newest.low
        if lower or self._has_more(log, held):
            self._filled.add(log)
        self.past_came(log)

    def past_came(self, log: bytes) -> None:
        """Offer a log anew once its past or its bodies have come, as far as they are fetched."""
        if log in self._filled and log not in self._replica.claims:
            self._tell_past(log)

    def graft(self, log: bytes, after: int, now_s: float) -> None:
        """Push `log` from now on, to a peer that holds it up to the seq `after`."""
        held = self._replica.held.get(log)
        if held is None:
            return
        self._pushing.add(log)
        self._notes.pop(log, None)
        self._asking.disown(log, after)
        self._heard_high[log] = after
        self._tell_news(log, held, now_s)

    def heard(self, log: bytes, seq: int) -> None:
        """Hear from the peer that it holds the entry `seq`: it need not be told."""
        if log in self._replica.held:
            self._heard_high[log] = max(seq, self._heard_high.get(log, 0))

    def heard_of(self, log: bytes) -> int:
        """Return up to which seq the peer has said by itself that it holds `log`."""
        return self._heard_high.get(log, 0)

    def prune(self, log: bytes, now_s: float) -> None:
        """Only note what is new of `log` from now on."""
        held = self._replica.held.get(log)
        if held is not None and log in self._pushing:
            self._pushing.discard(log)
            self._pushes.pop(log, None)
            self._tell_news(log, held, now_s)

    def pushed(self, segment: Segment | None) -> bool:
        """Hear what was read for the last push; tell whether it may be sent.

        It may not where the peer has meanwhile said that it wants no pushes of the log, or that
        it holds more of it than before, or less.
        """
        push, self._sending = self._sending, None
        if push is None or push.log not in self._pushing:
            return False
        if segment is None:
            self._haves[push.log] = None
            return False
        known = self.known(push.log)
        fits = segment.first == known + 1
        rest = max(segment.last if fits else 0, known) + 1
        if segment.first > known + 1:
            if push.log not in self._pushes:
                self._haves[push.log] = None  # it would lack what is left out
        elif rest <= push.high:
            self._pushes.setdefault(push.log, push._replace(low=rest))
        return fits

    def fork_found(self, proof: ForkProof, lowest: int) -> None:
        """Pass on the proof of a fork, unless this peer knows one as good."""
        known = self._told_forks.get(proof.log)
        if known is None or lowest < known:
            self._told_forks[proof.log] = lowest
            self._proofs[proof.log] = Fork(proof)

    def fork_known(self, log: bytes, lowest: int) -> None:
        """Hear that the proof which this peer sent shows a fork at `lowest`."""
        self._told_forks[log] = min(lowest, self._told_forks.get(log, lowest))

    def give_tokens(self, now_s: float) -> None:
        """From now on say, each time that all has been told, from where the peer may resume."""
        if self._token_due_s == float("inf"):
            self._token_due_s = now_s

    # --- out ---------------------------------------------------------------------------

    def next_push(self) -> Push | None:
        """Return the next entries to read and push."""
        while self._pushes:
            push = self._pushes.popitem(last=False)[1]
            # What it was sent meanwhile, or has shown, it holds.
            low = max(push.low, self.known(push.log) + 1)
            if low <= push.high:
                self._sending = push._replace(low=low)
                return self._sending
        return None

    @property
    def more(self) -> bool:
        """Whether `messages` has something to say at once."""
        return bool(self._haves or self._proofs)

    def messages(self, now_s: float) -> list[Message]:
        """Return what is to be said now: a bounded part of it, call again when it was sent."""
        if now_s >= self._token_due_s:
            for log in tuple(self._filled):  # or the token would say more than is told
                self._tell_past(log)
        out: list[Message] = [*self._proofs.values()]
        self._proofs.clear()
        while self._haves and len(out) < limits.HAVES_PER_TURN_MAX:
            if offers := self._next_offers():
                out.append(Have(offers))
        out += self._due_notes(now_s)
        if now_s >= self._token_due_s and self._all_told:
            self._token_due_s = now_s + limits.TOLD_EVERY_S
            out += self.farewell()
        return out

    def farewell(self) -> list[Message]:
        """Return a newer token if the peer was told of everything, and it is not the old one."""
        if self._token_due_s == float("inf") or not self._all_told:
            return []
        token = self._replica.token()
        if token is None or token == self._token:
            return []
        self._token = token
        return [Told(token)]

    def deadline_s(self) -> float:
        """Return when `messages` must be called at the latest."""
        return min(self._notes_due_s, self._token_due_s)

    @property
    def _all_told(self) -> bool:
        waits = self._haves or self._notes or self._pushes or self._proofs or self._filled
        return not waits and self._sending is None

    def _tell_news(self, log: bytes, held: Held, now_s: float) -> None:
        """Push, note or offer what is newer than the peer knows."""
        newest, known = held.newest, self.known(log)
        if newest.high > known and log in self._pushing:
            near = newest.high - known <= limits.GRAFT_ENTRIES_MAX
            if near and known + 1 >= newest.low:
                self._pushes[log] = Push(log, known + 1, newest.high)
            else:
                self._haves[log] = None
        elif newest.high > max(known, self._told_high.get(log, 0)):
            # The first of a log is waited for: a tree has to grow along it.
            due_s = now_s + limits.NOTE_DELAY_S if log in self._noted else now_s
            self._notes_due_s = min(due_s, self._notes_due_s)
            self._notes[log] = None

    def _tell_past(self, log: bytes) -> None:
        """Offer a log that has grown downward, unless the peer was told, or holds as much."""
        self._filled.discard(log)
        held, offer = self._replica.held.get(log), self._asking.offers.get(log)
        if held is None:
            return
        newest, told_low = held.newest, self._told_low.get(log, limits.SEQ_MAX)
        # From where the range ends now, up to where it ended when the peer was told of it.
        top = min(told_low - 1, newest.high)
        as_much = offer is not None and offer.low <= newest.low and offer.high >= top
        news = newest.low < told_low and not as_much
        if news or self._has_more(log, held):
            self._sought.discard(log)
            self._haves[log] = None

    def _lies_below(self, log: bytes, before: Held, held: Held) -> bool:
        """Tell whether what came lies in a gap of the peer's, below its newest range."""
        offer = self._asking.offers.get(log)
        return offer is not None and before.newest.high + 1 < offer.low <= held.newest.high + 1

    def _has_more(self, log: bytes, held: Held) -> bool:
        """Tell whether bodies have come that lacked, or entries of a log that the peer seeks."""
        if self._bare.get(log, frozenset()).difference(self._replica.bare.get(log, ())):
            return True
        return log in self._sought and held.newest.high > self._told_high.get(log, 0)

    def _next_offers(self) -> list[Offer]:
        offers: list[Offer] = []
        while self._haves and len(offers) < limits.HAVE_LOGS_PER_MESSAGE_MAX:
            log, _ = self._haves.popitem(last=False)
            if (held := self._replica.held.get(log)) is not None:
                offers.append(offer_of(log, held))
                self._told_low[log], self._told_high[log] = held.newest.low, held.newest.high
                if bare := self._replica.bare.get(log):
                    self._bare[log] = frozenset(bare)
                else:
                    self._bare.pop(log, None)
                self._notes.pop(log, None)
        return offers

    def _due_notes(self, now_s: float) -> list[Message]:
        if now_s < self._notes_due_s:
            return []
        self._notes_due_s = float("inf")
        news: list[tuple[bytes, int]] = []
        for log in self._notes:  # all that wait go with the one that is due
            held = self._replica.held.get(log)
            if held is not None and held.newest.high > self.known(log):
                self._noted.add(log)
                self._told_high[log] = held.newest.high
                news.append((log, held.newest.high))
            else:
                self.past_came(log)  # the peer said so first
        self._notes.clear()
        most = limits.NOTES_PER_MESSAGE_MAX
        return [Note(news[at : at + most]) for at in range(0, len(news), most)]


def offer_of(log: bytes, held: Held) -> Offer:
    """Return the offer of what is held of a log."""
    newest, older = held.newest, held.older
    span = None if older is None else (older.low, older.high)
    return Offer(log, newest.low, newest.high, newest.high_id, span)
