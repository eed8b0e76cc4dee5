"""How much a peer may say that costs it nothing to say, and this end something to hear.

Implements protocol/09-sessions.md, S-39.  Pure: time is an argument.
"""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.core.errors import TooLarge
from p2pblog.sync.messages import (
    Bye,
    Compare,
    Compared,
    Entries,
    Have,
    Hello,
    Message,
    Note,
    Reveal,
    Seek,
    Told,
)


def weight(message: Message) -> int:
    """Return what a message costs, in notes.

    Segments cost by what they bring, which is seen later, and comparing has a bound of its own.
    """
    match message:
        case Have(offers):
            return max(1, len(offers))
        case Note(news):
            return max(1, len(news))
        case Seek(logs):
            return max(1, len(logs))
        case Told():
            return limits.TOLD_WEIGHT  # it has the node look through all that it wants
        case Hello() | Bye() | Entries() | Compare() | Compared() | Reveal():
            return 0  # said once, or bounded elsewhere
        case _:
            return 1


def idle(entries: int) -> int:
    """Return what a segment costs that was not wanted, or brought nothing new."""
    return limits.SEGMENT_WEIGHT + entries


class Allowance:
    """A peer's: it can be saved up, to a burst, and fills by so much a second."""

    def __init__(self, now_s: float) -> None:
        self._left = float(limits.SAID_BURST_MAX)
        self._counted_s = now_s

    def spend(self, units: int, now_s: float) -> None:
        """Take off what a peer has said.

        Raises:
            TooLarge: it has said more than it may.
        """
        filled = self._left + (now_s - self._counted_s) * limits.SAID_PER_S_MAX
        self._left = min(limits.SAID_BURST_MAX, filled) - units
        self._counted_s = now_s
        if self._left < 0:
            raise TooLarge("it says more than anybody can hear")
