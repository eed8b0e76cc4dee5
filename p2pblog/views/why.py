"""Why an entry is where it is read: facts, the first of which weigh most.

Specified in docs/api.md, "why".  Nothing here decides what a timeline shows; it says in other
words what decided that: whom one follows, who passed it on, its tags, one's lists, where its
author was met.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from p2pblog.content.bodies import Body, Post, Repost
from p2pblog.content.text import tags
from p2pblog.core.limits import WHY_NAMES_MAX
from p2pblog.core.textform import Kind
from p2pblog.views.acts import followed, latest
from p2pblog.views.conversations import people_answering
from p2pblog.views.lookup import by_id
from p2pblog.views.rows import body_of
from p2pblog.views.schema import FOLLOWS, REPOSTS
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.strangers import named
from p2pblog.views.versions import edit_in, merged

Reason = dict[str, Any]
# What is said first where a timeline has a reason of its own.
_FIRST = {
    "mentions": ("answers-you", "quotes-you", "mentions-you"),
    "tag": ("tag",),
    "list": ("list",),
    "bookmarks": ("bookmarked",),
    "conversations": ("conversation",),
}
_ALONE = "conversation"  # people may speak of what is here for no reason else


class _Found(NamedTuple):
    """An entry: its id, its author (pid, None while unknown), whether met on the LAN, its body."""

    id: bytes
    author: int | None
    near: bool
    body: Body | None


def why(s: Snapshot, n: int, *, view: str, now_ms: int, hours: int) -> dict[str, Any]:
    """Return {entry, author, name, looks_like, reasons} of an entry (n): why it is read.

    Args:
        view: the timeline in which it is read, or "".
        hours: how far back answers are counted.
    """
    shown = _found(s, n)
    post = shown
    if isinstance(shown.body, Repost) and shown.body.target is not None:
        target = by_id(s, shown.body.target.id)
        post = shown if target is None else _found(s, target)
    near = [] if s.self_pid is None else sorted(followed(s.conn, s.self_pid))
    reasons = [
        *_by_people(s, shown, post, set(near)),
        *_by_text(s, post, view),
        *_kept(s, post),
        *_met(s, shown, post, set(near)),
    ]
    if not reasons:
        reasons.append({"why": "held"})
    root = post.body.root or post.body.reply if isinstance(post.body, Post) else None
    first = post.id if root is None else root.id
    if people := people_answering(s, first, now_ms=now_ms, hours=hours):
        reasons.append({"why": _ALONE, "count": people, "hours": hours})
    asked = _FIRST.get(view.partition(":")[0], ())
    reasons.sort(key=lambda one: one["why"] not in asked)
    nobody = {"identity": None, "name": None, "looks_like": None}
    [author] = _people(s, [post.author]) or [nobody]
    return {
        "entry": s.text(Kind.ENTRY, shown.id),
        "author": author["identity"],
        "name": author["name"],
        "looks_like": author["looks_like"],
        "reasons": reasons,
    }


def _found(s: Snapshot, n: int) -> _Found:
    entry_id, pid, log_near, near, kind, data, edit_data = s.conn.execute(
        "SELECT e.id, l.person, l.near, p.near, e.kind, e.body, x.body"
        " FROM entries e JOIN logs l ON l.lid = e.lid LEFT JOIN people p ON p.pid = l.person"
        " LEFT JOIN versions v ON v.n = e.n LEFT JOIN entries x ON x.n = v.edit WHERE e.n = ?",
        (n,),
    ).fetchone()
    body = body_of(kind, data)
    if isinstance(body, Post) and (edit := edit_in(edit_data)) is not None:
        body = merged(body, edit)
    return _Found(entry_id, pid, bool(log_near or near), body)


def _by_people(s: Snapshot, shown: _Found, post: _Found, near: set[int]) -> Iterator[Reason]:
    """Yield who wrote it and who passed it on: oneself, and whom one follows."""
    if s.self_pid is None:
        return
    by = [pid for pid in _passing_on(s, post.id) if pid in near or pid == s.self_pid]
    by.sort(key=lambda pid: (pid != shown.author, pid))
    mine = [{"why": "passed-on-by-you"}] * (s.self_pid in by)
    theirs = [pid for pid in by if pid != s.self_pid]
    passed_on: list[Reason] = [*mine, *_named(s, "passed-on", theirs)]
    if shown is not post:
        yield from passed_on
    if post.author == s.self_pid:
        yield {"why": "own"}
    elif post.author in near:
        yield {"why": "followed"}
    if shown is post:
        yield from passed_on


def _passing_on(s: Snapshot, entry_id: bytes) -> list[int]:
    subject = s.conn.execute("SELECT rid FROM refs WHERE id = ?", (entry_id,)).fetchone()
    return [] if subject is None else list(_acting(s.conn, REPOSTS, subject[0]))


def _acting(conn: sqlite3.Connection, kind: int, subject: int) -> Iterator[int]:
    """Yield who of the circle (pids) says last of a subject that it is so.

    However many others do, the circle is what is gone through.
    """
    rows = conn.execute(
        "SELECT DISTINCT a.actor FROM circle c CROSS JOIN acts a"
        " WHERE a.kind = ? AND a.subject = ? AND a.actor = c.pid",
        (kind, subject),
    )
    for (actor,) in rows.fetchall():
        act = latest(conn, kind, subject, actor)
        if act is not None and act.active:
            yield actor


def _by_text(s: Snapshot, post: _Found, view: str) -> Iterator[Reason]:
    """Yield whom it addresses, and the tags that it bears."""
    if not isinstance(post.body, Post) or s.self_pid is None:
        return
    body, mine = post.body, post.author == s.self_pid
    if body.origin is None and not mine:  # an imported one addresses nobody
        for name, ref in (("answers-you", body.reply), ("quotes-you", body.quote)):
            if ref is not None and _owner(s, ref.log) == s.self_pid:
                yield {"why": name}
        if s.self_key in body.mentions:
            yield {"why": "mentions-you"}
    borne = tags(body.text)
    if follows := [tag for tag in borne if tag in s.lens.tags]:
        yield {"why": "tag", "tags": follows, "followed": True}
    elif view.removeprefix("tag:") in borne and view.startswith("tag:"):
        yield {"why": "tag", "tags": [view.removeprefix("tag:")], "followed": False}


def _owner(s: Snapshot, log: bytes) -> int | None:
    row = s.conn.execute("SELECT person FROM logs WHERE key = ?", (log,)).fetchone()
    return None if row is None else row[0]


def _kept(s: Snapshot, post: _Found) -> Iterator[Reason]:
    """Yield what oneself has done: lists, bookmarks."""
    key = _key(s, post.author)
    on = sorted(name for name, members in s.lens.lists.items() if key in members)
    if on:
        yield {"why": "list", "lists": on[:WHY_NAMES_MAX], "count": len(on)}
    if post.id in s.lens.bookmarks:
        yield {"why": "bookmarked"}


def _met(s: Snapshot, shown: _Found, post: _Found, near: set[int]) -> Iterator[Reason]:
    """Yield how somebody whom one does not follow came within reach."""
    if post.author is not None and post.author != s.self_pid and post.author not in near:
        theirs = [pid for pid in _acting(s.conn, FOLLOWS, post.author) if pid in near]
        yield from _named(s, "followed-by", theirs)
    for one in (post, shown):
        if one.near and (one.author is None or one.author != s.self_pid):
            yield {"why": "near", "people": _people(s, [one.author]), "count": 1}
            break


def _named(s: Snapshot, name: str, pids: list[int]) -> list[Reason]:
    if not pids:
        return []
    return [{"why": name, "people": _people(s, pids[:WHY_NAMES_MAX]), "count": len(pids)}]


def _people(s: Snapshot, pids: Iterable[int | None]) -> list[dict[str, Any]]:
    """Return {identity, name, looks_like} of people as the local API gives them."""
    rows = (
        s.conn.execute("SELECT pid, key, name FROM people WHERE pid = ?", (pid,)).fetchone()
        for pid in pids
    )
    return [named(s, *row) for row in rows if row is not None]


def _key(s: Snapshot, pid: int | None) -> bytes | None:
    row = s.conn.execute("SELECT key FROM people WHERE pid = ?", (pid,)).fetchone()
    return None if row is None else row[0]
