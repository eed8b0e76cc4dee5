"""What strangers wrote goes after its time, from every file, and comes back when it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from p2pblog.content.bodies import Follow, Outside, Post, Profile, Repost, serialize
from p2pblog.core import limits
from p2pblog.core.encoding import encode
from p2pblog.log.identity import add_device
from p2pblog.node.retention import is_passing
from tests.node.kept_world import EVE, MIA, World

SALT = bytes(16)


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(limits, "RETENTION_PAUSE_RATIO", 0)
    made = World(tmp_path)
    yield made
    await made.close()


async def test_bodies_go_so_many_days_after_they_came_and_leave_no_trace(world: World) -> None:
    await world.take_in(world.write(EVE, 10), day=0)
    await world.take_in(world.write(MIA, 5), day=0)
    await world.take_in(world.write(EVE, 10), day=20)
    world.policy.want([MIA.public])
    assert world.shown() == 25
    assert await world.run(day=29.9) == 0
    assert world.files_with("eve says 7.")
    assert await world.run(day=30.1) == 10
    assert world.without_body(EVE) == list(range(1, 11))
    assert world.without_body(MIA) == []
    assert world.store.bare == {}
    assert world.shown() == 15
    for seq in range(1, 11):
        assert world.files_with(f"eve says {seq}.") == []
    assert world.files_with("eve says 11.")
    assert await world.run(day=49.9) == 0
    assert await world.run(day=51) == 10
    assert world.without_body(EVE) == list(range(1, 21))


async def test_what_one_follows_comes_back_with_its_bodies(world: World) -> None:
    part = world.write(EVE, 10)
    await world.take_in(part, day=0)
    assert await world.run(day=40) == 10
    await world.take_in(part, day=41)
    assert world.without_body(EVE) == list(range(1, 11))
    world.policy.want([EVE.public])
    assert world.store.recall(EVE.public) == 10
    assert world.policy.missing() == [EVE.public]
    await world.take_in(part, day=42)
    assert world.without_body(EVE) == []
    assert world.shown() == 10
    assert await world.run(day=90) == 0


async def test_who_is_followed_no_longer_is_a_stranger_from_then_on(world: World) -> None:
    world.policy.want([EVE.public])
    await world.take_in(world.write(EVE, 10), day=0)
    await world.take_in(world.write(MIA, 10), day=0)
    assert await world.run(day=100) == 10
    assert world.without_body(EVE) == []
    world.policy.want([])
    assert await world.run(day=100) == 10
    assert world.without_body(EVE) == list(range(1, 11))


async def test_each_distance_has_its_time(world: World) -> None:
    world.policy.want([], second=[MIA.public])
    for key in (EVE, MIA):
        await world.take_in(world.write(key, 10), day=0)
    assert await world.run(day=60) == 10
    assert world.without_body(MIA) == []
    assert await world.run(day=91) == 10


async def test_nothing_goes_while_nobody_knows_whom_one_follows(world: World) -> None:
    await world.take_in(world.write(EVE, 210), day=0)
    world.known = False
    assert await world.run(day=100) == 0
    world.retention.start()
    world.retention.grew(EVE.public)
    await asyncio.sleep(0.1)
    assert world.store.logs[EVE.public].entries == 210


async def test_a_long_past_is_worked_off_a_part_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RETENTION_BATCHES", 3)
    monkeypatch.setattr(limits, "RETENTION_ENTRIES", 20)
    monkeypatch.setattr(limits, "RETENTION_BODIES_MAX", 7)
    for _ in range(8):
        await world.take_in(world.write(EVE, 11), world.write(MIA, 1), day=0)
    await world.take_in(world.write(EVE, 5), day=50)
    assert await world.run(day=60) == 96
    assert world.without_body(EVE) == list(range(1, 89))
    assert world.without_body(MIA) == list(range(1, 9))


async def test_a_log_that_is_full_goes_on_with_what_is_new(world: World) -> None:
    world.retention.start()
    await world.take_in(world.write(EVE, 199), day=0)
    await asyncio.sleep(0.1)
    assert world.store.logs[EVE.public].entries == 199
    await world.take_in(world.write(EVE, 21), day=0)
    async with asyncio.timeout(5):
        while world.store.gone.pending or world.store.logs[EVE.public].entries > 100:
            await asyncio.sleep(0.01)
    assert world.less == [EVE.public]
    newest = world.store.logs[EVE.public].newest
    assert (newest.low, newest.high) == (121, 220)
    async with asyncio.timeout(5):
        while world.shown() != 100:
            await asyncio.sleep(0.01)
    await world.take_in(world.write(EVE, 1), day=0)
    assert world.store.logs[EVE.public].newest.high == 221


async def test_a_log_that_has_become_a_strangers_is_cut_though_nothing_comes(world: World) -> None:
    world.retention.start()
    world.policy.want([EVE.public])
    await world.take_in(world.write(EVE, 250), day=0)
    world.policy.want([])
    assert world.policy.depth(EVE.public, True) == 0  # so nothing would ever come
    world.retention.review()
    async with asyncio.timeout(5):
        while world.store.logs[EVE.public].entries > 100:
            await asyncio.sleep(0.01)
    assert world.policy.depth(EVE.public, True) == 100


async def test_a_gap_left_by_a_jump_is_not_kept_open(world: World) -> None:
    first, _, latest = world.write(EVE, 64), world.write(EVE, 256), world.write(EVE, 120)
    await world.take_in(first, latest, day=0)
    assert world.store.logs[EVE.public].older is not None
    world.retention.start()
    world.retention.grew(EVE.public)
    async with asyncio.timeout(5):
        while world.store.logs[EVE.public].older is not None:
            await asyncio.sleep(0.01)
    newest = world.store.logs[EVE.public].newest
    assert (newest.low, newest.high) == (341, 440)


@pytest.mark.parametrize(
    ("data", "goes"),
    [
        (serialize(Post("hello"), SALT), True),
        (serialize(Repost(None, Outside("@jo", "hello")), SALT), True),
        (b"\xc1", True),
        (serialize(Profile("eve"), SALT), False),
        (serialize(Follow(bytes(32)), SALT), False),
        (serialize(add_device(bytes(32), EVE), SALT), False),
        (encode([SALT, "of.the.future", {}]), False),
    ],
    ids=["post", "outside", "nonsense", "profile", "follow", "device", "unknown"],
)
def test_texts_go_and_what_much_follows_from_stays(data: bytes, goes: bool) -> None:
    assert is_passing(data) == goes
