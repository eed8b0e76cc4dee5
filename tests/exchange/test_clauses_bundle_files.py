"""Clauses of protocol/08-bundles.md, by near misses of a whole bundle."""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadArchive, P2PBlogError, TooLarge
from p2pblog.core.limits import BUNDLE_RECORD_BYTES_MAX
from p2pblog.exchange import bundle
from p2pblog.exchange.bundle import MAGIC, read_segments, write_bundle
from p2pblog.log.segment import encode_segment, from_wire
from p2pblog.store.logs import LogStore
from tests.exchange.test_clauses_bundles import KEYS, Home, asked
from tests.plain import bundle as plain
from tests.plain.log import Log
from tests.store.written import opened
from tests.strategies import flip, quick

LOGS = [Log(1, 6), Log(2, 3)]
SEGMENTS = [
    LOGS[0].segment(4, 6), LOGS[0].segment(1, 3, signed=False), LOGS[1].segment(1, 3),
    LOGS[1].segment(3, 3),
]  # fmt: skip


def read(data: bytes) -> tuple[list[bytes], bool]:
    """Return the segments of a bundle, and whether it is whole."""
    found: list[bytes] = []
    try:
        for segment in read_segments(io.BytesIO(data)):
            found.append(segment)  # noqa: PERF402  what came before the damage counts
    except BadArchive:
        return found, False
    return found, True


def expected(data: bytes) -> tuple[list[bytes], bool]:
    return plain.read(data) if data[:17] == MAGIC else ([], False)


def records(count: int) -> list[bytes]:
    return [plain.record(encode(segment)) for segment in SEGMENTS[:count]]


counts_of = st.integers(0, len(SEGMENTS))


@pytest.mark.proves("X-6", "X-7")
@quick(250)
@given(counts_of, st.data())
def test_a_damaged_bundle_is_refused_and_gives_what_stands_before_the_damage(
    count: int, data: st.DataObject
) -> None:
    whole = plain.write(SEGMENTS[:count])
    assert read(whole) == (SEGMENTS[:count], True)
    edges = [len(MAGIC + b"".join(records(n))) + step for n in range(count + 1) for step in (0, 4)]
    at = data.draw(st.sampled_from(edges) | st.integers(0, len(whole) - 1)) % len(whole)
    match data.draw(st.sampled_from(["cut", "bit", "take out", "put in", "swap", "twice"])):
        case "cut":
            damaged = whole[:at]
        case "bit":
            damaged = flip(whole, 8 * at + data.draw(st.integers(0, 7)))
        case "take out":
            damaged = whole[:at] + whole[at + 1 :]
        case "put in":
            damaged = whole[:at] + whole[at : at + 1] + whole[at:]
        case "swap" if count > 1:
            order = data.draw(st.permutations(records(count)).filter(lambda o: o != records(count)))
            damaged = MAGIC + b"".join(order) + whole[len(MAGIC + b"".join(records(count))) :]
        case _:
            damaged = whole + data.draw(st.sampled_from([b"\0", whole, whole[len(MAGIC) :]]))
    found, is_whole = read(damaged)
    assert not is_whole
    assert (found, is_whole) == expected(damaged)


NAMES = ("entries", "logs", "segments")
others = st.sampled_from([-1, 0, 1, 2, 3, 4, True, False, None, "1", b"\1"])


@pytest.mark.proves("X-6")
@quick(200)
@given(counts_of, st.dictionaries(st.sampled_from([*NAMES, "bytes"]), others, max_size=2),
       st.sampled_from([*NAMES, ""]))  # fmt: skip
def test_an_end_counts_its_segments_and_the_rest_is_for_people(
    count: int, changed: dict[str, Any], left_out: str
) -> None:
    counts: dict[str, Any] = {"entries": 3 * count, "logs": 1, "segments": count} | changed
    counts.pop(left_out, None)
    end = encode([counts, plain.digest(SEGMENTS[:count], counts)])  # its digest is right
    data = MAGIC + b"".join(records(count)) + plain.record(end)
    right = type(counts.get("segments")) is int and counts["segments"] == count
    assert read(data) == expected(data) == (SEGMENTS[:count], right)


@pytest.mark.proves("X-5")
@quick(30)
@given(st.integers(-2, 2), st.sampled_from([0, 1, 4096]), st.booleans())
def test_a_length_is_not_believed(step: int, there: int, largest: bool) -> None:
    size = 2**32 - 3 + step if largest else BUNDLE_RECORD_BYTES_MAX + step
    file = io.BytesIO(MAGIC + size.to_bytes(4) + bytes(there))
    tracemalloc.start()
    try:
        with pytest.raises(BadArchive):
            next(read_segments(file))
        assert tracemalloc.get_traced_memory()[1] < 2 * BUNDLE_RECORD_BYTES_MAX
    finally:
        tracemalloc.stop()
    # What is too long is not even looked at.
    assert file.tell() == len(MAGIC) + 4 + (there if size <= BUNDLE_RECORD_BYTES_MAX else 0)


def of_size(size: int) -> bytes:
    """Return a segment that makes a record of so many bytes."""
    bodies: list[bytes] = [b"x" * 8192] * 127 + [b"x" * 7000]
    value: list[Any] = [bytes(32), 1, None, [1] * 128, bodies, [bytes(64)] * 2]
    bodies[-1] += b"x" * (size - len(encode(encode(value))))
    return encode(value)


@pytest.mark.proves("X-2")
@quick(12)
@given(st.integers(-2, 2), st.integers(0, 2))
def test_no_segment_is_written_that_no_record_can_hold(step: int, before: int) -> None:
    data = of_size(BUNDLE_RECORD_BYTES_MAX + step)
    assert len(encode(data)) == BUNDLE_RECORD_BYTES_MAX + step
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "b"
        if step > 0:
            with pytest.raises(TooLarge):
                write_bundle(path, [*SEGMENTS[:before], data])
            assert not list(Path(folder).iterdir())
        else:
            write_bundle(path, [*SEGMENTS[:before], data])
            assert read(path.read_bytes()) == ([*SEGMENTS[:before], data], True)


@pytest.mark.proves("X-3")
@quick(60)
@given(counts_of, st.sampled_from(["source", "segment", "sync", "rename", "none"]), st.booleans())
def test_under_its_name_stands_the_whole_bundle_or_what_stood_there(
    count: int, fault: str, something_there: bool
) -> None:
    def segments() -> Iterator[bytes]:
        yield from SEGMENTS[:count]
        if fault == "source":
            raise KeyboardInterrupt
        if fault == "segment":
            yield b"\xc0"

    def broken(*args: object) -> None:
        raise OSError(5, "the stick was pulled")

    faults = {"sync": (os, "fsync"), "rename": (Path, "replace")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "b"
        if something_there:
            path.write_bytes(b"before")
        if fault == "none":
            write_bundle(path, segments())
            assert read(path.read_bytes()) == (SEGMENTS[:count], True)
        else:
            target, what = faults.get(fault, (bundle, "MAGIC"))
            value = broken if fault in faults else MAGIC
            with patch.object(target, what, value), suppress(P2PBlogError, KeyboardInterrupt):
                write_bundle(path, segments())
            assert (path.read_bytes() if path.exists() else b"") == b"before" * something_there
        assert {one.name for one in folder.iterdir()} <= {"b"}


def damaged(segment: bytes, where: int, bit: int) -> bytes:
    """Return a segment of which one field says something else."""
    value: Any = decode(segment)
    match where:
        case 0:
            value[4][bit % len(value[4])] = b"another"
        case 1 if value[5]:
            value[5][0] = flip(value[5][0], bit)
        case 2:
            value[3][bit % len(value[3])] += 1
        case _:
            value[0] = flip(value[0], bit)
    return encode(value)


@pytest.mark.proves("X-4", "X-7")
@quick(25)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 255))
def test_a_segment_is_believed_no_more_than_from_a_peer_though_the_bundle_is_whole(
    at: int, where: int, bit: int
) -> None:
    segments = [*SEGMENTS]
    segments[at] = damaged(segments[at], where, bit)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "b"
        path.write_bytes(plain.write(segments))
        home = Home(Path(folder) / "home")
        with suppress(P2PBlogError):
            asyncio.run(home.transfer.import_bundle(asked(path)))
        home.writer.close()
    truth = {(log.key.public, entry.seq): entry.id for log in LOGS for entry in log.entries}
    held = {
        (log, entry.seq): entry.id
        for log in home.store.logs
        for entry in home.store.read(log, 1, 99)
    }
    assert held.items() <= truth.items()
    for segment in map(from_wire, map(decode, segments[:at])):
        assert {(segment.log, segment.first), (segment.log, segment.last)} <= held.keys()


ranges = st.tuples(st.integers(0, 1100), st.integers(1, 40), st.integers(1, 700))


@pytest.mark.proves("X-1")
@quick(15)
@given(st.lists(ranges, min_size=1, max_size=2))
def test_each_segment_can_be_checked_when_its_turn_comes_and_the_newest_come_first(
    held: list[tuple[int, int, int]],
) -> None:
    target = opened()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        for key, (older, gap, more) in zip(KEYS, held, strict=False):
            fill(home.store, key, older, gap, more)
        asyncio.run(home.transfer.export(asked(path := Path(folder) / "b")))
        home.writer.close()
        segments = [from_wire(decode(data)) for data in read(path.read_bytes())[0]]
    newest: dict[bytes, int] = {}
    for segment in segments:
        assert target.ingest(segment, 5) == len(segment.bodies)
        newest.setdefault(segment.log, segment.last)
    assert target.logs == home.store.logs
    for log, high in newest.items():
        ends = [part.high for part in home.store.logs[log].ranges]
        assert high == ends[-1]  # the top of the older range, where there is one


def fill(store: LogStore, key: SigningKey, older: int, gap: int, more: int) -> None:
    """Hold the log's entries up to `older`, and `more` entries behind a gap."""
    origin = opened()
    count = older + gap + more if older else more
    origin.append(key, [(number, b"body %d" % number) for number in range(older or count)], 1)
    high = 0
    while high < (older or count):  # in parts, from the oldest on
        part = origin.segment_up(key.public, high + 1, high + 512)
        store.ingest(part, 1)
        high = part.last
    if older:
        origin.append(key, [(number, b"later %d" % number) for number in range(gap + more)], 1)
        high = count
        while high > older + gap:
            part = origin.segment_down(key.public, older + gap + 1, high)
            store.ingest(part, 1)
            high = part.first - 1


def test_what_is_written_is_what_the_plain_implementation_writes(tmp_path: Path) -> None:
    write_bundle(tmp_path / "b", SEGMENTS)
    assert (tmp_path / "b").read_bytes() == plain.write(SEGMENTS)
    assert [encode_segment(from_wire(decode(one))) for one in SEGMENTS] == SEGMENTS
