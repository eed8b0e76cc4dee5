"""Clauses of protocol/08-bundles.md about what a writer and a reader do with a file."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import cast

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadArchive, BadSignature
from p2pblog.exchange.bundle import MAGIC, read_bundle, write_bundle
from p2pblog.log.segment import encode_segment, from_wire
from p2pblog.node.server import Request
from p2pblog.node.transfer import Transfer
from p2pblog.node.writer import Writer
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

KEYS = [SigningKey(bytes([number]) * 32) for number in (1, 2)]


class Asked:
    """A request of the local API."""

    def __init__(self, path: Path) -> None:
        self.params = {"path": str(path)}

    def progress(self, done: int, of: int) -> None:
        """Tell nobody."""


def asked(path: Path) -> Request:
    return cast("Request", Asked(path))


class Home:
    """A store, and the methods of the local API that carry bundles."""

    def __init__(self, folder: Path) -> None:
        self.store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        self.writer = Writer(self.store, lambda log, arrival: None, salt=lambda: bytes(16))
        self.transfer = Transfer.__new__(Transfer)  # all but what needs views
        self.transfer._store = self.store
        self.transfer._writer = self.writer
        self.transfer._home = folder
        self.transfer._caught_up = self._caught_up
        self.transfer._kept_whole = lambda log: True

    async def _caught_up(self) -> None:
        """There are no views here."""

    def write(self, *counts: int) -> None:
        for key, count in zip(KEYS, counts, strict=False):
            bodies = [(number, b"body %d" % number) for number in range(count)]
            self.store.append(key, bodies, 1)


@pytest.mark.proves("X-1")
async def test_segments_are_written_so_that_each_can_be_checked_in_its_turn(
    tmp_path: Path,
) -> None:
    source, path = Home(tmp_path / "home"), tmp_path / "b"
    source.write(1500, 700)
    await source.transfer.export(asked(path))
    target = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    lowest: dict[bytes, int] = {}
    for data in read_bundle(path):
        segment = from_wire(decode(data))
        assert target.ingest(segment, 5) == len(segment.bodies)
        before = lowest.get(segment.log)
        assert before is None or segment.last == before - 1
        if before is None:
            assert segment.last == source.store.logs[segment.log].newest.high
        lowest[segment.log] = segment.first
    assert lowest == {key.public: 1 for key in KEYS}


@pytest.mark.proves("X-1")
async def test_a_log_held_as_two_ranges_is_carried_whole(tmp_path: Path) -> None:
    source, relay, target = (Home(tmp_path / name) for name in "abc")
    source.write(1500)
    log, path = KEYS[0].public, tmp_path / "bundle"
    relay.store.ingest(source.store.segment_up(log, 1, 128), 5)
    relay.store.ingest(source.store.segment_down(log, 1401, 1500), 5)
    await relay.transfer.export(asked(path))
    await target.transfer.import_bundle(asked(path))
    assert target.store.logs == relay.store.logs
    target.writer.close()


@pytest.mark.proves("X-4", "X-7")
@pytest.mark.parametrize("fault", ["signature", "body", "log"])
async def test_a_segment_from_a_file_is_believed_no_more_than_from_a_peer(
    tmp_path: Path, fault: str
) -> None:
    source, target, path = Home(tmp_path / "a"), Home(tmp_path / "c"), tmp_path / "b"
    source.write(3, 5)
    good = source.store.segment_up(KEYS[0].public, 1, 3)
    bad = source.store.segment_up(KEYS[1].public, 1, 5)
    match fault:
        case "signature":
            bad = bad._replace(signatures=[bytes(64)])
        case "body":
            bad = bad._replace(bodies=[*bad.bodies[:-1], b"another"])
        case _:
            bad = bad._replace(log=KEYS[0].public, first=4, prev=bytes(32))
    write_bundle(path, [encode_segment(good), encode_segment(bad)])  # whole, its digest right
    with pytest.raises(BadSignature):
        await target.transfer.import_bundle(asked(path))
    assert {log: held.newest.high for log, held in target.store.logs.items()} == {KEYS[0].public: 3}
    target.writer.close()


@pytest.mark.proves("X-5")
def test_a_length_is_not_believed_and_records_are_held_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_bytes(MAGIC + b"\xff\xff\xff\xff" + b"\xc4")
    tracemalloc.start()
    try:
        with pytest.raises(BadArchive):
            list(read_bundle(path))
        assert tracemalloc.get_traced_memory()[1] < 200_000
        record = encode(b"x" * (limits.BUNDLE_RECORD_BYTES_MAX - 5))
        assert len(record) == limits.BUNDLE_RECORD_BYTES_MAX == 1_048_576
        path.write_bytes(MAGIC + (len(record).to_bytes(4) + record) * 40)
        del record  # a few copies of one record, and not 40 of them
        tracemalloc.reset_peak()
        with pytest.raises(BadArchive):
            for _ in read_bundle(path):
                pass
        assert tracemalloc.get_traced_memory()[1] < 10 * limits.BUNDLE_RECORD_BYTES_MAX
    finally:
        tracemalloc.stop()
