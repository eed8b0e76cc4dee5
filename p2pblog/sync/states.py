"""Which messages a session takes in which state, and at which of its two ends.

Implements protocol/09-sessions.md section 9, whose table a test draws from this one.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, Flag, auto

from p2pblog.core.errors import UnexpectedMessage
from p2pblog.sync.messages import KINDS, Message, Type


class State(Enum):
    """How far a session has come."""

    GREETING = "greeting"
    OPEN = "open"
    ENDED = "ended"


class Role(Flag):
    """Which end this is: who began the link leads where the two compare, the other follows."""

    LEADER = auto()
    FOLLOWER = auto()
    EITHER = LEADER | FOLLOWER


TAKEN: Mapping[State, Mapping[Type, Role]] = {
    State.GREETING: {Type.HELLO: Role.EITHER},
    State.OPEN: {
        Type.HAVE: Role.EITHER,
        Type.WANT: Role.EITHER,
        Type.LATEST: Role.EITHER,
        Type.SEGMENT: Role.EITHER,
        Type.DONE: Role.EITHER,
        Type.FORK: Role.EITHER,
        Type.PING: Role.EITHER,
        Type.PONG: Role.EITHER,
        Type.BYE: Role.EITHER,
        Type.ASK_BLOB: Role.EITHER,
        Type.BLOB_PART: Role.EITHER,
        Type.TOLD: Role.EITHER,
        Type.SEEK: Role.EITHER,
        Type.NOTE: Role.EITHER,
        Type.GRAFT: Role.EITHER,
        Type.PRUNE: Role.EITHER,
        Type.JOIN: Role.EITHER,
        Type.SHUFFLE: Role.EITHER,
        Type.RELAY: Role.EITHER,
        Type.COMPARED: Role.LEADER,
        Type.COMPARE: Role.FOLLOWER,
        Type.REVEAL: Role.FOLLOWER,
        Type.AGREED: Role.FOLLOWER,
    },
    State.ENDED: {},
}
"""Who takes a message; what does not stand here is refused, or after the end not looked at."""


def admit(message: Message, state: State, role: Role) -> None:
    """Refuse a message that is not due.

    Raises:
        UnexpectedMessage: it may not come now, or not to this end.
    """
    kind = KINDS[type(message)]
    if role not in TAKEN[state].get(kind, Role(0)):
        raise UnexpectedMessage(f"{kind.name} for the {role.name}, {state.value}")
