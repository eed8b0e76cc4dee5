"""Trends, conversations, why an entry is here, and the operators of the search, by key."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.widgets import Input, OptionList

from p2pblog.core.errors import BadRequest
from p2pblog.core.limits import PAGE_ENTRIES_MAX
from p2pblog.tui.feeds import SearchFeed
from p2pblog.tui.sample import HOUR_MS, MINUTE_MS, SampleNode
from p2pblog.tui.screens.conversations import ConversationsScreen
from p2pblog.tui.screens.search import SearchScreen
from p2pblog.tui.screens.thread import ThreadScreen
from p2pblog.tui.screens.trends import TrendsScreen
from p2pblog.views.query import OPERATORS
from tests.tui.driving import Driver, running


def world() -> SampleNode:
    node = SampleNode("Ada")
    mia, ben = node.person("Mia", near=True), node.person("Ben")
    node.follows.add((node.me, mia))
    node.write(mia, "#yesterday it rained", 30 * HOUR_MS)
    bread = node.write(mia, "#bread is ready: https://bread.example/oven", 3 * HOUR_MS)
    rye = node.write(node.me, "who has rye? #bread", 2 * HOUR_MS)
    node.write(ben, "I have #rye", HOUR_MS, reply_to=rye)
    node.write(mia, "me too #bread #bread", 50 * MINUTE_MS, reply_to=rye)
    node.write(ben, "on my way", 40 * MINUTE_MS, reply_to=bread)
    return node


def highlighted(driver: Driver) -> int | None:
    return driver.app.screen.query_one(OptionList).highlighted


async def test_trends_are_a_list_from_which_a_tag_is_opened() -> None:
    async with running(world()) as driver:
        await driver.see("me too")
        await driver.press("g", "w")
        await driver.see("What people spoke of in a day")
        await driver.see("#bread ", "2 people, 3 posts", "#rye ", "1 person, 1 post")
        assert "#yesterday" not in driver.text()
        await driver.press("enter")
        await driver.see("who has rye? #bread", "#bread is ready")
        assert any(call["view"] == "tag:bread" for call in driver.called("timeline"))
        await driver.press("q")
        await driver.until(lambda: isinstance(driver.app.screen, TrendsScreen))


async def test_a_link_is_searched_for() -> None:
    async with running(world()) as driver:
        await driver.press("g", "w")
        await driver.see("https://bread.example/oven")
        await driver.press("j", "j")
        await driver.until(lambda: highlighted(driver) == 2)
        await driver.press("k", "j", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, SearchScreen))
        await driver.see("#bread is ready")
        assert driver.called("search")[-1]["query"] == '"https://bread.example/oven"'


async def test_trends_of_a_week_are_a_key_away_and_nothing_moves_meanwhile() -> None:
    node = world()
    async with running(node) as driver:
        await driver.press("g", "w")
        await driver.see("#bread")
        await driver.press("t")
        await driver.see("What people spoke of in a week", "#yesterday")
        asked = len(driver.called("trends"))
        node.write(node.me, "#new")
        await driver.press("j", "k")
        assert len(driver.called("trends")) == asked
        await driver.press("g", "g")
        await driver.see("#new")
        await driver.press("t")
        await driver.see("What people spoke of in a day")


async def test_where_nobody_speaks_of_anything_it_says_so() -> None:
    async with running(SampleNode("Ada")) as driver:
        await driver.press("g", "w")
        await driver.see("Nobody you can see has used a tag or a link in a day. t: of a day")
        await driver.press("enter")
        assert isinstance(driver.app.screen, TrendsScreen)
        await driver.press("g", "c")
        await driver.see("Nobody you can see has answered anybody")


async def test_conversations_stand_by_people_and_open_as_threads() -> None:
    node = world()
    async with running(node) as driver:
        await driver.press("g", "c")
        await driver.see("Conversations, by how many people answered")
        await driver.see("2 people answered", "1 person answered")
        assert driver.chosen == "who has rye? #bread"
        await driver.press("j")
        assert driver.chosen.startswith("#bread is ready")
        asked = len(driver.called("conversations"))
        node.write(node.me, "hm", reply_to=node.entries[0].id)
        await driver.press("k")
        assert len(driver.called("conversations")) == asked
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ThreadScreen))
        await driver.see("I have #rye", "me too")
        await driver.press("q")
        await driver.until(lambda: isinstance(driver.app.screen, ConversationsScreen))
        await driver.see("#yesterday it rained")
        await driver.press("j", "g", "g")
        await driver.until(lambda: driver.chosen == "who has rye? #bread")


@pytest.mark.parametrize(("key", "method"), [("w", "trends"), ("c", "conversations")])
async def test_what_failed_is_asked_again(
    key: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = world()
    answer = node._methods[method]

    def fail(**params: object) -> dict[str, object]:
        raise BadRequest("that would take too long")

    monkeypatch.setitem(node._methods, method, fail)
    async with running(node) as driver:
        await driver.press("g", key)
        await driver.see("that would take too long")
        monkeypatch.setitem(node._methods, method, answer)
        node.write(node.me, "hm")
        await driver.see("#bread")


async def test_an_answer_about_a_day_does_not_stand_for_a_week() -> None:
    node = world()
    held = node.held_up["trends"] = asyncio.Event()
    async with running(node) as driver:
        await driver.press("g", "w")
        await driver.see("What people spoke of in a day")
        await driver.pilot.pause()
        del node.held_up["trends"]
        await driver.press("t")
        await driver.see("#yesterday")
        held.set()
        await driver.pilot.pause(0.1)
        assert "#yesterday" in driver.text()


async def test_why_is_said_of_any_post_in_any_timeline() -> None:
    async with running(world()) as driver:
        await driver.see("me too")
        await driver.press("w")
        await driver.see("You follow Mia.")
        assert driver.called("why")[-1]["view"] == "home"
        await driver.press("g", "c")
        await driver.until(lambda: driver.chosen == "who has rye? #bread")
        await driver.press("w")
        await driver.see("You wrote it.")
        assert driver.called("why")[-1]["view"] == "conversations"
        await driver.press("g", "w")
        await driver.see("What people spoke of in a day")
        await driver.press("enter")
        await driver.see("me too #bread")
        await driver.press("w")
        await driver.see("It bears #bread, as you asked.")
        await driver.press("slash")
        await driver.type("way")
        await driver.press("enter")
        await driver.until(lambda: driver.chosen == "on my way")
        await driver.press("w")
        await driver.see("Nobody you follow wrote it or reposted it")
        assert driver.called("why")[-1]["view"] == ""


async def test_why_is_in_the_list_of_all_that_can_be_done() -> None:
    async with running(world()) as driver:
        await driver.see("me too")
        await driver.press("full_stop")
        await driver.see("why it is here")


@pytest.mark.parametrize("size", [(80, 24), (40, 20)])
async def test_the_search_shows_its_operators(size: tuple[int, int]) -> None:
    async with running(world(), size=size) as driver:
        await driver.press("slash")
        await driver.until(lambda: isinstance(driver.app.screen, SearchScreen))
        await driver.see("from:", "before:")
        if size[0] == 80:
            for name in OPERATORS:
                assert name == "tag" or f"{name}:" in driver.text()
            await driver.see("Enter searches")
        await driver.type("rye")
        await driver.press("enter")
        await driver.see("I have #rye", "from:")
        assert driver.app.screen.query_one(Input).value == "rye"


async def test_a_search_goes_on_past_pages_with_nothing_on_them() -> None:
    asked: list[str | None] = []

    async def call(method: str, /, **params: object) -> dict[str, object]:
        asked.append(params["before"])  # type: ignore[arg-type]
        found = [{"id": "e1"}] if len(asked) == 3 else []
        return {"entries": found, "next": f"c{len(asked)}"}

    page = await SearchFeed(call, "rye in:likes").older(None, PAGE_ENTRIES_MAX)
    assert [entry.id for entry in page.entries] == ["e1"]
    assert page.more
    assert asked == [None, "c1", "c2"]


async def test_a_search_that_fails_leaves_what_was_found_before() -> None:
    node = world()
    for at in range(150):
        node.write(node.me, f"rye bread {at}", at * MINUTE_MS)
    fine = node._methods["search"]

    def search(query: str, **more: Any) -> dict[str, Any]:
        if "wrong:" in query:
            raise BadRequest("no such operator: wrong:")
        return fine(query=query, **more)

    node._methods["search"] = search
    async with running(node) as driver:
        await driver.press("slash")
        await driver.type("bread")
        await driver.press("enter")
        await driver.see("rye bread 0")
        await driver.press("slash")
        await driver.type(" wrong:x")
        await driver.press("enter")
        await driver.see("no such operator: wrong:", "rye bread 0")
        await driver.press("tab")
        await driver.until(lambda: driver.entries.has_focus)
        await driver.press("G", "G")
        await driver.until(lambda: len(driver.entries) > 150)
        assert sum("wrong:" in call["query"] for call in driver.called("search")) == 1


@pytest.mark.parametrize("leaves", [True, False])
async def test_a_search_ends_with_the_next_and_with_its_screen(leaves: bool) -> None:
    node = world()
    fine = node._methods["search"]
    held = node.held_up["search"] = asyncio.Event()

    def search(query: str, before: str | None = None, **more: Any) -> dict[str, Any]:
        if query == "long":  # with nothing on any page
            return {"entries": [], "next": f"{before or ''}x"}
        return fine(query=query, before=before, **more)

    node._methods["search"] = search
    async with running(node) as driver:
        await driver.press("slash")
        await driver.type("long")
        await driver.press("enter")
        await driver.until(lambda: driver.app.screen.query_one(Input).value == "long")
        await driver.pilot.pause()
        if leaves:
            await driver.press("escape")
            await driver.until(lambda: not isinstance(driver.app.screen, SearchScreen))
        else:
            driver.app.screen.query_one(Input).value = "rye"
            await driver.press("enter")
            await driver.pilot.pause()
        held.set()
        if not leaves:
            await driver.see("who has rye?")
        await driver.pilot.pause(0.1)
        assert not [call for call in driver.called("search") if call["query"] == "long"]
