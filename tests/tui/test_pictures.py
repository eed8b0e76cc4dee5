"""The pictures are made by the program, and the same program makes the same ones."""

from __future__ import annotations

from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.pictures import picture
from p2pblog.tui.sample import PRESENT_MS


async def test_a_picture_shows_the_screen_and_is_the_same_every_time() -> None:
    first = await picture(neighbourhood().connect, (), lambda: PRESENT_MS)
    again = await picture(neighbourhood().connect, (), lambda: PRESENT_MS)
    assert first == again
    assert first.startswith("<svg")
    assert "herons" in first
