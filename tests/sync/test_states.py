"""The table of states: what the page says, what the code says, and what a session does."""

from __future__ import annotations

import re

import pytest

from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode
from p2pblog.core.errors import ProtocolError, UnexpectedMessage
from p2pblog.log.fork import ForkProof
from p2pblog.log.segment import Segment
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.session import Session
from p2pblog.sync.states import TAKEN, Role, State
from tests.ends import NOW_S, End
from tests.test_protocol_pages import PROTOCOL
from tests.test_protocol_registries import rows

LOG = SigningKey(b"k" * 32).public
SEGMENT = Segment(LOG, 1, None, [1], [b"x"], [bytes(64)])
MEMBER = m.Member(LOG, ("127.0.0.1:4114",))
MESSAGES: dict[m.Type, m.Message] = {
    m.KINDS[type(message)]: message
    for message in (
        m.Hello(1, None),
        m.Have([]),
        m.Want(1, LOG, 1, 2, down=True),
        m.WantLatest(1, LOG, 5),
        m.Entries(0, SEGMENT),
        m.Done(1),
        m.Ping(1),
        m.Pong(1),
        m.Bye(""),
        m.AskBlob(1, bytes(32), -1),
        m.BlobPart(1, None),
        m.Fork(ForkProof(SEGMENT, SEGMENT)),
        m.Compare("", items=True, digests=b""),
        m.Compared("", [], b""),
        m.Reveal("", bytes(8)),
        m.Agreed(),
        m.Told(b"token"),
        m.Seek([LOG]),
        m.Note([(LOG, 1)]),
        m.Graft(LOG, 0),
        m.Prune(LOG),
        m.Join(6, MEMBER),
        m.Shuffle(4, [MEMBER]),
        m.Relay(8, LOG, LOG, b"x"),
    )
}


def drawn() -> dict[State, dict[str, Role]]:
    """Return what the page says that each state takes."""
    found: dict[State, dict[str, Role]] = {State.ENDED: {}}
    state = State.ENDED
    for first, event, becomes in rows((PROTOCOL / "09-sessions.md").read_text(), 9):
        if named := re.match(r"\*\*(\w+)\*\*", first):
            state = State(named[1])
            found[state] = {}
        if not becomes.startswith("open") and (event, becomes) != ("bye", "ended; send nothing"):
            continue
        for part in event.removesuffix(", version 1").split("; "):
            role = Role.EITHER
            for words, meant in (
                (", at the end that began the link", Role.LEADER),
                (", at the other", Role.FOLLOWER),
            ):
                if part.endswith(words):
                    part, role = part.removesuffix(words), meant
            found[state].update(dict.fromkeys(part.split(", "), role))
    return found


def test_the_table_of_the_chapter_is_that_of_the_code() -> None:
    assert drawn() == {
        state: {kind.name.lower(): role for kind, role in taken.items()}
        for state, taken in TAKEN.items()
    }


def test_every_message_stands_in_the_table_and_is_written_with_its_type() -> None:
    kinds = set(m.Type) - {m.Type.PACKED}
    assert set(m.KINDS.values()) == kinds
    assert set(MESSAGES) == kinds - {m.Type.BATCH}  # what a batch holds is admitted one by one
    assert {kind for taken in TAKEN.values() for kind in taken} == set(MESSAGES)
    for kind, message in MESSAGES.items():
        data = encode_message(message)
        value = decode(data)
        assert isinstance(value, list)
        assert value[0] == kind
        assert decode_message(data) == message


def session_in(state: State, role: Role) -> Session:
    end = End()
    session = end.begin(leads=role is Role.LEADER)
    if state is not State.GREETING:
        session.receive(m.Hello(1, None), NOW_S)
        end.settle(session)
    if state is State.ENDED:
        session.close()
    return session


@pytest.mark.proves("S-4", "S-6", "S-28", "R-12", "R-13")
@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("role", [Role.LEADER, Role.FOLLOWER])
@pytest.mark.parametrize("state", State)
def test_a_session_takes_what_the_table_says(state: State, role: Role, kind: m.Type) -> None:
    session = session_in(state, role)
    if state is State.ENDED or role in TAKEN[state].get(kind, Role(0)):
        session.receive(MESSAGES[kind], NOW_S)
    else:
        with pytest.raises(UnexpectedMessage):
            session.receive(MESSAGES[kind], NOW_S)


def test_what_is_not_due_ends_the_session_with_its_code() -> None:
    session = session_in(State.OPEN, Role.LEADER)
    session.messages(NOW_S)
    try:
        session.receive(m.Agreed(), NOW_S)
    except ProtocolError as error:
        session.fail(error)
    assert session.messages(NOW_S) == [encode_message(m.Bye("unexpected-message"))]
