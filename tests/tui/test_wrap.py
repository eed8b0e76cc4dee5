"""No line is wider than its width, whatever it holds; nothing of the text is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from p2pblog.content.text import clean
from p2pblog.tui.rows import Line, entry_lines, fold, person_lines
from p2pblog.tui.shapes import Inner, read_entry, read_person
from p2pblog.tui.wrap import shorten, wrap

_HARD = st.text(
    st.sampled_from(
        "ab \n漢字かな😀👩\u200d👧❤\ufe0f\u0301\u0915\u094d\u0937\u1100\u1161🇩🇪\u202e\x1b[31m#@:/."
    ),
    max_size=60,
)


@given(_HARD | st.text(max_size=40), st.integers(2, 30))
def test_no_line_is_wider_than_asked_for(text: str, width: int) -> None:
    cleaned = clean(text)
    lines = wrap(cleaned, width)
    assert all(cell_len(line) <= width for line in lines)
    assert cell_len(shorten(cleaned.replace("\n", " "), width)) <= width


@given(st.text("abc 漢字 é\n", max_size=60), st.integers(2, 30))
def test_wrapping_loses_nothing_but_white_space(text: str, width: int) -> None:
    cleaned = clean(text)
    assert "".join("".join(wrap(cleaned, width)).split()) == "".join(cleaned.split())


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one  two", 4, ["one", "two"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("漢字かな", 5, ["漢字", "かな"]),
        ("a\n\nb", 5, ["a", "", "b"]),
        ("  two spaces", 20, ["  two spaces"]),
        ("", 5, [""]),
    ],
)
def test_words_stay_whole_where_they_fit(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


def _widest(lines: tuple[Line, ...]) -> int:
    return max(sum(cell_len(text) for text, _ in line) for line in lines)


@given(_HARD, _HARD, st.integers(8, 80), st.integers(0, 400), st.booleans())
def test_no_line_of_an_entry_or_person_is_wider_than_the_list(
    text: str, name: str, width: int, depth: int, whole: bool
) -> None:
    inner = {"id": "e", "author": "i" * 57, "name": name, "text": text, "warning": ""}
    value = {
        "id": "e" * 57, "author": "i" * 57, "name": name, "kind": "post", "text": text,
        "time_ms": 1, "reply_to": "e", "quote": "q", "quoted": inner, "warning": name,
        "media": [{"alt": text, "have": False}], "likes": 10**9, "reposts": 10**9,
        "replies": 10**9, "reposted": True, "imported": {"source": name}, "depth": depth,
    }  # fmt: skip
    for kind in ("post", "repost", "poll"):
        for target in (None, inner):
            entry = read_entry(value | {"kind": kind, "target": target, "outside": None})
            for revealed in (False, True):
                lines = entry_lines(
                    entry, width, when="31 Dec 2013", revealed=revealed, whole=whole, focus=whole
                )
                assert _widest(lines) <= width
                assert lines[-1] == () or depth
    person = read_person({"identity": "i" * 57, "name": name, "bio": text, "last_ms": 5})
    assert _widest(person_lines(person, width, when="31 Dec 2013")) <= width


def test_values_of_other_types_read_as_empty() -> None:
    entry = read_entry({"id": "e1", "text": 5, "likes": True, "media": "no", "quoted": [1]})
    assert (entry.text, entry.likes, entry.media, entry.quoted) == ("", 0, (), None)
    assert read_entry({"id": "r", "target": "e2"}).target == Inner("e2")


def test_a_repost_says_whose_words_it_passes_on_or_that_they_are_not_here() -> None:
    value = {"id": "r", "kind": "repost", "name": "Tom", "text": "words"}
    said = {}
    for name, more in (
        ("inside", {"target": {"id": "e", "name": "Mia", "text": "words"}}),
        ("outside", {"outside": {"handle": "greta"}}),
        ("missing", {"text": ""}),
    ):
        lines = entry_lines(read_entry(value | more), 60, when="now")
        said[name] = " ".join(text for line in lines for text, _ in line)
    assert all("Tom reposted" in text for text in said.values())
    assert "Mia" in said["inside"]
    assert "@greta" in said["outside"]
    assert "not arrived" in said["missing"]


def test_a_line_with_roles_folds_without_losing_words() -> None:
    line: Line = (("Ctrl+P", "accent"), ("  connect to an address you were given", "text"))
    folded = list(fold(line, 16))
    assert all(sum(cell_len(text) for text, _ in part) <= 16 for part in folded)
    said = " ".join(text for part in folded for text, _ in part)
    assert said.split() == ["Ctrl+P", "connect", "to", "an", "address", "you", "were", "given"]
