"""Keys in the client while 100,000 posts arrive at its node: how long each takes to be painted.

The client runs in a terminal of its own, of 80x24, on a real node that has something to read;
another node has the logs of 100 people who are followed.  Keys are pressed as a person does who
holds them, until all is there and a while longer.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles

from p2pblog.api.client import SyncClient
from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.nodes import filled_home, follower, wait_for_views
from tests.benchmarks.terminal import WatchedClient
from tests.benchmarks.watched import WatchedNode

LOGS, POSTS, RUNS = 100, 1_000, 3
OWN = 500  # what there is to read before
PRESSED = [b"%c" % key for key in b"jjjjjjkkkk j\x7fjjjjkk"]  # down on the whole, with pages
_BEFORE = 60  # keys pressed before anything comes
_AFTERWARDS_S = 2


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled_home(folder / "giver", LOGS, POSTS, distinct=10_000)
        giver = WatchedNode(folder / "giver").start()
        people = [material.writer(number) for number in range(1, LOGS + 1)]
        try:
            for number in range(RUNS):
                taker = follower(folder / f"taker{number}", people)
                try:
                    yield _pressed(giver, taker)
                finally:
                    taker.stop()
        finally:
            giver.stop()


def _pressed(giver: WatchedNode, taker: WatchedNode) -> list[Figure]:
    items = [
        {"id": str(n), "time_ms": material.NOW_MS - material.YEAR_MS + n, "text": f"my post {n}"}
        for n in range(OWN)
    ]
    taker.call("import.batch", source="archive", account="me", items=items)
    target = taker.call("hello")["arrival"] + LOGS * (POSTS + 1)
    wait_for_views(taker, target - LOGS * (POSTS + 1))
    keys, pressed = cycle(PRESSED), _BEFORE
    with WatchedClient(taker.home) as client:
        client.hold(islice(keys, _BEFORE))
        taker.call("connect", address=giver.address())
        begin_s = time.monotonic()
        with SyncClient(taker.home, start=False) as asking:
            while asking.call("status")["indexed"] < target:
                client.hold(islice(keys, 1))
                pressed += 1
        arrived_s = time.monotonic() - begin_s
        while time.monotonic() - begin_s < arrived_s + _AFTERWARDS_S:
            client.hold(islice(keys, 1))
            pressed += 1
        took_ms = [1e3 * took_s for took_s in client.moved(pressed).took_s[_BEFORE // 2 :]]
        client.leave()
        step_s, peak = client.next("step"), client.next("peak")
    return [
        Figure("keys pressed", len(took_ms), "keys"),
        Figure("arrived and indexed meanwhile", LOGS * POSTS / arrived_s, "posts/s"),
        Figure("a key until it is painted, median", median(took_ms), "ms"),
        Figure("a key until it is painted, p99", quantiles(took_ms, n=100)[-1], "ms", at_most=50),
        Figure("a key until it is painted, longest", max(took_ms), "ms", at_most=50),
        Figure("longest step of the client's loop", 1e3 * step_s, "ms", at_most=16),
        Figure("peak memory of the client", peak / 2**20, "MiB", at_most=120),
    ]
