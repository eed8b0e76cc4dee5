"""Logs for properties of the store: one key's, as long as is wanted, and going two ways."""

from __future__ import annotations

from functools import cache

from p2pblog.core.crypto import SigningKey
from p2pblog.log.entry import Entry
from p2pblog.log.segment import Segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

KEY = SigningKey(b"k" * 32)
LOG = KEY.public
ALL = b"", b"\xff" * 64  # every key of a store


def opened(keyvalue: MemoryKeyValue | None = None) -> LogStore:
    return LogStore(keyvalue or MemoryKeyValue(), new_epoch=bytes(16))


@cache
def written(count: int, fork: int = 2**53) -> LogStore:
    """Return the store of who wrote `count` entries; from the seq `fork` on they are others."""
    store = opened()
    words = [b"other" if seq >= fork else b"one" for seq in range(1, count + 1)]
    store.append(KEY, [(seq, b"%s %d" % (word, seq)) for seq, word in enumerate(words, 1)], 7)
    return store


def cut(low: int, high: int, fork: int = 2**53) -> Segment:
    """Return the entries low to high of such a log, signed at the end."""
    return written(high, fork).segment_down(LOG, low, high)


def held(store: LogStore) -> list[tuple[int, int]]:
    """Return the ranges that a store holds of the log, the newest first."""
    return [(part.low, part.high) for part in store.logs[LOG].ranges] if LOG in store.logs else []


def entries(store: LogStore) -> list[Entry]:
    """Return everything that a store holds of the log."""
    return list(store.read(LOG, 1, 2**53 - 1))


class Disk(MemoryKeyValue):
    """Keeps what was written at once; fails where it is told to, having written nothing."""

    def __init__(self, values: dict[bytes, bytes] | None = None) -> None:
        super().__init__()
        super().write(list((values or {}).items()), [])
        self.batches: list[tuple[dict[bytes, bytes], bool]] = []
        self.fail = False

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        if self.fail:
            raise OSError("the power went")
        super().write(puts, deletes, sync=sync)
        self.batches.append((dict(puts), sync))

    def copy(self) -> Disk:
        """Return another disk with the same on it, as after a crash, or from a backup."""
        return Disk(dict(self.scan(*ALL)))
