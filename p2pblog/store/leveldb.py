"""LevelDB as the key-value store of a node.

`plyvel` has no wheels from Python 3.13 on; `plyvel-next` is its maintained fork with the
same API under another import name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from p2pblog.core.errors import DiskFull, HomeBusy, HomeUnusable, StoreCorrupt
from p2pblog.core.limits import DISK_RESERVE_BYTES

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
            path.mkdir(parents=True, exist_ok=True)
            self._db = plyvel.DB(str(path), create_if_missing=True, **_OPTIONS)
        except plyvel.CorruptionError as error:
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
        except OSError as error:
            raise HomeUnusable(f"{path}: {error.strerror}") from error

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        try:
            value: bytes | None = self._db.get(key, verify_checksums=True)
        except plyvel.CorruptionError as error:
            raise StoreCorrupt(_detail(error)) from error
        return value

    def scan(
        self, start: bytes, stop: bytes, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Yield (key, value) for start <= key < stop, from a snapshot of this moment."""
        try:
            yield from self._db.iterator(
                start=start, stop=stop, reverse=reverse, verify_checksums=True
            )
        except plyvel.CorruptionError as error:
            raise StoreCorrupt(_detail(error)) from error

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        """Apply a batch, all or nothing, deletes after puts.

        Raises:
            DiskFull: nothing was written.
            StoreCorrupt: LevelDB refuses to write since a file is damaged.
        """
        # LevelDB that runs into a full disk mid-record must be reopened: stop before that.
        self._refuse_full_disk()
        try:
            with self._db.write_batch(sync=sync) as batch:
                for key, value in puts:
                    batch.put(key, value)
                for key in deletes:
                    batch.delete(key)
        except plyvel.CorruptionError as error:
            raise StoreCorrupt(_detail(error)) from error
        except plyvel.IOError as error:
            raise DiskFull(_detail(error)) from error

    def close(self) -> None:
        """Release the folder; a second call does nothing."""
        self._db.close()

    def _refuse_full_disk(self) -> None:
        existing = self._path
        while not existing.exists() and existing != existing.parent:
            existing = existing.parent
        stat = os.statvfs(existing)
        free = stat.f_bavail * stat.f_frsize
        if free < DISK_RESERVE_BYTES:
            raise DiskFull(f"{free // 1024} KiB left on the disk of {self._path}")


def _detail(error: Exception) -> str:
    text = error.args[0] if error.args else error
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
