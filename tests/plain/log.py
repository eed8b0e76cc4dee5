"""A log that the vectors take their entries and segments from."""

from __future__ import annotations

from typing import Any

from tests.plain.entry import CHECKPOINT, Entry, entry, signature
from tests.plain.hashes import Key, b256, key
from tests.plain.msgpack import encode

START_MS = 1_700_000_000_000
MINUTE_MS = 60_000


def post(text: str) -> bytes:
    """Return the body of a post with a salt of zeros."""
    return encode([bytes(16), "post", {"text": text}])


class Log:
    """The log of the seed 32 x `number`: entry n is a post of n, a minute after n - 1."""

    def __init__(self, number: int, count: int, texts: dict[int, str] | None = None) -> None:
        self.key: Key = key(number)
        self.texts = texts or {}
        self.bodies: list[bytes] = []
        self.entries: list[Entry] = []
        for seq in range(1, count + 1):
            body = post(self.texts.get(seq, str(seq)))
            prev = self.entries[-1].id if self.entries else None
            time_ms = START_MS + (seq - 1) * MINUTE_MS
            self.bodies.append(body)
            self.entries.append(entry(self.key.public, seq, prev, time_ms, len(body), b256(body)))

    def __getitem__(self, seq: int) -> Entry:
        return self.entries[seq - 1]

    def sign(self, seq: int) -> bytes:
        """Return the signature of the entry `seq`."""
        return signature(self.key, self[seq].id)

    def fields(
        self, first: int, last: int, *, signed: bool = True, withheld: tuple[int, ...] = ()
    ) -> list[Any]:
        """Return the fields of a segment: what chapter 3 section 2 lists, in that order."""
        entries = [self[seq] for seq in range(first, last + 1)]
        times = [entries[0].time_ms] + [MINUTE_MS] * (last - first)
        bodies: list[Any] = [
            [e.size, e.hash] if e.seq in withheld else self.bodies[e.seq - 1] for e in entries
        ]
        signatures = [
            self.sign(seq)
            for seq in range(first, last + 1)
            if seq % CHECKPOINT == 0 or (seq == last and signed)
        ]
        return [self.key.public, first, entries[0].prev, times, bodies, signatures]

    def segment(
        self, first: int, last: int, *, signed: bool = True, withheld: tuple[int, ...] = ()
    ) -> bytes:
        """Return the canonical bytes of the segment first to last."""
        return encode(self.fields(first, last, signed=signed, withheld=withheld))
