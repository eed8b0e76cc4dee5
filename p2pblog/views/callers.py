"""Who addresses oneself: those one knows of, and strangers, who wait until it is decided.

Specified in docs/views.md, "Notifications".  What was decided (who is let through, dismissed or
hidden by a filter) is no part of the tables; such posts are passed over here, for next to nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from p2pblog.views.places import PLACE_END, first_place
from p2pblog.views.schema import BY_KNOWN, BY_STRANGER
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.spans import Span, within

_SELECT = (
    "SELECT c.place, e.n, l.person FROM calls c CROSS JOIN entries e ON e.place = c.place"
    " CROSS JOIN logs l ON l.lid = c.lid WHERE c.who = ? AND"
)


class Call(NamedTuple):
    """A post that addresses oneself; is_passed: it is neither told nor asked about."""

    place: int
    n: int
    is_passed: bool


def told(s: Snapshot, span: Span) -> Iterator[Call]:
    """Yield what those say whom one knows of or lets through, as the span goes."""
    muted = s.muted()
    sources = [within(s, span, "c.place", _SELECT, BY_KNOWN)]
    for pid in _pids(s, s.lens.welcome):
        for lid in s.lids_of(pid):
            one = (BY_STRANGER, lid)
            sources.append(within(s, span, "c.place", f"{_SELECT} c.lid = ? AND", *one))
    for place, n, pid in heapq.merge(*sources, key=itemgetter(0), reverse=not span.upward):
        yield Call(place, n, pid in muted)


def asking(s: Snapshot, span: Span) -> Iterator[Call]:
    """Yield what strangers say, as the span goes; it is passed where it was decided about."""
    hidden = s.muted(but_warned=True)
    until: dict[int, int] = {}  # by pid: up to which place nothing of theirs waits
    for place, n, pid in within(s, span, "c.place", _SELECT, BY_STRANGER):
        if pid not in until:
            [(key,)] = s.conn.execute("SELECT key FROM people WHERE pid = ?", (pid,)).fetchall()
            decided = pid in hidden or key in s.lens.welcome
            until[pid] = PLACE_END if decided else first_place(s.lens.dismissed.get(key, 0))
        yield Call(place, n, place <= until[pid])


def _pids(s: Snapshot, keys: frozenset[bytes]) -> list[int]:
    select = "SELECT pid FROM people WHERE key = ?"
    return [pid for key in keys for (pid,) in s.conn.execute(select, (key,))]
