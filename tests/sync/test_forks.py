"""Proofs of forks: who takes them, and who is told."""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.log.fork import prove
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.planning import WHOLE
from tests.ends import RECEIVED_MS, End, carry, join

KEY = SigningKey(b"f" * 32)
LOG = KEY.public


def forked() -> End:
    ends = End(), End()
    for end, word in zip(ends, (b"one", b"two"), strict=True):
        end.store.append(KEY, [(1, word)], RECEIVED_MS)
    one, other = (end.store.segment_up(LOG, 1, 1) for end in ends)
    ends[0].store.add_fork(prove(one, other))
    ends[0].replica.changed(LOG)
    return ends[0]


def test_the_proof_of_a_log_that_is_neither_held_nor_wanted_is_not_kept() -> None:
    a, b = forked(), End(depth=lambda log, near: 100 if near else 0)
    ends = join(a, b, near=False)
    carry((a, ends[0], b, ends[1]))
    assert not b.store.forked


def test_who_takes_a_log_only_of_near_peers_comes_to_know_that_it_forks() -> None:
    a, b = forked(), End(depth=lambda log, near: 100 if near else 0)
    ends = join(a, b, near=True)
    carry((a, ends[0], b, ends[1]))
    assert b.store.forked == {LOG: 1}


def test_who_comes_to_want_a_log_is_told_that_it_forks() -> None:
    depth = {"now": 0}
    a = forked()
    b = End(depth=lambda log, near: depth["now"], missing=lambda: [LOG] if depth["now"] else [])
    ends = join(a, b)
    carry((a, ends[0], b, ends[1]))
    assert not b.store.forked
    depth["now"] = WHOLE
    b.wishes_changed()
    carry((a, ends[0], b, ends[1]))
    assert b.store.forked == {LOG: 1}


def test_who_takes_a_strangers_log_is_told_that_it_forks_whatever_comes_first() -> None:
    a, b = forked(), End(depth=lambda log, near: 100 if near else 0)
    session = b.begin(near=True)
    b.receive(session, encode_message(m.Hello(1, None)))
    proof = a.store.fork_proof(LOG)
    assert proof is not None
    b.receive(session, encode_message(m.Fork(proof)))
    assert not b.store.forked
    b.take_up(a.store.segment_up(LOG, 1, 1))
    b.output(session)
    b.tell(LOG)
    assert m.Seek([LOG]) in map(decode_message, b.output(session))
    b.receive(session, encode_message(m.Fork(proof)))
    assert b.store.forked == {LOG: 1}


def test_the_forks_of_so_many_strangers_are_remembered_and_none_is_kept() -> None:
    a, b = forked(), End(depth=lambda log, near: 100 if near else 0)
    session = b.begin(near=True)
    b.receive(session, encode_message(m.Hello(1, None)))
    proof = a.store.fork_proof(LOG)
    assert proof is not None
    for number in range(limits.PROOFS_PASSED_MAX + 5):
        log = number.to_bytes(32)
        other = proof._replace(one=proof.one._replace(log=log), other=proof.other._replace(log=log))
        b.receive(session, encode_message(m.Fork(other)))
    assert session.sizes()["passed"] == limits.PROOFS_PASSED_MAX
    assert not b.store.forked
