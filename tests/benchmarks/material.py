"""What benchmarks are made of: texts like people's, identities, logs of posts.

Chance is seeded: every run measures the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate, cycle, islice
from pathlib import Path
from typing import NamedTuple

from p2pblog.content.bodies import Post, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.identity import add_device
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore

POST_CHARS = 140
YEAR_MS = 365 * 24 * 3600 * 1000
NOW_MS = 1_790_000_000_000
_APPENDED = 8192  # synced to the disk together


class Texts:
    """Makes texts whose words are as common and as rare as in a natural language."""

    def __init__(self) -> None:
        self.chance = random.Random(1)
        letters = "eeeetttaaaooiinnsshhrrdlucmfwypvbgkjqxz"
        words = ["".join(self.chance.choices(letters, k=n % 9 + 2)) for n in range(40_000)]
        self.words = list(dict.fromkeys(words))
        """The commonest first."""
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))

    def post(self) -> str:
        """Return a text of 140 characters."""
        words = self.chance.choices(self.words, cum_weights=self._weights, k=40)
        return " ".join(words)[:POST_CHARS]

    def body(self) -> bytes:
        """Return the body of a post."""
        return serialize(Post(self.post()), self.chance.randbytes(16))

    def times(self, count: int) -> Iterator[int]:
        """Yield so many times (milliseconds), rising, over two years."""
        step_ms = 2 * YEAR_MS // count
        for number in range(count):
            yield NOW_MS - 2 * YEAR_MS + number * step_ms + self.chance.randrange(step_ms)


class Writer(NamedTuple):
    """A person: their identity, and the device that writes."""

    root: SigningKey
    device: SigningKey

    @property
    def add(self) -> bytes:
        """The body by which the identity adds the device."""
        return serialize(add_device(self.root.public, self.device), bytes(16))

    @property
    def id(self) -> str:
        """The text form of the identity."""
        return to_text(Kind.IDENTITY, self.root.public)


def writer(number: int) -> Writer:
    """Return a person, the same one for each number (from 1)."""
    return Writer(*(SigningKey(bytes([kind]) + number.to_bytes(31)) for kind in (1, 2)))


def fill(path: Path, writers: int, posts: int, *, distinct: int = 0) -> int:
    """Write the logs of people with `posts` posts each into a store; return the bytes of bodies.

    Args:
        distinct: write so many bodies again and again, where making millions takes too long.
    """
    texts = Texts()
    bodies = cycle([texts.body() for _ in range(distinct)]) if distinct else iter(texts.body, b"")
    store = LogStore(LevelKeyValue(path), new_epoch=texts.chance.randbytes(16))
    size = 0
    for number in range(1, writers + 1):
        who = writer(number)
        store.append(who.root, [(NOW_MS - 3 * YEAR_MS, who.add)], NOW_MS)
        items = zip(texts.times(posts), bodies, strict=False)  # the times end
        while chunk := list(islice(items, _APPENDED)):
            store.append(who.device, chunk, NOW_MS)
            size += sum(len(body) for _, body in chunk)
    store.close()
    return size
