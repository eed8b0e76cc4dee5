"""The thread that folds gives way to what arrives, and to nothing else."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.node.indexer import Indexer
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.views.database import Changes, Views

WORKED_S = 0.03
LONG_S = 1000.0


@dataclass
class Arriving:
    """Stands for a store that something new has come to between any two looks, or not."""

    pours: bool
    looks: int = 0

    @property
    def arrival(self) -> int:
        self.looks += 1
        return self.looks if self.pours else 0


def indexer_of(store: Arriving) -> Indexer:
    return Indexer(cast(LogStore, store), cast(Views, None), lambda changes: None)


def rested_s(indexer: Indexer, worked_s: float) -> float:
    begin_s = time.monotonic()
    indexer._give_way(worked_s)
    return time.monotonic() - begin_s


async def test_while_entries_pour_in_it_rests_as_long_as_it_worked_but_not_for_long() -> None:
    indexer = indexer_of(Arriving(pours=True))
    assert rested_s(indexer, WORKED_S) >= WORKED_S
    assert limits.INDEX_REST_S_MAX <= rested_s(indexer, LONG_S) < 10 * limits.INDEX_REST_S_MAX


async def test_it_goes_on_at_once_when_nothing_more_arrives_or_somebody_waits() -> None:
    store = Arriving(pours=False)
    assert rested_s(indexer_of(store), LONG_S) >= limits.INDEX_LULL_S
    assert store.looks == 2
    store = Arriving(pours=True)
    ordered, awaited = indexer_of(store), indexer_of(store)
    ordered._orders.append(lambda: None)
    ordered._give_way(LONG_S)
    awaited._waiting.add((7, asyncio.get_running_loop().create_future()))
    awaited._give_way(LONG_S)
    assert store.looks == 0


async def test_all_that_arrives_is_folded_in_the_end(tmp_path: Path) -> None:
    key = SigningKey(bytes(32))
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    views = Views(tmp_path / "views.sqlite", epoch=store.epoch)
    seen: list[Changes] = []
    indexer = Indexer(store, views, seen.append)
    indexer.start()
    for number in range(50):
        store.append(key, [(number, serialize(Post(f"post {number}"), bytes(16)))], 1)
        indexer.poke()
        time.sleep(0.001)
    assert await indexer.reached(50, 10)
    await indexer.close()
    assert views.indexed == 50
    assert [changes.indexed for changes in seen][-1:] == [50]
    views.close()


async def test_whoever_finds_the_views_damaged_all_hear_that_they_were_begun_anew(
    tmp_path: Path,
) -> None:
    key = SigningKey(bytes(32))
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    views = Views(tmp_path / "views.sqlite", epoch=store.epoch)
    seen: list[Changes] = []
    indexer = Indexer(store, views, seen.append)
    indexer.start()
    store.append(key, [(1, serialize(Post("post"), bytes(16)))] * 5, 1)
    indexer.poke()
    assert await indexer.reached(5, 10)
    assert not any(changes.rebuilt for changes in seen)
    indexer.rebuild()
    async with asyncio.timeout(10):
        while not any(changes.rebuilt for changes in seen):
            await asyncio.sleep(0.01)
    assert await indexer.reached(5, 10)
    await indexer.close()
    views.close()
