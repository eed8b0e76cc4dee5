"""Targets: two ends that compare what they hold, one of them said what the fuzzer likes.

Steps as those of sessions.py: a log that this end holds, or the other; a message that arrives as
it is; the next message of another end that keeps the rules; and, first of all, who leads.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

from p2pblog.core import limits
from p2pblog.core.errors import ProtocolError
from p2pblog.log.held import Held, Range
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.frontier import Frontier, item_of
from p2pblog.sync.messages import Agreed, Compare, Compared, Reveal
from p2pblog.sync.reconcile import Comparing
from p2pblog.sync.states import Role, State, admit
from tests.fuzz.sessions import steps
from tests.plain import frontier as plain_frontier
from tests.plain import message as plain_message
from tests.plain import msgpack
from tests.plain.refused import Refused

LEAD, HERE, THERE, HEARD, HONEST = range(5)
SALT = bytes(64)
# So that the order in which questions are asked, which is free, decides nothing.
ALL_OPEN = 1_000_000
Said = tuple[list[str], set[bytes]]


class Ours:
    """This end, as p2pblog has it."""

    def __init__(self, *, leads: bool) -> None:
        self.frontier = Frontier()
        self.role = Role.LEADER if leads else Role.FOLLOWER
        self.comparing = Comparing(self.frontier, SALT, leads=leads)

    def begin(self) -> list[bytes]:
        return [encode_message(message) for message in self.comparing.begin()]

    def take(self, data: bytes) -> tuple[Said | str, list[bytes]]:
        """Return what comes of a message, or the code of its refusal; and what is said."""
        try:
            message = decode_message(data)
            admit(message, State.OPEN, self.role)
            if not isinstance(message, Compare | Compared | Reveal | Agreed):
                return ([], set()), []
            found = self.comparing.take(message)
        except ProtocolError as error:
            return error.code, []
        said = [encode_message(one) for one in found.messages]
        return (sorted(one.hex() for one in said), set(found.tell)), said


class Theirs:
    """This end, as the plain implementation has it."""

    def __init__(self, *, leads: bool) -> None:
        self.frontier = plain_frontier.Frontier({}, SALT)
        self.leads = leads
        self.leader = plain_frontier.Leader(self.frontier)
        self.follower = plain_frontier.Follower(self.frontier)

    def take(self, data: bytes) -> Said | str:
        try:
            name, fields = plain_message.read(data)
            if name == "hello":
                raise Refused("unexpected-message")
            if name not in ("compare", "compared", "reveal", "agreed"):
                return [], set()
            if self.leads:
                reveals, told = self.leader.take(name, fields)
                said: list[Any] = [*reveals, *self.leader.ask()]
            else:
                answer, told = self.follower.take(name, fields)
                said = [] if answer is None else [answer]
        except Refused as error:
            return error.code
        return sorted(msgpack.encode(one).hex() for one in said), told


def reconcile(data: bytes) -> None:
    """Both say the same, tell of the same logs and refuse the same; what is said is bounded."""
    found = list(steps(data))
    leads = any(what == LEAD for what, _ in found)
    ours, theirs = Ours(leads=leads), Theirs(leads=leads)
    honest = Ours(leads=not leads)
    for what, content in found:
        if what in (HERE, THERE):
            _put((ours.frontier, theirs.frontier) if what == HERE else (honest.frontier,), content)
    with (
        patch.object(limits, "COMPARES_IN_FLIGHT_MAX", ALL_OPEN),
        patch.object(plain_frontier, "OPEN", ALL_OPEN),
    ):
        mail = honest.begin()  # what the honest end has said, and this one not heard
        for asked in ours.begin():
            assert [asked] == [msgpack.encode(one) for one in theirs.leader.ask()]
            mail += honest.take(asked)[1]
        for what, content in found:
            if what == HONEST and mail:
                content = mail.pop(0)
            elif what != HEARD:
                continue
            verdict, said = ours.take(content)
            assert verdict == theirs.take(content)
            if isinstance(verdict, str):
                return
            # A part leads to sixteen questions at most, and there are sixteen parts at most.
            assert len(said) <= 256 + 1
            assert sum(map(len, said)) <= 256 * 256
            for one in said:
                mail += honest.take(one)[1]


def _put(frontiers: Iterable[Frontier | plain_frontier.Frontier], content: bytes) -> None:
    """Take in logs: four bytes each, of which its key begins with the first two."""
    for at in range(0, min(len(content), 400) - 3, 4):
        first, second, state, fork = content[at : at + 4]
        log = bytes([first, second]) + bytes(30)
        held = Held(Range(1, state, None, bytes(32))) if state else None
        forked = fork % 4 or None
        for frontier in frontiers:
            if isinstance(frontier, Frontier):
                frontier.put(log, held, forked)
            elif held is None and forked is None:
                frontier.items.pop(log, None)
            else:
                frontier.items[log] = item_of(log, held, forked)
