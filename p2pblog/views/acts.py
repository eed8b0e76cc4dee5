"""Likes, reposts, follows, votes, pins, edits: what each identity said last about a subject.

Specified in docs/views.md.  Entries come in any order, so each log's latest seq is kept per
subject; what else it said about it is put by, for the last word may turn out to count for
nothing.  Of an identity's devices, the one with the largest (time_ms, log, seq) is right.
Counts are of identities, kept up to date here, so that reading them costs nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import NamedTuple

from p2pblog.views.schema import EDITS, FOLLOWS, LIKES, REPOSTS

_COUNTS = {
    LIKES: "UPDATE refs SET likes = likes + ? WHERE rid = ?",
    REPOSTS: "UPDATE refs SET reposts = reposts + ? WHERE rid = ?",
    FOLLOWS: "UPDATE people SET followers = followers + ? WHERE pid = ?",
}


class Act(NamedTuple):
    """What an actor said last about a subject; n: the arrival number of that entry.

    active: whether it is so; of a vote, a bit for each answer chosen.
    time_ms: when, as that entry says.
    """

    active: int
    n: int
    time_ms: int


def latest(conn: sqlite3.Connection, kind: int, subject: int, actor: int) -> Act | None:
    """Return the act that counts of an actor (pid, or -lid) on a subject (rid or pid)."""
    row = conn.execute(
        "SELECT a.active, a.n, a.time_ms FROM acts a JOIN logs l ON l.lid = a.lid"
        " WHERE a.kind = ? AND a.subject = ? AND a.actor = ?"
        " ORDER BY a.time_ms DESC, l.key DESC LIMIT 1",
        (kind, subject, actor),
    ).fetchone()
    return None if row is None else Act(*row)


def chosen(conn: sqlite3.Connection, kind: int, pid: int) -> list[int]:
    """Return the subjects of which an identity's last word is that it is so."""
    # Left to itself SQLite walks over everybody's follows.
    rows = conn.execute(
        "SELECT a.subject, a.active FROM acts a INDEXED BY acts_actor JOIN logs l ON l.lid = a.lid"
        " WHERE a.actor = ? AND a.kind = ? ORDER BY a.time_ms, l.key",
        (pid, kind),
    )
    said = dict(rows.fetchall())  # of several devices, the last row stays
    return [subject for subject, active in said.items() if active]


def followed(conn: sqlite3.Connection, pid: int) -> set[int]:
    """Return whom an identity follows (pids)."""
    return {subject for subject in chosen(conn, FOLLOWS, pid) if subject != pid}


class Acts:
    """Keeps the table `acts` and what depends on it; for the one writer."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        show: Callable[[int], object],
        hide: Callable[[int], None],
        revise: Callable[[int], None],
        notice: Callable[[int, int, int, Act | None], None],
    ) -> None:
        """Take the functions that carry out what an act means.

        Args:
            show, hide: put a repost (by n) into timelines, and take it out.
            revise: hears of which entry (rid) another version may count.
            notice: hears what an actor says last now: kind, subject, actor, act.
        """
        self._conn = conn
        self._show = show
        self._hide = hide
        self._revise = revise
        self._notice = notice
        self.followers: set[int] = set()

    def take_followers(self) -> set[int]:
        """Return the identities (pids) that began or ceased to follow since the last call."""
        changed, self.followers = self.followers, set()
        return changed

    def put(
        self,
        kind: int,
        subject: int,
        *,
        lid: int,
        actor: int,
        seq: int,
        time_ms: int,
        active: int,
        n: int,
    ) -> None:
        """Take in what entry `seq` of a log says about a subject."""
        known = self._conn.execute(
            "SELECT seq FROM acts WHERE kind = ? AND subject = ? AND actor = ? AND lid = ?",
            (kind, subject, actor, lid),
        ).fetchone()
        if known is not None and known[0] >= seq:
            self.put_by(kind, subject, lid=lid, seq=seq, time_ms=time_ms, active=active, n=n)
            return
        before = latest(self._conn, kind, subject, actor)
        if known is not None:
            self._put_by_current(kind, subject, actor, lid)
        self._conn.execute(
            "INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (kind, subject, actor, lid, seq, time_ms, active, n),
        )
        self._settle(kind, subject, actor, before)

    def put_by(
        self, kind: int, subject: int, *, lid: int, seq: int, time_ms: int, active: int, n: int
    ) -> None:
        """Keep what an entry says about a subject, though it counts for nothing now."""
        self._conn.execute(
            "INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?, ?, ?, ?)",
            (lid, kind, subject, seq, time_ms, active, n),
        )

    def judge(self, lid: int, actor: int, first: int, void: int) -> None:
        """Find each last word of a log anew, from entry `first` on: void ones do not count."""
        touched = self._conn.execute(
            "SELECT kind, subject FROM acts WHERE lid = ?1 AND seq >= ?2"
            " UNION SELECT kind, subject FROM said WHERE lid = ?1 AND seq >= ?2",
            (lid, first),
        ).fetchall()
        for kind, subject in touched:
            self._choose(kind, subject, actor, lid, void)

    def drop(self, lid: int, actor: int, seq: int, void: int) -> None:
        """Take back for good what an entry, now erased, said about a subject."""
        self._conn.execute("DELETE FROM said WHERE lid = ? AND seq = ?", (lid, seq))
        current = self._conn.execute(
            "SELECT kind, subject FROM acts WHERE lid = ? AND seq = ?", (lid, seq)
        ).fetchone()
        if current is not None:
            kind, subject = current
            self._choose(kind, subject, actor, lid, void, gone=seq)

    def _choose(
        self, kind: int, subject: int, actor: int, lid: int, void: int, gone: int = 0
    ) -> None:
        """Make a log's newest act on a subject that counts its last word; `gone` goes."""
        before = latest(self._conn, kind, subject, actor)
        self._put_by_current(kind, subject, actor, lid)
        if gone:
            self._conn.execute("DELETE FROM said WHERE lid = ? AND seq = ?", (lid, gone))
        word = (lid, kind, subject)
        best = self._conn.execute(
            "SELECT seq, time_ms, active, n FROM said"
            " WHERE lid = ? AND kind = ? AND subject = ? AND seq < ? ORDER BY seq DESC LIMIT 1",
            (*word, void),
        ).fetchone()
        if best is not None:
            self._conn.execute(
                "DELETE FROM said WHERE lid = ? AND kind = ? AND subject = ? AND seq = ?",
                (*word, best[0]),
            )
            self._conn.execute(
                "INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, subject, actor, lid, *best),
            )
        self._settle(kind, subject, actor, before)

    def _put_by_current(self, kind: int, subject: int, actor: int, lid: int) -> None:
        where = "WHERE kind = ? AND subject = ? AND actor = ? AND lid = ?"
        word = (kind, subject, actor, lid)
        self._conn.execute(
            "INSERT OR REPLACE INTO said SELECT lid, kind, subject, seq, time_ms, active, n"  # noqa: S608
            f" FROM acts {where}",
            word,
        )
        self._conn.execute(f"DELETE FROM acts {where}", word)  # noqa: S608

    def move(self, lid: int, old: int, new: int) -> None:
        """Give what a log said to another actor, since its identity has become known."""
        said = self._conn.execute(
            "SELECT kind, subject FROM acts WHERE actor = ? AND lid = ?", (old, lid)
        ).fetchall()
        for kind, subject in said:
            before_old = latest(self._conn, kind, subject, old)
            before_new = latest(self._conn, kind, subject, new)
            self._conn.execute(
                "UPDATE acts SET actor = ?"
                " WHERE kind = ? AND subject = ? AND actor = ? AND lid = ?",
                (new, kind, subject, old, lid),
            )
            # In this order: what the old actor no longer shows, the new one may.
            self._settle(kind, subject, old, before_old)
            self._settle(kind, subject, new, before_new)

    def _settle(self, kind: int, subject: int, actor: int, before: Act | None) -> None:
        after = latest(self._conn, kind, subject, actor)
        was = before is not None and bool(before.active)
        now = after is not None and bool(after.active)
        if kind == REPOSTS and before != after:
            if before is not None and was:
                self._hide(before.n)
            if after is not None and now:
                self._show(after.n)
        if kind == EDITS and before != after:
            self._revise(subject)
        if kind in _COUNTS and before != after:
            self._notice(kind, subject, actor, after)
        if kind not in _COUNTS or was == now or actor < 0 or (kind == FOLLOWS and subject == actor):
            return  # only identities count, and nobody follows themselves
        change = 1 if now else -1
        self._conn.execute(_COUNTS[kind], (change, subject))
        if kind == FOLLOWS:
            self._conn.execute(
                "UPDATE people SET following = following + ? WHERE pid = ?", (change, actor)
            )
            self.followers.add(actor)
