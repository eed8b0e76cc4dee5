"""Home, local, mentions, a tag's and a person's timelines: pages by place, newest first.

Specified in docs/views.md and docs/api.md.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from p2pblog.core.errors import BadRequest
from p2pblog.core.limits import LOGS_PER_QUERY_MAX, PAGE_ENTRIES_MAX
from p2pblog.views import lookup
from p2pblog.views.marks import answer_mark, any_of, log_mark, mark_of_tag, mention_mark
from p2pblog.views.places import PLACE_END, from_cursor
from p2pblog.views.rows import entries
from p2pblog.views.snapshot import Snapshot

Span = tuple[int, int]
"""Places: both ends are outside."""


def timeline(
    s: Snapshot, view: str, limit: int, before: str | None, after: str | None
) -> dict[str, Any]:
    """Return {entries, next} of a view.

    Args:
        limit: 1 to 200.
        before, after: cursors; with both, what lies between them.
    Raises:
        BadRequest: no such view, a limit out of range, not a cursor.
        NotFound, Ambiguous, BadTextForm: of "user:", whose.
    """
    span = span_of(before, after)
    match view.partition(":") if isinstance(view, str) else ("", "", ""):
        case ("home", "", ""):
            found = _home(s, span)
        case ("local", "", ""):
            found = _local(s, span)
        case ("mentions", "", ""):
            found = _mentions(s, span)
        case ("tag", ":", tag):
            found = matching(s, any_of([_tag_mark(tag)]), span)
        case ("user", ":", person):
            found = _user(s, lookup.person(s, person), span)
        case _:
            raise BadRequest("views are home, local, mentions, tag:TAG and user:ID")
    return page(s, found, limit)


def span_of(before: str | None, after: str | None) -> Span:
    """Return the places between two cursors."""
    low = -1 if after is None else from_cursor(after)
    high = PLACE_END if before is None else from_cursor(before)
    return low, high


def page(s: Snapshot, found: Iterable[int], limit: int) -> dict[str, Any]:
    """Return {entries, next} of the first `limit` of the entries found, newest first."""
    checked = limit_of(limit)
    numbers = list(islice(found, checked + 1))
    shown = entries(s, numbers[:checked])
    return {"entries": shown, "next": shown[-1]["cursor"] if len(numbers) > checked else None}


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
    rows = s.conn.execute(
        "SELECT e.n FROM words w JOIN entries e ON e.place = w.rowid"
        " WHERE w.words MATCH ? AND w.rowid > ? AND w.rowid < ? ORDER BY w.rowid DESC",
        (match, *span),
    )
    return (n for (n,) in rows)


def _home(s: Snapshot, span: Span) -> Iterator[int]:
    rows = s.conn.execute(
        "SELECT e.n FROM home h CROSS JOIN entries e ON e.place = h.place"
        " WHERE h.place > ? AND h.place < ? ORDER BY h.place DESC",
        span,
    )
    return (n for (n,) in rows)


def _local(s: Snapshot, span: Span) -> Iterator[int]:
    rows = s.conn.execute(
        "SELECT n FROM entries WHERE place > ? AND place < ? ORDER BY place DESC", span
    )
    return (n for (n,) in rows)


def _user(s: Snapshot, pid: int, span: Span) -> Iterator[int]:
    """Merge the logs of an identity: each is in order, so a page reads a page of each."""
    logs = [
        s.conn.execute(
            "SELECT place, n FROM entries WHERE lid = ? AND place > ? AND place < ?"
            " ORDER BY place DESC",
            (lid, *span),
        )
        for lid in s.lids_of(pid)[:LOGS_PER_QUERY_MAX]
    ]
    return (n for _, n in heapq.merge(*logs, reverse=True))


def _mentions(s: Snapshot, span: Span) -> Iterator[int]:
    """Find what answers, quotes or mentions oneself, by others."""
    if s.self_pid is None or s.self_key is None:
        return iter(())
    own = s.lids_of(s.self_pid)[:LOGS_PER_QUERY_MAX]
    marks = [mention_mark(s.self_key)]
    for lid in own:
        [(key,)] = s.conn.execute("SELECT key FROM logs WHERE lid = ?", (lid,)).fetchall()
        marks.append(answer_mark(key))
    match = any_of(marks)
    if own:
        match = f"({match}) NOT ({any_of(map(log_mark, own))})"
    return matching(s, match, span)


def _tag_mark(tag: str) -> str:
    mark = mark_of_tag("#" + tag.removeprefix("#"))
    if mark is None:
        raise BadRequest("not a tag; write tag:bread for #bread")
    return mark
