"""A full node still has room for whom it dials, and for those it knows."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.sync import messages as m
from tests.node.test_clauses_hub import hub_over, linked, store_of

STRANGERS = [SigningKey(bytes([number]) * 32) for number in (20, 21, 22)]
FRIEND, OTHER_FRIEND = (SigningKey(bytes([number]) * 32) for number in (30, 31))


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(limits, "LINKS_MAX", 2)
    return 2


async def test_a_friend_takes_the_place_of_the_stranger_who_came_last(full: int) -> None:
    friends = {FRIEND.public, OTHER_FRIEND.public}
    hub = hub_over(store_of(), known=friends)
    async with AsyncExitStack() as links:
        first = await links.enter_async_context(linked(hub, STRANGERS[0]))
        second = await links.enter_async_context(linked(hub, STRANGERS[1]))
        for stranger in (first, second):
            await stranger.hear(m.Hello)
        # Another stranger finds no room.
        third = await links.enter_async_context(linked(hub, STRANGERS[2]))
        assert await third.rest() == []
        assert hub.counters["node-crowded"] == 1
        friend = await links.enter_async_context(linked(hub, FRIEND))
        await friend.hear(m.Hello)
        assert [isinstance(one, m.Bye) for one in await second.rest()][-1]
        assert hub.linked(STRANGERS[0].public)
        assert hub.counters["node-crowded"] == 2
        # With friends alone there is no room for anybody.
        await (await links.enter_async_context(linked(hub, OTHER_FRIEND))).hear(m.Hello)
        assert {peer.device for peer in hub.peers} == friends
        last = await links.enter_async_context(linked(hub, STRANGERS[0]))
        assert await last.rest() == []
        await asyncio.sleep(0)
        assert {peer.device for peer in hub.peers} == friends
