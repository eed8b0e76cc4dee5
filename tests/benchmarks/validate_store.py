"""Validating and storing a cold log, against what LevelDB and single signatures would allow.

One log of 204,800 posts of 140 characters, long enough that LevelDB has to sort and merge
files as it goes.  By turns: LevelDB, opened as the store opens it, takes the very batches that
the store writes; the store decodes, verifies and stores the messages that bring the log; the
own signatures of some entries are checked.  Time on the clock, and CPU time of all threads,
which a busy machine changes less.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from p2pblog.log.entry import Entry, sign_id, verify_id
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.messages import Entries, decode_message, encode_message
from tests.benchmarks import material
from tests.benchmarks.figures import Figure

SEGMENT, SEGMENTS, RUNS = 512, 400, 7
ENTRIES = SEGMENT * SEGMENTS
SIGNED = 2048
"""So many signatures are enough to know what one costs."""
_DISTINCT = 5000

_Batch = list[tuple[bytes, bytes]]


class Took(NamedTuple):
    """Seconds on the clock, and of CPU time."""

    clock_s: float
    cpu_s: float


class Recorder(MemoryKeyValue):
    """Remembers what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[_Batch] = []

    def write(self, puts: _Batch, deletes: list[bytes], *, sync: bool = False) -> None:
        self.batches.append(puts)
        super().write(puts, deletes, sync=sync)


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run."""
    texts, device = material.Texts(), material.writer(1).device
    bodies = cycle([texts.body() for _ in range(_DISTINCT)])
    origin = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    timed_bodies = zip(texts.times(ENTRIES), bodies, strict=False)  # the times end
    entries = origin.append(device, timed_bodies, material.NOW_MS)
    signed = [(entry, sign_id(device, entry.id)) for entry in entries[:SIGNED]]
    messages = [
        encode_message(Entries(1, origin.segment_up(device.public, low, low + SEGMENT - 1)))
        for low in range(1, ENTRIES, SEGMENT)
    ]
    recorder = Recorder()
    _take_in(LogStore(recorder, new_epoch=bytes(16)), messages)
    del origin, entries
    with tempfile.TemporaryDirectory() as name:
        for number in range(RUNS):
            yield _run(Path(name, str(number)), recorder.batches, messages, signed)


def _run(
    folder: Path,
    batches: list[_Batch],
    messages: list[bytes],
    signed: list[tuple[Entry, bytes]],
) -> list[Figure]:
    raw = LevelKeyValue(folder / "raw")
    written = _timed(lambda: _write(raw._db, batches))
    raw.close()
    store = LogStore(LevelKeyValue(folder / "ours"), new_epoch=bytes(16))
    stored = _timed(lambda: _take_in(store, messages))
    assert store.entries == ENTRIES
    store.close()
    one = Took(*(part / SIGNED for part in _timed(lambda: _verify(signed))))
    checked = Took(*(part * ENTRIES for part in one))
    name = "rate, over raw LevelDB writes of the same"
    each = "rate, over a signature check an entry"
    return [
        Figure(name, written.clock_s / stored.clock_s, "x", at_least=0.25),
        Figure(f"{name}, by CPU time", written.cpu_s / stored.cpu_s, "x"),
        Figure(each, checked.clock_s / stored.clock_s, "x", at_least=10),
        Figure(f"{each}, by CPU time", checked.cpu_s / stored.cpu_s, "x"),
        Figure("validated and stored", ENTRIES / stored.clock_s, "entries/s"),
        Figure("written raw", ENTRIES / written.clock_s, "entries/s"),
        Figure("signatures checked", 1 / one.clock_s, "entries/s"),
    ]


def _write(raw: Any, batches: list[_Batch]) -> None:
    for puts in batches:
        with raw.write_batch() as batch:
            for key, value in puts:
                batch.put(key, value)


def _take_in(store: LogStore, messages: list[bytes]) -> None:
    """Do with messages what a node does with those that a peer answers with."""
    for data in messages:
        message = decode_message(data)
        assert isinstance(message, Entries)
        store.ingest(message.segment, material.NOW_MS)


def _verify(signed: list[tuple[Entry, bytes]]) -> None:
    for entry, signature in signed:
        assert verify_id(entry.log, entry.id, signature)


def _timed(work: Callable[[], None]) -> Took:
    clock_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - clock_s, time.process_time() - cpu_s)
