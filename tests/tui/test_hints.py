"""The bottom line keeps the keys that matter, however much there is to say."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from p2pblog.tui.hints import fit_hints, lines_of, share
from p2pblog.tui.words import sayings

_HINTS = ("c write", "g go", "? help", "r reply", "f like")
_HELP = "? help"
_ALONE: dict[str, Any] = {"lan": True, "peers": []}


def test_the_least_important_hints_go_first_and_help_stands_last() -> None:
    assert fit_hints(_HINTS, 80, _HELP) == "c write  g go  r reply  f like  ? help"
    assert fit_hints(_HINTS, 30, _HELP) == "c write  g go  r reply  ? help"
    assert fit_hints(_HINTS, 29, _HELP) == "c write  g go  ? help"
    assert fit_hints(_HINTS, 14, _HELP) == "c write  g go"
    assert fit_hints(_HINTS, 6, _HELP) == ""


def test_the_words_are_shortened_before_an_important_hint_goes() -> None:
    names = {"peers": [{"name": "Bartholomew"}, {"name": "Wilhelmina"}]}
    said, hints = share(sayings(names), _HINTS, 76, _HELP)
    assert (said, hints) == (
        "2 peers: Bartholomew, Wilhelmina · Ctrl+P links more",
        "c write  g go  ? help",
    )
    said, hints = share(sayings(names), _HINTS, 70, _HELP)
    assert (said, hints) == ("2 peers: Bartholomew, Wilhelmina", fit_hints(_HINTS, 36, _HELP))
    assert share(sayings(names), _HINTS, 50, _HELP) == (
        "2 peers",
        "c write  g go  r reply  f like  ? help",
    )
    assert share(sayings(_ALONE), _HINTS, 70, _HELP)[0] == "alone on this network · Ctrl+P connects"
    assert share(sayings(_ALONE), _HINTS, 46, _HELP) == (
        "alone on this network",
        "c write  g go  ? help",
    )
    assert share(sayings(_ALONE), _HINTS, 30, _HELP) == ("alone", "c write  g go  ? help")


@pytest.mark.parametrize("width", range(90))
def test_the_line_is_never_wider_than_the_screen(width: int) -> None:
    said, hints = share(sayings(_ALONE), _HINTS, width, _HELP)
    assert cell_len(said) + bool(hints) * 2 + cell_len(hints) <= width


def test_lines_break_between_choices_and_never_within_one() -> None:
    choices = ["go to", "h home", "n notifications", "w what people speak of"]
    assert lines_of(choices, 80) == ["go to  h home  n notifications  w what people speak of"]
    assert lines_of(choices, 30) == ["go to  h home  n notifications", "w what people speak of"]
    assert lines_of(choices, 29) == ["go to  h home", "n notifications", "w what people speak of"]
    assert lines_of(choices, 0) == choices
