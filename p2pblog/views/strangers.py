"""Oneself and whom one follows: who is a stranger to them, and whose name imitates one of theirs.

Specified in docs/views.md.  The circle and the looks of its names are written out, so that a page
asks for a few rows, whoever writes there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from p2pblog.core.textform import Kind
from p2pblog.views.acts import latest
from p2pblog.views.looks import looks_of, readings_of
from p2pblog.views.schema import FOLLOWS
from p2pblog.views.snapshot import Snapshot


def refresh(conn: sqlite3.Connection, people: Collection[int]) -> bool:
    """Make the circle these people (pids), oneself among them; for the one writer.

    Returns whether others were of it before.
    """
    known = {pid for (pid,) in conn.execute("SELECT pid FROM circle")}
    for pid in known.difference(people):
        conn.execute("DELETE FROM circle WHERE pid = ?", (pid,))
        conn.execute("DELETE FROM looks WHERE pid = ?", (pid,))
    for pid in set(people) - known:
        conn.execute("INSERT INTO circle VALUES (?)", (pid,))
        renamed(conn, pid)
    return known != set(people)


def renamed(conn: sqlite3.Connection, pid: int) -> None:
    """Write down what somebody's name looks like, if they are of the circle."""
    row = conn.execute("SELECT p.name FROM circle JOIN people p USING (pid) WHERE pid = ?", (pid,))
    for (name,) in row.fetchall():
        wanted = looks_of(name or "")
        rows = conn.execute("SELECT look FROM looks WHERE pid = ?", (pid,)).fetchall()
        if wanted != {look for (look,) in rows}:
            conn.execute("DELETE FROM looks WHERE pid = ?", (pid,))
            conn.executemany("INSERT INTO looks VALUES (?, ?)", ((look, pid) for look in wanted))


def holds(s: Snapshot, pid: int) -> bool:
    """Tell whether somebody is oneself, or followed."""
    return s.conn.execute("SELECT 1 FROM circle WHERE pid = ?", (pid,)).fetchone() is not None


def named(s: Snapshot, pid: int, key: bytes, name: str | None) -> dict[str, Any]:
    """Return {identity, name, looks_like} of somebody as the local API gives them."""
    identity = s.text(Kind.IDENTITY, key)
    return {"identity": identity, "name": name or "", "looks_like": imitated(s, pid, name)}


def imitated(s: Snapshot, pid: int | None, name: str | None) -> dict[str, Any] | None:
    """Return whose name somebody else's (pid, with that name) looks like: {identity, name, self}.

    Whom one follows imitates nobody: one has chosen them.
    """
    if pid is None or not name:
        return None
    if pid not in s.imitated:
        s.imitated[pid] = _imitated(s, pid, name)
    return s.imitated[pid]


def _imitated(s: Snapshot, pid: int, name: str) -> dict[str, Any] | None:
    readings = sorted(readings_of(name))
    asked = ", ".join("?" * len(readings))
    found = s.conn.execute(
        "SELECT p.pid, p.key, p.name FROM looks JOIN people p USING (pid)"  # noqa: S608
        f" WHERE look IN ({asked}) ORDER BY p.pid IS NOT ?, p.key LIMIT 1",
        (*readings, s.self_pid),
    ).fetchone()
    if found is None or holds(s, pid):
        return None
    one, key, called = found
    identity = s.text(Kind.IDENTITY, key)
    return {"identity": identity, "name": called or "", "self": one == s.self_pid}


def is_stranger(s: Snapshot, pid: int) -> bool:
    """Tell whether somebody is neither of the circle, nor followed by one of it nor welcome."""
    if pid not in s.strangers:
        s.strangers[pid] = not (_is_welcome(s, pid) or is_known(s.conn, s.self_pid, pid))
    return s.strangers[pid]


def _is_welcome(s: Snapshot, pid: int) -> bool:
    [(key,)] = s.conn.execute("SELECT key FROM people WHERE pid = ?", (pid,)).fetchall()
    return key in s.lens.welcome


def is_known(conn: sqlite3.Connection, self_pid: int | None, pid: int) -> bool:
    """Tell whether somebody is of the circle, or followed by one whom oneself (pid) follows."""
    if conn.execute("SELECT 1 FROM circle WHERE pid = ?", (pid,)).fetchone() is not None:
        return True
    [(followers,)] = conn.execute("SELECT followers FROM people WHERE pid = ?", (pid,)).fetchall()
    [(size,)] = conn.execute("SELECT count(*) FROM circle").fetchall()
    # From the side where there are fewer: those who follow somebody, or the circle.
    tables = "acts a CROSS JOIN circle c" if followers < size else "circle c CROSS JOIN acts a"
    rows = conn.execute(
        f"SELECT a.actor FROM {tables} WHERE a.kind = ? AND a.subject = ?"  # noqa: S608
        " AND a.actor = c.pid AND a.active AND c.pid IS NOT ?",
        (FOLLOWS, pid, self_pid),
    )
    for (actor,) in rows:
        act = latest(conn, FOLLOWS, pid, actor)
        if act is not None and act.active:
            return True
    return False
