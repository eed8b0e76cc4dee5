"""Keys that come before a screen is gone, and names that look like markup, end nothing."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from p2pblog.tui.leaving import Palette
from p2pblog.tui.sample import HOUR_MS, SampleNode
from p2pblog.tui.screens.choose import ChooseScreen
from p2pblog.tui.screens.choose_many import ChooseManyScreen
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.screens.report import ReportScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from tests.tui.driving import running

MARKUP = (
    "x[Y='",
    "[$accent @click=app.quit]Anna",
    "[@click=app.quit]Anna[/]",
    "[B]Anna[/B]",
    "[_x]Bob",
    "[/]",
    "\\[b]Ida\\",
)


def world(name: str) -> SampleNode:
    node = SampleNode("Ada")
    other = node.person(name)
    node.follows.add((node.me, other))
    node.write(other, "The oven is hot", HOUR_MS)
    return node


@pytest.mark.parametrize("name", MARKUP)
async def test_a_name_is_no_markup_in_any_title(name: str) -> None:
    node = world(name)
    node.kept.lists["friends"] = []
    async with running(node, size=(120, 40)) as driver:
        await driver.see("The oven is hot")
        for key, screen, title in (
            ("full_stop", ChooseScreen, name),
            ("B", ChooseScreen, f"Block {name}?"),
            ("M", ChooseScreen, f"Mute {name}"),
            ("exclamation_mark", ReportScreen, f"Report a post by {name}"),
            ("a", ChooseManyScreen, f"{name} is on"),
        ):
            await driver.press(key)
            await driver.until(lambda screen=screen: isinstance(driver.app.screen, screen))  # type: ignore[misc]
            await driver.see(f"╭─ {title} ─")
            row = next(at for at, line in enumerate(driver.lines()) if f"╭─ {title} ─" in line)
            column = driver.lines()[row].index("╭─ ") + 3 + len(title) - 1
            await driver.pilot.click(offset=(column, row))
            assert isinstance(driver.app.screen, screen)
            await driver.press("escape")
            await driver.until(lambda: isinstance(driver.app.screen, TimelineScreen))


@pytest.mark.parametrize(
    "keys",
    [
        ("full_stop", "enter", "enter", "enter"),
        ("semicolon", "a", "a"),
        ("semicolon", "u", "u", "s", "ctrl+p"),
        ("semicolon", "semicolon", "s", "s"),
        ("question_mark", "escape", "escape", "escape"),
        ("ctrl+p", "escape", "escape"),
        ("B", "escape", "escape", "enter"),
    ],
)
async def test_what_comes_before_a_screen_is_gone_ends_nothing(keys: tuple[str, ...]) -> None:
    async with running(world("Mia")) as driver:
        await driver.see("The oven is hot")
        await driver.press(*keys)
        await driver.pilot.pause(0.2)
        assert driver.app.is_running
        assert driver.app.return_code is None
        while len(driver.app.screen_stack) > 1:
            await driver.press("escape")
            await driver.pilot.pause(0.05)
        await driver.see("The oven is hot")


async def test_what_is_chosen_twice_in_the_palette_is_done_once() -> None:
    async with running(world("Mia")) as driver:
        await driver.see("The oven is hot")
        await driver.press("ctrl+p")
        await driver.until(lambda: isinstance(driver.app.screen, Palette))
        await driver.type("keys")
        await driver.until(lambda: driver.app.screen.query_one(OptionList).option_count)
        await driver.press("enter", "enter", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, HelpScreen))
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, TimelineScreen))
        await driver.pilot.pause(0.2)
        assert len(driver.app.screen_stack) == 1
