"""A cold sync of two nodes over encrypted TCP: 20 logs of 1,000 posts of 140 characters.

Two processes on 127.0.0.1, as `p2pblog node` runs them.  The clock starts when the one that
has nothing is told to connect, so dialling, handshake and greeting count.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.nodes import filled_home, follower, wait_for_store, wait_for_views
from tests.benchmarks.relay import Relay
from tests.benchmarks.watched import WatchedNode

LOGS, POSTS, RUNS = 20, 1000, 7
ENTRIES = LOGS * (POSTS + 1)
_POLL_S = 0.01


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run; those of the wire come from one more, through a relay."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        body_bytes = filled_home(folder / "full", LOGS, POSTS)
        for number in range(RUNS + 1):
            # A fresh copy for each: the giver keeps what it learns of who takes.
            shutil.copytree(folder / "full", folder / f"giver{number}")
            giver = WatchedNode(folder / f"giver{number}").start()
            people = (material.writer(number) for number in range(1, LOGS + 1))
            taker = follower(folder / f"taker{number}", people)
            try:
                if number < RUNS:
                    yield _timed(giver, taker)
                else:
                    yield _counted(giver, taker, body_bytes)
            finally:
                taker.stop()
                giver.stop()


def _timed(giver: WatchedNode, taker: WatchedNode) -> list[Figure]:
    target = taker.call("hello")["arrival"] + ENTRIES
    wait_for_views(taker, target - ENTRIES)
    before = giver.fared(), taker.fared()
    address = giver.address()
    begin_s = time.perf_counter()
    taker.call("connect", address=address)
    wait_for_store(taker, target, poll_s=_POLL_S)
    stored_s = time.perf_counter() - begin_s
    wait_for_views(taker, target)
    shown_s = time.perf_counter() - begin_s
    gave, took = giver.fared(), taker.fared()
    disk = sum(file.stat().st_size for file in (taker.home / "store").iterdir())
    return [
        Figure("stored", ENTRIES / stored_s, "entries/s", at_least=50_000),
        Figure("stored, indexed and searchable", ENTRIES / shown_s, "entries/s", at_least=20_000),
        Figure("CPU time of the taker", (took.cpu_s - before[1].cpu_s) / ENTRIES * 1e6, "µs/entry"),
        Figure("CPU time of the giver", (gave.cpu_s - before[0].cpu_s) / ENTRIES * 1e6, "µs/entry"),
        Figure("longest step of the taker's loop", took.longest_step_ms, "ms", at_most=50),
        Figure("longest step of the giver's loop", gave.longest_step_ms, "ms", at_most=50),
        Figure("longest wait for the taker's loop", took.longest_wait_ms, "ms", at_most=50),
        Figure("longest wait for the giver's loop", gave.longest_wait_ms, "ms", at_most=50),
        Figure("peak memory of the taker", took.peak_mib, "MiB"),
        Figure("peak memory of the giver", gave.peak_mib, "MiB"),
        Figure("disk, views not counted", disk / ENTRIES, "B/entry", at_most=270),
    ]


def _counted(giver: WatchedNode, taker: WatchedNode, body_bytes: int) -> list[Figure]:
    target = taker.call("hello")["arrival"] + ENTRIES
    with Relay(giver.address()) as relay:
        taker.call("connect", address=relay.address)
        wait_for_store(taker, target, poll_s=_POLL_S)
        taker.stop()
        return [
            Figure("wire, both ways", relay.bytes / body_bytes, "x bodies", at_most=1.15),
            Figure("wire, both ways", relay.bytes / ENTRIES, "B/entry", at_most=200),
        ]
