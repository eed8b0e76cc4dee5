"""The views of a node: opened, caught up with the journal, asked.

Specified in docs/views.md.  One thread writes; readers have connections of their own and see
whole batches only.  Every batch commits together with the arrival number that it reaches, so
a crash between log and view loses nothing: the journal goes on from `indexed`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from p2pblog.content.bodies import Ref
from p2pblog.core.errors import DiskFull, HomeUnusable, ViewsDamaged
from p2pblog.store.logs import Arrived
from p2pblog.views import calls, schema
from p2pblog.views.connections import Source
from p2pblog.views.fold import Fold
from p2pblog.views.lens import Lens
from p2pblog.views.reader import Reader


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch has changed.

    Fields:
        indexed: the arrival number that the views have reached.
        own: oneself wrote some of it.
        logs: the logs (keys) that it had entries of.
        followers: identities that began or ceased to follow somebody.
        owners: identities that gained or lost a log.
        erased: entries whose bodies are to go, here or not.
        rebuilt: the file was damaged and has been begun anew: feed the journal from
            `indexed` again.
    """

    indexed: int
    own: bool = False
    logs: frozenset[bytes] = frozenset()
    followers: frozenset[bytes] = frozenset()
    owners: frozenset[bytes] = frozenset()
    erased: tuple[Ref, ...] = ()
    rebuilt: bool = False


class Views:
    """The views of one node; every method is for its one writer thread."""

    def __init__(
        self,
        path: Path,
        *,
        epoch: bytes,
        self_identity: bytes | None = None,
        journal_end: int | None = None,
        has_blob: Callable[[bytes], bool] = lambda blob: False,
        lens: Callable[[], Lens] = Lens,
    ) -> None:
        """Open the views at `path`, or begin them.

        Args:
            epoch: 16 bytes that name the log store; views of another one are thrown away.
            self_identity: the root key (32 bytes) of whoever uses this node.
            journal_end: the journal's last arrival number; views that are beyond it (the
                log store lost its end in a power cut) are thrown away.
            has_blob: tells whether a picture is here; called from readers' threads.
            lens: returns what whoever uses this node wants to read; called likewise.
        Raises:
            HomeUnusable: the file can neither be read nor replaced.
            DiskFull: there is no room for it.
        """
        self._source = Source(path, has_blob, lens)
        self._epoch = epoch
        self._self: bytes | None = None
        with _named_errors():
            self._conn, meta = self._open(journal_end)
        self._indexed = int(str(meta["indexed"]))
        self._fold = Fold(self._conn)
        stored = meta["self"]
        self._self = stored if isinstance(stored, bytes) else None
        self._fold.belongs_to(self._self)
        if self_identity != self._self:
            try:
                self.set_self(self_identity)
            except ViewsDamaged:
                self._self = self_identity
                self.rebuild()

    @property
    def indexed(self) -> int:
        """The arrival number up to which everything is folded, 0 at first."""
        return self._indexed

    def reader(self) -> Reader:
        """Return a new reader; it may be used from any thread, and should be closed."""
        return Reader(self._source)

    def apply(self, items: Sequence[Arrived]) -> Changes:
        """Fold entries in by rising arrival number; those folded before are skipped.

        Some thousands at once are best: a batch of 64 costs twice as much an entry.

        Raises:
            DiskFull: there is no room; nothing of the batch was taken in.
            HomeUnusable: the file can no longer be written.
        """
        fresh = [item for item in items if item.arrival > self._indexed]
        if not fresh:
            return Changes(self._indexed)
        try:
            with self._transaction():
                lids = self._fold.take_in(fresh)
                changes = self._finish(fresh[-1].arrival, lids)
        except ViewsDamaged:
            self.rebuild()
            return Changes(self._indexed, rebuilt=True)
        self._indexed = changes.indexed
        return changes

    def set_self(self, identity: bytes | None) -> None:
        """Say whose views these are: home and what is `liked`, `followed` ... follow."""
        with self._transaction():
            self._conn.execute("UPDATE meta SET value = ? WHERE name = 'self'", (identity,))
            self._self = identity
            self._fold.belongs_to(identity)
            if identity is not None:
                self._fold.owners.own(identity, identity)
                self._fold.settle()
            self._fold.home.refresh(self._self_pid())
            self._fold.notices.begin_anew()
            calls.settle(self._conn, self._self_pid())

    def mark_forked(self, log: bytes, seq: int) -> Changes:
        """Let the entries of a log (key) from `seq` on count for nothing: it forks there.

        Of several calls for a log the one with the lowest seq is right.
        """

        def change() -> None:
            self._fold.owners.fork(self._fold.numbers.log(log), seq)

        return self._change(change, self._indexed)

    def forget(self, below: Mapping[bytes, int]) -> Changes:
        """Be as if the entries of these logs (keys) below these seqs had never come.

        The store does not hold them any more; scrub afterwards.
        """

        def change() -> None:
            for log, seq in below.items():
                self._fold.forgetting.forget(log, seq)

        return self._change(change, self._indexed, scrub=True)

    def withhold(self, seqs: Mapping[bytes, Iterable[int]]) -> Changes:
        """Show nothing of these entries, by log, whose bodies were let go of; scrub afterwards."""

        def change() -> None:
            for log, gone in seqs.items():
                self._fold.forgetting.withhold(log, gone)

        return self._change(change, self._indexed, scrub=True)

    def skip(self, arrival: int) -> Changes:
        """Take for folded what came up to an arrival number: of it, nothing is held any more."""
        return self._change(lambda: None, arrival)

    @property
    def unscrubbed(self) -> bool:
        """Whether something was erased whose text may still stand in the file."""
        row = self._conn.execute("SELECT value FROM meta WHERE name = 'scrub'").fetchone()
        return bool(row[0])

    def scrub(self) -> bool:
        """Take the text of what was erased out of the file and its journal.

        Takes seconds with a million posts.  False: a reader was in the way; try again.
        """
        try:
            with _named_errors():
                return schema.scrub(self._conn)
        except ViewsDamaged:
            self.rebuild()
            return True

    def mark_near(self, logs: Iterable[bytes]) -> None:
        """Remember that these devices (log keys) were met on the local network."""
        numbers = self._fold.numbers
        try:
            with self._transaction():
                for key in logs:
                    lid = numbers.log(key)
                    self._conn.execute("UPDATE logs SET near = 1 WHERE lid = ?", (lid,))
                    pid = numbers.actor(lid)
                    self._conn.execute("UPDATE people SET near = 1 WHERE pid = ?", (pid,))
        except ViewsDamaged:
            self.rebuild()

    def rebuild(self) -> None:
        """Throw everything away and begin anew, from arrival number 0."""
        self._conn.close()
        with _named_errors():
            self._conn = self._begin()
        self._source.generation += 1
        self._indexed = 0
        self._fold = Fold(self._conn)
        self.set_self(self._self)

    def close(self) -> None:
        """Close the file; readers are closed on their own."""
        self._conn.close()

    def _open(self, journal_end: int | None) -> tuple[sqlite3.Connection, dict[str, object]]:
        try:
            conn = schema.open_writer(self._source.path)
        except sqlite3.DatabaseError as error:
            if not schema.is_damage(error):
                raise
        else:
            meta = schema.read_meta(conn)
            if meta is not None and self._is_usable(meta, journal_end):
                return conn, meta
            conn.close()
        conn = self._begin()
        meta = schema.read_meta(conn)
        if meta is None:
            raise HomeUnusable(f"{self._source.path} cannot be written")
        return conn, meta

    def _is_usable(self, meta: dict[str, object], journal_end: int | None) -> bool:
        if meta.get("version") != schema.VERSION or meta.get("epoch") != self._epoch:
            return False
        indexed = meta.get("indexed")
        return isinstance(indexed, int) and (journal_end is None or indexed <= journal_end)

    def _begin(self) -> sqlite3.Connection:
        schema.remove(self._source.path)
        conn = schema.open_writer(self._source.path)
        schema.create(conn, self._epoch)
        return conn

    def _finish(self, indexed: int, lids: set[int]) -> Changes:
        fold = self._fold
        attributed = fold.settle()
        followers = fold.acts.take_followers()
        self_pid = self._self_pid()
        if attributed or self_pid in followers:
            fold.home.refresh(self_pid)
        calls.settle(self._conn, self_pid)
        self._conn.execute("UPDATE meta SET value = ? WHERE name = 'indexed'", (indexed,))
        if fold.erasing.take_touched():
            self._conn.execute("UPDATE meta SET value = 1 WHERE name = 'scrub'")
        numbers = fold.numbers
        return Changes(
            indexed,
            own=self_pid is not None and any(numbers.actor(lid) == self_pid for lid in lids),
            logs=frozenset(map(numbers.log_key, lids)),
            followers=frozenset(map(numbers.person_key, followers)),
            owners=frozenset(map(numbers.person_key, attributed)),
            erased=fold.erasing.take_found(),
        )

    def _change(self, change: Callable[[], None], indexed: int, *, scrub: bool = False) -> Changes:
        """Change what was folded, and come to the arrival number `indexed` with that."""
        try:
            with self._transaction():
                change()
                changes = self._finish(indexed, set())
                if scrub:
                    self._conn.execute("UPDATE meta SET value = 1 WHERE name = 'scrub'")
        except ViewsDamaged:
            self.rebuild()
            return Changes(self._indexed, rebuilt=True)
        self._indexed = indexed
        return changes

    def _self_pid(self) -> int | None:
        return None if self._self is None else self._fold.numbers.person(self._self)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with _named_errors():
            try:
                self._conn.execute("BEGIN IMMEDIATE")
                yield
                self._conn.execute("COMMIT")
            except BaseException:
                self._fold.forget()
                if self._conn.in_transaction:
                    with contextlib.suppress(sqlite3.Error):
                        self._conn.execute("ROLLBACK")
                raise


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    """Say in our words what SQLite, or the file system, found wrong."""
    try:
        yield
    except sqlite3.Error as error:
        if schema.is_damage(error):
            raise ViewsDamaged from error
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise DiskFull from error
        if isinstance(error, sqlite3.OperationalError):
            raise HomeUnusable(f"views.sqlite: {error}") from error
        raise
    except OSError as error:
        raise HomeUnusable(f"views.sqlite: {error.strerror}") from error
