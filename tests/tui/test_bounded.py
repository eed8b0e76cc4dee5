"""A large paste neither makes the keys slow nor loses a draft, and what is left out is said."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input, TextArea

from p2pblog.tui.bounded import SAID_FULL
from p2pblog.tui.drafts import (
    DRAFT_OPTION_BYTES_MAX,
    DRAFT_TEXT_BYTES_MAX,
    DRAFT_WARNING_BYTES_MAX,
    Draft,
    Drafts,
)
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.edit import EditProfileScreen
from tests.tui.driving import Driver, running


async def compose(driver: Driver) -> TextArea:
    await driver.see("This. Everybody")
    await driver.press("c")
    await driver.until(lambda: isinstance(driver.app.screen, ComposeScreen))
    await driver.until(lambda: list(driver.app.screen.query(TextArea)))
    return driver.app.screen.query_one(TextArea)


async def test_the_composer_takes_so_much_and_says_so() -> None:
    async with running(neighbourhood()) as driver:
        area = await compose(driver)
        await driver.type("begun ")
        await driver.type("🙂" * 250_000)
        await driver.see(SAID_FULL)
        assert area.text == "begun " + "🙂" * ((DRAFT_TEXT_BYTES_MAX - 6) // 4)
        await driver.press(*"xyz12345")
        await driver.see(SAID_FULL)
        assert len(area.text.encode()) <= DRAFT_TEXT_BYTES_MAX
        area.select_all()
        await driver.type("all anew")
        await driver.gone(SAID_FULL)
        assert area.text == "all anew"


async def test_a_long_paste_into_the_warning_loses_no_draft(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts.json")
    drafts.put("e1", Draft("an important reply"))
    async with running(neighbourhood(), drafts=drafts) as driver:
        await compose(driver)
        await driver.press("ctrl+o")
        await driver.until(lambda: isinstance(driver.app.focused, Input))
        await driver.type("w" * 1_000_000)
        await driver.see(SAID_FULL)
        line = driver.app.screen.query_one(Input)
        assert line.value == "w" * DRAFT_WARNING_BYTES_MAX
        await driver.press("backspace")
        await driver.until(lambda: len(line.value) == DRAFT_WARNING_BYTES_MAX - 1)
        await driver.press("v")
        await driver.until(lambda: line.value.endswith("wv"))
        await driver.press("escape")
    again = Drafts(tmp_path / "drafts.json")
    assert {about: draft.text for about, draft in again.kept()} == {
        "e1": "an important reply",
        "": "",
    }


async def test_what_is_put_in_otherwise_is_cut_in_the_draft_and_that_is_said() -> None:
    drafts = Drafts()
    async with running(neighbourhood(), drafts=drafts) as driver:
        area = await compose(driver)
        area.text = "x" * (DRAFT_TEXT_BYTES_MAX + 1)
        await driver.see("longer than a draft may be")
        kept = drafts.get("")
        assert kept is not None
        assert len(kept.text) == DRAFT_TEXT_BYTES_MAX


async def test_an_answer_of_a_poll_takes_so_much() -> None:
    async with running(neighbourhood()) as driver:
        await compose(driver)
        await driver.press("ctrl+l")
        await driver.see("How long")
        await driver.type("o" * 100_000)
        await driver.see(SAID_FULL)
        answer = driver.app.screen.query(Input).first()
        assert len(answer.value) == DRAFT_OPTION_BYTES_MAX


async def test_a_profile_takes_so_much() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("g", "m")
        await driver.see("this is you")
        await driver.press("e")
        await driver.until(lambda: isinstance(driver.app.screen, EditProfileScreen))
        for field in ("#name", "#bio", "#fields"):
            widget = driver.app.screen.query_one(field)
            assert isinstance(widget, Input | TextArea)
            widget.focus()
            await driver.pilot.pause()
            await driver.type("b" * 1_000_000)
            await driver.see(SAID_FULL)
            value = widget.value if isinstance(widget, Input) else widget.text
            assert len(value) <= 8192


async def test_trouble_with_the_drafts_is_said_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    path.write_bytes(b"\xff")
    async with running(neighbourhood(), drafts=Drafts(path)) as driver:
        await driver.see("drafts.json.bad")
