"""Which notifications have been looked at: the newest by their marks, those below by a floor.

Specified in docs/views.md, "Notifications".  Only so many marks are remembered.  Where they end
there is a floor: what stands below it, and had arrived when it was laid, counts as looked at.  So
nothing becomes new again for having been forgotten, and whatever came late is new all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from hashlib import blake2b

from p2pblog.core.errors import BadTextForm
from p2pblog.core.textform import Kind, from_text
from p2pblog.views import lookup
from p2pblog.views.lens import Floor
from p2pblog.views.places import first_place
from p2pblog.views.snapshot import Snapshot

_OF_PEOPLE = re.compile(r"(?:like:\w+|repost:\w+|follow):\d{1,8}:([0-9a-f]{1,12})")
_OF_A_POST = re.compile(r"(post|poll):(\w+)")


def digest(mark: str) -> bytes:
    """Return what is remembered of a notification's mark once it has been looked at."""
    return blake2b(mark.encode(), digest_size=8).digest()


def is_seen(s: Snapshot, mark: str, place: int, arrival: Callable[[], int]) -> bool:
    """Tell whether a notification has been looked at.

    Args:
        place: where it stands.
        arrival: tells the arrival number of the newest entry that it is about.
    """
    if digest(mark) in s.lens.seen:
        return True
    floor = s.lens.floor
    return place <= floor.place and arrival() <= floor.arrival


def places(s: Snapshot, marks: Iterable[str]) -> tuple[list[int], int]:
    """Return where the notifications of these marks stand (0 where there is none), and `indexed`.

    That is the arrival number that these tables have reached.
    """
    [(indexed,)] = s.conn.execute("SELECT value FROM meta WHERE name = 'indexed'").fetchall()
    return [_place(s, mark) for mark in marks], indexed


def remembered(
    known: dict[bytes, int], floor: Floor, looked: dict[bytes, int], arrival: int, most: int
) -> tuple[dict[bytes, int], Floor]:
    """Return which marks (digests, with their places) are remembered from now on, and the floor.

    Args:
        known, floor: those so far.
        looked: those of what has been looked at now, when `arrival` was reached.
        most: how many may be remembered; the lowest go, and the floor rises to them.
    """
    latest = sorted({**known, **looked}.items(), key=lambda item: -item[1])
    if (gone := latest[most:]) and looked.keys() - known.keys():
        floor = Floor(max(floor.place, gone[0][1]), arrival)
    return dict(latest[:most]), floor


def _place(s: Snapshot, mark: str) -> int:
    if match := _OF_PEOPLE.fullmatch(mark):
        return first_place(int(match[1], 16))
    if match := _OF_A_POST.fullmatch(mark):
        try:
            n = lookup.by_id(s, from_text(Kind.ENTRY, match[2]))
        except BadTextForm:
            return 0
        select = "SELECT place FROM entries WHERE n = ?"
        if match[1] == "poll":
            select = "SELECT until_ms FROM polls WHERE n = ?"
        for (found,) in s.conn.execute(select, (n,)):
            return (first_place(found) if match[1] == "poll" else found) or 0
    return 0
