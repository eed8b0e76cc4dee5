"""What the client says about times and the network."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.tui.hints import share
from p2pblog.tui.words import ago, connectedness, intake, sayings, time_ago

_NOW = 1_765_360_800_000  # 10 December 2025
_MIN = 60_000


@pytest.mark.parametrize(
    ("past_ms", "said"),
    [
        (0, "now"),
        (59_999, "now"),
        (_MIN, "1 min"),
        (59 * _MIN, "59 min"),
        (60 * _MIN, "1 h"),
        (24 * 60 * _MIN - 1, "23 h"),
        (24 * 60 * _MIN, "1 d"),
        (7 * 24 * 60 * _MIN, "3 Dec"),
        (365 * 24 * 60 * _MIN, "10 Dec 2024"),
        (-30_000, "now"),
        (-3 * 24 * 60 * _MIN, "13 Dec"),
        (_NOW - (2**53 - 1), "some day"),
    ],
)
def test_times_are_said_in_few_words(past_ms: int, said: str) -> None:
    assert ago(_NOW - past_ms, _NOW) == said


def _peers(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "address": "10.0.0.1:4114"} for name in names]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, "offline"),
        ({"lan": True, "peers": []}, "alone on this network"),
        ({"lan": True, "looking": ["10.0.0.2:4114"]}, "looking for peers"),
        ({"peers": _peers("mia")}, "1 peer: mia"),
        ({"peers": _peers("mia", "")}, "2 peers: mia, 10.0.0.1:4114"),
        ({"peers": _peers("\x1b[31mmia\u202e")}, "1 peer: mia"),
        ({"peers": [{"name": "mia", "looks_like": {}}]}, "1 peer: mia (look-alike)"),
        ({"peers": _peers(*"abcde")}, "well connected: 5 peers"),
    ],
)
def test_connectedness_is_said_in_words(status: dict[str, Any], said: str) -> None:
    assert connectedness(status) == said


@pytest.mark.parametrize(
    ("status", "next_step"),
    [
        ({}, "Ctrl+P connects"),
        ({"lan": True, "peers": []}, "Ctrl+P connects"),
        ({"lan": True, "looking": ["10.0.0.2:4114"]}, "Ctrl+P connects"),
        ({"peers": _peers("Mia Winter", "Otis")}, "Ctrl+P links more"),
        ({"peers": _peers(*"abcde")}, "g p shows people"),
    ],
)
def test_every_rung_says_what_to_do_next_in_80_columns(
    status: dict[str, Any], next_step: str
) -> None:
    hints = ("c write", "g go", "? help", "r reply")
    said, keys = share(sayings(status), hints, 76, "? help")
    assert said == f"{connectedness(status)} · {next_step}"
    assert all(hint in keys for hint in hints[:3])


def test_intake_is_said_only_while_there_is_some() -> None:
    assert intake({"arrival": 20_000, "indexed": 1200}) == "taking in 1,200 of 20,000"
    syncing = {"entries": 1200, "of": 20_000}
    assert intake({"arrival": 7, "indexed": 5, "syncing": syncing}) == "syncing 1,200 of 20,000"
    assert intake({"arrival": 7, "indexed": 7}) == ""


@pytest.mark.parametrize(
    ("past_ms", "said"),
    [(0, "just now"), (180_000, "3 min ago"), (7_200_000, "2 h ago"), (2 * 86_400_000, "2 d ago")],
)
def test_at_the_end_of_a_sentence_a_length_of_time_is_past(past_ms: int, said: str) -> None:
    assert time_ago(_NOW - past_ms, _NOW) == said


def test_at_the_end_of_a_sentence_a_date_stays_a_date() -> None:
    assert not time_ago(_NOW - 30 * 86_400_000, _NOW).endswith("ago")
