"""Widths, wrapping and times: nothing is torn, nothing is lost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.cli.show import ago, count, table
from p2pblog.cli.width import cells, cut, wrap
from p2pblog.content.text import clean

NOW_MS = 1_800_000_000_000  # 15 January 2027
texts = st.text(max_size=200).map(clean)


@given(texts, st.integers(2, 60))
def test_no_wrapped_line_is_too_wide(text: str, width: int) -> None:
    assert all(cells(line) <= width for line in wrap(text, width))


@given(texts, st.integers(2, 60))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    assert "".join(wrap(text, width)).replace(" ", "") == text.replace("\n", "").replace(" ", "")


@given(texts.map(lambda text: text.replace("\n", " ")), st.integers(0, 60))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    short = cut(text, width)
    assert cells(short) <= width
    assert short == text or short in ("", "…") or short.endswith("…")


def test_words_stay_whole_where_they_can() -> None:
    assert wrap("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert wrap("a incomprehensible b", 8) == ["a", "incompre", "hensible", "b"]
    assert wrap("漢字漢字", 5) == ["漢字", "漢字"]
    assert wrap("one\n\ntwo", 10) == ["one", "", "two"]


def test_a_combining_mark_is_never_parted_from_its_letter() -> None:
    assert wrap("e\u0301" * 4, 2) == ["e\u0301e\u0301", "e\u0301e\u0301"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-59, "now"),
        (0, "now"),
        (9, "now"),
        (10, "10 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (86_399, "23 h"),
        (86_400, "1 d"),
        (7 * 86_400 - 1, "6 d"),
    ],
)
def test_recent_times_are_relative(seconds: int, said: str) -> None:
    assert ago(NOW_MS - seconds * 1000, NOW_MS) == said


def test_older_times_and_those_of_fast_clocks_are_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        assert ago(NOW_MS - 10 * 86_400_000, NOW_MS) == "5 Jan"
        assert ago(NOW_MS - 60 * 86_400_000, NOW_MS) == "16 Nov 2026"
        assert ago(NOW_MS + 86_400_000, NOW_MS) == "16 Jan"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("time_ms", [2**53 - 1, -(2**53 - 1), -1, 253_402_300_800_000])
def test_a_time_beyond_all_calendars_does_no_harm(time_ms: int) -> None:
    assert ago(time_ms, NOW_MS) == "some time"


def test_counts_agree_with_their_nouns() -> None:
    assert [count(n, "reply", "replies") for n in (0, 1, 2)] == [
        "0 replies",
        "1 reply",
        "2 replies",
    ]
    assert count(1200, "like") == "1,200 likes"


def test_columns_line_up_whatever_is_in_them() -> None:
    lines = list(table([["漢字", "a"], ["b", "a"], ["", "x" * 50]], 20))
    assert [cells(line[: line.index("a")]) for line in lines[:2]] == [6, 6]
    assert max(map(cells, lines)) == 20
