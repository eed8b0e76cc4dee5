"""The newest 100 entries of a long log, on a node that has nothing of it.

They come first, so how long the log is must not matter: it is measured at 100,000 and at
1,000,000 entries.  The clock starts when the node is told to connect.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from p2pblog.core.limits import FIRST_WANT_ENTRIES
from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.nodes import filled_home, follower, wait_for_store, wait_for_views
from tests.benchmarks.watched import WatchedNode

SHORT, LONG, RUNS = 100_000, 1_000_000, 7
_DISTINCT = 1000
_POLL_S = 0.002


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled_home(folder / "short", 1, SHORT, distinct=_DISTINCT)
        filled_home(folder / "long", 1, LONG, distinct=_DISTINCT)
        short, long = WatchedNode(folder / "short").start(), WatchedNode(folder / "long").start()
        try:
            for number in range(RUNS):
                short_s, shown_short_s = _timed(short, folder / f"short{number}")
                long_s, shown_long_s = _timed(long, folder / f"long{number}")
                yield [
                    Figure(f"stored, of {LONG:,}", long_s * 1e3, "ms", at_most=300),
                    Figure(f"in the timeline, of {LONG:,}", shown_long_s * 1e3, "ms"),
                    Figure(f"stored, of {SHORT:,}", short_s * 1e3, "ms", at_most=300),
                    Figure(f"in the timeline, of {SHORT:,}", shown_short_s * 1e3, "ms"),
                    Figure("ten times as long takes", long_s / short_s, "x as long"),
                ]
        finally:
            short.stop()
            long.stop()


def _timed(giver: WatchedNode, home: Path) -> tuple[float, float]:
    """Return the seconds until the newest are stored, and until they are shown."""
    who = material.writer(1)
    taker = follower(home, [who])
    try:
        # The identity's root log has one entry, which says whose the long one is.
        before = taker.call("hello")["arrival"]
        wait_for_views(taker, before)
        address = giver.address()
        begin_s = time.perf_counter()
        taker.call("connect", address=address)
        wait_for_store(taker, before + 1 + FIRST_WANT_ENTRIES, poll_s=_POLL_S)
        stored_s = time.perf_counter() - begin_s
        while _shown(taker, who) < FIRST_WANT_ENTRIES:
            time.sleep(_POLL_S)
        return stored_s, time.perf_counter() - begin_s
    finally:
        taker.stop()


def _shown(node: WatchedNode, who: material.Writer) -> int:
    """Return how many posts a person's timeline shows, as far as it matters."""
    page = node.call("timeline", view=f"user:{who.id}", limit=FIRST_WANT_ENTRIES)
    return len(page["entries"])
