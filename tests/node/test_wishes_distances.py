"""What the views know becomes what the policy wants; who is blocked is wanted by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from p2pblog.content.bodies import Body, Follow, Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.log.identity import add_device
from p2pblog.node.home import Identity
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.place import Place
from p2pblog.node.roster import Roster
from p2pblog.node.wishes import Wishes
from p2pblog.sync.rules import Distance
from p2pblog.views.database import Changes
from tests.node.kept_world import START_MS, World

ROOT, DEVICE = SigningKey(b"R" * 32), SigningKey(b"D" * 32)
ADA, BOB, EVE = (SigningKey(letter * 32) for letter in (b"1", b"2", b"3"))
ME = Identity(ROOT.public, DEVICE.public)


class Wisher(World):
    """A node whose owner follows people who follow others."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.changes = 0
        self.is_complete = True
        self.views.set_self(ME.identity)
        self.wishes = Wishes(
            self.policy,
            OwnLogs(self.store, list, cast(Place, SimpleNamespace(is_copy=False))),
            self.reading,
            self.reader,
            Roster(self.store),
            self.store,
            self.writer,
            restoring=lambda: False,
            complete=lambda: self.is_complete,
        )
        self.on_indexed = self.indexed

    async def start(self) -> None:
        await self.wishes.start(ME, self.count)

    def count(self) -> None:
        self.changes += 1

    def indexed(self, changes: Changes) -> None:
        if changes.followers or changes.owners:
            self.wishes.review()

    def say(self, key: SigningKey, *bodies: Body) -> None:
        data = [(START_MS, serialize(body, bytes(16))) for body in bodies]
        self.store.append(key, data, START_MS)
        self.indexer.poke()

    def distances(self, *keys: SigningKey) -> list[Distance]:
        return [self.policy.distance(key.public, near=False) for key in keys]

    async def until(self, check: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not check():
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        self.wishes.close()
        await super().close()


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wisher]:
    monkeypatch.setattr(limits, "RETENTION_PAUSE_RATIO", 0)
    made = Wisher(tmp_path)
    made.say(ROOT, add_device(ROOT.public, DEVICE))
    # An identity may write with its root key here: that is a log of its own.
    for key in (ADA, BOB, EVE):
        made.say(key, add_device(key.public, key))
    yield made
    await made.close()


async def test_the_policy_hears_of_follows_at_first_and_second_hand(world: Wisher) -> None:
    await world.start()
    world.say(DEVICE, Follow(ADA.public))
    world.say(ADA, Follow(BOB.public), Follow(EVE.public))
    # Who follows and who is followed by them are asked for one after the other.
    await world.until(lambda: world.distances(ADA)[0] is Distance.FOLLOWED)
    await world.until(lambda: world.distances(BOB)[0] is Distance.SECOND)
    assert world.distances(ROOT, DEVICE, ADA, BOB, EVE) == [
        Distance.OWN,
        Distance.OWN,
        Distance.FOLLOWED,
        Distance.SECOND,
        Distance.SECOND,
    ]
    assert world.changes > 0


async def test_who_is_blocked_is_followed_by_nobody_here(world: Wisher) -> None:
    world.say(DEVICE, Follow(ADA.public), Follow(BOB.public))
    world.say(ADA, Follow(EVE.public))
    world.say(BOB, Follow(EVE.public))
    await world.start()
    await world.until(lambda: world.distances(EVE)[0] is Distance.SECOND)
    world.store.block(EVE.public, [], START_MS)
    world.store.block(BOB.public, [], START_MS)
    assert await world.wishes.refresh()
    assert world.distances(ADA, BOB, EVE) == [
        Distance.FOLLOWED,
        Distance.BLOCKED,
        Distance.BLOCKED,
    ]
    world.store.unblock(BOB.public)
    await world.wishes.refresh()
    assert world.distances(BOB) == [Distance.FOLLOWED]


async def test_to_follow_somebody_recalls_what_had_its_time(world: Wisher) -> None:
    await world.start()
    world.say(BOB, *(Post(f"post {number}") for number in range(5)))
    await world.until(lambda: world.views.indexed == world.store.arrival)
    assert await world.run(day=100) == 5
    assert world.store.bare == {}
    before = world.changes
    world.say(DEVICE, Follow(BOB.public))
    await world.until(lambda: len(world.store.bare.get(BOB.public, ())) == 5)
    await world.until(lambda: world.changes > before)


async def test_it_is_not_sure_before_the_views_are_complete(world: Wisher) -> None:
    world.is_complete = False
    await world.start()
    assert not world.wishes.sure
    world.is_complete = True
    await world.wishes.refresh()
    assert world.wishes.sure
    world.wishes.doubt()
    assert not world.wishes.sure


async def test_what_is_doubted_while_it_is_read_is_not_sure(
    world: Wisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.start()
    world.wishes.close()  # so that nobody else asks the views
    assert world.wishes.sure
    ask = world.reading.ask

    async def doubted(question: Callable[[bytes], Any], identity: bytes) -> Any:
        world.wishes.doubt()
        return await ask(question, identity)

    with monkeypatch.context() as patched:
        patched.setattr(world.reading, "ask", doubted)
        await world.wishes.refresh()
    assert not world.wishes.sure
    await world.wishes.refresh()
    assert world.wishes.sure


async def test_before_there_is_anybody_there_is_nothing_to_wish(world: Wisher) -> None:
    assert not await world.wishes.refresh()
    assert not world.wishes.sure
