"""Properties of protocol/09-sessions.md section 5: what answers a question, and what just not."""

from __future__ import annotations

from functools import cache
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import UnexpectedMessage
from p2pblog.log.entry import is_checkpoint
from p2pblog.log.held import Held, Range
from p2pblog.log.segment import Segment, check_segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.replica import Replica
from p2pblog.sync.session import Session
from tests.ends import NOW_S, RECEIVED_MS, SALT, End

KEY = SigningKey(b"k" * 32)
LOG = KEY.public
MOST = 260  # entries of the longest log here


@cache
def written(count: int) -> LogStore:
    """Return a store with so many entries of the log; a shorter one has the first of a longer."""
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    bodies = [(at, serialize(Post(str(at)), bytes(16))) for at in range(count)]
    store.append(KEY, bodies, RECEIVED_MS)
    return store


def ids() -> list[bytes | None]:
    return [None, *(entry.id for entry in written(MOST).read(LOG, 1, MOST))]


# An older range may be absent; where it is not, a gap lies between the two.
holdings = st.tuples(
    st.integers(1, 130), st.integers(0, 100), st.integers(2, 80), st.integers(0, 170),
    st.booleans(),
)  # fmt: skip
near_ends = st.sampled_from([-65, -64, -63, -2, -1, 0, 1, 2, 63, 64, 65])
spots = st.tuples(st.sampled_from(["low", "high", "older_low", "older_high", "64"]), near_ends)


class Answerer:
    """An end that holds one or two ranges of the log, and a session that it has greeted."""

    def __init__(self, holding: tuple[int, int, int, int, bool]) -> None:
        older_low, older_more, gap, more, two = holding
        older_high = older_low + older_more
        low = min(older_high + gap, MOST)
        high = min(low + more, MOST)
        self.end = End()
        if two and older_high + 1 < low:
            self.take(older_low, older_high)
        self.take(low, high)
        self.held = self.end.store.logs[LOG]
        self.session = self.end.begin()
        self.session.receive(m.Hello(1, None), NOW_S)
        self.end.settle(self.session)
        self.end.output(self.session)

    def take(self, low: int, high: int) -> None:
        self.end.take_up(written(high).segment_latest(LOG, high - low + 1))

    def at(self, spot: tuple[str, int]) -> int:
        newest, older = self.held.newest, self.held.older or self.held.newest
        places = {
            "low": newest.low, "high": newest.high, "older_low": older.low,
            "older_high": older.high, "64": 64,
        }  # fmt: skip
        return max(1, places[spot[0]] + spot[1])

    def part(self, seq: int) -> Range | None:
        return next((one for one in self.held.ranges if one.low <= seq <= one.high), None)

    def answers(self, *questions: m.Want | m.WantLatest) -> dict[int, list[Segment]]:
        """Return the segments that come for each question; its done stands behind the last."""
        for question in questions:
            self.session.receive(question, NOW_S)
        found: dict[int, list[Segment]] = {question.number: [] for question in questions}
        done: set[int] = set()
        # So that an answer of some length has several segments.
        with mock.patch.object(limits, "SEGMENT_ENTRIES_MAX", 64):
            heard = [decode_message(data) for data in self.end.output(self.session)]
        for message in heard:
            assert isinstance(message, m.Entries | m.Done)
            assert message.number not in done
            if isinstance(message, m.Entries):
                found[message.number].append(message.segment)
            else:
                done.add(message.number)
        assert done == found.keys()
        return found


questions = st.lists(st.tuples(spots, st.integers(0, 200)), min_size=1, max_size=4)


@pytest.mark.proves("S-9", "S-10", "S-15")
@settings(deadline=None, max_examples=100)
@given(holdings, questions)
def test_an_answer_goes_up_without_a_gap_from_low_to_signed_ends(
    holding: tuple[int, int, int, int, bool], asked: list[tuple[tuple[str, int], int]]
) -> None:
    answerer = Answerer(holding)
    wants = [
        m.Want(number, LOG, low := answerer.at(spot), low + more, down=False)
        for number, (spot, more) in enumerate(asked, 1)
    ]
    found = answerer.answers(*wants)
    for want in wants:
        low, high = want.low, want.high
        part, due = answerer.part(low), low
        for segment in found[want.number]:
            assert part is not None
            assert segment.first == due <= high
            due = segment.last + 1
            assert is_checkpoint(segment.last) or segment.last == part.high
            check_segment(segment)  # stands on its own signature
        # No further than the end that is next.
        if part is None:
            assert due == low
        elif high >= part.high:
            assert due - 1 == part.high
        else:
            assert high <= due - 1 <= min(part.high, -(-high // 64) * 64)


@pytest.mark.proves("S-11", "S-12", "S-15")
@settings(deadline=None, max_examples=100)
@given(holdings, questions, st.lists(st.sampled_from([1, 2, 63, 64, 65, 200, 512]), max_size=2))
def test_an_answer_goes_down_without_a_gap_from_high_and_not_below_low(
    holding: tuple[int, int, int, int, bool],
    asked: list[tuple[tuple[str, int], int]],
    latest: list[int],
) -> None:
    answerer = Answerer(holding)
    known, newest = ids(), answerer.held.newest.high
    wants = [
        m.Want(number, LOG, max(1, (high := answerer.at(spot)) - less), high, down=True)
        for number, (spot, less) in enumerate(asked, 1)
    ]
    lates = [m.WantLatest(100 + number, LOG, most) for number, most in enumerate(latest)]
    found = answerer.answers(*wants, *lates)
    spans = [(want.number, want.low, want.high) for want in wants]
    spans += [(late.number, max(1, newest - late.most + 1), newest) for late in lates]
    for number, low, high in spans:
        part, due = answerer.part(high), high
        for segment in found[number]:
            assert part is not None
            assert segment.last == due
            assert low <= segment.first
            if number >= 100 and due == newest:
                check_segment(segment)  # nobody knows the id of the newest entry yet
            check_segment(segment, known[due])
            due = segment.first - 1
        assert due == (high if part is None else max(low, part.low) - 1)


@pytest.mark.proves("S-14")
@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([1, 2, 30, 63, 64, 65]), min_size=2, max_size=6))
def test_what_was_the_newest_entry_stays_signed_until_the_next_checkpoint_but_one(
    batches: list[int],
) -> None:
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    ends: list[int] = []
    for size in batches:
        store.append(KEY, [(1, b"x")] * size, RECEIVED_MS)
        ends.append(store.logs[LOG].newest.high)
        for end in ends:
            if ends[-1] < (end // 64 + 2) * 64:
                assert store.signatures(LOG, end, end), f"{end} of {ends}"


# --- what the asker takes -------------------------------------------------------------------------

LOGS = [bytes([number]) * 32 for number in (1, 2, 3)]
HELD = {
    LOGS[1]: Held(Range(1, 10, None, bytes(32))),
    LOGS[2]: Held(Range(50, 60, bytes(32), b"i" * 32)),
}
OFFERED = [
    m.Offer(LOGS[0], 1, 90, bytes(32)),  # asked for the latest 20
    m.Offer(LOGS[1], 1, 19, bytes(32)),  # asked up, from 11 to 19
    m.Offer(LOGS[2], 40, 60, b"i" * 32),  # asked down, from 41 to 49
]


def asking() -> tuple[Session, list[m.Want | m.WantLatest]]:
    """Return a session with one question of each sort, and the questions."""
    replica = Replica(HELD, {}, lambda log, near: 20 if log == LOGS[0] else WHOLE)
    session = Session(replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    session.receive(m.Have(OFFERED), NOW_S)
    asked = [decode_message(data) for data in session.messages(NOW_S)]
    questions = [one for one in asked if isinstance(one, m.Want | m.WantLatest)]
    session.events()
    return session, questions


sorts = st.sampled_from([0, 1, 2])
edges = st.sampled_from([-1, 0, 1])
comings = st.one_of(
    # An answer: to the question of this sort, from one end of it, longer or shorter by a little.
    st.tuples(st.just("entries"), sorts, edges, edges, sorts, st.integers(0, 9)),
    st.tuples(st.just("done"), sorts, edges, edges, sorts, st.just(0)),
)


@pytest.mark.proves("S-16", "S-17", "S-18", "S-19")
@settings(deadline=None, max_examples=300)
@given(st.lists(comings, max_size=8))
def test_only_what_answers_an_open_question_is_taken(
    comings: list[tuple[str, int, int, int, int, int]],
) -> None:
    session, questions = asking()
    latest, up, down = questions
    assert latest == m.WantLatest(1, LOGS[0], 20)
    assert up == m.Want(2, LOGS[1], 11, 19, down=False)
    assert down == m.Want(3, LOGS[2], 40, 49, down=True)
    still = {1, 2, 3}
    for what, sort, off, longer, other, right in comings:
        # Mostly the log and the number that belong together, or what is looked at is one check.
        number = sort + 1 + (off if right == 9 else 0)
        if what == "done":
            session.receive(m.Done(number), NOW_S)
            session.events()
            still.discard(number)
            continue
        log = LOGS[other if right == 8 else sort]
        if sort == 0:
            first, count = 71, 20 + longer
        elif sort == 1:
            first, count = (11 if right < 4 else 19) + off, 3 + longer
        else:
            first, last = 40 + (off if right < 4 else 5), 49 + longer
            count = last - first + 1
        segment = Segment(log, first, bytes(32), [1] * count, [b"x"] * count, [])
        fits = {
            0: count <= 20,
            1: 11 <= first <= 19,
            2: first >= 40 and segment.last <= 49,
        }
        if number == 0:
            continue  # a push answers nothing
        if number in still and log == LOGS[number - 1] and fits[number - 1]:
            session.receive(m.Entries(number, segment), NOW_S)
            [arrived] = session.events()
            assert arrived == (segment, False)
        else:
            with pytest.raises(UnexpectedMessage):
                session.receive(m.Entries(number, segment), NOW_S)
            assert session.events() == []
            return
