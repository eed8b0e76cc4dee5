"""Clauses of protocol/03-logs.md sections 5 and 6: where a segment fits, and what forks."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.errors import BadSignature, BadStructure, ForkFound, SeqGap
from p2pblog.log.fork import ForkProof, check_proof
from p2pblog.log.segment import Segment, Withheld, is_signed
from p2pblog.store.logs import LogStore
from tests.store.written import LOG, Disk, cut, entries, held, opened, written
from tests.strategies import flip, quick

NEVER = 2**53  # the fork of a log that does not fork


class Arrival(NamedTuple):
    """What is held, the ranges of it and from where on they are of the other branch; a segment.

    `touches` is the entry on which the segment would stand, 0 where it touches nothing.
    """

    low: int
    high: int
    older: int
    fork: int
    touches: int
    segment: Segment

    def store(self) -> LogStore:
        store = opened()
        if self.older:
            store.ingest(cut(1, self.older), 9)
        # Where an older range is held, the newest one is of the branch that the segment is of.
        store.ingest(cut(self.low, self.high, self.fork if self.older else NEVER), 9)
        return store


@st.composite
def arrivals(draw: st.DrawFn) -> Arrival:
    """Return a segment of the other branch that stands on what is held, or nearly."""
    older = draw(st.sampled_from([0, 0, 1, 30, 63, 64]))
    low = older + draw(st.integers(2, 40)) if older else draw(st.integers(1, 66))
    high = low + draw(st.integers(0, 66))
    if older:
        first, last, edge = draw(st.integers(1, low - 1)), low - 1, older
    else:
        first, last, edge = draw(st.integers(1, high + 2)), high + draw(st.integers(1, 66)), high
    fork = edge + draw(st.sampled_from([-1, 0, 1])) if draw(st.booleans()) else NEVER
    fork = max(1, fork)
    last = max(last, first)
    touches = edge if first <= edge + 1 else 0
    return Arrival(low, high, older, fork, touches, cut(first, last, fork))


@pytest.mark.proves("L-15", "L-17")
@quick(200)
@given(arrivals())
def test_what_stands_on_another_entry_than_is_held_is_a_fork_and_changes_nothing(
    one: Arrival,
) -> None:
    store = one.store()
    before, ranges = entries(store), held(store)
    if one.fork <= one.touches:
        with pytest.raises(ForkFound):
            store.ingest(one.segment, 9)
        assert (entries(store), held(store)) == (before, ranges)
    else:
        fresh = store.ingest(one.segment, 9)
        assert len(entries(store)) == len(before) + fresh
        assert LOG not in store.forked


@pytest.mark.proves("L-18", "L-19")
@quick(120)
@given(arrivals().filter(lambda one: one.fork <= one.touches), st.integers(0, 40))
def test_a_fork_that_was_found_is_proven_and_closes_the_log(one: Arrival, more: int) -> None:
    disk = Disk()
    store = opened(disk)
    for part in sorted(one.store().logs[LOG].ranges):
        fork = one.fork if one.older and part.low == one.low else NEVER
        store.ingest(cut(part.low, part.high, fork), 9)
    with pytest.raises(ForkFound):
        store.ingest(one.segment, 9)
    proof = store.fork_proof(LOG)
    assert proof is not None
    assert one.fork <= check_proof(proof) == store.forked[LOG] <= one.touches
    before, high = entries(store), store.logs[LOG].newest.high
    again = opened(disk.copy())
    for closed in (store, again):
        for fork in (NEVER, one.fork):
            with pytest.raises(ForkFound):
                closed.ingest(cut(high, high + 1 + more, fork), 9)
        assert entries(closed) == before


forks = st.integers(2, 70)


def proof_of(fork: int, low: int, more: int) -> ForkProof:
    """Return a proof of the fork there: two segments that both state an id for that entry."""
    first = max(1, fork - low)
    return ForkProof(cut(first, fork + more), cut(first, fork + 3, fork))


@pytest.mark.proves("L-18")
@quick(80)
@given(
    st.lists(st.tuples(forks, st.integers(0, 5), st.integers(0, 70)), min_size=1, max_size=5),
    st.booleans(),
)
def test_of_several_proofs_that_of_the_lowest_fork_is_kept(
    given_: list[tuple[int, int, int]], something_held: bool
) -> None:
    disk = Disk()
    store = opened(disk)
    if something_held:
        store.ingest(cut(1, 20), 9)
    lowest = NEVER
    for fork, low, more in given_:
        assert store.add_fork(proof_of(fork, low, more)) == (fork < lowest)
        lowest = min(lowest, fork)
        for kept in (store, opened(disk.copy())):
            proof = kept.fork_proof(LOG)
            assert proof is not None
            assert kept.forked == {LOG: lowest}
            assert check_proof(proof) == lowest
            assert all(isinstance(body, Withheld) for part in proof for body in part.bodies)
    with pytest.raises(ForkFound):
        store.ingest(cut(1, 21), 9)


@pytest.mark.proves("L-18", "L-19")
@quick(120)
@given(forks, st.integers(0, 5), st.integers(0, 70), st.data())
def test_what_proves_no_fork_closes_no_log(
    fork: int, low: int, more: int, data: st.DataObject
) -> None:
    one, other = proof_of(fork, low, more)
    bad: type[BadStructure] | type[BadSignature] = BadStructure
    match data.draw(st.sampled_from(["same", "apart", "unsigned", "signature", "two logs"])):
        case "same":
            other = data.draw(st.sampled_from([one, cut(one.first, fork + 2)]))
        case "apart":  # they differ, and state no id for the same entry
            one, other = cut(1, fork - 1), cut(fork + 1, fork + 2, fork)
        case "unsigned" if len(other.signatures) > 0 and other.last % 64:
            other, bad = other._replace(signatures=other.signatures[:-1]), BadSignature
            assert not is_signed(other)
        case "two logs":
            other = other._replace(log=flip(LOG, data.draw(st.integers(0, 255))))
        case _:
            wrong = flip(other.signatures[-1], data.draw(st.integers(0, 511)))
            other = other._replace(signatures=[*other.signatures[:-1], wrong])
            bad = BadSignature
    store = opened()
    with pytest.raises(bad):
        store.add_fork(ForkProof(*data.draw(st.permutations([one, other]))))
    assert store.forked == {}
    assert store.ingest(cut(1, 21), 9) == 21


@pytest.mark.proves("L-14")
@quick(150)
@given(st.integers(1, 40), st.integers(2, 40), st.integers(0, 40), st.integers(1, 130), st.data())
def test_what_touches_no_range_is_dropped_until_what_is_missing_came(
    older: int, gap: int, more: int, first: int, data: st.DataObject
) -> None:
    low = older + gap
    high = low + more
    store = opened()
    store.ingest(cut(1, older), 9)
    store.ingest(cut(low, high), 9)
    edges = [older, older + 1, low - 2, low - 1, high, high + 1, high + 5]
    last = max(first, data.draw(st.sampled_from(edges)))
    before, ranges = entries(store), held(store)
    beyond, between = first > high + 1, older < last < low - 1
    segment = cut(first, last)
    if beyond or between:
        with pytest.raises(SeqGap):
            store.ingest(segment, 9)
        assert (entries(store), held(store)) == (before, ranges)
        store.ingest(cut(older + 1, low - 1), 9)
        if beyond:
            store.ingest(cut(high + 1, first - 1), 9)
    store.ingest(segment, 9)
    new = range(first if last <= high or beyond else high + 1, last + 1)
    assert set(new) <= {entry.seq for entry in entries(store)}
    assert entries(store) == [e for e in entries(written(200)) if store.logs[LOG].holds(e.seq)]
