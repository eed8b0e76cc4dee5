"""Notice that a home is a copy: restored from a backup, or moved to another disk.

Nothing in a copy of everything says that it is one.  But its files are other files: `place`
keeps which file the device's key was (its number, and when it last changed, which no program
can set), and a copy of the key is another one.  Where that errs, for a changed mode, say, a
copy is suspected once where there is none.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import Final

from p2pblog.api.spawn import DEVICE_KEY_NAME
from p2pblog.core.errors import LocalError
from p2pblog.node.home import Home, write_private

logger = logging.getLogger(__name__)

PLACE_NAME: Final = "place"


class Place:
    """Where the home of a node is.

    Fields:
        is_copy: whether it is elsewhere than when it was last written to; False for a home
            that never was.
    """

    def __init__(self, home: Home) -> None:
        self._file = home.path / PLACE_NAME
        self._key = home.path / DEVICE_KEY_NAME
        self._said = b""
        with suppress(OSError):
            self._said = self._file.read_bytes()
        self.is_copy = self._said not in (b"", _which(self._key))

    def keep(self) -> None:
        """Hear that this home is written to, here, and as far as can be told safely."""
        here = _which(self._key)
        if here == self._said:
            return
        try:
            write_private(self._file, here)
        except LocalError:
            # It was written to all the same; the next start will suspect a copy again.
            logger.exception("cannot keep where this home is")


def _which(key: Path) -> bytes:
    try:
        found = key.stat()
    except OSError:
        return b""
    return b"%d %d\n" % (found.st_ino, found.st_ctime_ns)
