"""Entries that are held no longer, and entries whose body was let go of.

Specified in docs/views.md.  What is forgotten leaves no row: the tables are then as if it had
never come, and it may come again.  Of an entry without its body the row stays, as of one whose
body a peer withheld.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from p2pblog.views.acts import Acts
from p2pblog.views.numbers import Numbers
from p2pblog.views.owners import Owners
from p2pblog.views.schema import END, WITHHELD
from p2pblog.views.standing import Standing

_SAID = ("entries", "acts", "said", "profiles", "adds", "revokes")


def remembered(conn: sqlite3.Connection, logs: Iterable[bytes]) -> list[bytes]:
    """Return the logs (keys) of which something stands in the tables."""
    found: list[bytes] = []
    for log in logs:
        for table in _SAID:
            select = f"SELECT 1 FROM {table} JOIN logs USING (lid) WHERE key = ?"  # noqa: S608
            if conn.execute(select, (log,)).fetchone() is not None:
                found.append(log)
                break
    return found


class Forgetting:
    """Takes back what entries said; for the one writer."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        numbers: Numbers,
        standing: Standing,
        acts: Acts,
        owners: Owners,
    ) -> None:
        self._conn = conn
        self._numbers = numbers
        self._standing = standing
        self._acts = acts
        self._owners = owners

    def forget(self, log: bytes, below: int) -> None:
        """Take back all that the entries of a log (key) below a seq said; then settle.

        `below` is at most its newest, or END: the log is gone as a whole.
        """
        lid = self._numbers.log(log)
        acts = self._conn.execute(
            "SELECT seq FROM acts WHERE lid = ?1 AND seq < ?2"
            " UNION SELECT seq FROM said WHERE lid = ?1 AND seq < ?2",
            (lid, below),
        ).fetchall()
        for (seq,) in acts:
            self._acts.drop(lid, self._numbers.actor(lid), seq, self._numbers.void(lid))
        self._standing.remove(lid, below)
        self._conn.execute(
            "DELETE FROM origins WHERE lid = ?1 AND n NOT IN"
            " (SELECT n FROM entries WHERE lid = ?1)",
            (lid,),
        )
        self._conn.execute("DELETE FROM erases WHERE by_lid = ? AND by_seq < ?", (lid, below))
        if below == END:
            self._conn.execute("UPDATE logs SET last_ms = NULL WHERE lid = ?", (lid,))
        self._owners.lose(lid, below)

    def withhold(self, log: bytes, seqs: Iterable[int]) -> None:
        """Show no longer what entries said whose bodies were let go of; then settle."""
        lid = self._numbers.log(log)
        for seq in seqs:
            self._standing.strip(lid, seq, WITHHELD)
        self._owners.refresh_later(lid)
