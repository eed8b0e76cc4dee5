"""The asking half of a session: what the peer holds, and what it is being asked for.

Implements protocol/09-sessions.md section 5 and 10-replication.md sections 2 and 3.  Pure.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from p2pblog.core import limits
from p2pblog.core.errors import PeerTimeout, TooLarge, UnexpectedMessage
from p2pblog.log.segment import Segment
from p2pblog.sync.messages import Offer, Seek, Want, WantLatest
from p2pblog.sync.planning import Ask, Latest, Span, next_ask
from p2pblog.sync.replica import Replica


@dataclass(slots=True)
class _Fetch:
    """A question under way; `began_s` bounds how long one peer may keep a log to itself.

    `bodies_from` is the lowest entry of which the body alone was asked for, 0 for another question.
    """

    log: bytes
    ask: Ask
    began_s: float
    bodies_from: int


class Asking:
    """What one peer offers, and the questions to it that are open."""

    def __init__(self, replica: Replica, *, near: bool, now_s: float) -> None:
        self._replica = replica
        self._near = near
        self.offers: dict[bytes, Offer] = {}
        """What the peer holds, as it has said or shown; not to be changed from outside."""
        self._learnt: dict[bytes, int] = {}  # up to where it has shown, or been sent, logs offered
        self._fetches: dict[int, _Fetch] = {}
        self._last_number = 0
        self._candidates: OrderedDict[bytes, None] = OrderedDict()
        self._elsewhere: set[bytes] = set()  # wanted, and being fetched by another session
        self._offered: set[bytes] = set()  # by the peer's own word; of others it has shown a part
        self._sought: set[bytes] = set()
        self._asked_bodies: dict[bytes, int] = {}  # of an offer: those from this entry on
        self._sought_bodies: dict[bytes, int] = {}  # up to which entry, by log
        self._progress_s = now_s

    def next_number(self) -> int:
        """Return a number that no question of this session has borne."""
        self._last_number += 1
        return self._last_number

    # --- what the peer holds -----------------------------------------------------------

    def take_offers(self, offers: Iterable[Offer]) -> None:
        """Take in what the peer says that it holds.

        Raises:
            TooLarge: more logs than a peer may offer.
        """
        for offer in offers:
            if offer.log not in self.offers:
                if not self._is_worth_knowing(offer.log):
                    continue  # should it be wanted one day, the peer will be asked again
                if len(self.offers) >= limits.REMOTE_LOGS_MAX:
                    raise TooLarge("more logs than a peer may offer")
            self.offers[offer.log] = offer
            self._offered.add(offer.log)
            self._ask_anew(offer.log)
            self.consider(offer.log)

    def learn(self, log: bytes, first: int, last: int) -> None:
        """Take in that the peer holds these entries, as it has just shown, or been sent."""
        offer = self.offers.get(log)
        held = self._replica.held.get(log)
        high_id = held.newest.high_id if held and held.newest.high == last else None
        if offer is None:
            if self._is_worth_knowing(log) and len(self.offers) < limits.REMOTE_LOGS_MAX:
                self.offers[log] = Offer(log, first, last, high_id)
        elif first > offer.high + 1:
            # The past that was offered is there still, and nobody will speak of it again.
            self.offers[log] = Offer(log, first, last, high_id, (offer.low, offer.high))
        elif last > offer.high:
            low = min(offer.low, first)
            self.offers[log] = Offer(log, low, last, high_id, offer.older)
        elif first < offer.low <= last + 1:
            self.offers[log] = offer._replace(low=first)
        if log in self.offers:
            self._learnt[log] = max(last, self._learnt.get(log, 0))

    def known(self, log: bytes) -> int:
        """Return up to which seq the peer holds `log`: what it said last, or has once shown."""
        offer = self.offers.get(log)
        return max(0 if offer is None else offer.high, self._learnt.get(log, 0))

    def offered(self, log: bytes) -> int:
        """Return up to which seq the peer holds a log by its own word, 0 if it has not said."""
        offer = self.offers.get(log)
        return offer.high if offer is not None and log in self._offered else 0

    def disown(self, log: bytes, above: int) -> None:
        """Take in that the peer holds nothing of `log` after the seq `above`, as it says."""
        self._learnt.pop(log, None)
        offer = self.offers.get(log)
        if offer is None or offer.high <= above:
            return
        if offer.low <= above:
            self.offers[log] = offer._replace(high=above, high_id=None)
        else:
            self._forget(log)
            self.consider(log)

    def _is_worth_knowing(self, log: bytes) -> bool:
        return log in self._replica.held or self._replica.wants(log, near=self._near)

    # --- what to ask for ---------------------------------------------------------------

    def consider(self, log: bytes) -> None:
        """Think again about `log` when questions are asked next.

        What is neither wanted nor held any more, since its writer was blocked say, is forgotten.
        """
        if log in self.offers and not self._is_worth_knowing(log):
            self._forget(log)
        if log in self.offers:
            self._candidates[log] = None
            if log in self._replica.own:
                self._candidates.move_to_end(log, last=False)
        else:
            self._elsewhere.discard(log)

    @property
    def settled(self) -> bool:
        """Whether nothing that the peer offers is wanted from it any more."""
        return not (self._candidates or self._fetches or self._elsewhere)

    def awaited(self) -> Iterator[tuple[bytes, int]]:
        """Yield logs that are asked for or soon will be, and up to where the peer has each."""
        under_way = (fetch.log for fetch in self._fetches.values())
        for log in {*self._candidates, *under_way}:
            if (offer := self.offers.get(log)) is not None:
                yield log, offer.high

    def seek(self) -> list[Seek]:
        """Return the questions about logs that are wanted and that the peer said nothing of."""
        missing = self._replica.missing()
        said = self._offered | self._sought
        return self.seek_again(log for log in missing if log not in said)

    def seek_bodies(self, log: bytes) -> list[Seek]:
        """Return the question about a log that is held without some body, if it was not asked.

        Who holds the same entries, with their bodies, has no other reason to speak of it.
        """
        if log not in self._replica.bare or log in self._offered | self._sought:
            return []
        return self.seek_again([log])

    def seek_again(self, logs: Iterable[bytes]) -> list[Seek]:
        """Return the questions about those of these logs that are wanted, asked before or not."""
        logs = [log for log in logs if self._replica.wants(log, near=self._near)]
        self._sought.update(logs)
        most = limits.SEEK_LOGS_MAX
        return [Seek(logs[at : at + most]) for at in range(0, len(logs), most)]

    def seek_past(self, log: bytes, known: int) -> Seek | None:
        """Return the question about the past of a log that the peer is `known` to hold so far.

        What it holds below that, it says only when it is asked: most who hear of what is new
        have the rest.
        """
        if not self._lacks_past(log):
            return None
        if log not in self._offered:
            self._offered.add(log)  # as it is about to be
            return Seek([log])
        bodiless = max(self._replica.bare.get(log, ()), default=0)
        offer = self.offers.get(log)
        if offer is None or offer.high >= bodiless:
            return None
        # What was stored without its body the peer may have whole.
        if known >= bodiless:
            self.offers[log] = offer._replace(high=bodiless, high_id=None)
            self._ask_anew(log)
            self._candidates[log] = None
        elif self._sought_bodies.get(log, 0) < bodiless:
            self._sought_bodies[log] = bodiless
            return Seek([log])
        return None

    def questions(self, now_s: float) -> list[Want | WantLatest]:
        """Return the questions to ask now: as many as may be open at once."""
        asked: list[Want | WantLatest] = []
        while self._candidates and len(self._fetches) < limits.WANTS_IN_FLIGHT_MAX:
            log, _ = self._candidates.popitem(last=False)
            self._elsewhere.discard(log)
            ask = self._next_ask(log)
            if ask is None:
                continue
            if self._is_fetched(log):
                # Whoever fetches it now will release it; `consider` is called then.
                self._elsewhere.add(log)
                continue
            number = self.next_number()
            if not self._fetches:
                self._progress_s = now_s
            bodies_from = 0
            if isinstance(ask, Span) and ask.down and ask.high in self._replica.bare.get(log, ()):
                bodies_from = ask.low
            self._fetches[number] = _Fetch(log, ask, now_s, bodies_from)
            if log not in self._replica.own:
                self._replica.claims[log] = self
            if isinstance(ask, Latest):
                asked.append(WantLatest(number, log, ask.most))
            else:
                asked.append(Want(number, log, *ask))
        return asked

    # --- what comes back ---------------------------------------------------------------

    def check_answer(self, number: int, segment: Segment) -> None:
        """Check that a segment answers a question that is open.

        Raises:
            UnexpectedMessage: no such question, another log, or other entries.
        """
        fetch = self._fetches.get(number)
        if fetch is None:
            raise UnexpectedMessage("an answer to no question")
        if segment.log != fetch.log or not _answers(segment, fetch.ask):
            raise UnexpectedMessage("other entries than were asked for")

    def progress(self, now_s: float) -> None:
        """Hear that the peer has sent something that was new."""
        self._progress_s = now_s

    def finish(self, number: int) -> bytes | None:
        """Close a question; return the log that others may fetch now."""
        fetch = self._fetches.pop(number, None)
        if fetch is None:
            return None
        self._replica.claims.pop(fetch.log, None)
        self._elsewhere.discard(fetch.log)
        if fetch.bodies_from:
            self._asked_bodies[fetch.log] = fetch.bodies_from
        if self._next_ask(fetch.log) == fetch.ask:
            # The answer brought nothing: the peer does not hold what it offered.
            self._forget(fetch.log)
        else:
            self.consider(fetch.log)
        return fetch.log

    def release(self) -> list[bytes]:
        """Close all questions; return the logs that others may fetch now."""
        self._candidates.clear()
        self._elsewhere.clear()
        finished = [self.finish(number) for number in list(self._fetches)]
        return [log for log in finished if log is not None]

    def deadline_s(self) -> float:
        """Return when `tick` must be called at the latest."""
        if not self._fetches:
            return float("inf")
        return min(self._progress_s + limits.WANT_S_MAX, self._oldest_s() + limits.FETCH_S_MAX)

    def tick(self, now_s: float) -> None:
        """Look after the questions that are open.

        Raises:
            PeerTimeout: nothing new has come for long, or one takes too long altogether.
        """
        if not self._fetches:
            return
        stalled = now_s - self._progress_s >= limits.WANT_S_MAX
        if stalled or now_s - self._oldest_s() >= limits.FETCH_S_MAX:
            raise PeerTimeout("no answer to a question")

    def _oldest_s(self) -> float:
        """Return when the oldest of the open questions was asked."""
        return min(fetch.began_s for fetch in self._fetches.values())

    def _is_fetched(self, log: bytes) -> bool:
        if log in self._replica.own:
            return any(fetch.log == log for fetch in self._fetches.values())
        return log in self._replica.claims

    def _ask_anew(self, log: bytes) -> None:
        """Ask for bodies again: what the peer has been asked for was before it said more."""
        self._asked_bodies.pop(log, None)
        for fetch in self._fetches.values():
            if fetch.log == log:
                fetch.bodies_from = 0

    def _forget(self, log: bytes) -> None:
        del self.offers[log]
        if log not in self._replica.held:  # or there would be no bound to what is kept
            self._learnt.pop(log, None)
        self._offered.discard(log)

    def _lacks_past(self, log: bytes) -> bool:
        held = self._replica.held.get(log)
        if held is None or log in self._replica.forked:
            return False
        depth = self._replica.depth(log, self._near)
        bottom = max(1, held.newest.high - depth + 1)
        return depth > 0 and (held.newest.low > bottom or log in self._replica.bare)

    def _next_ask(self, log: bytes) -> Ask | None:
        offer = self.offers.get(log)
        if offer is None or log in self._replica.forked:
            return None
        depth = self._replica.depth(log, self._near)
        held, bare = self._replica.held.get(log), self._replica.bare.get(log, ())
        if bare and (asked := self._asked_bodies.get(log)) is not None:
            bare = [seq for seq in bare if seq < asked]
        return next_ask(held, offer, depth, bare)


def _answers(segment: Segment, ask: Ask) -> bool:
    """Tell whether a segment lies where the answer to `ask` may lie."""
    if isinstance(ask, Latest):
        return len(segment.bodies) <= ask.most
    if ask.down:
        return ask.low <= segment.first and segment.last <= ask.high
    return ask.low <= segment.first <= ask.high
