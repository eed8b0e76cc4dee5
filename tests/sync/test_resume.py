"""Tokens: what a peer has been told of it is never told again, and nothing else is left out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.errors import PeerTimeout
from p2pblog.log.fork import prove
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message
from p2pblog.sync.session import Session
from tests.ends import LENGTH, NOW_S, End, carry, join, key, pass_time, source

RECEIVED_MS = 5


def bodies(count: int) -> list[tuple[int, bytes]]:
    return [(RECEIVED_MS, serialize(Post(str(number)), bytes(16))) for number in range(count)]


def write(end: End, number: int, count: int = 1) -> None:
    end.store.append(key(number), bodies(count), RECEIVED_MS)
    end.tell(key(number).public)


def said(end: End, session: Session) -> list[m.Message]:
    return [decode_message(data) for data in end.output(session)]


def caught_up(a: End, b: End, logs: int = 20) -> tuple[bytes | None, bytes | None]:
    """Bring two ends level; return the token that each may show the other."""
    for number in range(1, logs + 1):
        write(a, number)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    pass_time(limits.TOLD_EVERY_S, (a, at_a, b, at_b))
    assert a.store.logs == b.store.logs
    tokens = a.tokens[at_a], b.tokens[at_b]
    a.end(at_a)
    b.end(at_b)
    return tokens


# --- S-36: what a token saves, and what it does not -----------------------------------------


@pytest.mark.proves("S-36")
def test_only_what_has_changed_since_the_token_is_told() -> None:
    a, b = End(), End()
    tokens = caught_up(a, b)
    proof = prove(*(source(word).segment_up(key(1).public, 1, 40) for word in ("one", "two")))
    write(a, 7, 3)
    write(a, 90)
    a.store.add_fork(proof)
    a.replica.changed(proof.log)
    at_a, at_b = join(a, b, tokens=tokens)
    for data in b.output(at_b):
        a.receive(at_a, data)
    hello, *told = said(a, at_a)
    assert hello == m.Hello(1, tokens[0])
    assert {type(message) for message in told} == {m.Fork, m.Have, m.Told}
    offered = [offer.log for message in told if isinstance(message, m.Have) for offer in message[0]]
    assert set(offered) == {key(number).public for number in (7, 90)}


@pytest.mark.proves("S-36")
def test_a_reconnect_without_news_costs_two_short_messages_each_way() -> None:
    a, b = End(), End()
    tokens = caught_up(a, b, 50)
    at_a, at_b = join(a, b, tokens=tokens)
    assert carry((a, at_a, b, at_b)) < 150


@pytest.mark.proves("S-36")
@pytest.mark.parametrize("what", ["none", "a stranger's", "of a store that was set back", "cut"])
def test_where_a_token_says_nothing_the_two_compare(what: str) -> None:
    a, b = End(), End()
    token = caught_up(a, b)[1]
    assert token is not None
    match what:
        case "none":
            token = None
        case "a stranger's":
            token = LogStore(MemoryKeyValue(), new_epoch=b"e" * 16).token(0, 0)
        case "of a store that was set back":
            write(a, 1)
            token = a.token()
            a = End()
            caught_up(End(store=b.store), a)
        case "cut":
            token = token[:-1]
    at_a, at_b = join(a, b, tokens=(None, token))
    for data in b.output(at_b):
        a.receive(at_a, data)
    answer = said(a, at_a)[1:]
    assert answer[0] == m.Told(None)
    assert isinstance(answer[1], m.Compare)
    assert len(answer) == 2


# --- S-34: what a token says --------------------------------------------------------------


@pytest.mark.proves("S-34")
def test_no_token_is_given_before_the_peer_knows_what_is_here() -> None:
    a, b = End(), End()
    at_a, at_b = join(a, b)
    write(b, 1)
    heard: list[m.Message] = []
    for _ in range(4):
        for data in a.output(at_a):
            b.receive(at_b, data)
        for data in b.output(at_b):
            heard.append(decode_message(data))
            a.receive(at_a, data)
    named = [type(message) for message in heard]
    told = next(at for at, one in enumerate(heard) if isinstance(one, m.Told) and one.token)
    assert named.index(m.Note) < told
    assert not any(isinstance(one, m.Have) for one in heard[told:])


@pytest.mark.proves("S-34")
@pytest.mark.parametrize("how", ["noted", "held by both from before"])
def test_a_past_that_came_is_told_before_the_next_token(how: str) -> None:
    log, whole = key(1).public, source("x")
    a, b = End(), End(lambda log, near: 0)
    latest = whole.segment_latest(log, 10)
    if how == "held by both from before":
        for end in (a, b):
            end.store.ingest(latest, RECEIVED_MS)
            end.replica.changed(log)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    if how == "noted":
        a.store.ingest(latest, RECEIVED_MS)
        a.tell(log)
        carry((a, at_a, b, at_b))
    # It is being fetched from somebody else, and not done yet.
    a.store.ingest(whole.segment_down(log, 21, 30), RECEIVED_MS)
    a.replica.claims[log] = object()
    a.tell(log)
    assert said(a, at_a) == []
    at_a.close()
    assert said(a, at_a) == [m.Bye("")]
    a.end(at_a)
    b.end(at_b)
    # The next token may come while that lasts.
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    a.store.ingest(whole.segment_down(log, 11, 20), RECEIVED_MS)
    a.tell(log)
    a.now_s += limits.TOLD_EVERY_S
    have, told = said(a, at_a)
    assert isinstance(have, m.Have)
    assert have.offers[0].low == 11
    assert isinstance(told, m.Told)


@pytest.mark.proves("S-34")
def test_no_token_stands_for_a_push_that_is_still_being_read_or_a_proof_still_to_be_sent() -> None:
    a, b = End(), End()
    caught_up(a, b)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    at_a.receive(m.Graft(key(1).public, 1), NOW_S)
    write(a, 1)
    assert at_a.next_serve() is not None
    at_a.close()
    assert said(a, at_a) == [m.Bye("")]
    a.end(at_a)
    b.end(at_b)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    one, other = (source(word).segment_up(key(1).public, 1, LENGTH) for word in ("one", "two"))
    a.store.add_fork(prove(one, other))
    a.tell_fork(key(1).public)
    at_a.close()
    assert not any(isinstance(message, m.Told) for message in said(a, at_a))


def test_a_newer_token_is_given_from_time_to_time_and_before_a_farewell() -> None:
    a, b = End(), End()
    caught_up(a, b)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    write(a, 1)
    b.receive(at_b, a.output(at_a)[0])
    for data in b.output(at_b):
        a.receive(at_a, data)
    assert not any(isinstance(message, m.Told) for message in said(a, at_a))
    a.now_s += limits.TOLD_EVERY_S
    assert said(a, at_a) == [m.Told(a.token())]
    at_a.receive(m.Graft(key(1).public, 2), a.now_s)
    write(a, 1)
    assert [type(message) for message in said(a, at_a)] == [m.Entries]
    at_a.close()
    assert said(a, at_a) == [m.Told(a.token()), m.Bye("")]


# --- S-35: what is shown ------------------------------------------------------------------


@pytest.mark.proves("S-35")
def test_a_token_counts_once_what_was_noted_is_here() -> None:
    a, b = End(), End()
    caught_up(a, b)
    at_a, at_b = join(a, b)
    carry((a, at_a, b, at_b))
    before = b.tokens[at_b]
    write(a, 1)
    a.now_s += limits.TOLD_EVERY_S
    note, told = a.output(at_a)
    assert decode_message(told) == m.Told(a.token())
    b.receive(at_b, note)
    b.receive(at_b, told)
    assert b.tokens[at_b] == before
    for data in b.output(at_b):
        a.receive(at_a, data)
    (push,) = a.output(at_a)
    b.receive(at_b, push)
    assert b.tokens[at_b] == a.token() != before


@pytest.mark.proves("S-35")
def test_a_token_counts_once_what_was_offered_is_here() -> None:
    a, b = End(), End()
    for number in range(1, 12):
        write(a, number, 150)
    at_a, at_b = join(a, b)
    while at_b not in b.tokens:
        for end, session, other, at_other in ((a, at_a, b, at_b), (b, at_b, a, at_a)):
            for data in end.output(session):
                other.receive(at_other, data)
                assert at_b not in b.tokens or a.store.logs == b.store.logs
    assert b.tokens[at_b] == a.token()


@pytest.mark.proves("S-35", "R-9")
def test_a_note_that_could_not_be_remembered_keeps_every_token_from_counting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "NOTES_WAITING_MAX", 2)
    b = End()
    session = b.begin()
    session.receive(m.Hello(1, None), NOW_S)
    b.settle(session)
    logs = [key(number).public for number in (1, 2, 3)]
    b.replica.parents.update(dict.fromkeys(logs, object()))
    session.receive(m.Note([(log, 1) for log in logs]), NOW_S)
    for number in (1, 2, 3):
        write(b, number)
    session.receive(m.Told(b"token"), NOW_S)
    b.settle(session)
    assert b.tokens == {}


# --- S-37 -------------------------------------------------------------------------------------


@pytest.mark.proves("S-37")
def test_who_seeks_hears_of_what_is_held_and_of_nothing_else() -> None:
    a = End()
    write(a, 1, 2)
    write(a, 2)
    session = a.begin()
    session.receive(m.Hello(1, a.token()), NOW_S)
    a.settle(session)
    said(a, session)
    session.receive(m.Seek([key(number).public for number in (3, 1)]), NOW_S)
    newest = a.store.logs[key(1).public].newest
    assert said(a, session) == [m.Have([m.Offer(key(1).public, 1, 2, newest.high_id)])]
    session.receive(m.Seek([key(3).public]), NOW_S)
    assert said(a, session) == []


def test_who_was_told_of_changes_only_seeks_what_it_misses() -> None:
    a, b = End(), End()
    tokens = caught_up(a, b)
    wanted = [key(1).public, key(99).public]
    b.replica.missing = lambda: wanted
    at_a, at_b = join(a, b, tokens=tokens)
    for data in a.output(at_a):
        b.receive(at_b, data)
    for data in b.output(at_b):
        a.receive(at_a, data)
    for data in a.output(at_a):
        b.receive(at_b, data)
    assert m.Seek(wanted) in said(b, at_b)


# --- all of it ---------------------------------------------------------------------------------

LOGS = st.integers(1, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), LOGS),
        st.tuples(st.just("write"), st.integers(11, 14)),
        st.tuples(st.just("answer"), st.integers(21, 22)),
        st.tuples(st.just("fork"), LOGS),
        st.tuples(st.just("say"), st.sampled_from([1, 1, 2, 3, 12])),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, limits.TOLD_EVERY_S])),
        st.tuples(st.just("cut"), st.booleans()),
    ),
    min_size=8,
    max_size=60,
)
WHOLE, RIVAL = source(*"abcd"), source(*"efgh")


class Two:
    """Two ends that want all of each other's logs, on links that come and go."""

    def __init__(self) -> None:
        self.ends = [End(), End()]
        self.shown: list[bytes | None] = [None, None]
        self.sessions: list[Session] = []
        self.mail: list[list[bytes]] = [[], []]

    def link(self) -> None:
        if not self.sessions:
            a, b = self.shown
            self.sessions = list(join(self.ends[0], self.ends[1], tokens=(a, b)))

    def say(self, count: int) -> None:
        """Let so many messages arrive, from either end by turns."""
        self.link()
        for _ in range(count):
            for at in (0, 1):
                self.mail[at] += self.ends[at].output(self.sessions[at])
                if self.mail[at]:
                    self.ends[1 - at].receive(self.sessions[1 - at], self.mail[at].pop(0))

    def cut(self, *, gently: bool) -> None:
        """End the link; what is under way is lost, unless it is ended gently."""
        for at in (0, 1) if self.sessions else ():
            if gently:
                self.sessions[at].close()
                for data in self.ends[at].output(self.sessions[at]):
                    self.mail[at].append(data)
        for at in (0, 1) if self.sessions else ():
            for data in self.mail[at] if gently else ():
                self.ends[1 - at].receive(self.sessions[1 - at], data)
        for at, session in enumerate(self.sessions):
            self.shown[at] = self.ends[at].tokens.get(session, self.shown[at])
            self.ends[at].end(session)
        self.sessions, self.mail = [], [[], []]

    def wait(self, seconds: float) -> None:
        self.link()
        try:
            for end, session in zip(self.ends, self.sessions, strict=True):
                end.now_s += seconds
                if seconds < limits.SILENCE_S_MAX:  # else there were signs of life between
                    session.tick(end.now_s)
        except PeerTimeout:
            self.cut(gently=False)


@pytest.mark.proves("S-34", "S-35", "S-36")
@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_is_lost_on_the_way_two_ends_that_resume_end_up_with_the_same(
    steps: list[tuple[str, int]],
) -> None:
    two = Two()
    left, right = two.ends
    for what, number in steps:
        log = key(number % 100).public
        match what:
            case "take":  # from elsewhere: the newest entries first, then the past bit by bit
                held = left.store.logs.get(log)
                if log in left.store.forked or (held and held.newest.low == 1):
                    continue
                high = LENGTH if held is None else held.newest.low - 1
                segment = WHOLE.segment_down(log, max(1, high - 12), high)
                left.store.ingest(segment, RECEIVED_MS)
                left.tell(log)
            case "write":
                write(left, number)
            case "answer":
                write(right, number)
            case "fork":
                parts = [store.segment_up(log, 1, LENGTH) for store in (WHOLE, RIVAL)]
                if left.store.add_fork(prove(*parts)):
                    left.tell_fork(log)
            case "say":
                two.say(number)
            case "wait":
                two.wait(number)
            case _:
                two.cut(gently=bool(number))
    two.cut(gently=False)
    two.link()
    carry((left, two.sessions[0], right, two.sessions[1]))
    assert left.store.forked == right.store.forked
    for log in left.store.logs.keys() | right.store.logs.keys():
        if log not in left.store.forked:
            assert left.store.logs.get(log) == right.store.logs.get(log)
