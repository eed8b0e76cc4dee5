"""Which logs make the home timeline, and the places of their entries.

Specified in docs/views.md.  Home is what oneself and those one follows post and pass on.
Its places are written out, so that it opens at once though one follows a single quiet person
among a million posts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from p2pblog.views import calls, strangers
from p2pblog.views.acts import followed


class Home:
    """Keeps the table `home`; for the one writer."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._lids: set[int] | None = None

    def forget(self) -> None:
        """Drop what is remembered; after a rollback the tables alone know."""
        self._lids = None

    @property
    def lids(self) -> set[int]:
        """The logs whose entries are on the home timeline."""
        if self._lids is None:
            rows = self._conn.execute("SELECT lid FROM logs WHERE home").fetchall()
            self._lids = {lid for (lid,) in rows}
        return self._lids

    def add(self, places: Iterable[int]) -> None:
        """Put new entries of these logs onto the home timeline."""
        self._conn.executemany(
            "INSERT OR IGNORE INTO home VALUES (?)", ((place,) for place in places)
        )

    def remove(self, place: int) -> None:
        """Take one entry off the home timeline."""
        self._conn.execute("DELETE FROM home WHERE place = ?", (place,))

    def refresh(self, self_pid: int | None) -> None:
        """Bring the home timeline in line with whom oneself (pid) follows and who owns what."""
        wanted: set[int] = set()
        people = set() if self_pid is None else {self_pid, *followed(self._conn, self_pid)}
        for pid in people:
            rows = self._conn.execute("SELECT lid FROM logs WHERE person = ?", (pid,))
            wanted.update(lid for (lid,) in rows)
        if strangers.refresh(self._conn, people):
            calls.doubt_all(self._conn)
        for lid in self.lids - wanted:
            self._conn.execute(
                "DELETE FROM home WHERE place IN"
                " (SELECT place FROM entries WHERE lid = ? AND place IS NOT NULL)",
                (lid,),
            )
            self._conn.execute("UPDATE logs SET home = 0 WHERE lid = ?", (lid,))
        for lid in wanted - self.lids:
            self._conn.execute(
                "INSERT OR IGNORE INTO home"
                " SELECT place FROM entries WHERE lid = ? AND place IS NOT NULL",
                (lid,),
            )
            self._conn.execute("UPDATE logs SET home = 1 WHERE lid = ?", (lid,))
        self._lids = wanted
