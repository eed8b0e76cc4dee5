"""Several homes: seen, switched, begun, forgotten; and nothing of one gets into another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from p2pblog.api.homes import Homes, Known
from p2pblog.tui import app as app_module
from p2pblog.tui import homes as homes_module
from p2pblog.tui.app import P2PBlogApp
from p2pblog.tui.drafts import Draft, Drafts
from p2pblog.tui.sample import SampleNode
from p2pblog.tui.screens.homes import HomesScreen
from tests.tui.driving import Driver, running
from tests.tui.test_client import long_node

WIDE = (200, 24)  # room for the whole of a temporary folder's name


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def homes(tmp_path: Path, home: Path) -> Homes:
    homes = Homes(tmp_path / "homes.json")
    homes.add("private", home)
    homes.add("work", tmp_path / "work")
    return homes


def without_breaks(driver: Driver) -> str:
    """What is on the screen, and paths that are longer than a line in one piece."""
    return "".join(driver.text().split())


async def at_homes(driver: Driver) -> OptionList:
    await driver.see("post number 2")
    await driver.press("g", "i")
    await driver.until(lambda: isinstance(driver.app.screen, HomesScreen))
    await driver.see("private", "work")
    return driver.app.screen.query_one(OptionList)


async def test_the_homes_are_listed_and_enter_switches(home: Path, homes: Homes) -> None:
    async with running(long_node(3), WIDE, home=home, homes=homes) as driver:
        options = await at_homes(driver)
        await driver.see("private", "open")
        assert str(home) in without_breaks(driver)
        await driver.press("enter")
        await driver.see("This is the home that is open")
        assert driver.app.next_home is None
        await driver.press("j")
        assert options.highlighted == 1
        await driver.press("k", "j", "enter")
        await driver.until(lambda: driver.app.next_home == homes.named("work"))
        assert driver.app._exit


async def test_what_waits_to_be_sent_is_sent_before_the_switch(home: Path, homes: Homes) -> None:
    node = long_node(3)
    async with running(node, home=home, homes=homes) as driver:
        await driver.see("post number 2")
        await driver.press("c")
        await driver.type("before I go")
        await driver.press("ctrl+s")
        await at_homes(driver)
        await driver.press("j", "enter")
        await driver.until(lambda: driver.app.next_home is not None)
    assert node.entries[-1].text == "before I go"


async def test_a_draft_stays_with_its_home(home: Path, homes: Homes, tmp_path: Path) -> None:
    drafts = Drafts(home / "drafts.json")
    async with running(long_node(3), home=home, homes=homes, drafts=drafts) as driver:
        await driver.see("post number 2")
        await driver.press("c")
        await driver.type("not done yet")
        await driver.press("ctrl+p")
        await driver.type("Homes")
        await driver.see("Switch to another identity")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, HomesScreen))
        await driver.see("work")
        await driver.press("j", "enter")
        await driver.until(lambda: driver.app.next_home is not None)
    kept = Drafts(home / "drafts.json").get("")
    assert kept is not None
    assert kept.text == "not done yet"
    assert Drafts(tmp_path / "work" / "drafts.json").get("") is None


async def test_another_home_is_begun_beside_this_one(home: Path, homes: Homes) -> None:
    async with running(long_node(3), home=home, homes=homes) as driver:
        await at_homes(driver)
        await driver.press("n")
        await driver.see("a new one", "on this machine already")
        await driver.press("enter")
        await driver.see("Its name")
        await driver.type("Work")
        await driver.press("enter")
        await driver.see("Another home is called that")
        await driver.type(" two")
        await driver.press("enter")
        await driver.until(lambda: driver.app.next_home is not None)
    assert homes.named("work two") == home.parent / "p2pblog-work-two" == driver.app.next_home


async def test_a_home_that_is_there_is_put_on_the_list(home: Path, homes: Homes) -> None:
    (home.parent / "old").mkdir()
    async with running(long_node(3), home=home, homes=homes) as driver:
        await at_homes(driver)
        await driver.press("n")
        await driver.see("a new one")
        await driver.press("j", "enter")
        await driver.see("Its name")
        await driver.type("old")
        await driver.press("enter")
        await driver.see("Its folder")
        await driver.type(str(home.parent / "nowhere"))
        await driver.press("enter")
        await driver.see("There is no such folder")
        await driver.press("ctrl+u")
        await driver.type(str(home.parent / "old"))
        await driver.press("enter")
        await driver.until(lambda: driver.app.next_home == home.parent / "old")


async def test_a_home_is_forgotten_and_its_files_stay(home: Path, homes: Homes) -> None:
    work = home.parent / "work"
    work.mkdir()
    (work / "device.key").write_text("kept")
    async with running(long_node(3), home=home, homes=homes) as driver:
        await at_homes(driver)
        await driver.press("j", "D")
        await driver.see("Nothing is deleted", str(work)[:20])
        await driver.press("escape")
        await driver.gone("Nothing is deleted")
        assert homes.named("work")
        await driver.press("D")
        await driver.see("Nothing is deleted")
        await driver.press("enter")
        await driver.gone(str(work))
    assert homes.named("work") is None
    assert (work / "device.key").read_text() == "kept"


async def test_the_home_that_is_open_is_shown_though_it_is_on_no_list(tmp_path: Path) -> None:
    home = tmp_path / "here"
    home.mkdir()
    homes = Homes(tmp_path / "homes.json")
    async with running(long_node(3), WIDE, home=home, homes=homes) as driver:
        await driver.see("post number 2")
        await driver.press("g", "i")
        await driver.see("Homes")
        await driver.until(lambda: str(home) in without_breaks(driver))
        await driver.press("D")
        await driver.see("not on the list")
    assert homes.all() == []


async def test_who_begins_anew_can_go_back_to_another_home(home: Path, homes: Homes) -> None:
    async with running(SampleNode(), home=home, homes=homes) as driver:
        await driver.see("What shall people call you?")
        await driver.press("ctrl+p")
        await driver.type("Homes")
        await driver.see("Switch to another identity")
        await driver.press("enter")
        await driver.see("private", "work")
        await driver.press("g", "h", "c")  # there is nobody yet to write as
        await driver.pilot.pause()
        assert isinstance(driver.app.screen, HomesScreen)
        await driver.press("q")
        await driver.see("What shall people call you?")
        await driver.type("Noor")
        await driver.press("enter")
        await driver.see("Your 24 words")
        await driver.press("ctrl+p")
        await driver.type("Homes")
        await driver.see("Switch to another identity")
        await driver.press("enter")
        await driver.see("First put your words down")
        assert driver.app.next_home is None


async def test_a_damaged_list_of_homes_is_said(home: Path, homes: Homes, tmp_path: Path) -> None:
    (tmp_path / "homes.json").write_text("{")
    async with running(long_node(3), WIDE, home=home, homes=homes) as driver:
        await driver.see("post number 2")
        await driver.press("g", "i")
        await driver.see("does not count", "it is no JSON", "homes.json.bad")


async def test_without_homes_there_is_nothing_to_switch_to() -> None:
    async with running(long_node(3)) as driver:
        await driver.see("post number 2")
        await driver.press("g", "i")
        await driver.see("only this home")


def test_each_home_gets_a_client_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Path | None] = []

    def run(app: P2PBlogApp, **how: Any) -> None:
        opened.append(app._home)
        app.next_home = tmp_path / "b" if len(opened) == 1 else None
        if len(opened) == 1:
            app.context.drafts.put("", Draft("of a"))

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(P2PBlogApp, "run", run)
    assert app_module.run(tmp_path / "x" / ".." / "a") == 0
    assert opened == [tmp_path / "a", tmp_path / "b"]
    assert (tmp_path / "a" / "drafts.json").exists()
    assert not (tmp_path / "b" / "drafts.json").exists()


def test_a_home_without_a_node_is_not_woken(tmp_path: Path) -> None:
    known = Known("work", tmp_path, "iabc")
    assert homes_module.look_at(known, Homes(tmp_path / "homes.json")) == homes_module.Seen(known)
