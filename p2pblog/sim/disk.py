"""A disk that loses what was not synced when the power goes.

As LevelDB does: batches are on disk in the order in which they were written, so a power cut
takes the last of them from some point on, and a synced batch takes all before it along.
"""

from __future__ import annotations

from collections import deque

from p2pblog.store.keyvalue import MemoryKeyValue

_UNSYNCED_BATCHES_MAX = 2000  # older ones the system has written of its own accord

_Undo = list[tuple[bytes, bytes | None]]


class Disk(MemoryKeyValue):
    """A `KeyValue` in memory that can lose its last writes."""

    def __init__(self) -> None:
        super().__init__()
        self._unsynced: deque[_Undo] = deque(maxlen=_UNSYNCED_BATCHES_MAX)

    @property
    def unsynced(self) -> int:
        """How many batches a power cut may take."""
        return len(self._unsynced)

    def write(
        self, puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        """Apply a batch, deletes after puts."""
        keys = [key for key, _ in puts] + deletes
        undo = [(key, self.get(key)) for key in keys]
        super().write(puts, deletes)
        if sync:
            self._unsynced.clear()
        else:
            self._unsynced.append(undo)

    def lose_power(self, keep: int) -> None:
        """Forget all unsynced batches but the first `keep`."""
        before: dict[bytes, bytes | None] = {}
        while len(self._unsynced) > keep:
            before.update(self._unsynced.pop())
        super().write(
            [(key, value) for key, value in before.items() if value is not None],
            [key for key, value in before.items() if value is None],
        )

    def copy(self) -> Disk:
        """Return a backup: all that is here now."""
        backup = Disk()
        backup.write(list(self.scan(b"", b"\xff" * 64)), [], sync=True)
        return backup
