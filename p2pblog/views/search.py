"""Search: which entries answer a query, newest first, a bounded number of them a page.

Specified in docs/views.md.  What the search index knows it finds by itself.  What it does not
know, what somebody keeps for themselves, is compared entry by entry, and so many at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any

from p2pblog.core.limits import LIKES_READ_MAX, PAGE_SCAN_MAX, SEARCH_CHECKS_MAX, SEARCH_SCAN_MAX
from p2pblog.views.places import to_cursor
from p2pblog.views.query import Query, read_query
from p2pblog.views.rows import entry
from p2pblog.views.schema import LIKES
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.spans import Span
from p2pblog.views.timelines import limit_of, span_of

Candidate = tuple[int, int | None, bytes]
"""An entry: its place, its number (None: it does not answer), its id."""

_SHORT = 8  # bytes of an id in its index
_IDS_AT_ONCE = 500


def search(
    s: Snapshot,
    typed: str,
    limit: int,
    before: str | None,
    *,
    now_ms: int,
    zone: tzinfo | None,
) -> dict[str, Any]:
    """Return {entries, next} of what is found, newest first.

    Where most of it is not among what somebody keeps, a page has less than `limit`, or
    nothing, and `next` goes on.

    Args:
        now_ms, zone: the present, and where days begin (None: the zone of the machine).
    Raises:
        BadRequest: nothing to look for, not understood, too long, or it takes too long.
        NotFound, Ambiguous: of `from:` or `list:`, whom.
    """
    checked = limit_of(limit)
    query = read_query(s, typed, now_ms=now_ms, zone=zone)
    span = span_of(before, None)
    span = Span(max(span.low, query.low), min(span.high, query.high))
    candidates, most = _candidates(s, query, span)
    unwanted = {one for what in query.outside for one in _kept(s, what)}
    shown: list[dict[str, Any]] = []
    last = 0
    for looked_at, (place, n, entry_id) in enumerate(candidates):
        if len(shown) == checked or looked_at == most:
            return {"entries": shown, "next": to_cursor(last)}
        last = place
        if n is not None and entry_id not in unwanted:
            shown.append(entry(s, n))
    return {"entries": shown, "next": None}


def _candidates(s: Snapshot, query: Query, span: Span) -> tuple[Iterable[Candidate], int]:
    """Return what may answer, newest first, and at how much of it a page looks."""
    if not query.inside:
        return _matching(s, query.match, span), PAGE_SCAN_MAX
    inside = set.intersection(*({*_kept(s, what)} for what in query.inside))
    placed = _placed(s, [*inside], span)
    if query.wanted and len(placed) > SEARCH_CHECKS_MAX:
        # Of so many, it costs less to look whether what has the words is among them.
        return _among(s, query.match, span, placed), SEARCH_SCAN_MAX
    match = query.match or " OR ".join(query.unwanted)
    if not match:
        return placed, SEARCH_SCAN_MAX
    return _checked(s, placed, match, bool(query.wanted)), SEARCH_CHECKS_MAX


def _matching(s: Snapshot, match: str, span: Span) -> Iterable[Candidate]:
    """Yield what a query of the search index finds."""
    return s.conn.execute(
        "SELECT e.place, e.n, e.id FROM words w JOIN entries e ON e.place = w.rowid"
        " WHERE w.words MATCH ? AND w.rowid > ? AND w.rowid < ? ORDER BY w.rowid DESC",
        (match, span.low, span.high),
    )


def _among(s: Snapshot, match: str, span: Span, placed: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield what a query of the search index finds, with n where it is among some entries."""
    known = {one[0]: one for one in placed}
    rows = s.conn.execute(
        "SELECT rowid FROM words WHERE words MATCH ? AND rowid > ? AND rowid < ?"
        " ORDER BY rowid DESC",
        (match, span.low, span.high),
    )
    return (known.get(place, (place, None, b"")) for (place,) in rows)


def _checked(
    s: Snapshot, placed: Iterable[Candidate], match: str, wanted: bool
) -> Iterator[Candidate]:
    """Yield the entries, without n where a query finds them and should not, or the reverse."""
    for place, n, entry_id in placed:
        found = next(iter(_matching(s, match, Span(place - 1, place + 1))), None) is not None
        yield place, n if found is wanted else None, entry_id


def _kept(s: Snapshot, what: str) -> Iterable[bytes]:
    """Return the ids of what somebody has bookmarked, or likes."""
    if what == "bookmarks":
        return s.lens.bookmarks
    # Of several devices that said something about an entry, the last one is right.
    rows = s.conn.execute(
        "SELECT r.id, a.active FROM acts a INDEXED BY acts_actor"
        " JOIN refs r ON r.rid = a.subject JOIN logs l ON l.lid = a.lid"
        " WHERE a.actor = ? AND a.kind = ? ORDER BY a.time_ms DESC, l.key DESC LIMIT ?",
        (s.self_pid, LIKES, LIKES_READ_MAX),
    )
    last: dict[bytes, int] = {}
    for entry_id, active in rows:
        last.setdefault(entry_id, active)
    return [entry_id for entry_id, active in last.items() if active]


def _placed(s: Snapshot, ids: list[bytes], span: Span) -> list[Candidate]:
    """Return those of these entries that stand between two places, newest first."""
    found: list[Candidate] = []
    for at in range(0, len(ids), _IDS_AT_ONCE):
        some = ids[at : at + _IDS_AT_ONCE]
        asked = ",".join("?" * len(some))
        found += s.conn.execute(
            f"SELECT place, n, id FROM entries WHERE substr(id, 1, 8) IN ({asked})"  # noqa: S608
            f" AND id IN ({asked}) AND place > ? AND place < ?",
            (*(one[:_SHORT] for one in some), *some, span.low, span.high),
        )
    return sorted(found, reverse=True)
