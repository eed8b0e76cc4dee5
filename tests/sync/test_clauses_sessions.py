"""Clauses of protocol/09-sessions.md and 10-replication.md about what an end asks and says."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadStructure, TooLarge
from p2pblog.log.fork import prove
from p2pblog.log.held import Held, Range
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message, decode_messages, encode_message
from p2pblog.sync.events import ResumeAsked
from p2pblog.sync.packing import wrapped
from p2pblog.sync.planning import WHOLE, Span, next_ask
from p2pblog.sync.replica import Replica
from p2pblog.sync.session import Session
from tests.ends import NOW_S, SALT, End

KEY = SigningKey(b"k" * 32)
LOG = KEY.public


def store_of(count: int, word: bytes = b"x") -> LogStore:
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    if count:
        store.append(KEY, [(1, word)] * count, 5)
    return store


def session_over(store: LogStore) -> Session:
    replica = Replica(store.logs, store.forked, lambda log, near: WHOLE, store.bare)
    session = Session(replica, near=True, leads=False, salt=SALT, now_s=NOW_S)
    session.receive(m.Hello(1, None), NOW_S)
    assert session.events() == [ResumeAsked(None)]
    return session


def said(session: Session) -> list[m.Message]:
    return [decode_message(data) for data in session.messages(NOW_S)]


def offer(number: int, high: int = 5) -> m.Offer:
    return m.Offer(number.to_bytes(32), 1, high, bytes(32))


@pytest.mark.proves("S-7")
@given(*[st.integers(-1, 12)] * 4)
def test_the_ranges_of_an_offer_do_not_touch(low: int, high: int, o_low: int, o_high: int) -> None:
    wire = encode_message(m.Have([m.Offer(LOG, low, high, bytes(32), (o_low, o_high))]))
    if 1 <= o_low <= o_high and o_high + 1 < low <= high:
        assert decode_message(wire) == m.Have([m.Offer(LOG, low, high, bytes(32), (o_low, o_high))])
    else:
        with pytest.raises(BadStructure):
            decode_message(wire)


@pytest.mark.proves("S-8")
def test_the_latest_offer_of_a_log_counts_and_there_are_so_many_logs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "REMOTE_LOGS_MAX", 3)
    session = session_over(store_of(0))
    session.receive(m.Have([offer(1, 9), offer(2), offer(3)]), NOW_S)
    session.receive(m.Have([offer(1, 4)]), NOW_S)
    assert session.offered(offer(1).log) == 4
    assert session.offered(bytes(32)) == 0
    with pytest.raises(TooLarge):
        session.receive(m.Have([offer(4)]), NOW_S)


@pytest.mark.proves("S-20", "R-3")
def test_no_more_than_eight_questions_are_open_and_each_of_a_log_of_its_own() -> None:
    session = session_over(store_of(0))
    session.receive(m.Have([offer(number) for number in range(1, 31)]), NOW_S)
    asked: list[m.WantLatest] = []
    asked += [one for one in said(session) if isinstance(one, m.WantLatest)]
    assert len(asked) == limits.WANTS_IN_FLIGHT_MAX == 8
    for turn in range(30):
        if turn < len(asked):
            session.receive(m.Done(asked[turn].number), NOW_S)
        asked += [one for one in said(session) if isinstance(one, m.WantLatest)]
        assert len(asked) - min(turn + 1, len(asked)) <= 8
    assert len({one.log for one in asked}) == len(asked) == 30


spans = st.tuples(st.integers(1, 60), st.integers(0, 30)).map(lambda at: (at[0], at[0] + at[1]))


@pytest.mark.proves("R-2", "S-13", "R-1")
@given(
    st.none() | st.tuples(spans, st.none() | spans),
    st.tuples(spans, st.none() | spans),
    st.sampled_from([0, 1, 5, 20, WHOLE]),
    st.sets(st.integers(1, 90), max_size=3),
)
def test_a_question_begins_at_what_is_offered_and_goes_down_from_what_is_known(
    ours: tuple[tuple[int, int], tuple[int, int] | None] | None,
    theirs: tuple[tuple[int, int], tuple[int, int] | None],
    depth: int,
    bare: set[int],
) -> None:
    def ordered(newest: tuple[int, int], older: tuple[int, int] | None) -> bool:
        return older is None or older[1] + 1 < newest[0]

    if not ordered(*theirs) or (ours is not None and not ordered(*ours)):
        return
    held = None
    if ours is not None:
        parts = [
            Range(low, high, None if low == 1 else bytes(32), bytes(32))
            for low, high in (part for part in ours if part)
        ]
        held = Held(parts[0], parts[1] if len(parts) > 1 else None)
        bare = {seq for seq in bare if any(part.low <= seq <= part.high for part in parts)}
    else:
        bare = set()
    offered = m.Offer(LOG, *theirs[0], bytes(32), theirs[1])
    ask = next_ask(held, offered, depth, bare)
    if depth == 0:
        assert ask is None
    if not isinstance(ask, Span):
        return
    assert held is not None
    assert offered.holds(ask.high if ask.down else ask.low)
    if ask.down:
        assert ask.high == held.newest.low - 1 or ask.high in bare
    assert 1 <= ask.low <= ask.high < ask.low + limits.WANT_ENTRIES_MAX


@pytest.mark.proves("R-1", "L-19")
def test_nothing_is_asked_of_a_log_that_has_forked() -> None:
    store = store_of(0)
    one, other = store_of(3), store_of(3, b"y")
    store.add_fork(prove(one.segment_up(LOG, 1, 3), other.segment_up(LOG, 1, 3)))
    session = session_over(store)
    session.receive(m.Have([m.Offer(LOG, 1, 9, bytes(32)), offer(1)]), NOW_S)
    assert [ask.log for ask in said(session) if isinstance(ask, m.WantLatest)] == [offer(1).log]


@pytest.mark.proves("S-23")
@pytest.mark.parametrize("grafted", [False, True])
def test_only_who_has_asked_to_be_is_pushed_to(*, grafted: bool) -> None:
    store = store_of(3)
    end = End(store=store)
    session = end.begin()
    session.receive(m.Hello(1, None), NOW_S)
    newest = store.logs[LOG].newest
    session.receive(m.Have([m.Offer(LOG, 1, newest.high, newest.high_id)]), NOW_S)
    if grafted:
        session.receive(m.Graft(LOG, 3), NOW_S)
    store.append(KEY, [(2, b"new")], 5)
    end.tell(LOG)
    assert (session.next_serve() is not None) == grafted
    assert (m.Note([(LOG, 4)]) in said(session)) != grafted


@pytest.mark.proves("S-27", "S-28")
@pytest.mark.parametrize("theirs", [False, True], ids=["our bye", "their bye"])
def test_after_a_bye_nothing_is_said_and_nothing_heard(*, theirs: bool) -> None:
    store = store_of(70)
    session = session_over(store)
    session.start()
    session.receive(m.Ping(7), NOW_S)
    if theirs:
        session.receive(m.Bye("timeout"), NOW_S)
        assert said(session) == []
    else:
        session.close()
        assert said(session)[-1] == m.Bye("")
    proof = prove(store.segment_up(LOG, 1, 64), store_of(70, b"y").segment_up(LOG, 1, 64))
    session.fork_found(proof, 1)
    session.suspect(NOW_S)
    session.log_changed(LOG, NOW_S)
    session.receive(m.Ping(8), NOW_S)
    session.receive(m.Have([offer(1)]), NOW_S)
    session.receive(m.Fork(proof), NOW_S)
    session.close()
    assert said(session) == []
    assert session.events() == []


@pytest.mark.parametrize("count", [1, 2, 3, 300, 5000])
def test_small_messages_travel_together_and_are_the_same_at_the_other_end(count: int) -> None:
    messages = [encode_message(one) for one in (m.Ping(number) for number in range(count))]
    travelling = wrapped(messages)
    assert (len(travelling) < count) == (count > 1)
    arrived = [one for data in travelling for one in decode_messages(data)]
    assert [encode_message(one) for one in arrived] == messages
    for data in travelling:
        assert encode_message(decode_message(data)) == data or data[1] == m.Type.PACKED


@pytest.mark.proves("S-33")
def test_nothing_is_wrapped_twice() -> None:
    ping, pair = m.Ping(1), m.Batch([m.Ping(1), m.Ping(2)])
    for inner in (pair, ping):
        for wrong in ([inner] if inner is ping else [inner, ping], [ping] * 257):
            with pytest.raises(BadStructure):
                decode_message(
                    encode([m.Type.BATCH.value, [decode(encode_message(x)) for x in wrong]])
                )
    long = encode_message(m.Batch([m.Bye("x" * 32)] * 100))
    (packed,) = wrapped([long])
    assert packed[1] == m.Type.PACKED
    assert decode_message(packed) == decode_message(long)
    again = encode([m.Type.PACKED.value, len(packed), deflated(packed)])
    with pytest.raises(BadStructure):
        decode_message(again)


def deflated(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


@pytest.mark.proves("S-39")
@pytest.mark.parametrize("kind", ["offers", "notes", "seeks", "pings"])
def test_so_much_is_borne_in_one_go_and_so_much_a_second(kind: str) -> None:
    end = End(lambda log, near: 0)
    session = end.begin()
    session.receive(m.Hello(1, None), NOW_S)
    logs = [number.to_bytes(32) for number in range(500)]
    news: dict[str, m.Message] = {
        "offers": m.Have([m.Offer(log, 1, 5, bytes(32)) for log in logs]),
        "notes": m.Note([(log, 5) for log in logs]),
        "seeks": m.Seek(logs),
        "pings": m.Ping(1),
    }
    each = 1 if kind == "pings" else len(logs)

    def say(count: int, now_s: float) -> None:
        for number in range(0, count, each):
            session.receive(news[kind], now_s)
            if not number % 1000:
                session.messages(now_s)

    say(200_000, NOW_S)
    for second in range(1, 4):
        say(1_000, NOW_S + second)
    with pytest.raises(TooLarge):
        say(100_000, NOW_S + 4)
