"""The other doors of the first minutes, and adding a device to who one is."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets import Button

from p2pblog.core.errors import Restoring
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.sample import SampleNode
from p2pblog.tui.sample_doors import CODE, WORDS
from p2pblog.tui.screens.adding import AddDeviceScreen
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.doors import JoinScreen, RestoreScreen
from p2pblog.tui.screens.onboarding import WelcomeScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.words import sayings
from tests.tui.driving import Driver, running

SIZES = [(80, 24), (40, 20)]


async def choose(driver: Driver, button: str) -> None:
    await driver.until(lambda: isinstance(driver.app.screen, WelcomeScreen))
    await driver.until(lambda: driver.app.screen.query(f"#{button}"))
    driver.app.screen.query_one(f"#{button}", Button).press()


@pytest.mark.parametrize("size", SIZES)
async def test_who_has_the_words_is_brought_back(size: tuple[int, int]) -> None:
    node = SampleNode()
    node.held_up["restore"] = asyncio.Event()
    async with running(node, size=size) as driver:
        await choose(driver, "words")
        await driver.until(lambda: isinstance(driver.app.screen, RestoreScreen))
        # As from a paper, in lines.
        await driver.type(WORDS.replace("jacket ", "jacket\n"))
        await driver.press("ctrl+s")
        await driver.see("120 of 300 entries")
        await driver.press("tab", "enter")  # no address yet
        await driver.type("10.0.0.7:4114")
        await driver.press("enter")
        await driver.see("There is no identity here yet")  # as this node says to all that ask
        node.held_up["restore"].set()
        await driver.see("Nothing here yet")
    assert driver.called("restore") == [{"words": WORDS}]
    assert driver.called("connect") == [{"address": "10.0.0.7:4114"}]
    assert (driver.app.context.name, driver.called("init")) == ("Noor", [])


async def test_words_that_are_nobodys_are_said_to_be_and_can_be_mended() -> None:
    async with running(SampleNode()) as driver:
        await choose(driver, "words")
        await driver.until(lambda: isinstance(driver.app.screen, RestoreScreen))
        await driver.press("ctrl+s")
        await driver.see("Type the 24 words")
        await driver.type("acid bacon")
        await driver.press("ctrl+s")
        await driver.see("These are not the 24 words")
        await driver.press("escape")
        await driver.see("What shall people call you?")


async def test_another_device_meets_the_first_and_shows_the_number() -> None:
    node = SampleNode()
    node.held_up["device.joined"] = asyncio.Event()
    async with running(node) as driver:
        await choose(driver, "device")
        await driver.until(lambda: isinstance(driver.app.screen, JoinScreen))
        await driver.see("device (Ctrl+P)")
        await driver.press("ctrl+s")
        await driver.see("Type the six words")
        await driver.type("some other words")
        await driver.press("tab", "tab", "enter")  # by the button
        await driver.see("no device here")
        await driver.press("ctrl+u")  # in the line with the words again
        await driver.type(CODE)
        await driver.press("tab")
        await driver.type("10.0.0.7:40404")
        await driver.press("enter")
        await driver.see("204 816", "say yes there")
        node.held_up["device.joined"].set()
        await driver.see("Nothing here yet")
    assert driver.called("device.join")[-1] == {"code": CODE, "at": "10.0.0.7:40404"}
    assert driver.app.context.name == "Noor"


async def test_who_goes_back_at_the_number_leaves_the_other_device() -> None:
    node = SampleNode()
    node.held_up["device.joined"] = asyncio.Event()
    async with running(node) as driver:
        await choose(driver, "device")
        await driver.until(lambda: isinstance(driver.app.screen, JoinScreen))
        await driver.type(CODE)
        await driver.press("enter")
        await driver.see("204 816")
        await driver.press("escape")
        await driver.see("What shall people call you?")
        await driver.until(lambda: driver.called("device.leave"))


async def test_leaving_while_the_history_comes_leads_in_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = SampleNode()
    node.held_up["restore"] = asyncio.Event()
    status = node._methods["status"]
    monkeypatch.setitem(node._methods, "status", lambda: status() | {"restoring": True})
    async with running(node, size=(120, 24)) as driver:
        await choose(driver, "words")
        await driver.until(lambda: isinstance(driver.app.screen, RestoreScreen))
        await driver.type(WORDS)
        await driver.press("ctrl+s")
        await driver.see("120 of 300 entries")
        node.me = node.person("Noor")  # before anything has come
        await driver.press("escape")
        await driver.see("until it is, you can read", "your history is not back yet, Ctrl+P goes")
    assert (driver.app.context.name, driver.called("init")) == ("Noor", [])


@pytest.mark.parametrize("door", ["begin", "words"])
async def test_who_is_added_after_leaving_the_door_is_let_in(door: str) -> None:
    node = SampleNode()
    node.held_up["device.joined"] = asyncio.Event()
    async with running(node) as driver:
        await choose(driver, "device")
        await driver.until(lambda: isinstance(driver.app.screen, JoinScreen))
        await driver.type(CODE)
        await driver.press("enter")
        await driver.see("204 816")
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, WelcomeScreen))
        node.me = node.person("Noor")  # the other device has said yes
        if door == "begin":
            await driver.type("Nora")
        await choose(driver, door)
        if door == "words":
            await driver.until(lambda: isinstance(driver.app.screen, RestoreScreen))
            await driver.press("escape")
        await driver.see("Nothing here yet")
    assert driver.app.context.name == "Noor"


async def to_the_offer(driver: Driver) -> None:
    await driver.see("This. Everybody")
    driver.app.action_add_device()
    await driver.until(lambda: isinstance(driver.app.screen, AddDeviceScreen))


@pytest.mark.parametrize("size", SIZES)
async def test_a_device_is_added_once_the_numbers_are_compared(size: tuple[int, int]) -> None:
    node = neighbourhood()
    node.held_up["device.wait"] = asyncio.Event()
    async with running(node, size=size) as driver:
        await to_the_offer(driver)
        await driver.see("river candle", "40404")
        await driver.press("y", "enter", "tab", "enter")  # nobody has come yet
        assert driver.called("device.confirm") == []
        node.held_up["device.wait"].set()
        await driver.see("kitchen has come", "204 816")
        await driver.press("y")
        await driver.see("you as well")
    assert driver.called("device.confirm") == [{"accept": True, "compare": "204816"}]


async def test_whoever_has_come_and_left_is_added_by_nobody() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await to_the_offer(driver)
        await driver.see("204 816")
        node.held_up["device.ended"].set()
        await driver.see("The pairing is over", "The words are used up")
        await driver.gone("204 816")
        await driver.press("y", "enter")
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, AddDeviceScreen))
    assert driver.called("device.confirm") == [{"accept": False}]


async def test_whoever_has_come_is_told_no() -> None:
    async with running(neighbourhood()) as driver:
        await to_the_offer(driver)
        await driver.see("204 816")
        await driver.press("escape")
        await driver.until(lambda: not isinstance(driver.app.screen, AddDeviceScreen))
    assert driver.called("device.confirm") == [{"accept": False}]


async def test_a_history_that_is_not_back_is_said_and_can_be_gone_on_with() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await driver.see("This. Everybody")
        driver.app.context.status["restoring"] = True
        await driver.press("ctrl+p")
        await driver.type("history back")
        await driver.see("Bring my history back")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, RestoreScreen))
    for said in sayings({"restoring": True, "lan": True})[:2]:
        assert "your history is not back yet" in said


async def test_a_home_whose_history_is_not_back_says_so_and_lets_nobody_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = SampleNode("Noor")
    status = node._methods["status"]
    monkeypatch.setitem(node._methods, "status", lambda: status() | {"restoring": True})
    mia = node.person("Mia", near=True)
    node.write(mia, "Bread is ready")
    async with running(node) as driver:
        await driver.see(
            "Your history is not back yet; until it is, you can read, and not write.",
            "Ctrl+P  Bring my history back: goes on, by your 24 words",
            "○ your history is not back yet, Ctrl+P goes on",
        )
        assert "write your first post" not in driver.text()
        await driver.press("c")
        await driver.see("Nothing can be written until", "Ctrl+P,", "Bring my history back")
        assert isinstance(driver.app.screen, TimelineScreen)
        await driver.press("g", "l")
        await driver.see("Bread is ready")
        monkeypatch.setitem(node._methods, "like", refused)
        driver.app.clear_notifications()
        await driver.press("f")
        await driver.see("Nothing can be written until")
        monkeypatch.undo()
        driver.app._ask_status()
        await driver.until(lambda: not driver.app.context.status.get("restoring"))
        await driver.press("g", "h")
        await driver.see("write your first post")
        await driver.press("c")
        await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))


@pytest.mark.parametrize("own", [True, False])
async def test_a_name_that_comes_after_its_person_is_shown_without_a_restart(own: bool) -> None:
    node = SampleNode("Noor")
    node.names[node.me] = "Old" if own else ""
    async with running(node) as driver:
        await driver.see("Nothing here yet")
        node.names[node.me] = "Noor Haddad"  # their profile arrives
        node.tell(own=own)
        await driver.until(lambda: "Noor Haddad" in driver.lines()[0])
        asked = len(driver.called("whoami"))
        node.tell(own=False)
        await driver.pilot.pause()
        assert len(driver.called("whoami")) == asked


async def test_who_is_back_from_the_palette_can_write_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = SampleNode("")
    node.me = node.person("")
    status = node._methods["status"]
    monkeypatch.setitem(node._methods, "status", lambda: status() | {"restoring": True})

    def restore(words: str, connect: str = "") -> dict[str, object]:
        node.names[node.me] = "Noor"
        monkeypatch.setitem(node._methods, "status", status)
        return node.whoami() | {"logs": 2, "entries": 300}

    monkeypatch.setitem(node._methods, "restore", restore)
    async with running(node) as driver:
        await driver.see("Your history is not back yet")
        driver.app.action_restore()
        await driver.until(lambda: isinstance(driver.app.screen, RestoreScreen))
        await driver.type(WORDS)
        await driver.press("ctrl+s")
        await driver.see("What you wrote is here")
        await driver.until(lambda: "Noor" in driver.lines()[0])
        await driver.see("write your first post")


def refused(entry: str) -> dict[str, object]:
    raise Restoring


@pytest.mark.parametrize("typed", ["restor", "history", "words"])
async def test_the_palette_finds_how_to_go_on_by_what_one_remembers(typed: str) -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        driver.app.context.status["restoring"] = True
        await driver.press("ctrl+p")
        await driver.type(typed)
        await driver.see("Bring my history back")
