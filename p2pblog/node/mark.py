"""How far this device's own log had come, in a file of its own beside the store.

A store that lost its end, or was lost as a whole, does not know that it did: whoever wrote on from
there would fork the log.  The views may know, but go with the store more often than not.  The file
is put in place whole and not waited for: it may lag behind by what a power cut takes.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from typing import Final

from p2pblog.core.limits import SEQ_MAX
from p2pblog.node.home import Home

logger = logging.getLogger(__name__)

MARK_NAME: Final = "reached"
_BYTES_MAX = 128


class Mark:
    """The seq of the newest entry that a device of this home is known to have written."""

    def __init__(self, home: Home) -> None:
        self._file = home.path / MARK_NAME
        self._said = b"", 0
        with suppress(OSError, ValueError):
            with self._file.open("rb") as file:
                device, seq = file.read(_BYTES_MAX).split()
            self._said = bytes.fromhex(device.decode()), min(SEQ_MAX, max(0, int(seq)))

    def seq(self, device: bytes) -> int:
        """Return how far the log of a device had come, 0 if that is not known."""
        known, seq = self._said
        return seq if known == device else 0

    def keep(self, device: bytes, seq: int) -> None:
        """Write it down."""
        if (device, seq) == self._said:
            return
        self._said = device, seq
        part = self._file.with_name(f".{MARK_NAME}.{os.getpid()}")
        try:
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "w") as file:
                file.write(f"{device.hex()} {seq}\n")
            part.replace(self._file)
        except OSError:  # a convenience: the entry itself is on disk
            logger.exception("cannot keep how far one's own log has come")
