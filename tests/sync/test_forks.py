"""Proofs of forks: who takes them, and who is told."""

from __future__ import annotations

from p2pblog.core.crypto import SigningKey
from p2pblog.log.fork import prove
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


def test_the_proof_of_a_log_that_is_taken_only_of_near_peers_is_kept_of_one() -> None:
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
