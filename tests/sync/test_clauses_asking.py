"""Properties of protocol/09-sessions.md and 10-replication.md about how much is asked and borne."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.errors import PeerTimeout, TooLarge, UnexpectedMessage
from p2pblog.log.segment import Segment
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_messages
from p2pblog.sync.events import LogReleased, SegmentArrived
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.replica import Replica
from p2pblog.sync.session import Session
from tests.ends import NOW_S, SALT, End, key, source

LOGS = [bytes([number]) * 32 for number in range(1, 25)]
log_numbers = st.integers(0, len(LOGS) - 1)


def opened(replica: Replica, now_s: float = NOW_S) -> Session:
    session = Session(replica, near=True, leads=False, salt=SALT, now_s=now_s)
    session.receive(m.Hello(1, None), now_s)
    session.events()
    return session


def replica_that_wants(*logs: bytes) -> Replica:
    return Replica({}, {}, lambda log, near: WHOLE if log in logs else 0)


def said(session: Session, now_s: float = NOW_S) -> list[m.Message]:
    return [one for data in session.messages(now_s) for one in decode_messages(data)]


def offer(number: int, high: int = 5) -> m.Offer:
    return m.Offer(LOGS[number], 1, high, bytes(32))


@pytest.mark.proves("S-8")
@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 6), st.sampled_from([1, 4, 9])), max_size=3), max_size=8
    )
)
def test_the_latest_offer_counts_and_no_more_logs_than_may_be_offered(
    haves: list[list[tuple[int, int]]],
) -> None:
    wanted = LOGS[:5]  # what is said of the other two is ignored
    session = opened(replica_that_wants(*wanted))
    latest: dict[bytes, int] = {}
    with mock.patch.object(limits, "REMOTE_LOGS_MAX", 3):
        for have in haves:
            fits = True
            for number, high in have:
                if LOGS[number] in wanted:
                    latest[LOGS[number]] = high
                    fits = fits and len(latest) <= 3
            message = m.Have([offer(*one) for one in have])
            if not fits:
                with pytest.raises(TooLarge):
                    session.receive(message, NOW_S)
                return
            session.receive(message, NOW_S)
            assert [session.offered(log) for log in LOGS] == [latest.get(log, 0) for log in LOGS]


Doing = tuple[str, int, list[int]]
asking: st.SearchStrategy[Doing] = st.one_of(
    st.tuples(st.just("offers"), st.integers(0, 1), st.lists(log_numbers, max_size=12)),
    st.tuples(st.just("done"), st.integers(0, 1), st.lists(st.integers(0, 7), max_size=4)),
    st.tuples(st.just("closed"), st.integers(0, 1), st.just([])),
)


@pytest.mark.proves("S-20", "R-3", "R-4")
@settings(deadline=None, max_examples=150)
@given(st.lists(asking, max_size=15))
def test_eight_logs_are_fetched_at_once_each_by_one_and_not_again_in_vain(
    happening: list[Doing],
) -> None:
    """Two sessions of one end, whose peers answer all that is asked with nothing."""
    replica = replica_that_wants(*LOGS)
    sessions = [opened(replica), opened(replica)]
    open_: list[dict[int, bytes]] = [{}, {}]
    may_ask: list[set[bytes]] = [set(), set()]  # offered, and not asked for in vain since
    for what, at, numbers in happening:
        session = sessions[at]
        match what:
            case "offers":
                session.receive(m.Have([offer(number) for number in numbers]), NOW_S)
                may_ask[at].update(LOGS[number] for number in numbers)
            case "done":
                for number in numbers:
                    if open_[at]:
                        asked = sorted(open_[at])[number % len(open_[at])]
                        may_ask[at].discard(open_[at].pop(asked))
                        session.receive(m.Done(asked), NOW_S)
            case "closed":
                session.close()
                sessions[at] = opened(replica)
                open_[at], may_ask[at] = {}, set()
        for one in (session, *sessions):
            released = [event.log for event in one.events() if isinstance(event, LogReleased)]
            for other in sessions:
                other.consider(released, NOW_S)
        for number, one in enumerate(sessions):
            for message in said(one):
                if isinstance(message, m.WantLatest):
                    assert message.log in may_ask[number], "asked for in vain, and not offered anew"
                    open_[number][message.number] = message.log
        fetched = [log for questions in open_ for log in questions.values()]
        assert len(fetched) == len(set(fetched))
        for number, questions in enumerate(open_):
            assert len(questions) <= 8
            # Nobody waits for nothing, either.
            assert len(questions) == 8 or may_ask[number] <= set(fetched)


@pytest.mark.proves("S-21")
@settings(deadline=None)
@given(
    st.sampled_from([0, 60, 62, 63, 64]),
    st.lists(st.sampled_from(["want", "latest", "blob", "served"]), max_size=30),
)
def test_sixty_four_questions_may_wait_and_not_one_more(waiting: int, then: list[str]) -> None:
    session = opened(replica_that_wants())
    log = LOGS[0]
    for number in range(1, waiting + 1):
        session.receive(m.Want(number, log, 1, 5, down=False), NOW_S)
    for number, what in enumerate(then, waiting + 1):
        asks: dict[str, m.Message] = {
            "want": m.Want(number, log, 1, 5, down=True),
            "latest": m.WantLatest(number, log, 5),
            "blob": m.AskBlob(number, bytes(32), -1),
        }
        if what == "served":
            waiting -= session.next_serve() is not None
        elif waiting < 64:
            session.receive(asks[what], NOW_S)
            waiting += 1
        else:
            with pytest.raises(UnexpectedMessage):
                session.receive(asks[what], NOW_S)
            return


@pytest.mark.proves("S-22")
@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, 12),
    st.lists(
        st.tuples(
            st.sampled_from(["new", "new", "new", "old", "done", "offer"]), st.integers(0, 3),
            st.sampled_from([0, 1, 5, 9, 11, 13]),
        ),
        max_size=40,
    )
)  # fmt: skip
@example(11, [("new", 0, 9), ("new", 0, 1)])
def test_questions_wait_20_s_for_something_new_and_120_s_in_all(
    drips: int,
    happening: list[tuple[str, int, int]],
) -> None:
    replica = replica_that_wants(*LOGS[:4])
    now_s = NOW_S
    session = opened(replica)
    began: dict[int, float] = {}
    logs: dict[int, bytes] = {}
    progress_s = now_s
    for what, which, passes_s in [("offer", 0, 0), *[("new", 0, 10)] * drips, *happening]:
        session.receive(m.Pong(1), now_s)  # it is alive, all along
        numbers = sorted(began)
        match what:
            case "offer":
                session.receive(m.Have([offer(which)]), now_s)
            case "done" if numbers:
                number = numbers[which % len(numbers)]
                session.receive(m.Done(number), now_s)
                del began[number], logs[number]
            case "new" | "old" if numbers:
                number = numbers[which % len(numbers)]
                segment = Segment(logs[number], 1, None, [1], [b"x"], [])
                session.receive(m.Entries(number, segment), now_s)
                [arrived] = [e for e in session.events() if isinstance(e, SegmentArrived)]
                session.took(arrived, int(what == "new"), now_s)
                if what == "new":
                    progress_s = now_s
        for message in said(session, now_s):
            if isinstance(message, m.WantLatest):
                if not began:
                    progress_s = now_s
                began[message.number], logs[message.number] = now_s, message.log
        now_s += passes_s
        late = began and (now_s - progress_s >= 20 or now_s - min(began.values()) >= 120)
        if late:
            assert session.deadline_s() <= now_s
            with pytest.raises(PeerTimeout):
                session.tick(now_s)
            return
        session.tick(now_s)


BURST, MUST_BEAR_A_S = 50, 10
kinds = st.sampled_from(["have", "note", "seek", "ping", "graft", "prune", "push"])
saying = st.tuples(
    kinds, st.sampled_from([1, 2, 10, 49, 50, 51]), st.sampled_from([0.0, 0.0, 0.1, 1.0, 5.0])
)


@pytest.mark.proves("S-39")
@settings(deadline=None, max_examples=200)
@given(st.lists(saying, max_size=15))
def test_so_much_small_talk_is_borne_and_not_without_bound(
    talk: list[tuple[str, int, float]],
) -> None:
    """The bounds of the clause and of the program, all of them smaller by a factor of 4,000."""
    logs = [number.to_bytes(32) for number in range(60)]
    must = does = float(BURST)  # what is left of what has to be borne, and of what is
    now_s = NOW_S
    with (
        mock.patch.object(limits, "SAID_BURST_MAX", BURST),
        mock.patch.object(limits, "SAID_PER_S_MAX", 2 * MUST_BEAR_A_S),
    ):
        session = opened(replica_that_wants())
        for kind, size, passed_s in talk:
            now_s += passed_s
            said: dict[str, list[m.Message]] = {
                "have": [m.Have([m.Offer(log, 1, 5, bytes(32)) for log in logs[:size]])],
                "note": [m.Note([(log, 5) for log in logs[:size]])],
                "seek": [m.Seek(logs[:size])],
                "ping": [m.Ping(1)] * size,
                "graft": [m.Graft(logs[0], 0)] * size,
                "prune": [m.Prune(logs[0])] * size,
                "push": [m.Entries(0, Segment(logs[0], 1, None, [1] * size, [b"x"] * size, []))],
            }
            weight = size + 16 if kind == "push" else size
            must = min(BURST, must + passed_s * MUST_BEAR_A_S) - weight
            does = min(BURST, does + passed_s * 2 * MUST_BEAR_A_S) - weight
            try:
                for message in said[kind]:
                    session.receive(message, now_s)
            except TooLarge:
                assert must < 0, "this much has to be borne"
                assert does < 1e-6
                return
            assert does > -1e-6


HELD = source("one", "two", "three")


@pytest.mark.proves("S-37")
@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=6), min_size=1, max_size=4))
def test_a_seek_is_answered_for_what_is_held_and_for_nothing_else(seeks: list[list[int]]) -> None:
    end = End(store=HELD)
    session = end.begin()
    session.receive(m.Hello(1, None), NOW_S)
    end.settle(session)
    end.output(session)
    for numbers in seeks:
        session.receive(m.Seek([key(number).public for number in numbers]), NOW_S)
        end.settle(session)
        heard = [one for data in end.output(session) for one in decode_messages(data)]
        offers = [one for have in heard if isinstance(have, m.Have) for one in have.offers]
        asked = {key(number).public for number in numbers}
        assert {one.log for one in offers} == asked & HELD.logs.keys()
        assert len(offers) == len({one.log for one in offers})
        for one in offers:
            newest = HELD.logs[one.log].newest
            assert (one.low, one.high, one.high_id) == (newest.low, newest.high, newest.high_id)
        assert {type(one) for one in heard} <= {m.Have}
