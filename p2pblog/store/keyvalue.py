"""The ordered key-value store under the logs: its interface, and one in memory.

`MemoryKeyValue` serves tests and simulations; `leveldb.LevelKeyValue` is what nodes use.
Both pass the same conformance suite.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from threading import Lock
from typing import Protocol

_COPIED_KEYS_MAX = 8  # of so few a copy costs less than a walk


class KeyValue(Protocol):
    """Bytes to bytes, ordered by key; batches are atomic.  Reads are safe from any thread."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""

    def scan(
        self, start: bytes, stop: bytes, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Yield (key, value) for start <= key < stop, from a snapshot of this moment."""

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        """Apply a batch, all or nothing; with `sync` it survives a power cut once returned.

        Raises:
            DiskFull: nothing was written.
        """

    def compact(self, start: bytes, stop: bytes) -> None:
        """Let go, also on disk, of what was overwritten or deleted with start <= key < stop."""

    def close(self) -> None:
        """Release the store; a second call does nothing."""


class MemoryKeyValue:
    """A `KeyValue` that lives in memory.

    A scan walks over what is there instead of copying it: whoever wants the last record of a
    long journal pays for one.  A write that comes while somebody scans leaves them the old
    lists and goes on with new ones.
    """

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._scans = 0  # that walk over these very lists
        self._lock = Lock()

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        return self._values.get(key)

    def scan(
        self, start: bytes, stop: bytes, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Yield (key, value) for start <= key < stop, from a snapshot of this moment."""
        with self._lock:
            keys, values = self._keys, self._values
            places = range(bisect_left(keys, start), bisect_left(keys, stop))
            if len(places) <= _COPIED_KEYS_MAX:
                few = [(keys[at], values[keys[at]]) for at in places]
                return reversed(few) if reverse else iter(few)
            self._scans += 1
        return self._walk(keys, values, places[::-1] if reverse else places)

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        """Apply a batch, deletes after puts."""
        with self._lock:
            if self._scans:
                self._keys, self._values = self._keys.copy(), self._values.copy()
                self._scans = 0
            for key, value in puts:
                if key not in self._values:
                    insort(self._keys, key)
                self._values[key] = value
            for key in deletes:
                if self._values.pop(key, None) is not None:
                    del self._keys[bisect_left(self._keys, key)]

    def compact(self, start: bytes, stop: bytes) -> None:
        """Do nothing: old values are gone already."""

    def close(self) -> None:
        """Do nothing: memory needs no closing."""

    def _walk(
        self, keys: list[bytes], values: dict[bytes, bytes], places: range
    ) -> Iterator[tuple[bytes, bytes]]:
        try:
            for at in places:
                yield keys[at], values[keys[at]]
        finally:
            with self._lock:
                if keys is self._keys:
                    self._scans -= 1
