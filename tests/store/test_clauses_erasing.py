"""Clauses of protocol/03-logs.md section 8 and 04-bodies.md section 8 that a store keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.bodies import Body, DeviceRevoke, Erase, Post, Ref, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.log.identity import add_device
from p2pblog.log.segment import Segment, Withheld, check_segment
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs
from tests.store.written import ALL, KEY, LOG, Disk, entries, opened
from tests.strategies import quick

SIZE = 12
SPARED = (
    add_device(LOG, SigningKey(b"d" * 32)),
    DeviceRevoke(b"d" * 32, 0, None),
    Erase((Ref(LOG, 9, bytes(32)),)),
)


def secret(seq: int) -> str:
    return f"secret-{seq:02}-of-the-writer"


def source(spared: dict[int, int]) -> LogStore:
    """Return the store of a writer, with bodies among the posts that cannot be erased."""
    bodies: list[Body] = [Post(secret(seq)) for seq in range(1, SIZE + 1)]
    for seq, kind in spared.items():
        bodies[seq - 1] = SPARED[kind]
    store = opened()
    store.append(KEY, [(seq, serialize(body, bytes(16))) for seq, body in enumerate(bodies)], 7)
    return store


def refs(seqs: Sequence[int]) -> list[Ref]:
    return [Ref(LOG, seq, bytes(32)) for seq in seqs]  # the seq decides, not the id


def bare(segment: Segment, seqs: Sequence[int]) -> Segment:
    """Return a segment as somebody sends it who has erased these entries already."""
    made = check_segment(segment).entries
    bodies = [
        Withheld(entry.body_size, entry.body_hash) if entry.seq in seqs else entry.body or b""
        for entry in made
    ]
    return segment._replace(bodies=[*bodies])


numbers = st.integers(1, SIZE)
some = st.lists(numbers, max_size=4, unique=True)
kinds = st.dictionaries(numbers, st.integers(0, 2), max_size=3)
# Each step is (what, seqs): in whatever order erasures and copies of the entries come.
steps = st.lists(
    st.tuples(st.sampled_from(["erase", "whole", "bare", "part", "again"]), some), max_size=8
)


@pytest.mark.proves("L-23", "L-24", "B-15")
@quick(150)
@given(kinds, steps)
def test_an_erased_body_is_nowhere_whatever_came_first_and_comes_again(
    spared: dict[int, int], script: list[tuple[str, list[int]]]
) -> None:
    origin, disk = source(spared), Disk()
    store = opened(disk)
    everything = origin.segment_up(LOG, 1, SIZE)
    erased: set[int] = set()
    for what, seqs in script:
        match what:
            case "erase":
                store.erase(refs(seqs))
                erased |= set(seqs)
            case "whole":
                store.ingest(everything, 9)
            case "bare":
                store.ingest(bare(everything, seqs), 9)
            case "part":
                store.ingest(origin.segment_down(LOG, SIZE - 3, SIZE), 9)
            case _:
                disk = disk.copy()
                store = opened(disk)
        gone = erased - spared.keys()
        for entry in entries(store):
            assert entry.seq not in gone or entry.body is None
            assert entry._replace(body=None) == origin.entry(LOG, entry.seq)._replace(body=None)
        written = b"".join(value for _, value in disk.scan(*ALL))
        assert not [seq for seq in gone if secret(seq).encode() in written]
        assert not gone & store.bare.get(LOG, frozenset())  # nor is it asked for
    store.ingest(everything, 9)
    # Nothing else went: neither the others, nor what says whose devices are whose.
    assert {e.seq for e in entries(store) if e.body is None} == erased - spared.keys()
    report = Report()
    assert list(verify_logs(store, [LOG], report)) == [LOG]
    assert (report.entries, report.errors) == (SIZE, [])


@pytest.mark.proves("L-25")
@quick(100)
@given(kinds, some, numbers, numbers)
def test_an_erased_body_is_passed_on_in_no_segment(
    spared: dict[int, int], seqs: list[int], low: int, high: int
) -> None:
    store = source(spared)
    store.erase(refs(seqs))
    gone = set(seqs) - spared.keys()
    low, high = min(low, high), max(low, high)
    found = [
        store.segment_up(LOG, low, high),
        store.segment_down(LOG, low, high),
        store.segment_latest(LOG, high),
        store.prove(LOG, low),
    ]
    for segment in found:
        for seq, body in enumerate(segment.bodies, segment.first):
            entry = store.entry(LOG, seq)
            if seq in gone:
                assert body == Withheld(entry.body_size, entry.body_hash)
            elif segment is not found[3] or seq == low:
                assert body == entry.body
        # It proves what it proved before, so that nobody's log breaks.
        assert check_segment(segment, store.entry(LOG, segment.last).id)


@pytest.mark.proves("L-23")
@quick(8)
@given(st.integers(0, 600), st.integers(0, 600), some.filter(bool))
def test_no_file_holds_an_erased_body(before: int, after: int, seqs: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        keyvalue = LevelKeyValue(folder)
        store = LogStore(keyvalue, new_epoch=bytes(16))
        other = SigningKey(b"o" * 32)
        for size in (before, after):
            noise = [(number, b"%d" % number * 90) for number in range(size)]
            store.append(other, noise, 7)
            store.ingest(source({}).segment_up(LOG, 1, SIZE), 9)
        store.erase(refs(seqs))
        store.scrub.run()
        files = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
        assert not [seq for seq in seqs if secret(seq).encode() in files]
        keyvalue.close()
        again = LevelKeyValue(folder)
        kept = LogStore(again, new_epoch=bytes(16)).read(LOG, 1, SIZE)
        assert [entry.seq for entry in kept if entry.body is None] == sorted(seqs)
        again.close()
