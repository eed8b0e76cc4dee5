"""Which posts address oneself, and whether somebody one knows of wrote them: kept as it is said.

Specified in docs/views.md, "Notifications".  Strangers may address anybody as often as they like.
So what they say stands apart, and neither what friends say nor how much of it there is is looked
for among it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from p2pblog.core.limits import LOGS_PER_QUERY_MAX
from p2pblog.views.marks import answer_mark, any_of, mention_mark
from p2pblog.views.schema import BY_KNOWN, BY_NOBODY, BY_STRANGER
from p2pblog.views.strangers import is_known

_ADDRESSED = (" a", " m")  # what the marks of posts that address somebody have in them


def put(conn: sqlite3.Connection, said: Iterable[tuple[int, str]]) -> None:
    """Take in those of new posts (place, marks) that address oneself; then settle."""
    addressed = [(place, marks) for place, marks in said if any(a in marks for a in _ADDRESSED)]
    if not addressed:
        return
    own = set(own_marks(conn))
    for place, marks in addressed:
        if not own.isdisjoint(marks.split(" ")):
            _insert(conn, place)


def take_out(conn: sqlite3.Connection, place: int) -> None:
    """Let go of what the post at a place said."""
    conn.execute("DELETE FROM calls WHERE place = ?", (place,))


def begin_anew(conn: sqlite3.Connection) -> None:
    """Find everything again, for oneself is somebody else or has other devices; then settle."""
    conn.execute("DELETE FROM calls")
    if marks := own_marks(conn):
        select = "SELECT rowid FROM words WHERE words MATCH ?"
        for (place,) in conn.execute(select, (any_of(marks),)).fetchall():
            _insert(conn, place)


def own_marks(conn: sqlite3.Connection) -> list[str]:
    """Return the marks of what addresses oneself: the identity, or the log of a device."""
    rows = conn.execute(
        "SELECT m.value, l.key FROM meta m LEFT JOIN people p ON p.key = m.value"
        " LEFT JOIN logs l ON l.person = p.pid"
        " WHERE m.name = 'self' AND m.value IS NOT NULL ORDER BY l.lid LIMIT ?",
        (LOGS_PER_QUERY_MAX,),
    ).fetchall()
    mentions = [mention_mark(identity) for identity, _ in rows[:1]]
    return [*mentions, *(answer_mark(log) for _, log in rows if log is not None)]


def _insert(conn: sqlite3.Connection, place: int) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO calls SELECT e.place, e.lid, NULL"
        " FROM entries e JOIN logs l ON l.lid = e.lid WHERE e.place = ? AND l.person IS NOT"
        " (SELECT p.pid FROM meta m JOIN people p ON p.key = m.value WHERE m.name = 'self')",
        (place,),
    )


# --- by whom --------------------------------------------------------------------------------


def doubt_person(conn: sqlite3.Connection, actor: int, pid: int) -> None:
    """Have it found again whether somebody is a stranger whom an actor follows, or no longer."""
    if conn.execute("SELECT 1 FROM circle WHERE pid = ?", (actor,)).fetchone() is not None:
        conn.execute(
            "UPDATE calls SET who = NULL WHERE lid IN (SELECT lid FROM logs WHERE person = ?)",
            (pid,),
        )


def doubt_logs(conn: sqlite3.Connection, lids: Iterable[int]) -> None:
    """Have it found again whether those are strangers whose logs these are."""
    conn.executemany("UPDATE calls SET who = NULL WHERE lid = ?", ((lid,) for lid in lids))


def doubt_all(conn: sqlite3.Connection) -> None:
    """Have it found again of everybody whether they are strangers."""
    conn.execute("UPDATE calls SET who = NULL")


def settle(conn: sqlite3.Connection, self_pid: int | None) -> None:
    """Find who is a stranger where that is not known, or in doubt."""
    rows = conn.execute(
        "SELECT DISTINCT c.lid, l.person FROM calls c JOIN logs l ON l.lid = c.lid"
        " WHERE c.who IS NULL"
    ).fetchall()
    known = {pid: is_known(conn, self_pid, pid) for pid in {pid for _, pid in rows} - {None}}
    for lid, pid in rows:
        who = BY_NOBODY if pid is None else BY_KNOWN if known[pid] else BY_STRANGER
        conn.execute("UPDATE calls SET who = ? WHERE lid = ?", (who, lid))
