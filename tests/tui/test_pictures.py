"""The pictures are made by the program, and the same program makes the same ones."""

from __future__ import annotations

import re

from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.pictures import picture
from p2pblog.tui.sample import PRESENT_MS


async def test_a_picture_shows_the_screen_and_is_the_same_every_time() -> None:
    first = await picture(neighbourhood().connect, (), lambda: PRESENT_MS)
    again = await picture(neighbourhood().connect, (), lambda: PRESENT_MS)
    assert first == again
    assert first.startswith("<svg")
    assert "herons" in first


async def test_a_picture_contacts_nobody_and_names_fonts_that_are_at_hand() -> None:
    svg = await picture(neighbourhood().connect, ("question_mark",), lambda: PRESENT_MS)
    assert "url(http" not in svg
    assert "@font-face" not in svg
    addresses = set(re.findall(r"https?://[^\s\"'<>]+", svg))
    assert addresses == {"http://www.w3.org/2000/svg", "https://www.textualize.io"}  # names only
    assert '"DejaVu Sans Mono"' in svg
