"""Properties of protocol/09-sessions.md section 6 and 10-replication.md sections 4 to 6."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.session import Session
from tests.ends import NOW_S, RECEIVED_MS, End
from tests.sync.test_clauses_answers import KEY, LOG, Answerer, holdings, spots, written


def opened(end: End) -> Session:
    session = end.begin()
    session.receive(m.Hello(1, None), end.now_s)
    end.settle(session)
    end.output(session)
    return session


def said(end: End, session: Session) -> list[m.Message]:
    return [decode_message(data) for data in end.output(session)]


# --- what is pushed -----------------------------------------------------------------------------

near = st.sampled_from([0, 0, 1, 2, 5, 63, 64, 65, 300])
doings = st.lists(
    st.tuples(
        st.sampled_from(
            ["write", "write", "graft", "graft", "prune", "offer", "note", "ask", "read"]
        ),
        near,
        st.booleans(),
    ),
    max_size=25,
)


@pytest.mark.proves("S-23", "R-7")
@settings(deadline=None, max_examples=200)
@given(doings)
@example([("graft", 1, False), ("read", 0, False), ("prune", 0, True)])
@example([("graft", 1, True), ("offer", 1, False), ("write", 0, False)])
@example(
    [
        ("graft", 0, False),
        ("write", 1, False),
        ("offer", 0, False),
        ("write", 1, False),
        ("offer", 2, False),
    ]
)
def test_nothing_is_pushed_but_to_who_has_grafted_and_only_what_it_lacks(
    doings: list[tuple[str, int, bool]],
) -> None:
    """What an end is doing when a message comes may be the reading of a push."""
    end = End()
    end.store.append(KEY, [(1, b"x")] * 3, RECEIVED_MS)
    end.replica.changed(LOG)
    session = opened(end)
    grafted, shown, told = False, 0, 3
    theirs = 0  # what the peer has offered last
    offered = 0  # to it, or by it, since the last graft
    reading: list[Any] = []

    def heed(messages: list[m.Message]) -> None:
        nonlocal shown, told, offered
        for message in messages:
            known = max(shown, theirs)
            match message:
                case m.Entries(0, segment):
                    assert grafted, "pushed to somebody who has not asked for it"
                    assert segment.first > known, "the peer is known to hold this"
                    assert segment.first == known + 1, "it lacks what is left out"
                    shown = segment.last
                case m.Entries(_, segment):
                    shown = max(shown, segment.last)
                case m.Have([offer]):
                    told, offered = max(told, offer.high), max(offered, offer.high)
                case m.Note([(_, seq)]):
                    assert not grafted or seq <= known
                    told = max(told, seq)

    for turn, (what, much, at_once) in enumerate(doings, 1):
        high = end.store.logs[LOG].newest.high
        below = max(0, high - much)
        match what:
            case "write":
                end.store.append(KEY, [(1, b"x")] * max(1, min(much, 65)), RECEIVED_MS)
                end.tell(LOG)
            case "graft":
                session.receive(m.Graft(LOG, below), end.now_s)
                grafted, offered = True, 0
                shown, theirs = below, min(theirs, below)
            case "prune":
                session.receive(m.Prune(LOG), end.now_s)
                grafted = False
            case "offer" if below:
                session.receive(m.Have([m.Offer(LOG, 1, below, bytes(32))]), end.now_s)
                theirs = below
                offered = max(offered, below)
            case "note" if below:
                session.receive(m.Note([(LOG, below)]), end.now_s)
                shown = max(shown, below)
            case "ask" if below:
                session.receive(m.Want(turn, LOG, 1, below, down=True), end.now_s)
            case "read" if not reading and (serve := session.next_serve()) is not None:
                reading.append(serve)
                continue
        if reading and at_once:
            serve = reading.pop()
            session.serve(serve, end.read(serve))
        if at_once:
            heed(said(end, session))
    if reading:
        session.serve(reading[0], end.read(reading[0]))
    end.now_s += 1
    heed(said(end, session))
    # It has been told of all, some way, and of what it has grafted it has more than a note.
    high = end.store.logs[LOG].newest.high
    assert max(shown, theirs, offered if grafted else max(told, offered)) >= high


@pytest.mark.proves("S-38")
@settings(deadline=None, max_examples=150)
@given(holdings, spots)
def test_who_grafts_is_pushed_what_it_lacks_if_that_is_at_most_64_without_a_gap(
    holding: tuple[int, int, int, int, bool], spot: tuple[str, int]
) -> None:
    answerer = Answerer(holding)
    newest, after = answerer.held.newest, answerer.at(spot) - 1
    answerer.session.receive(m.Graft(LOG, after), NOW_S)
    out = said(answerer.end, answerer.session)
    lacking = newest.high - after
    if lacking <= 0:
        assert out == []
    elif lacking <= 64 and after + 1 >= newest.low:
        spans = [
            (e.number, e.segment.first, e.segment.last) for e in out if isinstance(e, m.Entries)
        ]
        assert len(spans) == len(out)
        assert (spans[0][1], spans[-1][2]) == (after + 1, newest.high)
        assert all(number == 0 for number, _, _ in spans)
        assert all(one[2] + 1 == other[1] for one, other in pairwise(spans))
    else:
        [have] = out
        assert isinstance(have, m.Have)
        assert [(offer.low, offer.high) for offer in have.offers] == [(newest.low, newest.high)]


# --- who is told, and who is grafted --------------------------------------------------------------


@pytest.mark.proves("R-6", "R-7")
@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.booleans()), max_size=8),
    st.sets(st.integers(0, 2)),
)
def test_what_one_peer_brings_the_others_are_told_of_at_once(
    pushes: list[tuple[int, int, bool]], grafting: set[int]
) -> None:
    end = End()
    end.take_up(written(5).segment_latest(LOG, 5))
    sessions = [opened(end) for _ in range(3)]
    for number in grafting:
        sessions[number].receive(m.Graft(LOG, 5), NOW_S)
        said(end, sessions[number])
    for number, count, again in pushes:
        high = end.store.logs[LOG].newest.high
        segment = written(high + count).segment_up(LOG, high + 1, high + count)
        for _ in range(1 + again):
            end.receive(sessions[number], encode_message(m.Entries(0, segment)))
        end.now_s += limits.NOTE_DELAY_S
        for at, session in enumerate(sessions):
            told = [
                (type(one), one.segment.last if isinstance(one, m.Entries) else one.news[0][1])
                for one in said(end, session)
                if isinstance(one, m.Entries | m.Note)
            ]
            if at == number:
                assert told == []
            else:
                assert told == [(m.Entries if at in grafting else m.Note, high + count)]


LOGS = [SigningKey(bytes([number]) * 32).public for number in range(1, 7)]
noting = st.lists(
    st.tuples(
        st.sampled_from(["note", "note", "note", "wish", "fork", "other", "gone", "time", "out"]),
        st.integers(0, len(LOGS) - 1),
        st.sampled_from([1, 2, 3, 9]),
    ),
    max_size=30,
)


@pytest.mark.proves("R-8", "R-9")
@settings(deadline=None, max_examples=200)
@given(noting)
def test_only_what_is_wanted_and_not_held_is_grafted_and_few_notes_are_kept(
    happening: list[tuple[str, int, int]],
) -> None:
    end = End()
    unwanted: set[bytes] = set()
    forked: dict[bytes, int] = {}
    end.replica.depth = lambda log, near: 0 if log in unwanted else WHOLE
    end.replica.forked = forked
    end.store.append(SigningKey(b"\1" * 32), [(1, b"x")] * 2, RECEIVED_MS)
    end.replica.changed(LOGS[0])
    session = opened(end)
    noted = dict.fromkeys(LOGS, 0)
    with mock.patch.object(limits, "NOTES_WAITING_MAX", 2):
        for what, which, seq in happening:
            log = LOGS[which]
            match what:
                case "note":
                    session.receive(m.Note([(log, seq)]), end.now_s)
                    noted[log] = max(noted[log], seq)
                case "wish":
                    unwanted.symmetric_difference_update({log})
                    session.consider_all(end.now_s)
                case "fork":
                    forked[log] = 1
                case "other":
                    end.replica.parents[log] = object()
                case "gone":
                    end.replica.parents.pop(log, None)
                case "time":
                    end.now_s += limits.GRAFT_AFTER_S
                    session.tick(end.now_s)
                case _:
                    for message in said(end, session):
                        if isinstance(message, m.Graft):
                            assert message.log not in unwanted
                            assert message.log not in forked
                            assert message.after == end.replica.high(message.log)
                            assert noted[message.log] > message.after
            assert session.sizes()["awaited"] <= 2
