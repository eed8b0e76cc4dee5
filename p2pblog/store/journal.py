"""The journal: which entries came when, in the order of their arrival, and forks likewise.

Implements protocol/10-replication.md section 4.  A token stands for a place in it, from which a
peer resumes.  Reads are safe from any thread; the one that writes moves the end, last of all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.store import layout
from p2pblog.store.keyvalue import KeyValue
from p2pblog.store.layout import Batch

_CHECK_BYTES = 8
_TOKEN = struct.Struct(f">QI{_CHECK_BYTES}s")


class Changes(NamedTuple):
    """What is new: logs of which more is held, and logs of which forks became known; in order."""

    logs: list[bytes]
    forks: list[bytes]


class Journal:
    """What has arrived, over a `KeyValue`.

    Attributes:
        arrival: the number of the last entry to arrive (from 1; 0: none has).
        forks: how many forks, and lower ones, have become known.
    """

    def __init__(self, keyvalue: KeyValue, epoch: bytes, names: Mapping[int, bytes]) -> None:
        """Find the end of the journal.

        Args:
            epoch: 16 bytes that name the store.
            names: the log of each number; what is missing is gone.
        """
        self._kv = keyvalue
        self._epoch = epoch
        self._names = names
        self.arrival = self._last_arrival()
        self.forks = sum(1 for _ in keyvalue.scan(*layout.FORK_ORDER))

    def after(self, arrival: int) -> Iterator[tuple[bytes | None, Batch]]:
        """Yield the batches that hold what came after a number, with the log of each.

        The first one may begin before; of a log that is gone, the log is None.
        """
        # What is being written at this moment is not to be read yet: `arrival` rises last.
        start = layout.arrival_key(self._batch_start(arrival + 1))
        for key, value in self._kv.scan(start, layout.arrival_key(self.arrival + 1)):
            batch = layout.read_batch(key, value)
            if batch.arrival + batch.length > arrival + 1:
                yield self._names.get(batch.number), batch

    def token(self, arrival: int, forks: int) -> bytes:
        """Return a token that stands for this store when it had come this far."""
        return _TOKEN.pack(arrival, forks, self._check(arrival))

    def since(self, token: bytes) -> Changes | None:
        """Return what is new since a token, None if that cannot be said.

        A token is refused that is not of this store, or of a past that it no longer has (its
        home is an older copy), and one so old that comparing costs less.
        """
        try:
            arrival, forks, check = _TOKEN.unpack(token)
        except struct.error:
            return None
        behind = arrival <= self.arrival and forks <= self.forks
        if not behind or check != self._check(arrival):
            return None
        batches = [*islice(self.after(arrival), limits.RESUME_BATCHES_MAX + 1)]
        if len(batches) > limits.RESUME_BATCHES_MAX:
            return None
        logs = dict.fromkeys(log for log, _ in batches if log is not None)
        order = layout.fork_order_key(forks + 1), layout.fork_order_key(self.forks + 1)
        return Changes([*logs], [*dict.fromkeys(log for _, log in self._kv.scan(*order))])

    def _check(self, arrival: int) -> bytes:
        # What stands in the journal there, and when it came, no other past has.
        key = layout.arrival_key(self._batch_start(arrival)) if arrival else b""
        record = (self._kv.get(key) or b"") if key else b""
        data = self._epoch + key + record
        return blake2b(data, digest_size=_CHECK_BYTES).digest()

    def _batch_start(self, arrival: int) -> int:
        """Return the arrival number that begins the batch which holds `arrival`."""
        stop = layout.arrival_key(arrival + 1)
        for key, value in self._kv.scan(layout.arrival_key(0), stop, reverse=True):
            return layout.read_batch(key, value).arrival
        return arrival

    def _last_arrival(self) -> int:
        stop = layout.arrival_key(2**64 - 1)
        for key, value in self._kv.scan(layout.arrival_key(0), stop, reverse=True):
            batch = layout.read_batch(key, value)
            return batch.arrival + batch.length - 1
        return 0
