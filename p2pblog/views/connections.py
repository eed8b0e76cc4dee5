"""Connections to the views' file, for those who ask: each question sees one whole state of it.

Specified in docs/views.md.  Up to four questions at once, each for a bounded time.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from p2pblog.core.errors import BadRequest, HomeUnusable, ViewsDamaged
from p2pblog.core.limits import QUERY_S_MAX
from p2pblog.views import schema
from p2pblog.views.lens import Lens
from p2pblog.views.snapshot import Snapshot

_STEPS_BETWEEN_CHECKS = 20_000
_QUESTIONS_AT_ONCE_MAX = 4


@dataclass(slots=True)
class Source:
    """The file that readers read; `generation` rises when it is replaced."""

    path: Path
    has_blob: Callable[[bytes], bool]
    lens: Callable[[], Lens] = Lens
    generation: int = 0


class _Connection:
    """One connection to the file of one generation, asked by one thread at a time."""

    def __init__(self, source: Source) -> None:
        self.generation = source.generation
        self.deadline_s = 0.0
        self.conn = schema.open_reader(source.path)
        self.conn.set_progress_handler(self._is_late, _STEPS_BETWEEN_CHECKS)

    def _is_late(self) -> bool:
        return time.monotonic() > self.deadline_s


class Connections:
    """Those of one reader; safe from any thread."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._turn = threading.BoundedSemaphore(_QUESTIONS_AT_ONCE_MAX)
        self._idle: list[_Connection] = []

    def close(self) -> None:
        """Close them, once questions under way are answered."""
        for _ in range(_QUESTIONS_AT_ONCE_MAX):
            self._turn.acquire()
        while self._idle:
            self._idle.pop().conn.close()
        self._turn.release(_QUESTIONS_AT_ONCE_MAX)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """See one state of the views, for a bounded time.

        Raises:
            BadRequest: it took too long.
            ViewsDamaged, HomeUnusable: the file cannot be read.
        """
        with self._turn:
            try:
                line = self._connected()
            except sqlite3.Error as error:
                raise _named(error) from error
            try:
                line.deadline_s = time.monotonic() + QUERY_S_MAX
                line.conn.execute("BEGIN")
                try:
                    yield self._who_asks(line.conn)
                finally:
                    if line.conn.in_transaction:
                        line.conn.execute("ROLLBACK")
            except sqlite3.Error as error:
                line.conn.close()
                raise _named(error) from error
            except BaseException:
                self._idle.append(line)
                raise
            self._idle.append(line)

    def _who_asks(self, conn: sqlite3.Connection) -> Snapshot:
        key, pid = conn.execute(
            "SELECT m.value, p.pid FROM meta m LEFT JOIN people p ON p.key = m.value"
            " WHERE m.name = 'self'"
        ).fetchone()
        return Snapshot(conn, key, pid, self._source.has_blob, self._source.lens())

    def _connected(self) -> _Connection:
        while self._idle:
            line = self._idle.pop()
            if line.generation == self._source.generation:
                return line
            line.conn.close()
        return _Connection(self._source)


def _named(error: sqlite3.Error) -> Exception:
    """Say in our words what SQLite found wrong with a question."""
    if schema.is_damage(error):
        return ViewsDamaged()
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_INTERRUPT:
        return BadRequest("that takes too long; ask for less, or add a rarer word")
    return HomeUnusable(f"views.sqlite: {error}")
