"""Remember where somebody was in each timeline, on disk, so that a restart goes on there.

A place is an entry and a line of it.  The file is a convenience: where it cannot be read or
written, places live as long as the client.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from p2pblog.tui.drafts import write_small

_PLACES_MAX = 200
_FILE_BYTES_MAX = 64 * 1024


class Place(NamedTuple):
    """The cursor of the entry at the top, how many of its lines are above, and who is selected.

    `selected` counts from the top: 0 is the entry at the top.
    """

    cursor: str
    skip: int
    selected: int


class Places:
    """Places by the timelines that they are in.

    Args:
        path: the file to keep them in, or None to keep them in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._places: dict[str, Place] = {} if path is None else _read(path)

    def get(self, view: str) -> Place | None:
        """Return where somebody was in a timeline; None: at its top, or never there."""
        return self._places.get(view)

    def put(self, view: str, place: Place | None) -> None:
        """Keep a place, None for the very top; the oldest goes beyond 200."""
        before = self._places.pop(view, None)
        if place is not None:
            self._places[view] = place
        while len(self._places) > _PLACES_MAX:
            del self._places[next(iter(self._places))]
        if before != place and self._path is not None:
            write_small(self._path, self._places)


def _read(path: Path) -> dict[str, Place]:
    found: dict[str, Place] = {}
    with suppress(OSError, ValueError, RecursionError):
        if path.stat().st_size > _FILE_BYTES_MAX:
            return found
        value: Any = json.loads(path.read_text(encoding="utf-8"))
        for view, place in value.items() if isinstance(value, dict) else ():
            match place:
                case [str(cursor), int(skip), int(selected)] if len(cursor) <= 100:
                    found[view] = Place(cursor, max(0, skip), max(0, selected))
    return dict(list(found.items())[-_PLACES_MAX:])
