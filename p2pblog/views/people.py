"""People as the local API shows them.

Specified in docs/api.md, "person".
"""

from __future__ import annotations

from typing import Any

from p2pblog.core.encoding import decode, encode
from p2pblog.core.textform import Kind
from p2pblog.views.acts import latest
from p2pblog.views.schema import END, FOLLOWS
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.strangers import imitated
from p2pblog.views.timelines import limit_of

_NONE = encode([])
_COLUMNS = "pid, key, name, bio, fields, near, posts, following, followers, last_ms"


def person(s: Snapshot, pid: int) -> dict[str, Any]:
    """Return one person by number."""
    select = f"SELECT {_COLUMNS} FROM people WHERE pid = ?"  # noqa: S608
    return _row(s, *s.conn.execute(select, (pid,)).fetchone())


def people(s: Snapshot, *, near: bool, limit: int) -> dict[str, Any]:
    """Return {people}: others of whom something is here.

    Those met on the LAN come first (with `near`, only they), then the most recently active.
    """
    only = "near AND" if near else ""
    found = s.conn.execute(
        f"SELECT {_COLUMNS} FROM people"  # noqa: S608
        f" WHERE {only} last_ms IS NOT NULL AND pid IS NOT ?"
        " ORDER BY near DESC, last_ms DESC LIMIT ?",
        (s.self_pid, limit_of(limit)),
    ).fetchall()
    return {"people": [_row(s, *row) for row in found]}


def _row(
    s: Snapshot,
    pid: int,
    key: bytes,
    name: str | None,
    bio: str | None,
    fields: bytes | None,
    near: int,
    posts: int,
    following: int,
    followers: int,
    last_ms: int | None,
) -> dict[str, Any]:
    return {
        "identity": s.text(Kind.IDENTITY, key),
        "name": name or "",
        "looks_like": imitated(s, pid, name),
        "bio": bio or "",
        "fields": [{"name": one, "value": said} for one, said in decode(fields or _NONE)],
        "self": pid == s.self_pid,
        "followed": s.said_by_self(FOLLOWS, pid),
        "follows_me": _follows_self(s, pid),
        "near": bool(near),
        "forked": _is_forked(s, pid),
        "posts": posts,
        "following": following,
        "followers": followers,
        "last_ms": last_ms,
    }


def _is_forked(s: Snapshot, pid: int) -> bool:
    found = s.conn.execute("SELECT 1 FROM logs WHERE person = ? AND fork < ?", (pid, END))
    return found.fetchone() is not None


def _follows_self(s: Snapshot, pid: int) -> bool:
    if s.self_pid is None or pid == s.self_pid:
        return False
    act = latest(s.conn, FOLLOWS, s.self_pid, pid)
    return act is not None and bool(act.active)
