"""What one does to a post shows where a list is asked for only once, and can be undone there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.widgets import OptionList

from p2pblog.tui.sample import HOUR_MS, MINUTE_MS, SampleNode
from p2pblog.tui.screens.choose import ChooseScreen
from tests.tui.driving import Driver, running


def world() -> SampleNode:
    node = SampleNode("Ada")
    mia, ben = node.person("Mia"), node.person("Ben")
    rye = node.write(node.me, "who has rye?", 2 * HOUR_MS)
    node.write(mia, "I have rye", HOUR_MS, reply_to=rye)
    node.write(ben, "rye? me too", MINUTE_MS, reply_to=rye)
    return node


@asynccontextmanager
async def at(place: str, node: SampleNode) -> AsyncIterator[Driver]:
    """Be where there is "who has rye?", among other things, and have it selected."""
    async with running(node) as driver:
        if place == "search":
            await driver.press("slash")
            await driver.type("rye")
            await driver.press("enter")
        else:
            await driver.press("g", "c")
        await driver.see("who has rye?")
        await driver.until(lambda: driver.entries.has_focus and len(driver.entries) > 0)
        found = next(at for at, row in enumerate(driver.entries.rows) if row.text == "who has rye?")
        driver.entries.place.select(found)
        driver.entries.changed()
        yield driver


PLACES = pytest.mark.parametrize("place", ["search", "conversations"])


@PLACES
@pytest.mark.parametrize(
    ("key", "method", "sign"),
    [("f", "like", "♥ 1"), ("b", "repost", "↻ 1"), ("m", "bookmark", "✦ bookmarked")],
)
async def test_a_deed_shows_and_is_taken_back_by_the_same_key(
    place: str, key: str, method: str, sign: str
) -> None:
    async with at(place, world()) as driver:
        rows = len(driver.entries)
        await driver.press(key)
        await driver.see(sign)
        await driver.press(key)
        await driver.gone(sign)
        assert [call.get("undo") for call in driver.called(method)] == [None, True]
        assert driver.chosen == "who has rye?"
        assert len(driver.entries) == rows
        assert len(driver.called("search" if place == "search" else "conversations")) == 1
        if place == "conversations":
            await driver.see("2 people answered")


async def test_it_shows_once_the_views_know(monkeypatch: pytest.MonkeyPatch) -> None:
    node = world()
    knows = node._methods["entry"]
    before = node.shape(node.entries[0])
    monkeypatch.setitem(node._methods, "entry", lambda entry: before)
    async with at("search", node) as driver:
        await driver.press("f")
        await driver.until(lambda: driver.called("entry"))
        monkeypatch.setitem(node._methods, "entry", knows)
        node.tell()
        await driver.see("♥ 1")


@PLACES
async def test_a_new_version_and_an_answer_show(place: str) -> None:
    async with at(place, world()) as driver:
        for key, text, seen in (("E", " Or spelt?", "who has rye? Or spelt?"), ("r", "!", "↩ 3")):
            await driver.press(key)
            await driver.type(text)
            await driver.press("ctrl+s")
            await driver.see("z takes it back")
            await driver.app._outbox.release()
            await driver.see(seen)


@PLACES
async def test_what_is_erased_goes(place: str) -> None:
    async with at(place, world()) as driver:
        await driver.press("D")
        await driver.until(lambda: isinstance(driver.app.screen, ChooseScreen))
        await driver.until(lambda: driver.app.screen.query_one(OptionList).has_focus)
        await driver.press("enter")
        await driver.gone("who has rye?")


async def test_whom_one_mutes_stands_behind_a_line() -> None:
    node = world()
    async with at("search", node) as driver:
        driver.entries.select_entry(node.entries[1].id)
        await driver.press("M")
        await driver.until(lambda: isinstance(driver.app.screen, ChooseScreen))
        await driver.until(lambda: driver.app.screen.query_one(OptionList).has_focus)
        await driver.press("enter")
        await driver.see("you filter its author")
