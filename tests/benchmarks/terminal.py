"""The client in a terminal of 80x24: `WatchedClient` runs it, presses its keys and hears of them.

What it tells is noted by `pressed`, inside the client.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import NamedTuple, Self

_PAUSE_S = 1 / 30  # between keys, as terminals repeat one that is held
_WAIT_S_MAX = 20
_SIZE = struct.pack("HHHH", 24, 80, 0, 0)
_LEAVE = b"\x11"  # Ctrl+Q


class Moved(NamedTuple):
    """Keys that were painted: the seconds each took, and the CPU seconds of the loop's thread."""

    took_s: list[float]
    worked_s: list[float]


class WatchedClient:
    """The client of a home whose node runs; a context manager, within which it runs.

    Fields:
        began_s: how long it took from starting the process until posts were painted.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._told: Queue[tuple[str, float] | None] = Queue()
        self._noted: dict[str, list[float]] = {}

    def __enter__(self) -> Self:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, _SIZE)
        hears, tells = os.pipe()
        argv: list[str | Path] = [sys.executable, "-m", "tests.benchmarks.pressed", self._home]
        argv.append(str(tells))
        env = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        begin_s = time.monotonic()
        self._process = subprocess.Popen(
            argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, pass_fds=[tells]
        )
        os.close(theirs)
        os.close(tells)
        self._keyboard = ours
        self._threads = [
            threading.Thread(target=_show, args=(ours,)),
            threading.Thread(target=_hear, args=(hears, self._told)),
        ]
        for thread in self._threads:
            thread.start()
        try:
            self.began_s = self.next("began") - begin_s
        except BaseException:
            self._end()
            raise
        return self

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self._keyboard, key)

    def hold(self, keys: Iterable[bytes]) -> None:
        """Press keys as fast as a terminal repeats one that is held."""
        for key in keys:
            self.press(key)
            time.sleep(_PAUSE_S)

    def next(self, what: str) -> float:
        """Return the next value that it tells of something; see `pressed`."""
        self._hear_until(what, 1)
        return self._noted[what].pop(0)

    def moved(self, keys: int) -> Moved:
        """Return what the last so many keys that move took, once all are painted."""
        self._hear_until("worked", keys)
        return Moved(self._noted.pop("moved"), self._noted.pop("worked"))

    def leave(self) -> None:
        """Leave it, and wait until it has ended; what it told may still be asked for."""
        self.press(_LEAVE)
        self._process.wait(_WAIT_S_MAX)

    def _hear_until(self, what: str, number: int) -> None:
        while len(self._noted.get(what, ())) < number:
            try:
                told = self._told.get(timeout=_WAIT_S_MAX)
            except Empty:
                told = None
            assert told is not None, f"the client has not {what}"
            self._noted.setdefault(told[0], []).append(told[1])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        os.close(self._keyboard)


def _show(terminal: int) -> None:
    """Take what is painted, as a terminal does, until the program ends."""
    while True:
        try:
            os.read(terminal, 1 << 16)
        except OSError:
            return


def _hear(pipe: int, told: Queue[tuple[str, float] | None]) -> None:
    """Take what is told, until the program ends."""
    with os.fdopen(pipe, encoding="ascii") as lines:
        for line in lines:
            what, value = json.loads(line)
            told.put((what, value))
    told.put(None)
