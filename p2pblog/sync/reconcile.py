"""Finding in which logs two nodes differ, without a word about the others.

Implements protocol/10-replication.md section 9.  Sans-IO.  One end leads: it sends digests of
what it holds, part by part, and the other answers where its own are different.  The answers
are made from what is held at that moment and need no memory; the leader keeps the questions.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.core.errors import TooLarge, UnexpectedMessage
from p2pblog.sync.frontier import DIGITS, Frontier
from p2pblog.sync.messages import Compare, Compared, Part, Reveal

_SIZE = limits.FRONTIER_DIGEST_BYTES


class Findings(NamedTuple):
    """Logs whose offers the peer should have, and messages to send it behind them."""

    tell: list[bytes]
    messages: list[Compare | Compared | Reveal]


class Leader:
    """The end that asks; it begins with everything and goes where the digests differ."""

    def __init__(self, frontier: Frontier, salt: bytes) -> None:
        self._frontier = frontier
        self._salt = salt
        self._waiting: deque[str] = deque([""])
        self._open: dict[str, Compare] = {}

    @property
    def finished(self) -> bool:
        """Whether every difference has been found."""
        return not self._waiting and not self._open

    def ask(self) -> list[Compare]:
        """Return the questions to send now: as many as may be open at once."""
        asked: list[Compare] = []
        while self._waiting and len(self._open) < limits.COMPARES_IN_FLIGHT_MAX:
            # The last one first: so the number that waits stays small.
            prefix = self._waiting.pop()
            compare = Compare(prefix, *_summary(self._frontier, prefix, self._salt))
            self._open[prefix] = compare
            asked.append(compare)
        return asked

    def take(self, compared: Compared) -> Findings:
        """Take in an answer.

        Raises:
            UnexpectedMessage: it answers no question, or lacks what was not named.
        """
        compare = self._open.pop(compared.prefix, None)
        if compare is None:
            raise UnexpectedMessage("an answer to no question")
        named = set(_split(compare.digests)) if compare.items else set()
        lacking = _split(compared.lacking)
        if not named.issuperset(lacking):
            raise UnexpectedMessage("it lacks what was not named")
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

    def answer(self, compare: Compare) -> Findings:
        """Return what differs under a prefix.

        Raises:
            TooLarge: the peer has asked far more than it takes.
        """
        self._count()
        prefix = compare.prefix
        if not compare.items:
            theirs = _split(compare.digests)
            mine = self._frontier.children(prefix, self._salt)
            digits = [d for d, one, other in zip(DIGITS, mine, theirs, strict=True) if one != other]
            return Findings([], [Compared(prefix, self._parts(prefix, digits), b"")])
        named = _split(compare.digests)
        if not named:
            return Findings(list(self._frontier.logs(prefix)), [Compared(prefix, [], b"")])
        if self._frontier.count(prefix) > limits.COMPARE_SCAN_LOGS_MAX:
            return Findings([], [Compared(prefix, self._parts(prefix, list(DIGITS)), b"")])
        items = self._frontier.items(prefix, self._salt)
        known = set(named)
        tell = [log for one, log in items.items() if one not in known]
        lacking = b"".join(one for one in named if one not in items)
        return Findings(tell, [Compared(prefix, [], lacking)])

    def reveal(self, reveal: Reveal) -> list[bytes]:
        """Return the logs that a peer names by their digests.

        Raises:
            TooLarge: the peer has asked far more than it takes.
        """
        self._count()
        if self._frontier.count(reveal.prefix) > limits.COMPARE_SCAN_LOGS_MAX:
            return []  # only the digests of few items were ever sent
        items = self._frontier.items(reveal.prefix, self._salt)
        return [items[one] for one in _split(reveal.digests) if one in items]

    def _parts(self, prefix: str, digits: list[str]) -> list[Part]:
        return [
            Part(digit, *_summary(self._frontier, prefix + digit, self._salt)) for digit in digits
        ]

    def _count(self) -> None:
        self._answers += 1
        if self._answers > limits.COMPARES_SPARE + 2 * len(self._frontier):
            raise TooLarge("more comparisons than they can take")


def _summary(frontier: Frontier, prefix: str, salt: bytes) -> tuple[bool, bytes]:
    """Return whether the digests are those of items, and the digests."""
    if frontier.count(prefix) <= limits.COMPARE_ITEMS_MAX:
        return True, b"".join(sorted(frontier.items(prefix, salt)))
    return False, b"".join(frontier.children(prefix, salt))


def _split(digests: bytes) -> list[bytes]:
    return [digests[at : at + _SIZE] for at in range(0, len(digests), _SIZE)]
