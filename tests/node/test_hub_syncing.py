"""How far it is with what is being fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from p2pblog.sync import messages as m
from tests.node.test_clauses_hub import AUTHOR, hub_over, linked, store_of


async def test_what_is_being_fetched_is_counted_until_it_is_here() -> None:
    hub = hub_over(store_of())
    there = store_of(*(b"%d" % number for number in range(30)))
    assert hub.syncing() == (0, 0)
    async with linked(hub) as other:
        other.say(m.Hello(1, None))
        newest = there.logs[AUTHOR.public].newest
        other.say(m.Have([m.Offer(AUTHOR.public, 1, 30, newest.high_id)]))
        asked = await other.hear(m.WantLatest)
        assert isinstance(asked, m.WantLatest)
        assert hub.syncing() == (0, 30)
        other.say(m.Entries(asked.number, there.segment_latest(AUTHOR.public, 10)))
        await until(lambda: hub.syncing() == (10, 30))
        other.say(m.Entries(asked.number, there.segment_down(AUTHOR.public, 1, 20)))
        await until(lambda: hub.syncing() == (0, 0))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)
