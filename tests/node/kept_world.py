"""A node's store and views without its network, with a clock, and people who write elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.log.segment import Segment
from p2pblog.node.indexer import Indexer
from p2pblog.node.reading import Reading
from p2pblog.node.retention import Retention
from p2pblog.node.scrubbing import Scrubbing
from p2pblog.node.writer import Writer
from p2pblog.store.blobs import BlobStore
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.policy import Policy
from p2pblog.sync.rules import DEFAULT_RULES, Distance
from p2pblog.views.database import Changes, Views

DAY_MS = 24 * 3600 * 1000
START_MS = 1_780_000_000_000
EVE, MIA = SigningKey(b"e" * 32), SigningKey(b"m" * 32)
RULES = {
    **DEFAULT_RULES,
    Distance.NEAR: replace(DEFAULT_RULES[Distance.NEAR], body_days=30, depth=100, log_entries=200),
    Distance.SECOND: replace(DEFAULT_RULES[Distance.SECOND], body_days=90),
}


def words_of(key: SigningKey) -> str:
    return "eve" if key is EVE else "mia"


class World:
    """The parts of a node that keep what strangers write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now_ms = START_MS
        self.known = True
        self.less: list[bytes] = []
        self.store = LogStore(LevelKeyValue(path / "store"), new_epoch=bytes(16))
        self.views = Views(path / "views.sqlite", epoch=self.store.epoch)
        self.reader = self.views.reader()
        self.blobs = BlobStore(path / "blobs")
        self.on_indexed: Callable[[Changes], None] = lambda changes: None
        self.indexer = Indexer(self.store, self.views, lambda changes: self.on_indexed(changes))
        self.writer = Writer(
            self.store, self.changed, clock_ms=lambda: self.now_ms, salt=lambda: bytes(16)
        )
        self.policy = Policy(self.store.logs, self.store.bare, rules=RULES, sizes=self.store.sizes)
        self.reading = Reading(self.reader, self.indexer.rebuild, lambda: self.now_ms)
        scrubbing = Scrubbing(
            self.store, self.writer, self.indexer, self.reading, self.reader, self.blobs
        )
        self.retention = Retention(
            self.store,
            self.writer,
            self.indexer,
            scrubbing,
            self.policy,
            sure=lambda: self.known,
            refresh=self.refresh,
            on_less=self.less.append,
            clock_ms=lambda: self.now_ms,
        )
        self.indexer.start()
        self.written: dict[SigningKey, LogStore] = {}

    async def refresh(self) -> None:
        """The policy is told by the tests."""

    def changed(self, log: bytes, arrival: int) -> None:
        self.retention.grew(log)
        self.indexer.poke()

    def write(self, key: SigningKey, count: int) -> Segment:
        """Have somebody write entries elsewhere; return those."""
        log = self.written.setdefault(key, LogStore(MemoryKeyValue(), new_epoch=bytes(16)))
        held = log.logs.get(key.public)
        first = 1 if held is None else held.newest.high + 1
        bodies = [
            serialize(Post(f"{words_of(key)} says {seq}."), bytes(16))
            for seq in range(first, first + count)
        ]
        log.append(key, [(START_MS, body) for body in bodies], START_MS)
        return log.segment_up(key.public, first, first + count - 1)

    async def take_in(self, *segments: Segment, day: float) -> None:
        self.now_ms = START_MS + round(day * DAY_MS)
        for segment in segments:
            await self.writer.ingest(segment)
        assert await self.indexer.reached(self.store.arrival, 5)

    async def run(self, day: float) -> int:
        return await self.retention.run(START_MS + round(day * DAY_MS))

    def without_body(self, key: SigningKey) -> list[int]:
        entries = self.store.read(key.public, 1, limits.SEQ_MAX)
        return [entry.seq for entry in entries if entry.body is None]

    def shown(self) -> int:
        return len(self.reader.timeline("local", 200)["entries"])

    def files_with(self, text: str) -> list[str]:
        return [
            file.name
            for file in self.path.rglob("*")
            if file.is_file() and text.encode() in file.read_bytes()
        ]

    async def close(self) -> None:
        await self.retention.close()
        self.writer.close()
        await self.indexer.close()
        self.reader.close()
        self.views.close()
        self.store.close()
