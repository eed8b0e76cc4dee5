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
from p2pblog.core.limits import LOGS_PER_QUERY_MAX, PAGE_ENTRIES_MAX, PAGE_SCAN_MAX, PINS_MAX
from p2pblog.views import lookup
from p2pblog.views.acts import chosen
from p2pblog.views.marks import (
    answer_mark,
    any_of,
    log_mark,
    mark_of_tag,
    mention_mark,
    tag_mark,
)
from p2pblog.views.names import folded
from p2pblog.views.places import PLACE_END, first_place, from_cursor, to_cursor
from p2pblog.views.rows import entry, placeholder
from p2pblog.views.schema import PINS, POST
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.strangers import is_stranger

Span = tuple[int, int]
"""Places: both ends are outside."""


def timeline(
    s: Snapshot,
    view: str,
    limit: int,
    before: str | None,
    after: str | None,
    start: str | None = None,
) -> dict[str, Any]:
    """Return {entries, next} of a view.

    Args:
        limit: 1 to 200.
        before, after: cursors; with both, what lies between them.
        start: a cursor instead of `before`: from that entry on, itself included.
    Raises:
        BadRequest: no such view, a limit out of range, not a cursor.
        NotFound, Ambiguous, BadTextForm: of "user:", whose.
    """
    span = span_of(before, after)
    if start is not None:
        span = span[0], min(span[1], from_cursor(start) + 1)
    hides = True
    match view.partition(":") if isinstance(view, str) else ("", "", ""):
        case ("home", "", ""):
            found = _home(s, span)
        case ("local", "", ""):
            found = _local(s, span)
        case ("mentions", "", ""):
            found = (n for _, n in mentions(s, span))
        case ("requests", "", ""):
            found = requests(s, span)
        case ("tag", ":", tag):
            found = matching(s, any_of([_tag_mark(tag)]), span)
        case ("list", ":", name):
            found = _list(s, name, span)
        case ("user", ":", person):
            found, hides = _people(s, [lookup.person(s, person)], span), False
        case ("pinned", ":", person):
            found, hides = _pinned(s, lookup.person(s, person), span), False
        case ("bookmarks", "", ""):
            return _bookmarks(s, limit_of(limit), span)
        case _:
            raise BadRequest(
                "views are home, local, mentions, requests, bookmarks, tag:TAG, list:NAME,"
                " user:ID, pinned:ID"
            )
    return page(s, found, limit, hides=hides)


def span_of(before: str | None, after: str | None) -> Span:
    """Return the places between two cursors."""
    low = -1 if after is None else from_cursor(after)
    high = PLACE_END if before is None else from_cursor(before)
    return low, high


def page(s: Snapshot, found: Iterable[int], limit: int, *, hides: bool = False) -> dict[str, Any]:
    """Return {entries, next} of the first `limit` of the entries found, newest first.

    Args:
        hides: leave out what a filter hides; where that is most of it, a page has less than
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
        if not (hides and row["filtered"] and not row["filtered"]["warns"]):
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
    """Yield the entries (n) that a query of the search index finds, newest first."""
    return (n for _, n in _matching(s, match, span))


def _matching(s: Snapshot, match: str, span: Span) -> Iterable[tuple[int, int]]:
    return s.conn.execute(
        "SELECT e.place, e.n FROM words w JOIN entries e ON e.place = w.rowid"
        " WHERE w.words MATCH ? AND w.rowid > ? AND w.rowid < ? ORDER BY w.rowid DESC",
        (match, *span),
    )


def _merged(sources: Iterable[Iterable[tuple[int, int]]]) -> Iterator[int]:
    """Yield the entries (n) of sources of (place, n), newest first, each once."""
    merged = heapq.merge(*sources, reverse=True)
    return (n for _, ((_, n), *_) in groupby(merged, key=itemgetter(0)))


def _home(s: Snapshot, span: Span) -> Iterator[int]:
    rows = s.conn.execute(
        "SELECT h.place, e.n FROM home h CROSS JOIN entries e ON e.place = h.place"
        " WHERE h.place > ? AND h.place < ? ORDER BY h.place DESC",
        span,
    )
    if not s.lens.tags:
        return (n for _, n in rows)
    tagged = _matching(s, any_of(map(tag_mark, s.lens.tags)), span)
    return _merged([rows, tagged])


def _local(s: Snapshot, span: Span) -> Iterator[int]:
    rows = s.conn.execute(
        "SELECT n FROM entries WHERE place > ? AND place < ? ORDER BY place DESC", span
    )
    return (n for (n,) in rows)


def _people(s: Snapshot, pids: Iterable[int], span: Span) -> Iterator[int]:
    """Merge the logs of identities: each is in order, so a page reads a page of each."""
    return _merged(
        s.conn.execute(
            "SELECT place, n FROM entries WHERE lid = ? AND place > ? AND place < ?"
            " ORDER BY place DESC",
            (lid, *span),
        )
        for pid in pids
        for lid in s.lids_of(pid)[:LOGS_PER_QUERY_MAX]
    )


def _pinned(s: Snapshot, pid: int, span: Span) -> Iterator[int]:
    low, high = span
    shown = sorted(islice(pinned(s.conn, pid), PINS_MAX), reverse=True)
    return (n for place, n, _ in shown if low < place < high)


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
    low, high = span
    placed = (
        (first_place(bookmark.since_ms), bookmark.ref) for bookmark in s.lens.bookmarks.values()
    )
    found = [(place, ref) for place, ref in placed if low < place < high]
    shown = []
    for place, ref in found[:limit]:
        n = lookup.by_id(s, ref.id)
        row = placeholder(s, ref) if n is None else entry(s, n) | {"missing": False}
        shown.append(row | {"cursor": to_cursor(place)})
    return {"entries": shown, "next": shown[-1]["cursor"] if len(found) > limit else None}


def mentions(s: Snapshot, span: Span) -> Iterable[tuple[int, int]]:
    """Find (place, n) of what answers, quotes or mentions oneself, by others."""
    if s.self_pid is None or s.self_key is None:
        return ()
    own = s.lids_of(s.self_pid)[:LOGS_PER_QUERY_MAX]
    marks = [mention_mark(s.self_key)]
    for lid in own:
        [(key,)] = s.conn.execute("SELECT key FROM logs WHERE lid = ?", (lid,)).fetchall()
        marks.append(answer_mark(key))
    match = any_of(marks)
    if own:
        match = f"({match}) NOT ({any_of(map(log_mark, own))})"
    return _matching(s, match, span)


def requests(s: Snapshot, span: Span) -> Iterator[int]:
    """Yield which of these (n) are by strangers, and were not dismissed."""
    for place, n in islice(mentions(s, span), PAGE_SCAN_MAX):
        row = s.conn.execute(
            "SELECT p.pid, p.key FROM entries e JOIN logs l ON l.lid = e.lid"
            " JOIN people p ON p.pid = l.person WHERE e.n = ?",
            (n,),
        ).fetchone()
        if row is None:  # nobody knows yet whom to ask about
            continue
        pid, key = row
        if place > first_place(s.lens.dismissed.get(key, 0)) and is_stranger(s, pid):
            yield n


def _tag_mark(tag: str) -> str:
    mark = mark_of_tag("#" + tag.removeprefix("#"))
    if mark is None:
        raise BadRequest("not a tag; write tag:bread for #bread")
    return mark
