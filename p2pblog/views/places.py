"""Where an entry stands in every timeline: one integer, its place.

Specified in docs/views.md.  Pure.  A place is the time by which the entry is sorted, in
sixteenths of a millisecond, so that a larger place is a newer entry and entries of one
millisecond keep the order in which they arrived.  Places are unique: they are the keys of
timelines, the row numbers of the search index and, written in base 16, the cursors of the
local API.  They are kept small because the search index writes one for every word.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from p2pblog.core.errors import BadRequest

PLACES_PER_MS = 16
TIME_MS_END = 2**48  # beyond the year 10,000; our own clock bounds it long before
PLACE_END = TIME_MS_END * PLACES_PER_MS
_NEAR = 256 * PLACES_PER_MS
_CURSOR = re.compile(r"[0-9a-f]{1,13}")
_MIX = 0x9E3779B97F4A7C15


def first_place(sort_ms: int) -> int:
    """Return the place of the first entry of that millisecond (since 1970 UTC)."""
    if 0 <= sort_ms < TIME_MS_END:
        return sort_ms * PLACES_PER_MS
    return 0 if sort_ms < 0 else PLACE_END - PLACES_PER_MS


def free_place(wanted: int, arrival: int, newest_in: Callable[[int, int], int | None]) -> int:
    """Return `wanted` if it is free, or else a free place soon after it.

    The next one after all entries of a quarter of a second is right for real life: an
    archive that only knows days, a script.  Where somebody has filled even that, a
    scattered place in a window that widens fourfold is found in a few steps, so that a
    million entries claiming one millisecond cost no more than others.

    Args:
        newest_in: gives the largest place taken in [low, high), or None.
    """
    if newest_in(wanted, wanted + 1) is None:
        return wanted
    newest = newest_in(wanted, wanted + _NEAR)
    if newest is not None and newest + 1 < min(wanted + _NEAR, PLACE_END):
        return newest + 1
    window, step = 4 * _NEAR, 0
    while True:
        step += 1
        offset = (((arrival + step) * _MIX) % 2**64 >> 20) % window
        place = (wanted + offset) % PLACE_END
        if newest_in(place, place + 1) is None:
            return place
        window *= 4


def to_cursor(place: int) -> str:
    """Return the text by which a face names a place."""
    return f"{place:x}"


def from_cursor(cursor: object) -> int:
    """Return the place that a face named.

    Raises:
        BadRequest: this is not a cursor that a timeline or search has given.
    """
    if not isinstance(cursor, str) or not _CURSOR.fullmatch(cursor):
        raise BadRequest("not a cursor; use one that a timeline or search has given")
    return int(cursor, 16)
