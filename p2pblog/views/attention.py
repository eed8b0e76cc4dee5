"""What happened that concerns whoever asks: grouped, newest first, in keyset pages.

Specified in docs/views.md and docs/api.md, "Notifications".  Three sources are merged: posts that
answer, mention or quote oneself (`callers`), likes, reposts and followers (bundles, by
subject and day), and polls that have ended.  Nobody whom one filters is told of, and mentions by
strangers wait elsewhere (the timeline "requests").
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any

from p2pblog.content.bodies import Post
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.core.limits import (
    LOGS_PER_QUERY_MAX,
    NOTICE_PEOPLE_MAX,
    NOTICE_PEOPLE_SHOWN,
    NOTICE_VOTES_MAX,
    PAGE_ENTRIES_MAX,
    PAGE_SCAN_MAX,
    PASSED_SCAN_MAX,
)
from p2pblog.core.textform import Kind
from p2pblog.views import lookup, people, rows
from p2pblog.views.acts import chosen, latest
from p2pblog.views.callers import told
from p2pblog.views.looked import is_seen
from p2pblog.views.places import PLACE_END, PLACES_PER_MS, first_place, from_cursor, to_cursor
from p2pblog.views.schema import FOLLOWS, LIKES, POST, REPOSTS, VOTES
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.spans import Span
from p2pblog.views.strangers import holds, is_stranger, named
from p2pblog.views.timelines import hides, limit_of, waiting

Row = dict[str, Any]
Spot = tuple[int, bytes]
"""Where a notification stands: a place, and what orders those of one place."""
Found = tuple[Spot, Callable[[], Row | None] | None]
"""A spot, and what makes the row there; None: nobody is told of it, for whom it is by."""

_NAMES = {LIKES: "like", REPOSTS: "repost", FOLLOWS: "follow"}
_KINDS = {name: kind for kind, name in _NAMES.items()}
_TIE_BYTES_MAX = 32
_CURSOR = re.compile(rf"([0-9a-f]+)(?:\.((?:[0-9a-f]{{2}}){{1,{_TIE_BYTES_MAX}}}))?")
_FIRST, _LAST = (-1, b""), (PLACE_END, b"")


def notifications(
    s: Snapshot,
    limit: int,
    before: str | None,
    after: str | None,
    start: str | None,
    now_ms: int,
    *,
    upward: bool = False,
) -> Row:
    """Return {notifications, next, requests}: a page, and how many posts by strangers wait.

    Args:
        limit: 1 to 200.
        before, after, start: cursors, as for a timeline.
        now_ms: the present; what ends later is not told yet.
        upward: those right above `after` instead of the newest; `next` goes on as `after`.
    Raises:
        BadRequest: a limit out of range, not a cursor.
    """
    wanted = limit_of(limit)
    low = _FIRST if after is None else _spot(after)
    high = _LAST if before is None else _spot(before)
    if start is not None:
        place, tie = _spot(start)
        high = min(high, (place, tie + b"\0"))
    shown: list[Row] = []
    last = None
    following = None
    looked_at = passed = 0
    for spot, make in _merged(s, low, high, now_ms, upward=upward):
        if len(shown) == wanted or looked_at == PAGE_SCAN_MAX or passed == PASSED_SCAN_MAX:
            following = last
            break
        last = _to_cursor(spot)
        if make is None:
            passed += 1
            continue
        looked_at += 1
        if (row := make()) is not None:
            shown.append(row | {"cursor": last})
    if upward:
        shown.reverse()
    return {"notifications": shown, "next": following, "requests": waiting(s)}


def notified_people(s: Snapshot, notification: str) -> Row:
    """Return {people} of a notification, by its id: the latest first, at most 200.

    Raises:
        NotFound: it is not, or no longer, there; or it is about no people.
        BadRequest: that is the id of none.
    """
    what, *about = notification.split(":")
    kind, subject = _KINDS.get(what), s.self_pid
    day = about[-1] if about else ""
    if kind is None or not day.isdecimal() or not day.isascii() or len(day) > 8:
        raise BadRequest("that notification names no people")
    if kind != FOLLOWS:
        n = lookup.entry(s, about[0])
        found = s.conn.execute(
            "SELECT r.rid FROM entries e JOIN refs r ON r.id = e.id WHERE e.n = ?", (n,)
        ).fetchone()
        subject = found and found[0]
    actors = _actors(s, kind, subject, int(day))
    if not actors:
        raise NotFound("that notification is not there any more")
    return {"people": [people.person(s, actor) for actor, *_ in actors[:PAGE_ENTRIES_MAX]]}


def _merged(s: Snapshot, low: Spot, high: Spot, now_ms: int, *, upward: bool) -> Iterator[Found]:
    """Yield what stands between two spots, both outside, the newest first or last (`upward`)."""
    if s.self_pid is None:
        return
    sources: tuple[Iterable[Found], ...] = (
        _posts(s, low, high, upward=upward),
        _bundles(s, low, high, upward=upward),
        _polls(s, now_ms, upward=upward),
    )
    for spot, make in heapq.merge(*sources, key=itemgetter(0), reverse=not upward):
        if low < spot < high:
            yield spot, make


# --- posts ---------------------------------------------------------------------------


def _posts(s: Snapshot, low: Spot, high: Spot, *, upward: bool) -> Iterator[Found]:
    own = _own_logs(s)
    for place, n, is_passed in told(s, Span(low[0] - 1, high[0] + 1, upward)):
        yield (place, b""), None if is_passed else partial(_post, s, n, own)


def _post(s: Snapshot, n: int, own: set[bytes]) -> Row | None:
    [(data, kind, place)] = s.conn.execute(
        "SELECT body, kind, place FROM entries WHERE n = ?", (n,)
    ).fetchall()
    entry = rows.entry(s, n)
    post = rows.body_of(kind, data)
    if hides(entry) or not isinstance(post, Post):
        return None
    what = "mention"
    if post.reply is not None and post.reply.log in own:
        what = "reply"
    elif post.quote is not None and post.quote.log in own:
        what = "quote"
    mark = f"post:{entry['id']}"
    seen = is_seen(s, mark, place, lambda: n)
    return _row(what, mark, mark, entry["time_ms"], entry, seen=seen, rings=True)


def _own_logs(s: Snapshot) -> set[bytes]:
    rows = s.conn.execute(
        "SELECT key FROM logs WHERE person = ? ORDER BY lid LIMIT ?",
        (s.self_pid, LOGS_PER_QUERY_MAX),
    )
    return {key for (key,) in rows}


# --- likes, reposts, followers ---------------------------------------------------------


def _bundles(s: Snapshot, low: Spot, high: Spot, *, upward: bool) -> Iterator[Found]:
    order = "at_ms, tie" if upward else "at_ms DESC, tie DESC"
    found = s.conn.execute(
        "SELECT kind, subject, day, at_ms, tie FROM bundles"  # noqa: S608
        f" WHERE at_ms BETWEEN ? AND ? ORDER BY {order}",
        (low[0] // PLACES_PER_MS, high[0] // PLACES_PER_MS),
    )
    for kind, subject, day, at_ms, tie in found:
        yield (
            (first_place(at_ms), tie),
            lambda kind=kind, subject=subject, day=day: _bundle(s, kind, subject, day),  # type: ignore[misc]
        )


def _bundle(s: Snapshot, kind: int, subject: int, day: int) -> Row | None:
    actors = _actors(s, kind, subject, day)
    if not actors:
        return None
    entry, about = None, ""
    if kind != FOLLOWS:
        [(entry_id,)] = s.conn.execute("SELECT id FROM refs WHERE rid = ?", (subject,))
        if (n := lookup.by_id(s, entry_id)) is None:
            return None
        entry = rows.entry(s, n)
        about = f"{entry['id']}:"
    shown = actors[:NOTICE_PEOPLE_SHOWN]
    latest_pid, time_ms, *_ = actors[0]
    name = f"{_NAMES[kind]}:{about}{day}"
    # Who likes a post that others liked that day makes it new again.
    mark = f"{name}:{time_ms:x}"
    return _row(
        _NAMES[kind],
        name,
        mark,
        time_ms,
        entry,
        seen=is_seen(s, mark, first_place(time_ms), lambda: _said(s, kind, subject, latest_pid)),
        people=[named(s, pid, key, name) for pid, _, key, name in shown],
        count=len(actors),
        # Of friends' friends only those shown are looked for, of friends all.
        rings=any(holds(s, pid) for pid, *_ in actors)
        or any(not is_stranger(s, pid) for pid, *_ in shown),
    )


def _said(s: Snapshot, kind: int, subject: int, actor: int) -> int:
    """Return the arrival number of the entry in which somebody said so."""
    act = latest(s.conn, kind, subject, actor)
    return 0 if act is None else act.n


def _actors(
    s: Snapshot, kind: int, subject: int | None, day: int
) -> list[tuple[int, int, bytes, str | None]]:
    """Return (pid, ms, key, name) of those who did so that day, but for whom one filters."""
    found = s.conn.execute(
        "SELECT p.pid, a.at_ms, p.key, p.name FROM notices a JOIN people p ON p.pid = a.actor"
        " WHERE a.kind = ? AND a.subject = ? AND a.day = ?"
        " ORDER BY a.at_ms DESC, p.key LIMIT ?",
        (kind, subject, day, NOTICE_PEOPLE_MAX),
    )
    concerns = s.lens.filters.concerns
    return [row for row in found if not concerns(s.text(Kind.IDENTITY, row[2]))]


# --- polls ---------------------------------------------------------------------------


def _polls(s: Snapshot, now_ms: int, *, upward: bool) -> Iterator[Found]:
    """Yield the polls that oneself made or voted in, and that have ended."""
    ended = dict(
        s.conn.execute(
            "SELECT p.n, p.until_ms FROM logs l CROSS JOIN polls p ON p.lid = l.lid"
            " WHERE l.person = ? AND p.until_ms <= ? ORDER BY p.until_ms DESC LIMIT ?",
            (s.self_pid, now_ms, NOTICE_VOTES_MAX),
        ).fetchall()
    )
    voted = chosen(s.conn, VOTES, s.self_pid) if s.self_pid is not None else []
    for rid in voted[-NOTICE_VOTES_MAX:]:
        ended |= dict(
            s.conn.execute(
                "SELECT p.n, p.until_ms FROM refs r CROSS JOIN entries e CROSS JOIN polls p"
                " WHERE r.rid = ? AND substr(e.id, 1, 8) = substr(r.id, 1, 8) AND e.id = r.id"
                " AND p.n = e.n AND p.until_ms <= ?",
                (rid, now_ms),
            ).fetchall()
        )
    spots = [((first_place(until_ms), b"v" + _id(s, n)), n) for n, until_ms in ended.items()]
    for spot, n in sorted(spots, reverse=not upward):
        yield spot, lambda n=n: _poll(s, n, ended[n])  # type: ignore[misc]


def _poll(s: Snapshot, n: int, until_ms: int) -> Row | None:
    [(kind, place)] = s.conn.execute("SELECT kind, place FROM entries WHERE n = ?", (n,))
    if kind != POST or place is None:
        return None
    entry = rows.entry(s, n)
    if hides(entry) or s.lens.filters.concerns(entry["author"] or ""):
        return None
    mark = f"poll:{entry['id']}"
    seen = is_seen(s, mark, first_place(until_ms), lambda: n)
    return _row("poll", mark, mark, until_ms, entry, seen=seen, rings=True)


def _id(s: Snapshot, n: int) -> bytes:
    [(entry_id,)] = s.conn.execute("SELECT id FROM entries WHERE n = ?", (n,)).fetchall()
    short: bytes = entry_id[:12]
    return short


# --- what they share -------------------------------------------------------------------


def _row(
    what: str,
    name: str,
    mark: str,
    time_ms: int,
    entry: Row | None,
    *,
    people: list[Row] | None = None,
    count: int = 0,
    seen: bool,
    rings: bool,
) -> Row:
    return {
        "what": what,
        "id": name,
        "mark": mark,
        "seen": seen,
        "time_ms": time_ms,
        "entry": entry,
        "people": people or [],
        "count": count,
        "rings": rings,
    }


def _to_cursor(spot: Spot) -> str:
    place, tie = spot
    return f"{to_cursor(place)}.{tie.hex()}" if tie else to_cursor(place)


def _spot(cursor: object) -> Spot:
    match = _CURSOR.fullmatch(cursor) if isinstance(cursor, str) else None
    place = from_cursor(match[1] if match else cursor)
    return place, bytes.fromhex(match[2] or "") if match else b""
