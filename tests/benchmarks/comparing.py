"""Comparing what two ends hold: 1,000,000 logs, none or 10 of them different.

In memory, messages encoded and decoded; what is found is told elsewhere and is not in it.  The
frontiers are kept up to date as logs change, so the first figure is what each change costs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from time import process_time

from p2pblog.core.crypto import digest
from p2pblog.log.held import Held, Range
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.frontier import Frontier
from p2pblog.sync.messages import Agreed, Compare, Compared, Reveal
from p2pblog.sync.reconcile import Comparing
from tests.benchmarks.figures import Figure

LOGS, CHANGED, RUNS = 1_000_000, 10, 5


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run: each has logs of its own that differ, and a salt."""
    here, there = Frontier(), Frontier()
    for frontier in (here, there):
        begin_s = process_time()
        for number in range(LOGS):
            frontier.put(_log(number), _held(1))
        put_us = (process_time() - begin_s) / LOGS * 1e6
    for run in range(RUNS):
        salt = digest(bytes([run]))
        equal = _compared(here, there, salt)
        for number in range(run, LOGS, LOGS // CHANGED):
            here.put(_log(number), _held(2 + run))
        changed = _compared(here, there, salt)
        for number in range(run, LOGS, LOGS // CHANGED):
            there.put(_log(number), _held(2 + run))
        yield [
            Figure("a log that is new or has changed", put_us, "us"),
            Figure(f"{LOGS:,} logs, no difference: CPU of both ends", equal[0] * 1e3, "ms"),
            Figure("... messages both ways, no difference", equal[1], "B"),
            Figure(f"{LOGS:,} logs, {CHANGED} different: CPU of both ends", changed[0] * 1e3, "ms"),
            Figure(f"... messages both ways, {CHANGED} different", changed[1], "B"),
        ]


def _log(number: int) -> bytes:
    return digest(number.to_bytes(4))[:32]


def _held(high: int) -> Held:
    return Held(Range(1, high, None, bytes([high]) * 32), None)


def _compared(here: Frontier, there: Frontier, salt: bytes) -> tuple[float, int]:
    """Return how long it takes until all differences are found, and the bytes of the messages."""
    ends = Comparing(here, salt, leads=True), Comparing(there, salt, leads=False)
    size, begin_s = 0, process_time()
    waiting = deque((1, encode_message(message)) for message in ends[0].begin())
    while waiting:
        to, data = waiting.popleft()
        size += len(data)
        message = decode_message(data)
        assert isinstance(message, Compare | Compared | Reveal | Agreed)
        found = ends[to].take(message)
        waiting.extend((1 - to, encode_message(said)) for said in found.messages)
    assert all(end.finished for end in ends)
    return process_time() - begin_s, size
