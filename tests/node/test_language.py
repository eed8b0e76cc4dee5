"""A guess is published as if the author had said it: better none than a wrong one."""

from __future__ import annotations

import pytest

from p2pblog.node.language import guess


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hi @idiemyalpy  test",
        "hi @i7diemyalpykq2ys4tbw3ptx",
        "@mia @ida @noor @ben",
        "#Brotbacken #Sauerteig #Roggen ok",
        "https://example.org/das/brot/geht/am/besten/nachts",
        "www.example.org/good/morning/everyone example.org/the/quick/brown/fox",
        "mia.winter@example.org",
        "morning everyone",
        "hello there friends",  # nearly as likely another one
        "test test test test",
        "1234567890 !!! ...",
    ],
)
def test_what_tells_too_little_has_no_language(text: str) -> None:
    assert guess(text) == ""


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("good morning everyone", "en"),
        ("does anyone have a ladder @idiemyalpy #Leiter", "en"),
        ("Das Brot geht am besten über Nacht", "de"),
        ("Wir sehen uns dann am Samstag: https://example.org/see-you-on-saturday", "de"),
        ("mañana por la mañana", "es"),
        ("ceci est un test", "fr"),
        ("今日はいい天気ですね、散歩に行きます", "ja"),
    ],
)
def test_words_that_tell_it_are_enough(text: str, lang: str) -> None:
    assert guess(text) == lang
