"""Small numbers for logs, identities and referred-to entries.

A fold meets the same keys again and again; rows hold a number of one to four bytes instead
of a key of 32.  The numbers mean nothing outside the file.
"""

from __future__ import annotations

import sqlite3
from typing import TypeVar

_Key = TypeVar("_Key")
_CACHED_MAX = 50_000


class Numbers:
    """Gives every log, identity and referred-to entry its number; for the one writer."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self.self_root: bytes | None = None
        """The identity that uses this node."""
        self._logs: dict[bytes, int] = {}
        self._people: dict[bytes, int] = {}
        self._persons: dict[int, int] = {}
        self._voids: dict[int, int] = {}

    def forget(self) -> None:
        """Drop what is remembered; after a rollback the tables alone know."""
        self._logs.clear()
        self._people.clear()
        self._persons.clear()
        self._voids.clear()

    def log(self, key: bytes) -> int:
        """Return the number of a log (lid)."""
        lid = self._logs.get(key)
        if lid is None:
            lid = self._number("logs", "lid", key)
            _remember(self._logs, key, lid)
        return lid

    def person(self, key: bytes) -> int:
        """Return the number of an identity (pid)."""
        pid = self._people.get(key)
        if pid is None:
            pid = self._number("people", "pid", key)
            _remember(self._people, key, pid)
        return pid

    @property
    def self_pid(self) -> int | None:
        """The number of the identity that uses this node."""
        return None if self.self_root is None else self.person(self.self_root)

    def actor(self, lid: int) -> int:
        """Return the pid of a log's identity, or -lid while that is unknown."""
        actor = self._persons.get(lid)
        if actor is None:
            row = self._conn.execute("SELECT person FROM logs WHERE lid = ?", (lid,)).fetchone()
            actor = row[0] if row and row[0] is not None else -lid
            _remember(self._persons, lid, actor)
        return actor

    def attribute(self, lid: int, pid: int | None) -> None:
        """Write down which identity the log belongs to."""
        self._conn.execute("UPDATE logs SET person = ? WHERE lid = ?", (pid, lid))
        self._persons[lid] = -lid if pid is None else pid

    def void(self, lid: int) -> int:
        """Return the first seq of a log that counts for nothing."""
        void = self._voids.get(lid)
        if void is None:
            select = "SELECT void FROM logs WHERE lid = ?"
            void = int(self._conn.execute(select, (lid,)).fetchone()[0])
            _remember(self._voids, lid, void)
        return void

    def set_void(self, lid: int, void: int) -> None:
        """Write down the first seq of a log that counts for nothing."""
        self._conn.execute("UPDATE logs SET void = ? WHERE lid = ?", (void, lid))
        self._voids[lid] = void

    def log_key(self, lid: int) -> bytes:
        """Return the key (32 bytes) of a log."""
        key: bytes = self._conn.execute("SELECT key FROM logs WHERE lid = ?", (lid,)).fetchone()[0]
        return key

    def person_key(self, pid: int) -> bytes:
        """Return the key (32 bytes) of an identity."""
        row = self._conn.execute("SELECT key FROM people WHERE pid = ?", (pid,)).fetchone()
        key: bytes = row[0]
        return key

    def ref(self, entry_id: bytes, replies: int = 0) -> int:
        """Return the number of a referred-to entry (rid), counting replies on the way."""
        rows = self._conn.execute(
            "INSERT INTO refs(id, replies) VALUES (?, ?)"
            " ON CONFLICT(id) DO UPDATE SET replies = replies + excluded.replies RETURNING rid",
            (entry_id, replies),
        ).fetchall()
        rid: int = rows[0][0]
        return rid

    def _number(self, table: str, column: str, key: bytes) -> int:
        select = f"SELECT {column} FROM {table} WHERE key = ?"  # noqa: S608
        row = self._conn.execute(select, (key,)).fetchone()
        if row is None:
            insert = f"INSERT INTO {table}(key) VALUES (?)"  # noqa: S608
            self._conn.execute(insert, (key,))
            row = self._conn.execute(select, (key,)).fetchone()
        number: int = row[0]
        return number


def _remember(known: dict[_Key, int], key: _Key, number: int) -> None:
    if len(known) >= _CACHED_MAX:
        known.clear()
    known[key] = number
