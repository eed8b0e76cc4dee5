"""Pages on which filters hide everything are passed over, wherever entries are read from."""

from __future__ import annotations

import pytest

from p2pblog.tui.feeds import ConversationFeed, Feed, SearchFeed, ViewFeed
from p2pblog.tui.notices import NoticeFeed
from p2pblog.tui.sample import HOUR_MS, MINUTE_MS, SampleNode
from tests.tui.driving import running

HIDDEN = 23  # posts by somebody who is muted, one after the other
LOOKS = 5


class World:
    """Ada follows Mia and Ben, and mutes Mia, who wrote a lot between two posts of Ben's."""

    def __init__(self) -> None:
        self.node = node = SampleNode("Ada")
        self.mia, self.ben = node.person("Mia"), node.person("Ben")
        node.follows |= {(node.me, self.mia), (node.me, self.ben)}
        node.answer("filter", {"what": "person", "value": self.mia})
        node.looks_max = LOOKS
        self.post = node.write(node.me, "who is here?", 9 * HOUR_MS)
        self.old = node.write(self.ben, "good morning", 8 * HOUR_MS, reply_to=self.post)

    def flood(self, ago_ms: int = HOUR_MS) -> None:
        for at in range(HIDDEN):
            self.node.write(self.mia, f"me, me, me: {at}", ago_ms - at, reply_to=self.post)

    def cursor(self, entry_id: str) -> str:
        return self.node.need(entry_id).cursor


async def test_what_stands_below_much_that_is_hidden_is_shown_and_gone_down_to() -> None:
    world = World()
    world.flood()
    async with running(world.node) as driver:
        await driver.see("good morning", "who is here?")
        world.node.write(world.ben, "good evening")
        await driver.see("new: n shows")
        await driver.press("n")
        await driver.see("good evening", "good morning", "who is here?")
        assert "me, me, me" not in driver.text()


async def test_what_comes_below_much_that_is_hidden_is_announced() -> None:
    world = World()
    async with running(world.node) as driver:
        await driver.see("good morning")
        await driver.press("j")
        await driver.until(lambda: driver.chosen == "who is here?")
        world.node.write(world.ben, "good evening", 2 * HOUR_MS)
        world.flood()
        await driver.see("1 new")
        await driver.press("n")
        await driver.see("good evening")


async def test_notifications_below_much_that_is_hidden_are_shown_and_counted() -> None:
    world = World()
    world.flood()
    async with running(world.node) as driver:
        await driver.see("Notifications (1)")
        await driver.press("g", "n")
        await driver.see("good morning", "answers you")


async def test_a_long_way_with_nothing_to_show_ends_and_is_gone_on_with() -> None:
    world = World()
    world.node.looks_max = 1
    for ago_ms in range(6):
        world.flood(HOUR_MS + ago_ms * MINUTE_MS)
    async with running(world.node) as driver:
        await driver.until(lambda: len(driver.called("timeline")) >= 100)
        await driver.press("j")
        await driver.press("j")
        await driver.see("good morning")


@pytest.mark.parametrize("make", [lambda call: ViewFeed(call, "home"), NoticeFeed])
async def test_every_way_through_a_feed_passes_over_empty_pages(make: type[NoticeFeed]) -> None:
    world = World()
    newest = world.node.write(world.ben, "good evening", MINUTE_MS, reply_to=world.post)
    world.flood()
    client = await world.node.connect()
    feed: Feed = make(client.call)

    def named(entry_id: str) -> str:
        found = world.node.answer("notifications", {"limit": 200})["notifications"]
        place = next(row["cursor"] for row in found if row["entry"]["id"] == entry_id)
        return str(place) if isinstance(feed, NoticeFeed) else world.cursor(entry_id)

    world.node.looks_max = 10**9
    low, high = named(world.old), named(newest)
    world.node.looks_max = LOOKS
    assert [one.id for one in (await feed.older(high, 1)).entries] == [world.old]
    assert [one.id for one in (await feed.above(low, 1)).entries] == [newest]
    assert [one.id for one in (await feed.at(high, 1)).entries] == [newest]
    world.node.entries.remove(world.node.need(newest))
    assert [one.id for one in (await feed.at(high, 1)).entries] == [world.old]
    newest = world.node.write(world.ben, "good night", 2 * HOUR_MS, reply_to=world.post)
    assert [one.id for one in (await feed.newer(low, 1)).entries] == [newest]


async def test_notifications_right_above_a_place_are_asked_for_from_there_up() -> None:
    world = World()
    node = world.node
    node.looks_max = 10**9
    written = [
        node.write(world.ben, f"answer {at}", HOUR_MS - at, reply_to=world.post) for at in range(9)
    ]
    call = (await node.connect()).call
    feed = NoticeFeed(call)
    lowest = (await feed.older(None, 200)).entries[-1]
    page = await feed.above(lowest.cursor, 3)
    assert [one.id for one in page.entries] == written[2::-1]
    assert page.more
    assert node.calls[-1][1]["upward"] is True
    assert sum(name == "notifications" for name, _ in node.calls) == 2


async def test_searches_and_conversations_pass_over_empty_pages() -> None:
    world = World()
    world.flood(7 * HOUR_MS)
    for at in range(HIDDEN):
        first = world.node.write(world.mia, f"who else? {at}", HOUR_MS)
        world.node.write(world.ben, "not me", reply_to=first)
        world.node.write(world.node.person(f"P{at}"), "nor me", reply_to=first)
    call = (await world.node.connect()).call
    assert [one.id for one in (await SearchFeed(call, "who here").older(None, 9)).entries] == [
        world.post
    ]
    found = (await ConversationFeed(call).older(None, 9)).entries
    assert world.post in {one.id for one in found}
