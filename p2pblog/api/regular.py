"""Read a file that a person may have put there, and wait for nobody.

A named pipe or a device under the name of a file would keep a program waiting, or fill its memory.
"""

from __future__ import annotations

import os
import stat
from errno import EINVAL
from pathlib import Path


def read_regular(path: Path, bytes_max: int) -> bytes:
    """Return the first bytes of a file, through links.

    Raises:
        OSError: it is not there, cannot be read, or is no file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(EINVAL, "it is no file", str(path))
        return file.read(bytes_max)
