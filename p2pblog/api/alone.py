"""Change a file that several programs of one person change, one at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EAGAIN
from pathlib import Path

_RETRY_S = 0.005


@contextmanager
def alone(path: Path, within_s: float) -> Iterator[None]:
    """Keep others from changing a file: what is written rests on what was read.

    The lock is a file of its own beside it, which need not exist: the file itself is replaced.

    Raises:
        OSError: another program keeps it for longer than `within_s`, or the lock cannot be made.
    """
    from fcntl import LOCK_EX, LOCK_NB, flock

    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    handle = os.open(path.with_name(f".{path.name}.lock"), flags, 0o600)
    try:
        until_s = time.monotonic() + within_s
        while True:
            try:
                flock(handle, LOCK_EX | LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until_s:
                    raise BlockingIOError(EAGAIN, "another program keeps it") from None
                time.sleep(_RETRY_S)
        yield
    finally:
        os.close(handle)
