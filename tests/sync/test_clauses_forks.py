"""Properties of protocol/09-sessions.md section 11 and 10-replication.md section 9."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from p2pblog.core.errors import BadSignature, BadStructure, UnexpectedMessage
from p2pblog.log.fork import ForkProof, check_proof, prove
from p2pblog.log.segment import Segment, Withheld
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_messages, encode_message
from p2pblog.sync.frontier import DIGITS, State
from p2pblog.sync.session import Session
from tests.ends import End, carry, join, key
from tests.frontiers import SALT, filled, held_of, log_of


@cache
def branch(number: int, from_seq: int, word: bytes, count: int = 6) -> Segment:
    """Return entries of log `number`, whose bodies say `word` from one on and the same before."""
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    bodies = [(seq, word if seq >= from_seq else b"same") for seq in range(1, count + 1)]
    store.append(key(number), bodies, 0)
    return store.segment_up(key(number).public, 1, count)


@cache
def proof_at(number: int, seq: int) -> ForkProof:
    """Return a proof that log `number` forks at `seq`, at the lowest."""
    proof = prove(branch(number, seq, b"one"), branch(number, seq, b"two"))
    assert check_proof(proof) == seq
    return proof


# --- S-30, S-31: who is sent which proof ----------------------------------------------------------

LOG = key(1).public


@pytest.mark.proves("S-30")
@settings(deadline=None, max_examples=80)
@given(
    st.lists(st.tuples(st.integers(-1, 2), st.integers(1, 5)), min_size=1, max_size=8),
    st.booleans(),
)
def test_the_lowest_fork_is_proven_to_every_peer_that_knows_none_as_good(
    coming: list[tuple[int, int]], at_once: bool
) -> None:
    """Proofs come from peers, or to this end itself (-1)."""
    end = End()
    sessions = []
    for _ in range(3):
        session = end.begin()
        session.receive(m.Hello(1, None), end.now_s)
        end.settle(session)
        end.output(session)
        sessions.append(session)
    best = [9, 9, 9]  # the lowest that each peer was sent, or has sent

    def hear(session: Session, at: int) -> None:
        for data in end.output(session):
            for message in decode_messages(data):
                if isinstance(message, m.Fork):
                    seq = check_proof(message.proof)
                    # What the peer says may cross what is about to be sent to it.
                    assert seq < best[at] or not at_once, "it knows one as good"
                    best[at] = min(seq, best[at])

    lowest = 9
    for origin, seq in coming:
        if origin < 0:
            if end.store.add_fork(proof_at(1, seq)):
                end.tell_fork(LOG)
        else:
            best[origin] = min(seq, best[origin])
            end.receive(sessions[origin], encode_message(m.Fork(proof_at(1, seq))))
        lowest = min(lowest, seq)
        if at_once:
            for at, session in enumerate(sessions):
                hear(session, at)
    for at, session in enumerate(sessions):
        hear(session, at)
    assert best == [lowest] * 3


forks = st.dictionaries(st.integers(1, 4), st.integers(1, 5), max_size=4)


@pytest.mark.proves("S-31", "S-30")
@settings(deadline=None, max_examples=60)
@given(forks, forks, forks, st.booleans())
def test_two_that_meet_again_both_know_the_lowest_of_each_fork(
    ours: dict[int, int], theirs: dict[int, int], since: dict[int, int], resumes: bool
) -> None:
    a, b = End(), End()

    def learn(end: End, known: dict[int, int]) -> None:
        for number, seq in known.items():
            end.store.add_fork(proof_at(number, seq))
            end.replica.changed(key(number).public)

    learn(a, ours)
    learn(b, theirs)
    tokens: tuple[bytes | None, bytes | None] = (None, None)
    if resumes:
        at_a, at_b = join(a, b)
        carry((a, at_a, b, at_b))
        tokens = a.tokens.get(at_a), b.tokens.get(at_b)
        a.end(at_a)
        b.end(at_b)
    learn(a, since)
    at_a, at_b = join(a, b, tokens=tokens)
    carry((a, at_a, b, at_b))
    lowest = {
        key(number).public: min(one[number] for one in (ours, theirs, since) if number in one)
        for number in {*ours, *theirs, *since}
    }
    assert a.store.forked == b.store.forked == lowest


# --- S-32: what proves nothing --------------------------------------------------------------------


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


def weakened(proof: ForkProof, how: str, which: int, at: int, bit: int) -> ForkProof:
    """Return a proof of which one thing is not as it should be."""
    segment = proof[which]
    at %= len(segment.bodies)
    body = segment.bodies[at]
    assert isinstance(body, Withheld)
    match how:
        case "signature":
            changed = segment._replace(signatures=[flipped(segment.signatures[0], bit)])
        case "unsigned":
            changed = segment._replace(signatures=[])
        case "body":
            bodies = [*segment.bodies]
            bodies[at] = Withheld(body.size, flipped(body.hash, bit))
            changed = segment._replace(bodies=bodies)
        case "time":
            times = [*segment.times_ms]
            times[at] += 1
            changed = segment._replace(times_ms=times)
        case "log":
            changed = segment._replace(log=flipped(segment.log, bit))
        case "another's":
            changed = prove(branch(2, 1, b"one"), branch(2, 1, b"one")).one
        case "agrees":
            return ForkProof(segment, segment)
        case _:  # a longer one of the same branch
            more = branch(1, 3, (b"one", b"two")[which], 7)
            return prove(branch(1, 3, (b"one", b"two")[which]), more)
    return ForkProof(*(changed if number == which else one for number, one in enumerate(proof)))


hows = ["signature", "unsigned", "body", "time", "log", "another's", "agrees", "longer"]


@pytest.mark.proves("S-32")
@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(hows), st.integers(0, 1), st.integers(0, 5), st.integers(0, 511), st.booleans()
)
def test_a_proof_that_is_not_quite_one_is_refused_and_closes_no_log(
    how: str, which: int, at: int, bit: int, held: bool
) -> None:
    end = End()
    if held:
        end.take_up(branch(1, 3, b"one"))
    session, other = (end.begin() for _ in range(2))
    for one in (session, other):
        one.receive(m.Hello(1, None), end.now_s)
        end.settle(one)
        end.output(one)
    wrong = weakened(proof_at(1, 3), how, which, at, bit)
    with pytest.raises((BadSignature, BadStructure)):
        end.receive(session, encode_message(m.Fork(wrong)))
    assert end.store.forked == {}
    assert not any(
        isinstance(one, m.Fork) for data in end.output(other) for one in decode_messages(data)
    )


# --- comparing ------------------------------------------------------------------------

ITEMS: dict[bytes, State] = {log_of("", number): (held_of(1), None) for number in range(1, 41)}


def compared(named: list[bytes], parts: list[m.Part], prefix: str = "") -> m.Compared:
    return m.Compared(prefix, parts, b"".join(sorted(named)))


@pytest.mark.proves("R-12")
@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([0, 1, 3, 16, 17]),
    st.sampled_from(["", "", "0", "00"]),
    st.lists(st.integers(0, 15), max_size=4, unique=True),
    st.lists(st.integers(0, 15), max_size=2, unique=True),
    st.sampled_from([None, "parts", "lacking"]),
    st.booleans(),
)
@example(0, "", [], [3], "parts", False)
def test_a_leader_takes_an_answer_to_what_it_asked_and_of_what_it_named(
    count: int,
    prefix: str,
    lacking: list[int],
    digits: list[int],
    extra: str | None,
    again: bool,
) -> None:
    items = dict(list(ITEMS.items())[:count])
    end = End()
    end.replica.frontier = filled(items)
    session = Session(end.replica, near=True, leads=True, salt=SALT, now_s=end.now_s)
    session.receive(m.Hello(1, None), end.now_s)
    session.resume(None, end.now_s)
    out = [one for data in session.messages(end.now_s) for one in decode_messages(data)]
    [asked] = [one for one in out if isinstance(one, m.Compare)]
    digests = [asked.digests[at : at + 8] for at in range(0, len(asked.digests), 8)]
    named = [digests[at] for at in lacking if at < len(digests)]
    parts = [m.Part(DIGITS[at], True, b"") for at in sorted(digits)] if extra == "parts" else []
    if extra == "lacking":
        named.append(bytes(7) + b"\1")  # next to nothing that there is
    answer = compared(named, parts, prefix)
    ok = (
        prefix == ""
        and (not named or (asked.items and set(named) <= set(digests)))
        and not (asked.items and not digests and parts)
    )
    if not ok:
        with pytest.raises(UnexpectedMessage):
            session.receive(answer, end.now_s)
        return
    session.receive(answer, end.now_s)
    if again:
        with pytest.raises(UnexpectedMessage):  # it was answered
            session.receive(answer, end.now_s)
    else:
        for message in (asked, m.Reveal("", bytes(8)), m.Agreed()):
            with pytest.raises(UnexpectedMessage):
                session.receive(message, end.now_s)


@pytest.mark.proves("R-13")
@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["", "0"]),
    st.lists(st.integers(0, 15), max_size=2, unique=True),
    st.lists(st.sampled_from(["compare", "told", "agreed"]), max_size=3),
    st.booleans(),
)
def test_the_end_that_answers_takes_no_answer(
    prefix: str, digits: list[int], before: list[str], named: bool
) -> None:
    end = End()
    session = end.begin(leads=False)
    session.receive(m.Hello(1, None), end.now_s)
    end.settle(session)
    said: dict[str, m.Message] = {
        "compare": m.Compare(prefix, items=True, digests=bytes(8)),
        "told": m.Told(None),
        "agreed": m.Agreed(),
    }
    for what in dict.fromkeys(before):  # of a prefix nothing is asked twice
        session.receive(said[what], end.now_s)
    parts = [m.Part(DIGITS[at], True, b"") for at in sorted(digits)]
    with pytest.raises(UnexpectedMessage):
        session.receive(compared([bytes(8)] if named else [], parts, prefix), end.now_s)
