"""What benchmarks are made of: texts like people's, identities, logs of posts.

Chance is seeded: every run measures the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import accumulate, chain, cycle, islice
from pathlib import Path
from typing import NamedTuple

from p2pblog.content.bodies import Post, Profile, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.identity import add_device
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import Arrived, LogStore

POST_CHARS = 140
TAGS = 2000
YEAR_MS = 365 * 24 * 3600 * 1000
NOW_MS = 1_790_000_000_000
_APPENDED = 8192  # synced to the disk together
_NAMES_FROM = 300  # a rank of words that are long enough for names


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

    def lively(self, number: int) -> str:
        """Return a text, the `number`th, that often has a tag or a link."""
        text = self.post()[:100]
        if number % 3 == 0:
            text += f" #{self.words[int(self.chance.paretovariate(0.7)) % TAGS]}"
        if number % 5 == 0:
            text += f" https://example.org/{int(self.chance.paretovariate(0.7)) % 2000}"
        return text

    def lively_bodies(self, count: int) -> list[bytes]:
        """Return the bodies of so many posts that often have a tag or a link."""
        texts = map(self.lively, range(count))
        return [serialize(Post(text), self.chance.randbytes(16)) for text in texts]

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

    def named(self, name: str) -> bytes:
        """Return the body by which they say what they are called."""
        return serialize(Profile(name), bytes(16))

    @property
    def id(self) -> str:
        """The text form of the identity."""
        return to_text(Kind.IDENTITY, self.root.public)


def writer(number: int) -> Writer:
    """Return a person, the same one for each number (from 1)."""
    return Writer(*(SigningKey(bytes([kind]) + number.to_bytes(31)) for kind in (1, 2)))


def names(texts: Texts, people: int) -> list[str]:
    """Return what so many people are called whose logs are lively."""
    return texts.words[_NAMES_FROM : _NAMES_FROM + people]


def fill(
    path: Path,
    writers: int,
    posts: int,
    *,
    distinct: int = 0,
    lively: bool = False,
    fold: Callable[[list[Arrived]], object] = lambda items: None,
) -> int:
    """Write the logs of people with `posts` posts each into a store; return the bytes of bodies.

    Args:
        distinct: write so many bodies again and again, where making millions takes too long.
        lively: people have names (one entry more each), and posts often have tags and links.
        fold: given what was stored, a batch at a time.
    """
    texts = Texts()
    bodies: Iterator[bytes] = iter(texts.body, b"")
    if lively:
        bodies = cycle(texts.lively_bodies(distinct or posts))
    elif distinct:
        bodies = cycle([texts.body() for _ in range(distinct)])
    store = LogStore(LevelKeyValue(path), new_epoch=texts.chance.randbytes(16))
    size, born_ms = 0, NOW_MS - 3 * YEAR_MS
    for number, called in enumerate(names(texts, writers), 1):
        who = writer(number)
        fold(_appended(store, who.root, [(born_ms, who.add)]))
        name = [(born_ms, who.named(called))] if lively else []
        # The times end, the bodies do not.
        items = chain(name, zip(texts.times(posts), bodies, strict=False))
        while chunk := list(islice(items, _APPENDED)):
            fold(_appended(store, who.device, chunk))
            size += sum(len(body) for _, body in chunk)
    store.close()
    return size


def _appended(store: LogStore, key: SigningKey, bodies: list[tuple[int, bytes]]) -> list[Arrived]:
    before = store.arrival
    entries = store.append(key, bodies, NOW_MS)
    return [Arrived(before + at, NOW_MS, entry) for at, entry in enumerate(entries, 1)]
