"""Clauses of protocol/02-entries.md and 03-logs.md about what a writer signs, keeps and sends."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from p2pblog.content.bodies import Media, Post, serialize
from p2pblog.core.errors import BadSignature, BodyTooLarge, OwnLogBehind, SeqGap
from p2pblog.core.limits import MESSAGE_BYTES_MAX, SEGMENT_ENTRIES_MAX
from p2pblog.log.entry import verify_id
from p2pblog.log.segment import check_segment
from p2pblog.store import layout
from p2pblog.store.logs import LogStore
from p2pblog.sync.codec import encode_message
from p2pblog.sync.messages import Entries
from tests.store.written import KEY, LOG, Disk, cut, entries, held, opened
from tests.strategies import around, quick

few = st.sampled_from([1, 2, 3, 40, 64])
writes = st.lists(st.tuples(st.booleans(), few), min_size=1, max_size=6)


def write(store: LogStore, count: int, word: bytes) -> None:
    before = entries(store)
    store.append(KEY, [(5, b"%s %d" % (word, len(before) + n)) for n in range(count)], 7)


@pytest.mark.proves("H-2")
@quick(60)
@given(
    st.lists(st.tuples(st.sampled_from(["write", "fail", "reopen", "restore"]), few), max_size=12)
)
def test_nobody_ever_sees_two_entries_with_one_number(steps: list[tuple[str, int]]) -> None:
    disk = Disk()
    store, backup = opened(disk), disk.copy()
    seen: dict[int, bytes] = {}
    best = store
    for number, (what, count) in enumerate(steps):
        match what:
            case "write" | "fail":
                disk.fail = what == "fail"
                with suppress(OSError):
                    write(store, count, b"%d" % number)
                disk.fail = False
            case "reopen":
                disk, backup = disk.copy(), disk.copy()
                store = opened(disk)
            case _:  # an older copy, of which somebody says that there was more
                disk, best = backup.copy(), store
                store = opened(disk)
                newest = max(seen, default=0)
                store.raise_own_floor(LOG, newest)
                if newest > len(entries(store)):
                    with pytest.raises(OwnLogBehind):
                        write(store, count, b"%d" % number)
                    store.ingest(best.segment_down(LOG, 1, newest), 9)
        for entry in entries(store):
            assert seen.setdefault(entry.seq, entry.id) == entry.id


@pytest.mark.proves("H-3")
@quick(60)
@given(writes)
def test_an_entry_is_on_the_disk_with_all_before_it_or_nobody_hears_of_it(
    steps: list[tuple[bool, int]],
) -> None:
    disk = Disk()
    store = opened(disk)
    for number, (fails, count) in enumerate(steps):
        before, arrival, batches = entries(store), store.arrival, len(disk.batches)
        disk.fail = fails
        with suppress(OSError):
            write(store, count, b"%d" % number)
        now = entries(store)
        if fails:
            assert (now, store.arrival) == (before, arrival)
            assert held(store) == ([(1, len(before))] if before else [])
        else:
            [(puts, synced)] = disk.batches[batches:]
            assert synced
            fresh = now[len(before) :]
            assert len(fresh) == count
            assert {layout.entry_key(1, entry.seq) for entry in fresh} <= puts.keys()
        assert entries(opened(disk.copy())) == now  # whatever the power does next


@pytest.mark.proves("H-6")
@quick(40)
@given(writes)
def test_checkpoints_and_the_newest_are_signed_whenever_others_may_have_it(
    steps: list[tuple[bool, int]],
) -> None:
    store = opened()
    for number, (_, count) in enumerate(steps):
        write(store, count, b"%d" % number)
        now = entries(store)
        signatures = store.signatures(LOG, 1, len(now))
        assert {seq for seq in range(1, len(now)) if seq % 64 == 0} | {
            len(now)
        } <= signatures.keys()
        assert all(verify_id(LOG, now[seq - 1].id, one) for seq, one in signatures.items())
        assert check_segment(store.segment_latest(LOG, count)).entries[-1] == now[-1]


@pytest.mark.proves("H-7")
@quick(60)
@given(around(8192), st.integers(700, 1024))
def test_no_body_of_more_than_8192_bytes_is_written(size: int, alt: int) -> None:
    def post(more: int) -> Post:
        alts = ["x" * 1024, "x" * alt, "x" * more]
        pictures = [Media(b"b" * 32, 7, "image/png", text) for text in alts if text]
        return Post("x" * 5000, warning="w" * 200, media=tuple(pictures))

    missing = size - len(serialize(post(300), bytes(16)))
    assume(256 <= 300 + missing <= 1024)  # where the head of a str is of one length
    body = post(300 + missing)
    if size > 8192:
        with pytest.raises(BodyTooLarge):
            serialize(body, bytes(16))
    else:
        assert len(serialize(body, bytes(16))) == size


@pytest.fixture(scope="module")
def large() -> LogStore:
    """A log of bodies as large as they may be, among some that are small."""
    store = opened()
    sizes = [8192] * 200 + [1, 8192, 4000] * 100 + [1] * 700
    store.append(KEY, [(seq, b"x" * size) for seq, size in enumerate(sizes)], 7)
    return store


@pytest.mark.proves("L-7")
@quick(60)
@given(st.integers(1, 1200), st.integers(0, 700), st.booleans())
def test_a_segment_fits_into_a_message_whatever_was_asked_for(
    large: LogStore, low: int, more: int, down: bool
) -> None:
    high = min(1200, low + more)
    read = large.segment_down if down else large.segment_up
    segment = read(LOG, low, high)
    assert 1 <= len(segment.bodies) <= SEGMENT_ENTRIES_MAX
    assert (segment.last if down else segment.first) == (high if down else low)
    assert len(encode_message(Entries(2**53 - 1, segment))) <= MESSAGE_BYTES_MAX == 1_048_576
    check_segment(segment, large.entry(LOG, segment.last).id if down else None)


spans = st.tuples(st.integers(1, 130), st.integers(0, 80))


@pytest.mark.proves("L-16")
@quick(60)
@given(st.lists(st.tuples(spans, st.booleans()), min_size=1, max_size=6))
def test_a_segment_is_stored_whole_in_one_batch_or_not_at_all(
    steps: list[tuple[tuple[int, int], bool]],
) -> None:
    disk = Disk()
    store = opened(disk)
    for (low, more), fails in steps:
        before, arrival, batches = entries(store), store.arrival, len(disk.batches)
        disk.fail = fails
        with suppress(OSError, SeqGap, BadSignature):
            store.ingest(cut(low, low + more), 9)
        disk.fail = False
        fresh = len(entries(store)) - len(before)
        assert len(disk.batches) - batches == (fresh > 0)
        assert not (fails and fresh)
        assert store.arrival == arrival + fresh
        again = opened(disk.copy())
        assert (again.logs, again.arrival) == (store.logs, store.arrival)
        assert entries(again) == entries(store)
        assert [one.entry for one in again.journal(0, 1000)] == [
            one.entry for one in store.journal(0, 1000)
        ]
        for _, high in held(again):
            assert high in again.signatures(LOG, high, high)
