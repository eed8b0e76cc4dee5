"""Home, local, mentions, tags, lists, people and bookmarks: pages by place, newest first.

Specified in docs/views.md and docs/api.md.  What a filter of the reader's hides is left out of
timelines that come by themselves; who asks for a person, a search or their bookmarks sees it.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.core.limits import (
    LOGS_PER_QUERY_MAX,
    NOTICES_COUNTED_MAX,
    PAGE_ENTRIES_MAX,
    PAGE_SCAN_MAX,
    PASSED_SCAN_MAX,
    PINS_MAX,
)
from p2pblog.views import lookup
from p2pblog.views.acts import chosen
from p2pblog.views.callers import asking
from p2pblog.views.calls import own_marks
from p2pblog.views.marks import any_of, log_mark, mark_of_tag, tag_mark
from p2pblog.views.names import folded
from p2pblog.views.places import PLACE_END, first_place, from_cursor, to_cursor
from p2pblog.views.rows import entry, placeholder
from p2pblog.views.schema import PINS, POST
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.spans import Span, within


def timeline(
    s: Snapshot,
    view: str,
    limit: int,
    before: str | None,
    after: str | None,
    start: str | None = None,
    *,
    upward: bool = False,
) -> dict[str, Any]:
    """Return {entries, next} of a view.

    Args:
        limit: 1 to 200.
        before, after: cursors; with both, what lies between them.
        start: a cursor instead of `before`: from that entry on, itself included.
        upward: the entries right above `after` instead of the newest; `next` goes on as `after`.
    Raises:
        BadRequest: no such view, a limit out of range, not a cursor.
        NotFound, Ambiguous, BadTextForm: of "user:", whose.
    """
    span = span_of(before, after)._replace(upward=upward)
    if start is not None:
        span = span._replace(high=min(span.high, from_cursor(start) + 1))
    if view == "bookmarks":
        shown = _bookmarks(s, limit_of(limit), span)
    elif view == "requests":
        shown = _requests(s, limit_of(limit), span)
    else:
        found, filtered = _found(s, view, span)
        shown = page(s, found, limit, filtered=filtered)
    if upward:
        shown["entries"].reverse()
    return shown


def _found(s: Snapshot, view: str, span: Span) -> tuple[Iterable[int], bool]:
    """Return the entries (n) of a view, and whether filters hide some of them."""
    match view.partition(":") if isinstance(view, str) else ("", "", ""):
        case ("home", "", ""):
            return _home(s, span), True
        case ("local", "", ""):
            return everything(s, span), True
        case ("mentions", "", ""):
            return _mentions(s, span), True
        case ("tag", ":", tag):
            return matching(s, any_of([_tag_mark(tag)]), span), True
        case ("list", ":", name):
            return _list(s, name, span), True
        case ("user", ":", person):
            return _people(s, [lookup.person(s, person)], span), False
        case ("pinned", ":", person):
            return _pinned(s, lookup.person(s, person), span), False
    raise BadRequest(
        "views are home, local, mentions, requests, bookmarks, tag:TAG, list:NAME,"
        " user:ID, pinned:ID"
    )


def span_of(before: str | None, after: str | None) -> Span:
    """Return the places between two cursors."""
    low = -1 if after is None else from_cursor(after)
    high = PLACE_END if before is None else from_cursor(before)
    return Span(low, high)


def page(
    s: Snapshot, found: Iterable[int], limit: int, *, filtered: bool = False
) -> dict[str, Any]:
    """Return {entries, next} of the first `limit` of the entries found, as they come.

    Args:
        filtered: leave out what a filter hides; where that is most of it, a page has less than
            `limit`, or nothing, and `next` goes on.
    """
    checked = limit_of(limit)
    shown: list[dict[str, Any]] = []
    last = None
    for looked_at, n in enumerate(found):
        if len(shown) == checked or looked_at == PAGE_SCAN_MAX:
            return {"entries": shown, "next": last}
        row = entry(s, n)
        last = row["cursor"]
        if not (filtered and hides(row)):
            shown.append(row)
    return {"entries": shown, "next": None}


def limit_of(limit: object) -> int:
    """Return how many entries a page may have.

    Raises:
        BadRequest: not a number from 1 to 200.
    """
    if type(limit) is not int or not 1 <= limit <= PAGE_ENTRIES_MAX:
        raise BadRequest(f"limit is a number from 1 to {PAGE_ENTRIES_MAX}")
    return limit


def matching(s: Snapshot, match: str, span: Span) -> Iterator[int]:
    """Yield the entries (n) that a query of the search index finds, as the span goes."""
    return (n for _, n in _matching(s, match, span))


def _matching(s: Snapshot, match: str, span: Span) -> sqlite3.Cursor:
    select = (
        "SELECT e.place, e.n FROM words w JOIN entries e ON e.place = w.rowid"
        " WHERE w.words MATCH ? AND"
    )
    return within(s, span, "w.rowid", select, match)


def _merged(sources: Iterable[Iterable[tuple[int, int]]], span: Span) -> Iterator[int]:
    """Yield the entries (n) of sources of (place, n), as the span goes, each once."""
    merged = heapq.merge(*sources, reverse=not span.upward)
    return (n for _, ((_, n), *_) in groupby(merged, key=itemgetter(0)))


def _home(s: Snapshot, span: Span) -> Iterator[int]:
    select = "SELECT h.place, e.n FROM home h CROSS JOIN entries e ON e.place = h.place WHERE"
    rows = within(s, span, "h.place", select)
    if not s.lens.tags:
        return (n for _, n in rows)
    tagged = _matching(s, any_of(map(tag_mark, s.lens.tags)), span)
    return _merged([rows, tagged], span)


def everything(s: Snapshot, span: Span) -> Iterator[int]:
    """Yield all entries (n) that are here, as the span goes."""
    rows = within(s, span, "place", "SELECT n FROM entries WHERE")
    return (n for (n,) in rows)


def _people(s: Snapshot, pids: Iterable[int], span: Span) -> Iterator[int]:
    """Merge the logs of identities: each is in order, so a page reads a page of each."""
    select = "SELECT place, n FROM entries WHERE lid = ? AND"
    logs = (
        within(s, span, "place", select, lid)
        for pid in pids
        for lid in s.lids_of(pid)[:LOGS_PER_QUERY_MAX]
    )
    return _merged(logs, span)


def _pinned(s: Snapshot, pid: int, span: Span) -> Iterator[int]:
    shown = sorted(islice(pinned(s.conn, pid), PINS_MAX), reverse=not span.upward)
    return (n for place, n, _ in shown if span.low < place < span.high)


def pinned(conn: sqlite3.Connection, pid: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield the posts (place, n, id) of their own that an identity has pinned."""
    for rid in islice(chosen(conn, PINS, pid), PAGE_SCAN_MAX):
        yield from conn.execute(
            "SELECT e.place, e.n, e.id FROM refs r JOIN entries e"
            " ON substr(e.id, 1, 8) = substr(r.id, 1, 8) AND e.id = r.id"
            " JOIN logs l ON l.lid = e.lid WHERE r.rid = ? AND l.person = ? AND e.kind = ?",
            (rid, pid, POST),
        )


def _list(s: Snapshot, name: str, span: Span) -> Iterator[int]:
    members = s.lens.lists.get(folded(name))
    if members is None:
        raise NotFound("no list of yours has that name")
    known = (
        s.conn.execute("SELECT pid FROM people WHERE key = ?", (key,)).fetchone()
        for key in sorted(members)
    )
    return _people(s, [row[0] for row in known if row is not None], span)


def _bookmarks(s: Snapshot, limit: int, span: Span) -> dict[str, Any]:
    """Return a page of what is bookmarked, also of what is not here any more.

    Their places here are when they were bookmarked.
    """
    placed = (
        (first_place(bookmark.since_ms), bookmark.ref) for bookmark in s.lens.bookmarks.values()
    )
    found = [(place, ref) for place, ref in placed if span.low < place < span.high]
    if span.upward:
        found.reverse()
    shown = []
    for place, ref in found[:limit]:
        n = lookup.by_id(s, ref.id)
        row = placeholder(s, ref) if n is None else entry(s, n) | {"missing": False}
        shown.append(row | {"cursor": to_cursor(place)})
    more = shown[-1]["cursor"] if len(found) > limit else None
    return {"entries": shown, "next": more}


def _mentions(s: Snapshot, span: Span) -> Iterator[int]:
    """Find (n) what answers, quotes or mentions oneself, by others."""
    marks = own_marks(s.conn)
    if s.self_pid is None or not marks:
        return iter(())
    match = any_of(marks)
    if own := s.lids_of(s.self_pid)[:LOGS_PER_QUERY_MAX]:
        match = f"({match}) NOT ({any_of(map(log_mark, own))})"
    return matching(s, match, span)


def _requests(s: Snapshot, limit: int, span: Span) -> dict[str, Any]:
    """Return a page of what strangers say that waits to be decided about."""
    shown: list[dict[str, Any]] = []
    last, looked_at, passed = None, 0, 0
    for call in asking(s, span):
        if len(shown) == limit or looked_at == PAGE_SCAN_MAX or passed == PASSED_SCAN_MAX:
            return {"entries": shown, "next": last}
        last = to_cursor(call.place)
        passed += call.is_passed
        if not call.is_passed:
            looked_at += 1
            row = entry(s, call.n)
            if not hides(row):
                shown.append(row)
    return {"entries": shown, "next": None}


def waiting(s: Snapshot) -> int:
    """Return how many posts by strangers wait to be decided about, up to 100."""
    return len(_requests(s, NOTICES_COUNTED_MAX, Span(-1, PLACE_END))["entries"])


def hides(row: dict[str, Any]) -> bool:
    """Tell whether a filter hides an entry."""
    return row["filtered"] is not None and not row["filtered"]["warns"]


def _tag_mark(tag: str) -> str:
    mark = mark_of_tag("#" + tag.removeprefix("#"))
    if mark is None:
        raise BadRequest("not a tag; write tag:bread for #bread")
    return mark
