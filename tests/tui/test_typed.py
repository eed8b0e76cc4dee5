"""What was typed before a key with priority is there when the key is heard."""

from __future__ import annotations

import pytest

from p2pblog.tui.neighbourhood import neighbourhood
from tests.tui.driving import running


@pytest.mark.parametrize("key", ["ctrl+s", "ctrl+enter"])
async def test_a_post_is_sent_with_the_last_word_typed(key: str) -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("c")
        await driver.see("New post")
        await driver.press(*"all of it".replace(" ", "_"), key)
        await driver.until(lambda: driver.called("post"))
        assert driver.called("post")[0]["text"] == "all_of_it"


async def test_a_draft_is_kept_with_the_last_word_typed() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("c")
        await driver.see("New post")
        await driver.press(*"all_of_it", "escape")
        await driver.see("Kept as a draft")
        await driver.press("c")
        await driver.see("│ all_of_it")


async def test_what_was_typed_before_the_line_of_a_warning_stands_in_the_post() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("c")
        await driver.see("New post")
        await driver.press(*"the_end", "ctrl+o", *"plot", "ctrl+s")
        await driver.until(lambda: driver.called("post"))
        sent = driver.called("post")[0]
        assert (sent["text"], sent["warning"]) == ("the_end", "plot")


async def test_a_profile_is_saved_with_the_last_letter_typed() -> None:
    async with running(neighbourhood()) as driver:
        await driver.see("This. Everybody")
        await driver.press("g", "m")
        await driver.see("this is you")
        await driver.press("e")
        await driver.see("Your profile")
        await driver.press(*"_Vega", "ctrl+s")
        await driver.until(lambda: driver.called("set_profile"))
        assert driver.called("set_profile")[0]["name"] == "Noor_Vega"
