"""How long a person waits for commands: `post`, `timeline`, and a node that has to start.

Whole processes, from the shell's point of view, on a home with 20 logs of 1,000 posts.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from p2pblog.core.errors import P2PBlogError
from tests.benchmarks.figures import Figure, timed
from tests.benchmarks.nodes import filled_home
from tests.benchmarks.watched import WatchedNode

LOGS, POSTS, RUNS = 20, 1000, 9
_POLL_S = 0.002


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name, "home")
        filled_home(home, LOGS, POSTS)
        for number in range(RUNS):
            node = WatchedNode(home)
            up_s = timed(_start, node)
            try:
                post_s = timed(node.run, "post", f"a post, number {number}")
                page_s = timed(node.run, "timeline", "--json")
            finally:
                node.stop()
            alone_s = timed(node.run, "post", f"the first to come, {number}")
            node.run("stop")
            bare_s = timed(subprocess.run, [sys.executable, "-c", "pass"], check=True)
            yield [
                Figure("p2pblog post, with a node running", post_s * 1e3, "ms", at_most=150),
                Figure("p2pblog timeline, with a node running", page_s * 1e3, "ms"),
                Figure("p2pblog post, without a node", alone_s * 1e3, "ms"),
                Figure("a node, until it answers", up_s * 1e3, "ms"),
                Figure("python -c pass", bare_s * 1e3, "ms"),
            ]


def _start(node: WatchedNode) -> None:
    node.spawn()
    while True:
        try:
            node.call("hello")
        except P2PBlogError:
            time.sleep(_POLL_S)
        else:
            return
