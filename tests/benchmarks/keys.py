"""Keys in the client while 100,000 posts arrive at its node: how long each takes to be painted.

The client runs in a terminal of its own, of 80x24, on a real node that has something to read;
another node has the logs of 100 people who are followed.  Keys are pressed as a person does who
holds them, until all is there and a while longer.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

from p2pblog.api.client import SyncClient
from tests.benchmarks import material
from tests.benchmarks.figures import Figure
from tests.benchmarks.nodes import filled_home, follower, wait_for_views
from tests.benchmarks.watched import WatchedNode

LOGS, POSTS, RUNS = 100, 1_000, 3
OWN = 500  # what there is to read before
PRESSED = cycle(b"jjjjjjkkkk j\x7fjjjjkk")  # down on the whole, with pages both ways
_PAUSE_S = 1 / 30
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
    out = taker.home / "pressed.json"
    with terminal([sys.executable, "-m", "tests.benchmarks.pressed", taker.home, out]) as keyboard:
        for _ in range(_BEFORE):
            _press(keyboard)
        taker.call("connect", address=giver.address())
        begin_s = time.monotonic()
        with SyncClient(taker.home, start=False) as asking:
            while asking.call("status")["indexed"] < target:
                _press(keyboard)
        arrived_s = time.monotonic() - begin_s
        while time.monotonic() - begin_s < arrived_s + _AFTERWARDS_S:
            _press(keyboard)
        os.write(keyboard, b"\x11")  # Ctrl+Q
    found = json.loads(out.read_text(encoding="ascii"))
    took_ms = [1e3 * took_s for took_s in found["took_s"][_BEFORE // 2 :]]
    return [
        Figure("keys pressed", len(took_ms), "keys"),
        Figure("arrived and indexed meanwhile", LOGS * POSTS / arrived_s, "posts/s"),
        Figure("a key until it is painted, median", median(took_ms), "ms"),
        Figure("a key until it is painted, p99", quantiles(took_ms, n=100)[-1], "ms", at_most=50),
        Figure("a key until it is painted, longest", max(took_ms), "ms", at_most=50),
        Figure("longest step of the client's loop", 1e3 * found["step_s"], "ms", at_most=16),
        Figure("peak memory of the client", found["peak"] / 2**20, "MiB", at_most=120),
    ]


def _press(keyboard: int) -> None:
    os.write(keyboard, bytes([next(PRESSED)]))
    time.sleep(_PAUSE_S)


@contextmanager
def terminal(argv: list[str | Path]) -> Iterator[int]:
    """Run a program in a terminal of 80x24 until it ends; yield where its keys are pressed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    begun = threading.Event()
    reading = threading.Thread(target=_read, args=(ours, begun))
    reading.start()
    try:
        assert begun.wait(30), "the client does not begin"
        yield ours
        process.wait(60)
    finally:
        process.kill()
        process.wait()
        reading.join()
        os.close(ours)


def _read(terminal: int, begun: threading.Event) -> None:
    """Take what is painted, as a terminal does, until the program ends."""
    shown = b""
    while True:
        try:
            shown = shown[-100:] + os.read(terminal, 1 << 16)
        except OSError:
            return
        if b"my post" in shown:
            begun.set()
