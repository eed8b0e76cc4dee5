"""Keep what was written and not sent, on disk, so that nothing a person typed is lost.

One small JSON file in the home, written whole and put in place at once.  It is a
convenience: where it cannot be read or written, drafts live as long as the client.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from p2pblog.core.limits import BODY_BYTES_MAX

_DRAFTS_MAX = 50
_FILE_BYTES_MAX = _DRAFTS_MAX * 2 * BODY_BYTES_MAX


class Drafts:
    """Drafts by what they answer: "" for a new post, else the entry's id.

    Args:
        path: the file to keep them in, or None to keep them in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._texts: dict[str, str] = {}
        if path is not None:
            self._texts = _read(path)

    def get(self, about: str) -> str:
        """Return the draft about `about`, or ""."""
        return self._texts.get(about, "")

    def put(self, about: str, text: str) -> None:
        """Keep `text`, or forget the draft when it is blank; the oldest goes beyond 50."""
        before = self._texts.pop(about, "")
        if text.strip():
            self._texts[about] = text[:BODY_BYTES_MAX]
        while len(self._texts) > _DRAFTS_MAX:
            del self._texts[next(iter(self._texts))]
        if before != self._texts.get(about, "") and self._path is not None:
            write_small(self._path, self._texts)


def _read(path: Path) -> dict[str, str]:
    with suppress(OSError, ValueError, RecursionError):
        if path.stat().st_size <= _FILE_BYTES_MAX:
            found: Any = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                kept = {key: text for key, text in found.items() if isinstance(text, str)}
                return dict(list(kept.items())[-_DRAFTS_MAX:])
    return {}


def write_small(path: Path, value: Any) -> None:
    """Put `value` (JSON) into the file `path` at once and whole, for its owner only, if it can be.

    What cannot be written is let go: such a file is a convenience.
    """
    part = path.with_suffix(".part")
    with suppress(OSError):
        part.touch(mode=0o600)
        part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8", errors="replace")
        part.replace(path)
