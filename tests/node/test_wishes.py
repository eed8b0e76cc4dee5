"""Which logs are wanted: by what the views say, and by what root logs name meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from p2pblog.content.bodies import Body, DeviceRevoke, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ViewsDamaged
from p2pblog.log.identity import add_device
from p2pblog.node.home import Identity
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.place import Place
from p2pblog.node.reading import Reading
from p2pblog.node.roster import Roster
from p2pblog.node.wishes import Wishes
from p2pblog.node.writer import Writer
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.policy import Policy
from p2pblog.views.reader import Reader

ME, MINE, MIA, PHONE, LAPTOP = (SigningKey(bytes([n]) * 32) for n in range(1, 6))
WHO = Identity(ME.public, MINE.public)


@dataclass
class FakeReader:
    """Says what views would, which are behind until a test changes that."""

    followed: dict[bytes, list[bytes]] = field(default_factory=dict)
    damaged: bool = False
    asked: int = 0

    def logs_of(self, identity: bytes) -> list[bytes]:
        if self.damaged:
            raise ViewsDamaged
        return [MINE.public]

    def followed_logs(self, identity: bytes) -> dict[bytes, list[bytes]]:
        self.asked += 1
        return dict(self.followed)

    def second_logs(self, identity: bytes) -> dict[bytes, list[bytes]]:
        return {}


class World:
    def __init__(self) -> None:
        self.store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        self.policy = Policy(self.store.logs, self.store.bare)
        self.reader = FakeReader()
        self.changes = 0
        reader = cast(Reader, self.reader)
        reading = Reading(reader, lambda: None, lambda: 0)
        self.restoring = False
        self.wishes = Wishes(
            self.policy,
            OwnLogs(self.store, list, cast(Place, SimpleNamespace(is_copy=False))),
            reading,
            reader,
            Roster(self.store),
            self.store,
            Writer(self.store, lambda log, arrival: None, salt=lambda: bytes(16)),
            restoring=lambda: self.restoring,
            complete=lambda: True,
        )

    def write(self, key: SigningKey, *bodies: Body) -> None:
        self.store.append(key, [(1000, serialize(body, bytes(16))) for body in bodies], 1)
        self.wishes.log_grew(key.public)

    async def start(self) -> None:
        await self.wishes.start(WHO, self._changed)

    async def until(self, *, wants: set[bytes]) -> None:
        """Wait until exactly these logs of MIA's and her devices' are wanted."""
        async with asyncio.timeout(10):
            while self.wanted != wants:
                await asyncio.sleep(0.001)

    @property
    def wanted(self) -> set[bytes]:
        keys = (MIA.public, PHONE.public, LAPTOP.public)
        return {key for key in keys if self.policy.depth(key, near=False)}

    def _changed(self) -> None:
        self.changes += 1


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.wishes.close()


async def test_what_the_views_say_is_wanted(world: World) -> None:
    world.reader.followed = {MIA.public: [MIA.public, PHONE.public]}
    await world.start()
    assert world.wanted == {MIA.public, PHONE.public}
    assert all(world.policy.depth(log, near=False) for log in (ME.public, MINE.public))
    assert world.changes == 1
    world.reader.followed = {}
    world.wishes.review()
    await world.until(wants=set())


async def test_the_devices_of_a_followed_root_are_wanted_before_the_views_know(
    world: World,
) -> None:
    world.reader.followed = {MIA.public: []}
    await world.start()
    assert world.wanted == {MIA.public}
    asked = world.reader.asked
    world.write(MIA, add_device(MIA.public, PHONE))
    await world.until(wants={MIA.public, PHONE.public})
    world.write(MIA, add_device(MIA.public, LAPTOP))
    await world.until(wants={MIA.public, PHONE.public, LAPTOP.public})
    assert world.reader.asked == asked  # the views have nothing new to say
    assert world.changes == 3


async def test_they_are_not_once_nobody_follows_them(world: World) -> None:
    world.reader.followed = {MIA.public: []}
    await world.start()
    world.write(MIA, add_device(MIA.public, PHONE))
    await world.until(wants={MIA.public, PHONE.public})
    world.reader.followed = {}
    world.wishes.review()
    await world.until(wants=set())


async def test_nothing_is_wanted_of_roots_that_nobody_follows_or_without_consent(
    world: World,
) -> None:
    await world.start()
    world.write(MIA, add_device(MIA.public, PHONE))
    world.reader.followed = {LAPTOP.public: []}
    world.wishes.review()
    await world.until(wants={LAPTOP.public})
    stolen = add_device(MIA.public, PHONE)  # the consent is to belong to somebody else
    world.write(LAPTOP, stolen, add_device(LAPTOP.public, MINE))
    world.write(LAPTOP, DeviceRevoke(MINE.public, 0, None))
    await asyncio.sleep(0.05)
    assert world.wanted == {LAPTOP.public}


async def test_damaged_views_leave_the_wishes_as_they_are(world: World) -> None:
    world.reader.followed = {MIA.public: []}
    await world.start()
    world.reader.damaged, world.reader.followed = True, {}
    world.wishes.review()
    world.write(MIA, add_device(MIA.public, PHONE))
    await world.until(wants={MIA.public, PHONE.public})
    await asyncio.sleep(0.05)
    assert world.wanted == {MIA.public, PHONE.public}
    world.reader.damaged = False
    world.wishes.review()
    await world.until(wants=set())


async def test_while_ones_history_comes_back_peers_are_asked_what_they_hold_of_it(
    world: World,
) -> None:
    world.restoring = True
    await world.start()
    assert {ME.public, MINE.public} <= set(world.policy.missing())
    world.write(ME, add_device(ME.public, MINE))
    world.write(MINE, add_device(ME.public, MINE))
    assert {ME.public, MINE.public} <= set(world.policy.missing())
    world.restoring = False
    world.wishes.review()
    async with asyncio.timeout(10):
        while world.policy.missing():
            await asyncio.sleep(0.001)
    world.wishes.close()
