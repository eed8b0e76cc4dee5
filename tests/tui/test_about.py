"""All that somebody says of themselves can be read, and its links followed, in every way."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from p2pblog.tui.sample import SampleNode
from p2pblog.tui.screens.about import AboutScreen, SaidList
from p2pblog.tui.screens.address import AddressScreen
from p2pblog.tui.screens.choose import ChooseScreen
from p2pblog.tui.screens.jump import JumpScreen
from p2pblog.tui.screens.profile import Card, ProfileScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from tests.tui.driving import Driver, running

BIO = "\n".join(f"line {at} of my life" for at in range(1, 12)) + "\n#bread https://last.example/a"


def world(bio: str = BIO) -> SampleNode:
    node = SampleNode("Ada")
    mia = node.person("Mia", bio)
    node.follows.add((node.me, mia))
    node.write(mia, "I bake #bread")
    node.fields[mia] = [
        {"name": f"page {at}", "value": f"https://field.example/{at}"} for at in range(1, 8)
    ] + [{"name": "mail", "value": "javascript:alert(1)"}]
    return node


async def at_profile(driver: Driver) -> None:
    await driver.see("I bake")
    await driver.press("u")
    await driver.until(lambda: isinstance(driver.app.screen, ProfileScreen))
    await driver.see("line 1 of my life", "1 post")


async def at_about(driver: Driver) -> SaidList:
    await at_profile(driver)
    await driver.press("I")
    await driver.until(lambda: isinstance(driver.app.screen, AboutScreen))
    items = driver.app.screen.query_one(SaidList)
    await driver.until(lambda: items.has_focus and len(items) > 0)
    return items


@pytest.mark.parametrize("size", [(80, 24), (40, 20), (120, 40)])
async def test_what_has_no_room_in_the_profile_is_a_key_away(size: tuple[int, int]) -> None:
    async with running(world(), size=size) as driver:
        await at_profile(driver)
        await driver.see("I shows all they say", "1 post")
        await driver.press("I")
        await driver.see("About Mia", "line 1 of my life")
        seen = driver.text()
        for _ in range(6):
            await driver.press("space")
            seen += driver.text()
        for text in ("line 11 of my life", "last.example", "page 1", "field.example/7", "mail"):
            assert text in seen


async def test_what_has_room_is_shown_whole() -> None:
    node = world("short")
    node.fields.clear()
    async with running(node) as driver:
        await driver.see("I bake")
        await driver.press("u")
        await driver.see("short", "1 post", "I about")
        assert "shows all" not in driver.text()
        await driver.press("I")
        await driver.see("About Mia", "short")
        await driver.press("enter")
        await driver.see("No link is in this.")


async def test_links_are_followed_by_key_and_only_those_that_lead_somewhere() -> None:
    async with running(world()) as driver:
        items = await at_about(driver)
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, ChooseScreen))
        await driver.see("#bread", "https://last.example/a")
        await driver.until(lambda: driver.app.screen.query_one(OptionList).has_focus)
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, TimelineScreen))
        await driver.see("I bake #bread")
        await driver.press("q")
        await driver.until(lambda: isinstance(driver.app.screen, AboutScreen))
        items.place.select(2)
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, AddressScreen))
        await driver.see("https://field.example/2", "It leads to field.example")
        await driver.press("escape")
        items.place.select(8)
        await driver.press("enter")
        await driver.see("No link is in this.")


async def test_links_are_jumped_to_and_clicked() -> None:
    async with running(world()) as driver:
        items = await at_about(driver)
        items.place.select(3)
        items.changed()
        await driver.see("field.example/3")
        await driver.press("semicolon")
        await driver.until(lambda: isinstance(driver.app.screen, JumpScreen))
        await driver.press("escape")
        for y, line in enumerate(driver.lines()):
            if "field.example/3" in line:
                await driver.pilot.click(offset=(line.index("field"), y))
        await driver.until(lambda: isinstance(driver.app.screen, AddressScreen))
        await driver.see("https://field.example/3")


async def test_a_click_on_the_card_leads_there() -> None:
    async with running(world()) as driver:
        await at_profile(driver)
        await driver.pilot.click(Card)
        await driver.until(lambda: isinstance(driver.app.screen, AboutScreen))


async def test_it_is_read_out_in_plain_text() -> None:
    async with running(world(), plain=True) as driver:
        await at_about(driver)
        await driver.see("line 1 of my life")
        assert not set("│▌…") & set(driver.text())
