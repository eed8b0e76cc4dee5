"""A post on its way over three hops: four nodes in a row, each linked to the next.

Four processes on 127.0.0.1 that all follow the one who posts.  The clock starts when the
first is asked to post, and stops when the views of another show it; so the first node's
fsync counts, and the last one's indexing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

from p2pblog.api.client import SyncClient
from tests.benchmarks.figures import Figure
from tests.benchmarks.watched import WatchedNode
from tests.whole.running import until

NODES, POSTS, RUNS = 4, 100, 3
_PAUSE_S = 0.02


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run of so many posts."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        row = [WatchedNode(Path(name, str(number))) for number in range(NODES)]
        for node in row:
            stack.callback(node.stop)
            node.start().init(f"node {node.home.name}")
        author = row[0].call("whoami")["identity"]
        for near, far in pairwise(row):
            far.call("follow", id=author)
            far.link_to(near)
        row[0].call("post", text="first")
        until(lambda: row[-1].texts("home") == ["first"])
        time.sleep(1)  # they learn each other's logs as well
        for _ in range(RUNS):
            yield _run(row)


def _run(row: list[WatchedNode]) -> list[Figure]:
    took: list[list[float]] = [[] for _ in row]
    with ExitStack() as stack:
        clients = [stack.enter_context(SyncClient(node.home, start=False)) for node in row]
        pool = stack.enter_context(ThreadPoolExecutor(len(row)))
        for number in range(POSTS):
            arrivals = [client.call("hello")["arrival"] for client in clients]
            waits = [
                pool.submit(_shown, client, arrival + 1)
                for client, arrival in zip(clients[1:], arrivals[1:], strict=True)
            ]
            time.sleep(_PAUSE_S)  # until they wait
            begin_s = time.perf_counter()
            clients[0].call("post", text=f"post {number} of this run")
            took[0].append(time.perf_counter() - begin_s)
            for far, wait in enumerate(waits, 1):
                took[far].append(wait.result() - begin_s)
    figures = [Figure("answered to who posts, median", median(took[0]) * 1e3, "ms")]
    for far in (1, NODES - 1):
        hops = f"{far} hop{'s' if far > 1 else ''}"
        figures += [
            Figure(f"shown after {hops}, median", median(took[far]) * 1e3, "ms"),
            Figure(f"shown after {hops}, p95", quantiles(took[far], n=20)[-1] * 1e3, "ms"),
        ]
    return figures


def _shown(client: SyncClient, arrival: int) -> float:
    """Return when (perf_counter) a node's views show that arrival number."""
    while client.call("wait", arrival=arrival)["indexed"] < arrival:
        pass
    return time.perf_counter()
