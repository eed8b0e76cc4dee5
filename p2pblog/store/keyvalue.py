"""The ordered key-value store under the logs: its interface, and one in memory.

`MemoryKeyValue` serves tests and simulations; `leveldb.LevelKeyValue` is what nodes use.
Both pass the same conformance suite.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Protocol


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
    """A `KeyValue` that lives in memory."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        return self._values.get(key)

    def scan(
        self, start: bytes, stop: bytes, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Yield (key, value) for start <= key < stop, from a snapshot of this moment."""
        keys = self._keys[bisect_left(self._keys, start) : bisect_left(self._keys, stop)]
        snapshot = [(key, self._values[key]) for key in keys]
        return reversed(snapshot) if reverse else iter(snapshot)

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        """Apply a batch, deletes after puts."""
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
