"""Notes, grafts, pushes and prunes: section 6 of protocol/09-sessions.md and 10-replication.md."""

from __future__ import annotations

import pytest

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.log.fork import prove
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message
from p2pblog.sync.events import SegmentArrived
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.session import Session
from tests.ends import NOW_S, End, carry, join

KEY = SigningKey(b"k" * 32)
RECEIVED_MS = 5
LOG = KEY.public


def bodies(count: int, text: str = "x") -> list[tuple[int, bytes]]:
    return [
        (RECEIVED_MS, serialize(Post(f"{text} {number}"), bytes(16))) for number in range(count)
    ]


def source(count: int, text: str = "x") -> LogStore:
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    store.append(KEY, bodies(count, text), RECEIVED_MS)
    return store


def write(end: End, count: int = 1) -> None:
    end.store.append(KEY, bodies(count), RECEIVED_MS)
    end.tell(LOG)


def open_session(end: End) -> Session:
    """Return a session that a peer has greeted, and that has nothing more to say."""
    session = end.begin()
    session.receive(m.Hello(1, None), end.now_s)
    end.settle(session)
    end.output(session)
    return session


def said(end: End, session: Session) -> list[m.Message]:
    return [decode_message(data) for data in end.output(session)]


def spans(messages: list[m.Message]) -> list[tuple[int, int, int]]:
    return [
        (message.number, message.segment.first, message.segment.last)
        for message in messages
        if isinstance(message, m.Entries)
    ]


# --- who is pushed to -----------------------------------------------------------------------


@pytest.mark.proves("S-38")
@pytest.mark.parametrize(
    ("held", "after", "pushed"),
    [
        ((1, 5), 0, (1, 5)),
        ((1, 64), 0, (1, 64)),
        ((1, 65), 0, None),
        ((1, 80), 16, (17, 80)),
        ((1, 80), 15, None),
        ((11, 20), 10, (11, 20)),
        ((11, 20), 9, None),
        ((11, 20), 0, None),
    ],
)
def test_who_grafts_gets_what_it_lacks_if_that_is_little(
    held: tuple[int, int], after: int, pushed: tuple[int, int] | None
) -> None:
    end = End()
    end.store.ingest(source(held[1]).segment_down(LOG, *held), RECEIVED_MS)
    session = open_session(end)
    session.receive(m.Graft(LOG, after), NOW_S)
    answer = said(end, session)
    newest = end.store.logs[LOG].newest
    if pushed is not None:
        assert spans(answer) == [(0, *pushed)]
        assert len(answer) == 1
    else:
        assert answer == [m.Have([m.Offer(LOG, *held, newest.high_id)])]


@pytest.mark.proves("S-38")
@pytest.mark.parametrize("after", [5, 9])
def test_who_grafts_and_holds_all_of_it_is_pushed_what_comes(after: int) -> None:
    end = End()
    write(end, 5)
    session = open_session(end)
    session.receive(m.Graft(LOG, after), NOW_S)
    assert said(end, session) == []
    write(end, 5)
    assert spans(said(end, session)) == [(0, after + 1, 10)]


@pytest.mark.proves("S-38")
def test_a_graft_of_a_log_that_is_not_held_is_ignored() -> None:
    end = End()
    session = open_session(end)
    session.receive(m.Graft(LOG, 0), NOW_S)
    assert said(end, session) == []
    write(end)
    assert said(end, session) == [m.Note([(LOG, 1)])]


@pytest.mark.proves("S-23")
def test_after_a_prune_nothing_is_pushed_not_even_what_is_being_read() -> None:
    end = End()
    write(end, 3)
    session = open_session(end)
    session.receive(m.Graft(LOG, 3), NOW_S)
    write(end)
    push = session.next_serve()
    assert push is not None
    session.receive(m.Prune(LOG), NOW_S)
    session.serve(push, source(4).segment_up(LOG, 4, 4))  # type: ignore[arg-type]
    assert said(end, session) == [m.Note([(LOG, 4)])]
    session.receive(m.Graft(LOG, 3), NOW_S)
    assert spans(said(end, session)) == [(0, 4, 4)]


# --- what becomes of a push ---------------------------------------------------------------------


@pytest.mark.proves("S-24")
@pytest.mark.parametrize(
    ("held", "pushed", "taken"),
    [
        ((1, 10), (11, 12), True),
        ((1, 10), (10, 12), True),
        ((1, 10), (12, 13), False),
        ((5, 10), (11, 12), True),
        ((5, 10), (5, 12), False),
        ((5, 10), (3, 4), False),
        (None, (1, 2), False),
    ],
)
def test_a_push_is_looked_at_only_where_it_goes_on_from_what_is_held(
    held: tuple[int, int] | None, pushed: tuple[int, int], taken: bool
) -> None:
    end = End()
    if held is not None:
        end.store.ingest(source(held[1]).segment_down(LOG, *held), RECEIVED_MS)
    session = open_session(end)
    forged = source(20).segment_up(LOG, 1, 20)._replace(signatures=[bytes(64)])
    first, last = pushed
    forged = forged._replace(
        first=first,
        prev=None if first == 1 else bytes(32),
        times_ms=forged.times_ms[first - 1 : last],
        bodies=forged.bodies[first - 1 : last],
    )
    session.receive(m.Entries(0, forged), NOW_S)
    arrived = [event for event in session.events() if isinstance(event, SegmentArrived)]
    assert bool(arrived) == taken
    session.receive(m.Ping(1), NOW_S)
    assert m.Pong(1) in said(end, session)


@pytest.mark.proves("S-24")
def test_of_a_log_that_was_grafted_the_first_entries_are_taken_too() -> None:
    end = End()
    session = open_session(end)
    session.receive(m.Note([(LOG, 2)]), NOW_S)
    assert said(end, session) == [m.Graft(LOG, 0)]
    session.receive(m.Entries(0, source(2).segment_up(LOG, 1, 2)), NOW_S)
    end.settle(session)
    assert end.store.logs[LOG].newest.high == 2


@pytest.mark.proves("S-24", "R-8")
def test_a_push_of_what_is_not_wanted_is_dropped_and_pruned() -> None:
    depth = {"now": WHOLE}
    end = End(lambda log, near: depth["now"])
    write(end, 3)
    session = open_session(end)
    session.receive(m.Note([(LOG, 4)]), NOW_S)
    assert said(end, session) == [m.Graft(LOG, 3)]
    depth["now"] = 0
    session.receive(m.Entries(0, source(5).segment_up(LOG, 4, 5)), NOW_S)
    assert session.events() == []
    assert said(end, session) == [m.Prune(LOG)]
    assert LOG not in end.replica.parents


# --- who is grafted -----------------------------------------------------------------------------


@pytest.mark.proves("R-8")
@pytest.mark.parametrize("why", ["depth 0", "forked"])
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_what_is_not_wanted_is_never_grafted(why: str, when: str) -> None:
    depth = {"now": WHOLE}
    end = End(lambda log, near: depth["now"])
    session = open_session(end)

    def unwanted() -> None:
        if why == "depth 0":
            depth["now"] = 0
        else:
            one, other = (source(3, word).segment_up(LOG, 1, 3) for word in ("one", "two"))
            end.store.add_fork(prove(one, other))
            end.replica.changed(LOG)

    if when == "meanwhile":
        end.replica.parents[LOG] = object()  # somebody else
        session.receive(m.Note([(LOG, 9)]), NOW_S)
        unwanted()
    else:
        unwanted()
        session.receive(m.Note([(LOG, 9)]), NOW_S)
    session.tick(NOW_S + limits.GRAFT_AFTER_S)
    assert said(end, session) == []


@pytest.mark.proves("R-9")
def test_notes_of_what_is_held_lead_to_nothing() -> None:
    end = End()
    write(end, 5)
    session = open_session(end)
    session.receive(m.Note([(LOG, 5)]), NOW_S)
    session.receive(m.Note([(LOG, 2)]), NOW_S)
    session.tick(NOW_S + limits.GRAFT_AFTER_S)
    assert said(end, session) == []


@pytest.mark.proves("R-9")
@pytest.mark.parametrize("others", [True, False], ids=["pushed by another", "by nobody"])
def test_so_many_notes_are_remembered(others: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "NOTES_WAITING_MAX", 5)
    end = End()
    session = open_session(end)
    logs = [number.to_bytes(32) for number in range(20)]
    if others:
        end.replica.parents.update(dict.fromkeys(logs, object()))
    session.receive(m.Note([(log, 1) for log in logs]), NOW_S)
    session.tick(NOW_S + limits.GRAFT_AFTER_S)
    assert said(end, session) == [m.Graft(log, 0) for log in logs[:5]]


class Three:
    """An end that two peers have linked to; the first pushes it the log."""

    def __init__(self) -> None:
        self.end = End()
        write(self.end, 3)
        self.first, self.second = open_session(self.end), open_session(self.end)
        self.first.receive(m.Note([(LOG, 4)]), NOW_S)
        assert said(self.end, self.first) == [m.Graft(LOG, 3)]

    def note(self, session: Session, seq: int) -> list[m.Message]:
        session.receive(m.Note([(LOG, seq)]), self.end.now_s)
        return said(self.end, session)

    def push(self, session: Session, first: int, last: int) -> list[m.Message]:
        session.receive(m.Entries(0, source(last).segment_up(LOG, first, last)), self.end.now_s)
        self.end.settle(session)
        return said(self.end, session)

    def wait(self) -> tuple[list[m.Message], list[m.Message]]:
        self.end.now_s += limits.GRAFT_AFTER_S
        for session in (self.first, self.second):
            session.tick(self.end.now_s)
        return said(self.end, self.first), said(self.end, self.second)


def test_only_one_peer_is_grafted_and_another_when_it_is_late() -> None:
    three = Three()
    assert three.note(three.second, 4) == []
    assert three.second.deadline_s() == NOW_S + limits.GRAFT_AFTER_S
    assert three.wait() == ([], [m.Graft(LOG, 3)])
    assert three.push(three.second, 4, 4) == []
    # The first one pushes all the same: too late.
    assert three.push(three.first, 4, 4) == [m.Prune(LOG)]


def test_what_the_parent_pushes_in_time_is_grafted_from_nobody_else() -> None:
    three = Three()
    assert three.note(three.second, 4) == []
    assert three.push(three.first, 4, 4) == []
    assert said(three.end, three.second) == []
    assert three.wait() == ([], [])


def test_when_the_parent_is_gone_another_is_grafted() -> None:
    three = Three()
    assert three.note(three.second, 4) == []
    three.end.end(three.first)
    three.second.tick(NOW_S)
    assert said(three.end, three.second) == [m.Graft(LOG, 3)]


def test_who_pushes_something_new_is_the_parent_from_then_on() -> None:
    three = Three()
    assert three.push(three.second, 4, 4) == []
    assert three.push(three.first, 4, 4) == [m.Prune(LOG)]
    assert three.push(three.second, 4, 5) == []
    assert three.push(three.first, 5, 6) == []
    assert three.push(three.second, 5, 6) == [m.Prune(LOG)]


def test_a_parent_that_notes_again_has_missed_the_graft_and_gets_another() -> None:
    three = Three()
    assert three.note(three.first, 5) == []  # before it heard of the graft
    assert three.wait() == ([], [])
    assert three.push(three.first, 4, 5) == []
    # A prune has crossed a push that made it the parent: it notes what it would push.
    assert three.note(three.first, 6) == []
    assert three.wait()[0] == [m.Graft(LOG, 5)]


def test_a_chain_of_three_notes_once_and_then_pushes_to_the_end_of_it() -> None:
    ends = [End() for _ in range(3)]
    write(ends[0], 3)
    pairs = []
    for left, right in ((ends[0], ends[1]), (ends[1], ends[2])):
        at_left, at_right = join(left, right)
        pairs.append((left, at_left, right, at_right))
    carry(*pairs)
    write(ends[0])
    carry(*pairs)
    for _ in range(3):
        write(ends[0])
        for left, at_left, right, at_right in pairs:
            (push,) = left.output(at_left)
            assert isinstance(decode_message(push), m.Entries)
            right.receive(at_right, push)
    assert ends[2].store.logs == ends[0].store.logs


def note_each(session: Session, logs: range) -> None:
    most = limits.NOTES_PER_MESSAGE_MAX
    for low in range(logs.start, logs.stop, most):
        news = [(number.to_bytes(32), 1) for number in range(low, min(low + most, logs.stop))]
        session.receive(m.Note(news), NOW_S)


def grafted(end: End, session: Session) -> list[bytes]:
    return [message.log for message in said(end, session) if isinstance(message, m.Graft)]


def test_news_of_thousands_of_logs_at_once_do_not_end_the_session() -> None:
    end = End()
    session = open_session(end)
    logs = range(1, 2 * limits.ANSWERS_QUEUED_MAX)
    note_each(session, logs)
    assert grafted(end, session) == [number.to_bytes(32) for number in logs]


def test_a_peer_can_name_only_so_many_logs_that_there_are_not() -> None:
    end = End()
    session = open_session(end)
    note_each(session, range(1, 2 * limits.NOTES_WAITING_MAX))
    assert len(grafted(end, session)) == limits.NOTES_WAITING_MAX
    assert len(end.replica.parents) == limits.NOTES_WAITING_MAX
    session.close()
    assert not end.replica.parents
