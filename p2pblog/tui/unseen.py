"""Remember which mentions have been looked at, on disk, so that new ones can be counted.

By id, not by time: an answer that was written earlier may arrive later.  Only the newest ones
are remembered.  The file is a convenience: where it cannot be read or written, what was looked
at is known as long as the client lives.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from p2pblog.tui.drafts import write_small

UNSEEN_NAME = "seen.json"
MENTIONS_MAX = 100  # the newest ones, which are counted and remembered
_FILE_BYTES_MAX = 64 * 1024


class Unseen:
    """The mentions that were looked at.

    Args:
        path: the file to keep them in, or None to keep them in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._seen: list[str] = [] if path is None else _read(path)

    def count(self, newest: Iterable[str]) -> int:
        """Return how many of the `newest` mentions (ids) have not been looked at."""
        return len(set(newest).difference(self._seen))

    def look(self, newest: Iterable[str]) -> None:
        """Take the `newest` mentions (ids) as looked at, and forget the older ones."""
        seen = list(dict.fromkeys(newest))[:MENTIONS_MAX]
        if seen != self._seen:
            self._seen = seen
            if self._path is not None:
                write_small(self._path, {"mentions": seen})


def _read(path: Path) -> list[str]:
    with suppress(OSError, ValueError, RecursionError):
        if path.stat().st_size <= _FILE_BYTES_MAX:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            ids = found.get("mentions") if isinstance(found, dict) else None
            if isinstance(ids, list):
                return [name for name in ids if isinstance(name, str)][:MENTIONS_MAX]
    return []
