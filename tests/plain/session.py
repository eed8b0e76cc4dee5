"""Chapters 9 and 10: an end of sessions that wants every log whole; one link at a time, no clock.

What may wait a moment goes at once here.
"""

from __future__ import annotations

from typing import Any

from tests.plain import segment
from tests.plain.frontier import Follower, Frontier, Leader
from tests.plain.held import Held, Range
from tests.plain.home import Home
from tests.plain.message import each
from tests.plain.msgpack import decode, encode
from tests.plain.offers import Offers
from tests.plain.planning import Ask, next_ask
from tests.plain.refused import Refused, need
from tests.plain.serving import offer_of, serve

COMPARING = ("compare", "compared", "reveal", "agreed")


class Session:
    """One end of a session: what the other has said, and what is to be sent."""

    def __init__(self, home: Home, h: bytes, *, leads: bool) -> None:
        self.home = home
        self.h = h
        self.leads = leads
        self.out: list[list[Any]] = [[0, 1, home.kept]]
        self.greeted = self.ended = False
        # What is asked for.
        self.offers = Offers()
        self.asks: dict[int, tuple[bytes, Ask]] = {}
        self.number = 0
        self.candidates: list[bytes] = []
        self.sought: set[bytes] = set()
        self.offered: set[bytes] = set()
        """The logs of which the peer has said by a have what it holds."""
        # What is asked here.
        self.questions: list[tuple[int, bytes, Ask]] = []
        # What is told.
        self.telling: list[bytes] = []
        self.notes: list[bytes] = []
        self.proofs: list[bytes] = []
        self.told_high: dict[bytes, int] = {}
        self.told_low: dict[bytes, int] = {}
        self.told_forks: dict[bytes, int] = {}
        # Who pushes.
        self.grafted: set[bytes] = set()
        """The logs that the peer has grafted."""
        self.parent: set[bytes] = set()
        """The logs that the peer was asked to push."""
        self.noted: dict[bytes, int] = {}
        # Tokens, and the comparison.
        self.comparison: Leader | Follower | None = None
        self.giving = self.given = False
        self.their_token: bytes | None = None

    # --- in --------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take in a message, or several that travel together, or refuse it."""
        for name, fields in each(data):
            if not self.ended:
                self.hear(name, fields)

    def hear(self, name: str, fields: list[Any]) -> None:
        """Take in one message."""
        if not self.greeted:
            need(name == "hello" and fields[0] == 1, "unexpected-message")  # S-4, S-5
            self.greeted = True
            self.resume(fields[1])
            return
        need(name != "hello", "unexpected-message")  # S-6
        if name in COMPARING:
            self.compare(name, fields)
        else:
            self.take(name, fields)
        self.ask()
        if self.their_token is not None and self.is_settled():
            self.home.kept, self.their_token = self.their_token, None

    def take(self, name: str, fields: list[Any]) -> None:
        """Take in a message that either end may send."""
        if name == "have":
            for offer in fields[0]:
                self.offers.by_log[offer[0]] = offer
                self.offered.add(offer[0])
                self.candidates.append(offer[0])
        elif name == "want":
            number, log, low, high, down = fields
            self.questions.append((number, log, ("down" if down else "up", low, high)))
        elif name == "latest":
            self.questions.append((fields[0], fields[1], ("latest", fields[2], 0)))
        elif name == "segment":
            self.take_segment(fields[0], segment.read(fields[1]))
        elif name == "fork":
            lowest = self.home.learn(fields[0])  # S-32
            log = fields[0][0][0]
            self.told_forks[log] = min(lowest, self.told_forks.get(log, lowest))
        elif name == "done" and fields[0] in self.asks:
            log, before = self.asks.pop(fields[0])
            if next_ask(self.held(log), self.offers.by_log[log]) == before:
                del self.offers.by_log[log]
                self.offered.discard(log)
            self.candidates.append(log)
        elif name == "ping":
            self.out.append([6, fields[0]])
        elif name == "ask_blob":
            self.out.append([9, fields[0], None])
        elif name == "told":
            self.take_token(fields[0])
        elif name == "seek":
            self.tell([log for log in fields[0] if self.top(log)])  # S-37
        elif name == "note":
            for log, seq in fields[0]:
                self.take_note(log, seq)
        elif name == "graft":
            self.take_graft(*fields)
        elif name == "prune" and fields[0] in self.grafted:
            self.grafted.remove(fields[0])
            self.news(fields[0])
        elif name == "bye":
            self.ended = True

    # --- tokens and comparing ---------------------------------------------------------------

    def resume(self, token: bytes | None) -> None:
        """Say what has changed since a token (S-36)."""
        before = None if token is None else self.home.given.get(token)
        if before is None:
            self.out.append([16, None])
            self.begin()
            return
        for log, now in self.home.items().items():
            _, ranges, forked = decode(now)
            _, ranges_then, forked_then = decode(before[log]) if log in before else (log, [], None)
            if ranges != ranges_then:
                self.tell([log])
            if forked != forked_then:
                self.prove(log)
        self.giving = True

    def begin(self) -> None:
        """Begin to compare, at the end that leads; once."""
        if self.leads and self.comparison is None:
            self.comparison = Leader(Frontier(self.home.items(), self.h))
            self.out += self.comparison.ask()

    def compare(self, name: str, fields: list[Any]) -> None:
        """Take in a message of a comparison; what is held now is what counts."""
        frontier = Frontier(self.home.items(), self.h)
        if self.leads:
            need(isinstance(self.comparison, Leader), "unexpected-message")
            assert isinstance(self.comparison, Leader)
            self.comparison.frontier = frontier
            reveals, told = self.comparison.take(name, fields)
            self.out += reveals + self.comparison.ask()
            self.giving = self.giving or self.comparison.agreed
        else:
            if not isinstance(self.comparison, Follower):
                self.comparison = Follower(frontier)
            self.comparison.frontier = frontier
            answer, told = self.comparison.take(name, fields)
            self.out += [] if answer is None else [answer]
            self.giving = self.giving or name == "agreed"
        for log in sorted(told):
            self.tell([log])
            if log in self.home.proofs:
                self.prove(log)

    def take_token(self, token: bytes | None) -> None:
        """Hear from where this end may resume, or that it may not."""
        if token is None:
            self.begin()
            return
        self.their_token = token
        known = self.offered | self.sought
        logs = [log for log in sorted(self.home.held) if self.lacks_past(log) and log not in known]
        self.sought.update(logs)
        if logs:
            self.out.append([17, logs])

    def seek_past(self, log: bytes) -> None:
        """Ask for the past of a log that the peer has shown to have, and not offered; once."""
        if self.lacks_past(log) and log not in self.offered:
            self.offered.add(log)  # as it is about to be
            self.out.append([17, [log]])

    def lacks_past(self, log: bytes) -> bool:
        """Tell whether a log is held, but not from its first entry on."""
        held = self.held(log)
        return held.newest is not None and held.newest.low > 1 and not held.forked

    def is_settled(self) -> bool:
        """Tell whether all that the peer has told of is here (S-35)."""
        return not self.asks and all(
            seq <= self.top(log) or self.held(log).forked for log, seq in self.noted.items()
        )

    # --- asking -----------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for what is offered and not here: one question a log, eight at once (S-20)."""
        while self.candidates and len(self.asks) < 8:
            log = self.candidates.pop(0)
            busy = any(asked == log for asked, _ in self.asks.values())
            if busy or log not in self.offers:
                continue
            ask = next_ask(self.held(log), self.offers.by_log[log])
            if ask is None:
                continue
            self.number += 1
            self.asks[self.number] = (log, ask)
            how, low, high = ask
            if how == "latest":
                self.out.append([10, self.number, log, low])
            else:
                self.out.append([2, self.number, log, low, high, how == "down"])

    def take_segment(self, number: int, part: segment.Segment) -> None:
        """Take in an answer (S-16 to S-19) or a push (S-24)."""
        log = part.log
        if number == 0:
            self.learn(log, part.first, part.last)
            if not self.is_welcome(part):
                self.candidates.append(log)
                if self.held(log).forked:
                    self.parent.discard(log)
                    self.out.append([20, log])
                return
        else:
            need(number in self.asks, "unexpected-message")
            asked, (how, low, high) = self.asks[number]
            need(asked == log, "unexpected-message")
            if how == "up":
                need(low <= part.first <= high, "unexpected-message")
            elif how == "down":
                need(low <= part.first and part.last <= high, "unexpected-message")
            else:
                need(len(part.bodies) <= low, "unexpected-message")
            if how == "up" and (low, high) == (part.first, self.top(log)):
                self.look_for_fork(part)
        held, new = self.held(log), 0
        before = held.newest
        try:
            new = held.take(part)
        except Refused as refused:
            if refused.code not in ("seq-gap", "fork"):  # L-14, L-20
                raise
        if held.newest is not None:
            self.home.held[log] = held
        if number == 0 and new:
            self.parent.add(log)
        self.learn(log, part.first, part.last)
        if new:
            self.grown(log, before)
        if number == 0:
            self.seek_past(log)
        self.candidates.append(log)

    def look_for_fork(self, part: segment.Segment) -> None:
        """Check another entry than the newest that is held (chapter 10 section 2, step 3)."""
        entry = segment.hashed(part)[-1]
        if (
            entry.seq == self.top(part.log)
            and entry.id != self.held(part.log).entries[entry.seq].id
        ):
            segment.check(part, None)
            raise NotImplementedError("no vector finds a fork")

    def is_welcome(self, part: segment.Segment) -> bool:
        """Tell whether a push is wanted and goes on from what is held (S-24)."""
        held = self.held(part.log)
        if held.forked:
            return False
        if held.newest is None:
            return part.first == 1 and part.log in self.parent
        return part.first == 1 or part.first - 1 in held.entries

    def learn(self, log: bytes, first: int, last: int) -> None:
        """Take in that the peer holds these entries."""
        newest = self.held(log).newest
        self.offers.learn(
            log, first, last, newest.high_id if newest and newest.high == last else None
        )

    # --- telling ------------------------------------------------------------------------------

    def grown(self, log: bytes, before: Range | None) -> None:
        """Tell what is new of a log (chapter 10 section 5)."""
        newest = self.held(log).newest
        assert newest is not None
        if before is None or newest.high > before.high:
            self.news(log)
        if before is not None and newest.low < before.low:
            told_low = self.told_low.get(log, newest.high + 1)
            top = min(told_low - 1, newest.high)
            both = self.offers.holds(log, newest.low) and self.offers.holds(log, top)
            if newest.low < told_low and not both:
                self.tell([log])

    def news(self, log: bytes) -> None:
        """Push or note what is newer than the peer knows."""
        newest, known = self.held(log).newest, self.offers.known(log)
        assert newest is not None
        if newest.high > known and log in self.grafted:
            if newest.high - known <= 64 and known + 1 >= newest.low:
                self.questions.insert(0, (0, log, ("up", known + 1, newest.high)))
            else:
                self.tell([log])
        elif newest.high > max(known, self.told_high.get(log, 0)):
            self.notes.append(log)

    def tell(self, logs: list[bytes]) -> None:
        """Offer logs of which entries are held."""
        self.telling += [log for log in logs if self.top(log) and log not in self.telling]

    def prove(self, log: bytes) -> None:
        """Send a proof, if the peer has had none as good (S-30, S-31)."""
        lowest = self.home.forked(log)
        if lowest < self.told_forks.get(log, lowest + 1):
            self.told_forks[log] = lowest
            self.proofs.append(log)

    # --- notes and grafts -------------------------------------------------------------------------

    def take_note(self, log: bytes, seq: int) -> None:
        """Hear that the peer holds a log up to seq."""
        if self.top(log):
            self.offers.note(log, seq)
        self.seek_past(log)
        if seq <= self.top(log) or self.held(log).forked:
            return
        self.noted[log] = max(seq, self.noted.get(log, 0))
        if log not in self.parent:
            self.parent.add(log)
            self.out.append([19, log, self.top(log)])

    def take_graft(self, log: bytes, after: int) -> None:
        """Push a log from now on (S-38)."""
        if not self.top(log):
            return
        self.grafted.add(log)
        self.offers.graft(log, after)
        self.news(log)

    # --- out ------------------------------------------------------------------------------------

    def takes(self, log: bytes, parts: list[segment.Segment]) -> None:
        """Hold more of a log, from elsewhere."""
        for part in parts:
            self.grown(log, self.home.takes(log, part))
            self.candidates.append(log)
        self.ask()

    def output(self) -> list[bytes]:
        """Return what this end sends before it hears more: answers by turns, a segment each."""
        if self.ended:
            return []
        out, self.out = self.out, []
        out += [[11, self.home.proofs[log]] for log in self.proofs]
        if self.telling:
            out.append([1, [offer_of(log, self.held(log)) for log in self.telling]])
        for log in self.telling:
            _, low, high, *_ = offer_of(log, self.held(log))
            self.told_low[log], self.told_high[log] = low, high
        notes = [log for log in self.notes if log not in self.telling]
        if notes:
            out.append([18, [[log, self.top(log)] for log in notes]])
        self.told_high.update({log: self.top(log) for log in notes})
        self.proofs, self.telling, self.notes = [], [], []
        while self.questions:
            out += self.answer(*self.questions.pop(0))
        if self.giving and not self.given:
            self.given = True
            out.append([16, self.home.token()])
        return [encode(message) for message in out]

    def answer(self, number: int, log: bytes, ask: Ask) -> list[list[Any]]:
        """Return the next segment of an answer or a push, and done where that is all."""
        done = [[4, number]] if number else []
        served = serve(self.held(log), ask)
        if served is None:
            return done
        self.learn(log, served.first, served.last)
        if served.rest is not None:
            self.questions.append((number, log, served.rest))
            done = []
        return [[3, number, served.fields], *done]

    def held(self, log: bytes) -> Held:
        """Return what is held of a log."""
        return self.home.held.get(log) or Held()

    def top(self, log: bytes) -> int:
        """Return the newest seq that is held, 0 if there is none."""
        newest = self.held(log).newest
        return newest.high if newest else 0
