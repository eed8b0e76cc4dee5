"""Finding in which logs two nodes differ, without a word about the others.

Implements protocol/10-replication.md section 9.  Sans-IO.  One end leads: it sends digests of
what it holds, part by part, and the other answers where its own are different.  Both speak of
what is held at that moment; what changes meanwhile is told in any case (telling.py).
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, TypeAlias

from p2pblog.core import limits
from p2pblog.core.errors import TooLarge, UnexpectedMessage
from p2pblog.sync.frontier import DIGITS, Frontier
from p2pblog.sync.messages import Agreed, Compare, Compared, Part, Reveal

_SIZE = limits.FRONTIER_DIGEST_BYTES

Comparison: TypeAlias = Compare | Compared | Reveal | Agreed


class Findings(NamedTuple):
    """Logs in which the peer differs: it is to be told of them; and what to say to it."""

    tell: list[bytes]
    messages: list[Comparison]


class Leader:
    """The end that asks; it begins with everything and goes where the digests differ."""

    def __init__(self, frontier: Frontier, salt: bytes) -> None:
        self._frontier = frontier
        self._salt = salt
        self._waiting: deque[str] = deque([""])
        self._open: dict[str, Compare] = {}
        self._asked = 0

    @property
    def finished(self) -> bool:
        """Whether every difference has been found."""
        return not self._waiting and not self._open

    def ask(self) -> list[Compare]:
        """Return the questions to send now: as many as may be open at once.

        Raises:
            TooLarge: the peer leads on beyond what any two nodes differ in.
        """
        asked: list[Compare] = []
        while self._waiting and len(self._open) < limits.COMPARES_IN_FLIGHT_MAX:
            # The last one first: so the number that waits stays small.
            prefix = self._waiting.pop()
            compare = Compare(prefix, *summary(self._frontier, prefix, self._salt))
            self._open[prefix] = compare
            asked.append(compare)
        self._asked += len(asked)
        if self._asked > limits.COMPARES_MAX:
            raise TooLarge("a comparison without end")
        return asked

    def take(self, compared: Compared) -> Findings:
        """Take in an answer.

        Raises:
            UnexpectedMessage: it answers no question, lacks what was not named, or says more of
                what was named to be empty.
        """
        compare = self._open.pop(compared.prefix, None)
        if compare is None:
            raise UnexpectedMessage("an answer to no question")
        named = _split(compare.digests) if compare.items else []
        lacking = _split(compared.lacking)
        if not set(lacking) <= set(named):
            raise UnexpectedMessage("it lacks what was not named")
        if compare.items and not named and compared.parts:
            raise UnexpectedMessage("parts of what was to be told whole")
        found = Findings([], [])
        if lacking:
            mine = self._frontier.items(compared.prefix, self._salt)
            found.tell.extend(mine[one] for one in lacking if one in mine)
        for part in compared.parts:
            self._look_into(compared.prefix + part.digit, part, found)
        return found

    def _look_into(self, prefix: str, part: Part, found: Findings) -> None:
        theirs = _split(part.digests)
        if not part.items:
            mine = self._frontier.children(prefix, self._salt)
            self._waiting.extend(
                prefix + digit
                for digit, one, other in zip(DIGITS, mine, theirs, strict=True)
                if one != other
            )
        elif not theirs:
            found.tell.extend(self._frontier.logs(prefix))
        elif self._frontier.count(prefix) > limits.COMPARE_SCAN_LOGS_MAX:
            self._waiting.append(prefix)
        else:
            items = self._frontier.items(prefix, self._salt)
            known = set(theirs)
            found.tell.extend(log for one, log in items.items() if one not in known)
            if missing := [one for one in theirs if one not in items]:
                found.messages.append(Reveal(prefix, b"".join(missing)))


class Follower:
    """The end that answers; how much it does for one peer is bounded."""

    def __init__(self, frontier: Frontier, salt: bytes) -> None:
        self._frontier = frontier
        self._salt = salt
        self._answers = 0
        self._asked: set[str] = set()
        # The logs behind the digests that were sent: the peer may ask for their offers.
        self._named: dict[bytes, bytes] = {}

    def answer(self, compare: Compare) -> Findings:
        """Return what differs under a prefix.

        Raises:
            TooLarge: the peer has asked far more than it takes, or one thing twice.
        """
        self._count()
        prefix = compare.prefix
        if prefix in self._asked:
            raise TooLarge("the same part is compared twice")
        self._asked.add(prefix)
        theirs = _split(compare.digests)
        if not compare.items:
            mine = self._frontier.children(prefix, self._salt)
            digits = [d for d, one, other in zip(DIGITS, mine, theirs, strict=True) if one != other]
            return Findings([], [Compared(prefix, self._parts(prefix, digits), b"")])
        if not theirs:
            return Findings(list(self._frontier.logs(prefix)), [Compared(prefix, [], b"")])
        if self._frontier.count(prefix) > limits.COMPARE_SCAN_LOGS_MAX:
            return Findings([], [Compared(prefix, self._parts(prefix, list(DIGITS)), b"")])
        items = self._frontier.items(prefix, self._salt)
        known = set(theirs)
        tell = [log for one, log in items.items() if one not in known]
        lacking = b"".join(one for one in theirs if one not in items)
        return Findings(tell, [Compared(prefix, [], lacking)])

    def reveal(self, reveal: Reveal) -> Findings:
        """Return the logs that a peer names by the digests that it was sent.

        Raises:
            TooLarge: the peer has asked far more than it takes.
        """
        self._count()
        named = _split(reveal.digests)
        return Findings([self._named[one] for one in named if one in self._named], [])

    def _parts(self, prefix: str, digits: list[str]) -> list[Part]:
        parts: list[Part] = []
        for digit in digits:
            part = Part(digit, *summary(self._frontier, prefix + digit, self._salt))
            if part.items:
                self._named.update(self._frontier.items(prefix + digit, self._salt))
            parts.append(part)
        return parts

    def _count(self) -> None:
        self._answers += 1
        if self._answers > limits.COMPARES_SPARE + 2 * len(self._frontier):
            raise TooLarge("more comparisons than they can take")


class Comparing:
    """The comparing half of a session, for the end that leads and for the other."""

    def __init__(self, frontier: Frontier, salt: bytes, *, leads: bool) -> None:
        """Prepare to compare: `salt` (16 to 64 bytes) keys the digests of this link."""
        self._frontier = frontier
        self._salt = salt
        self._leads = leads
        self._leader: Leader | None = None
        self._follower = Follower(frontier, salt)
        self.finished = False
        """Whether every difference has been found."""

    def begin(self) -> list[Compare]:
        """Return the first questions, where this end leads; once."""
        if not self._leads or self._leader is not None:
            return []
        self._leader = Leader(self._frontier, self._salt)
        return self._leader.ask()

    def take(self, message: Comparison) -> Findings:
        """Take in a message of this end's part (states.py knows the parts).

        Raises:
            UnexpectedMessage, TooLarge: it is not due, or there is no end to it.
        """
        match message:
            case Compare():
                return self._follower.answer(message)
            case Reveal():
                return self._follower.reveal(message)
            case Agreed():
                self.finished = True
                return Findings([], [])
            case Compared():
                if self._leader is None:
                    raise UnexpectedMessage("an answer to no question")
                found = self._leader.take(message)
                found.messages.extend(self._leader.ask())
                if self._leader.finished:
                    self.finished = True
                    found.messages.append(Agreed())
                return found


def summary(frontier: Frontier, prefix: str, salt: bytes) -> tuple[bool, bytes]:
    """Return what is said of a prefix: whether the digests are those of items, and the digests."""
    if frontier.count(prefix) <= limits.COMPARE_ITEMS_MAX:
        return True, b"".join(sorted(frontier.items(prefix, salt)))
    return False, b"".join(frontier.children(prefix, salt))


def _split(digests: bytes) -> list[bytes]:
    return [digests[at : at + _SIZE] for at in range(0, len(digests), _SIZE)]
