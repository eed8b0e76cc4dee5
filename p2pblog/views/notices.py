"""Who likes, passes on and follows oneself: kept as it is said, by subject and day.

Specified in docs/views.md, "Notifications".  What others say about oneself is little among all
that is said; it is written out, so that the newest of it is found at once.  A row stands here
exactly when its act does, and what it is about is one's own and shown, in whatever order these
came.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from p2pblog.content.bodies import Repost, parse
from p2pblog.core.errors import BadBody
from p2pblog.views import calls
from p2pblog.views.acts import Act, latest
from p2pblog.views.numbers import Numbers
from p2pblog.views.schema import FOLLOWS, LIKES, REPOSTS

DAY_MS = 24 * 3600 * 1000
LETTERS = {LIKES: b"l", REPOSTS: b"r", FOLLOWS: b"f"}
_TIE_BYTES = 12  # of an id: enough to give posts an order


class Notices:
    """Keeps `notices`, `bundles` and `refs.own`; for the one writer.

    Fields:
        received_ms: when what is being folded was received.
    """

    def __init__(self, conn: sqlite3.Connection, numbers: Numbers) -> None:
        self._conn = conn
        self._numbers = numbers
        self.received_ms: int | None = None

    def said(self, kind: int, subject: int, actor: int, act: Act | None) -> None:
        """Hear what an actor says last of a subject: a like, a repost or a follow."""
        own = self._numbers.self_pid
        if own is None or actor < 0 or actor == own:
            return
        if kind == FOLLOWS:
            calls.doubt_person(self._conn, actor, subject)
        if subject != own if kind == FOLLOWS else not self._is_own(subject):
            return
        if act is None or not act.active or (kind == REPOSTS and self._is_imported(act.n)):
            self._drop(kind, subject, actor)
        else:
            self._put(kind, subject, actor, act.time_ms)

    def shown(self, lid: int, entry_id: bytes) -> None:
        """Hear that an entry stands in timelines."""
        own = self._numbers.self_pid
        if own is None or self._numbers.actor(lid) != own:
            return
        [(rid, heard)] = self._conn.execute(
            "INSERT INTO refs(id, own) VALUES (?, 1) ON CONFLICT(id) DO UPDATE SET own = 1"
            " RETURNING rid, likes + reposts",
            (entry_id,),
        ).fetchall()
        if heard:
            self._hear(LIKES, rid)
            self._hear(REPOSTS, rid)

    def hidden(self, lid: int, entry_id: bytes) -> None:
        """Hear that an entry stands in no timeline any more."""
        if self._numbers.actor(lid) == self._numbers.self_pid:
            self._disown(entry_id)

    def moved(self, moved: Mapping[int, int]) -> None:
        """Hear that logs (lids) belong to another identity; with the actor that they were of."""
        own = self._numbers.self_pid
        calls.doubt_logs(self._conn, moved)
        if own is None:
            return
        mine = {lid: old for lid, old in moved.items() if own in (old, self._numbers.actor(lid))}
        if mine:
            calls.begin_anew(self._conn)
        for lid, old in mine.items():
            rows = self._conn.execute(
                "SELECT id FROM entries WHERE lid = ? AND place IS NOT NULL", (lid,)
            )
            for (entry_id,) in rows.fetchall():
                if old == own:
                    self._disown(entry_id)
                self.shown(lid, entry_id)

    def begin_anew(self) -> None:
        """Find everything again: it is about another person now."""
        self._conn.execute("DELETE FROM notices")
        self._conn.execute("DELETE FROM bundles")
        self._conn.execute("UPDATE refs SET own = 0 WHERE own")
        calls.begin_anew(self._conn)
        own = self._numbers.self_pid
        if own is not None:
            self._hear(FOLLOWS, own)
            rows = self._conn.execute("SELECT lid FROM logs WHERE person = ?", (own,))
            self.moved({lid: -lid for (lid,) in rows.fetchall()})

    def _is_own(self, rid: int) -> bool:
        row = self._conn.execute("SELECT own FROM refs WHERE rid = ?", (rid,)).fetchone()
        return row is not None and bool(row[0])

    def _is_imported(self, n: int) -> bool:
        """Tell whether a repost comes from elsewhere: that notifies nobody."""
        row = self._conn.execute("SELECT body FROM entries WHERE n = ?", (n,)).fetchone()
        try:
            body = parse(row[0]) if row is not None and row[0] is not None else None
        except BadBody:  # no row is made of one; a damaged file may hold one
            return False
        return isinstance(body, Repost) and body.origin is not None

    def _hear(self, kind: int, subject: int) -> None:
        rows = self._conn.execute(
            "SELECT DISTINCT actor FROM acts WHERE kind = ? AND subject = ? AND actor > 0",
            (kind, subject),
        )
        for (actor,) in rows.fetchall():
            self.said(kind, subject, actor, latest(self._conn, kind, subject, actor))

    def _disown(self, entry_id: bytes) -> None:
        rows = self._conn.execute(
            "UPDATE refs SET own = 0 WHERE id = ? AND own RETURNING rid", (entry_id,)
        ).fetchall()
        for (rid,) in rows:
            for table in ("notices", "bundles"):
                self._conn.execute(
                    f"DELETE FROM {table} WHERE kind IN (?, ?) AND subject = ?",  # noqa: S608
                    (LIKES, REPOSTS, rid),
                )

    def _put(self, kind: int, subject: int, actor: int, time_ms: int) -> None:
        self._drop(kind, subject, actor)
        # Nobody stays on top by claiming a time to come.
        at_ms = time_ms if self.received_ms is None else min(time_ms, self.received_ms)
        day = at_ms // DAY_MS
        row = (kind, subject, actor, day, at_ms)
        self._conn.execute("INSERT INTO notices VALUES (?, ?, ?, ?, ?)", row)
        self._bundle(kind, subject, day)

    def _drop(self, kind: int, subject: int, actor: int) -> None:
        rows = self._conn.execute(
            "DELETE FROM notices WHERE kind = ? AND subject = ? AND actor = ? RETURNING day",
            (kind, subject, actor),
        ).fetchall()
        for (day,) in rows:
            self._bundle(kind, subject, day)

    def _bundle(self, kind: int, subject: int, day: int) -> None:
        """Find the newest of a subject and day again."""
        one = (kind, subject, day)
        [(at_ms,)] = self._conn.execute(
            "SELECT max(at_ms) FROM notices WHERE kind = ? AND subject = ? AND day = ?", one
        ).fetchall()
        if at_ms is None:
            self._conn.execute(
                "DELETE FROM bundles WHERE kind = ? AND subject = ? AND day = ?", one
            )
            return
        about = b""
        if kind != FOLLOWS:
            [(about,)] = self._conn.execute(
                "SELECT id FROM refs WHERE rid = ?", (subject,)
            ).fetchall()
        row = (*one, at_ms, LETTERS[kind] + about[:_TIE_BYTES])
        self._conn.execute("INSERT OR REPLACE INTO bundles VALUES (?, ?, ?, ?, ?)", row)
