"""LevelDB as the key-value store of a node.

`plyvel` has no wheels from Python 3.13 on; `plyvel-next` is its maintained fork with the
same API under another import name.

Two things LevelDB leaves to whoever uses it.  It changes a damaged folder while it opens it,
so the folder is examined first (files.py).  And once a write has failed, what it writes next
may be lost behind the torn record: so nothing more is written until the folder was opened
anew, and the failed batch is surely not there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from p2pblog.core.errors import DiskFull, HomeBusy, HomeUnusable, StoreCorrupt
from p2pblog.core.limits import DISK_RESERVE_BYTES
from p2pblog.store.files import examine, has_zero_tail

try:
    import plyvel
except ImportError:
    import plyvel_next as plyvel

_OPTIONS = {
    # A damaged block must be an error that a person hears of, not an entry less.
    "paranoid_checks": True,
    "write_buffer_size": 8 * 1024 * 1024,
    "lru_cache_size": 16 * 1024 * 1024,
    "bloom_filter_bits": 10,
}
_SCAN_ROWS_MAX = 64  # read at once
_OPENING_BYTES = 256 * 1024  # for a manifest and its like

NEW_SUFFIX = ".new"
"""Of the folder that a repair has finished and not yet put in place."""

_Batch = list[tuple[bytes, bytes | None]]
"""Keys with their values, None where there is none."""


class LevelKeyValue:
    """A `KeyValue` in a LevelDB folder, which one process at a time may hold."""

    def __init__(self, path: Path) -> None:
        """Open the folder `path`, made when it is not there.

        Raises:
            HomeBusy: another process holds it.
            StoreCorrupt: a file in it is damaged; nothing was changed.
            DiskFull, HomeUnusable: it cannot be written.
        """
        self._path = path
        self._refuse_full_disk()
        try:
            _finish_repair(path)
            path.mkdir(parents=True, exist_ok=True)
            damages = examine(path)
        except OSError as error:
            raise HomeUnusable(f"{path}: {error.strerror}") from error
        if damages:
            raise StoreCorrupt("; ".join(map(str, damages)))
        self._gate = _Gate()
        self._failed: tuple[_Batch, _Batch] | None = None
        self._db: Any = _open(path)

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        with self._gate, _NAMED_ERRORS:
            value: bytes | None = self._readable().get(key, verify_checksums=True)
        return value

    def scan(
        self, start: bytes, stop: bytes, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Yield (key, value) for start <= key < stop, from a snapshot of this moment."""
        # Where the folder is opened anew meanwhile, the scan goes on after its last key.
        db: Any = None
        rows: Any = None
        begin_after = False
        take = 1  # many scans want one row only
        while True:
            with self._gate, _NAMED_ERRORS:
                current = self._readable()
                if current is not db:
                    db = current
                    rows = db.iterator(
                        # Backwards, plyvel passes over a key that is `start` and the only one.
                        start=None if reverse else start,
                        stop=stop,
                        include_start=not begin_after,
                        reverse=reverse,
                        verify_checksums=True,
                    )
                found, failure = _take(rows, take)
            if reverse and found and found[-1][0] < start:
                yield from (row for row in found if row[0] >= start)
                return
            yield from found
            if failure is not None:
                raise StoreCorrupt(_detail(failure)) from failure
            if len(found) < take:
                return
            take = min(2 * take, _SCAN_ROWS_MAX)
            if reverse:
                stop = found[-1][0]
            else:
                start, begin_after = found[-1][0], True

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        """Apply a batch, all or nothing, deletes after puts.

        Raises:
            DiskFull: nothing was written.
            StoreCorrupt: LevelDB refuses to write since a file is damaged.
        """
        # Stop before LevelDB runs into the end of the disk in the middle of a record.
        self._refuse_full_disk()
        if self._failed is not None or self._db is None:
            # Opening turns logs into tables.  Until there is room for that, the open one is read.
            logs = sum(file.stat().st_size for file in self._path.glob("*.log"))
            self._refuse_full_disk(logs + _OPENING_BYTES)
            self._open_anew()
        try:
            _write(self._db, [*puts, *((key, None) for key in deletes)], sync=sync)
        except plyvel.CorruptionError as error:
            raise StoreCorrupt(_detail(error)) from error
        except plyvel.IOError as error:
            after: dict[bytes, bytes | None] = {**dict(puts), **dict.fromkeys(deletes)}
            self._failed = (list(after.items()), self._before(after))
            raise DiskFull(_detail(error)) from error

    def compact(self, start: bytes, stop: bytes) -> None:
        """Write the files that hold these keys anew, without what was overwritten or deleted.

        Without explicit bounds LevelDB leaves the last level alone, and old values in it.

        Raises:
            StoreCorrupt: a file is damaged.
            DiskFull: there is no room for the new ones.
        """
        # LevelDB would not say that it failed, and write nothing more until it is opened anew.
        self._refuse_full_disk()
        with self._gate, _NAMED_ERRORS:
            self._readable().compact_range(start=start, stop=stop)

    def close(self) -> None:
        """Release the folder; a second call does nothing."""
        with self._gate.alone():
            if self._db is not None:
                self._db.close()

    def _before(self, keys: Iterable[bytes]) -> _Batch:
        # LevelDB shows a batch that it could not write, or not sync, to nobody.
        return [(key, self._db.get(key)) for key in keys]

    def _readable(self) -> Any:
        if self._db is None:
            raise DiskFull(f"{self._path} waits for room")
        return self._db

    def _open_anew(self) -> None:
        """Open the folder again after a write failed, and make sure that write is not there.

        LevelDB may have written the whole of it and failed to sync: then it would come back
        as if it had been confirmed.
        """
        with self._gate.alone():
            if self._db is not None:
                self._db.close()
                self._db = None
            try:
                db = _open(self._path)
            except HomeUnusable as error:
                raise DiskFull(error.detail) from error
            if self._failed is not None:
                after, before = self._failed
                try:
                    if all(db.get(key) == value for key, value in after):
                        _write(db, before, sync=True)
                except plyvel.IOError as error:
                    db.close()
                    raise DiskFull(_detail(error)) from error
                self._failed = None
            self._db = db

    def _refuse_full_disk(self, needed: int = 0) -> None:
        existing = self._path
        while not existing.exists() and existing != existing.parent:
            existing = existing.parent
        stat = os.statvfs(existing)
        free = stat.f_bavail * stat.f_frsize
        if free < max(needed, DISK_RESERVE_BYTES):
            raise DiskFull(f"{free // 1024} KiB left on the disk of {self._path}")


class _Gate:
    """Lets many read at once, and one alone close the folder under them."""

    def __init__(self) -> None:
        # A lock of its own: every read takes it twice, so it has to be a cheap one.
        self._lock = threading.Lock()
        self._left = threading.Condition(self._lock)
        self._readers = 0

    def __enter__(self) -> None:
        with self._lock:
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                self._left.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody reads, and keep everybody out meanwhile."""
        with self._left:
            self._left.wait_for(lambda: not self._readers)
            yield


def rebuild_folder(path: Path) -> None:
    """Let LevelDB make a folder usable from whatever tables and logs it has.

    Blocks with a wrong checksum are left out; records of logs are not checked.  For copies
    only: files are moved and written.

    Raises:
        DiskFull, HomeUnusable: it could not be written.
    """
    try:
        plyvel.repair_db(str(path), paranoid_checks=True, bloom_filter_bits=10)
    except plyvel.Error as error:
        if any(path.glob("*.log")) or any(path.glob("*.ldb")) or any(path.glob("*.sst")):
            raise HomeUnusable(_detail(error)) from error
        # Nothing is left that anything could be saved from.
        for file in path.iterdir():
            if file.is_file():
                file.unlink()


def _open(path: Path) -> Any:
    try:
        return plyvel.DB(str(path), create_if_missing=True, **_OPTIONS)
    except plyvel.CorruptionError as error:
        if has_zero_tail(path):
            # LevelDB calls a record that a power cut left half empty damaged; let it drop it.
            plyvel.DB(str(path), **_OPTIONS | {"paranoid_checks": False}).close()
            return plyvel.DB(str(path), **_OPTIONS)
        raise StoreCorrupt(_detail(error)) from error
    except plyvel.IOError as error:
        detail = _detail(error)
        if "lock" in detail.lower():
            raise HomeBusy(detail) from error
        if "missing files" in detail or "does not exist" in detail:
            raise StoreCorrupt(detail) from error
        raise HomeUnusable(detail) from error
    except plyvel.Error as error:
        raise StoreCorrupt(_detail(error)) from error


def _take(rows: Any, most: int) -> tuple[list[tuple[bytes, bytes]], Exception | None]:
    """Return up to `most` rows, and what came in the way of the next one."""
    found: list[tuple[bytes, bytes]] = []
    try:
        found.extend(islice(rows, most))
    except plyvel.Error as error:
        return found, error
    return found, None


def _write(db: Any, changes: Sequence[tuple[bytes, bytes | None]], *, sync: bool) -> None:
    with db.write_batch(sync=sync) as batch:
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)


def _finish_repair(path: Path) -> None:
    """Put a repaired folder in place, where a repair was killed just before it did."""
    new = path.with_name(path.name + NEW_SUFFIX)
    if new.is_dir() and not path.exists():
        new.replace(path)


class _NamedErrors:
    """Says in our words what LevelDB found wrong while it read."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, plyvel.Error):  # also an IOError: a table that is cut short
            raise StoreCorrupt(_detail(error)) from error


_NAMED_ERRORS = _NamedErrors()


def _detail(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
