"""Which addresses a text holds."""

from __future__ import annotations

import pytest

from p2pblog.content.links import addresses
from p2pblog.core.limits import LINK_CHARS_MAX, LINKS_OF_POST_MAX

LONG = "https://a.example/" + "x" * LINK_CHARS_MAX


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("bread", []),
        ("see https://a.example.", ["https://a.example"]),
        ("(https://a.example/b_(c)), http://b.example!", ["https://a.example/b_(c)", "http://b.example"]),
        ("https://a.example https://a.example", ["https://a.example"]),
        ("ftp://a.example javascript://b.example https:// http://...", []),
        ("https://a.example/\u202ebad \x1b]8;;http://b.example\x07c", ["https://a.example/bad"]),
        (LONG, []),
        (
            " ".join(f"https://{n}.example" for n in range(LINKS_OF_POST_MAX + 3)),
            [f"https://{n}.example" for n in range(LINKS_OF_POST_MAX)],
        ),
    ],
)  # fmt: skip
def test_addresses_are_found_without_what_surrounds_them(text: str, found: list[str]) -> None:
    assert addresses(text) == found
