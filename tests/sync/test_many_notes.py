"""Notes, grafts and pushes: how much a peer can make this end remember and say."""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message
from p2pblog.sync.session import Session
from tests.ends import NOW_S, SALT, End


def name(number: int) -> bytes:
    return number.to_bytes(32)


def greeted(end: End) -> Session:
    session = Session(end.replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    end.settle(session)
    session.messages(NOW_S)
    return session


def note(session: Session, logs: range) -> None:
    most = limits.NOTES_PER_MESSAGE_MAX
    for low in range(logs.start, logs.stop, most):
        news = [(name(number), 1) for number in range(low, min(low + most, logs.stop))]
        session.receive(m.Note(news), NOW_S)


def grafted(session: Session) -> list[bytes]:
    said = map(decode_message, session.messages(NOW_S))
    return [message.log for message in said if isinstance(message, m.Graft)]


def test_news_of_thousands_of_logs_at_once_does_not_end_the_session() -> None:
    session = greeted(End())
    logs = range(1, 2 * limits.ANSWERS_QUEUED_MAX)
    note(session, logs)
    assert grafted(session) == [name(number) for number in logs]


def test_a_peer_can_name_only_so_many_logs_that_there_are_not() -> None:
    end = End()
    session = greeted(end)
    note(session, range(1, 2 * limits.NOTES_WAITING_MAX))
    assert len(grafted(session)) == limits.NOTES_WAITING_MAX
    assert len(end.replica.parents) == limits.NOTES_WAITING_MAX
    session.close()
    assert not end.replica.parents
