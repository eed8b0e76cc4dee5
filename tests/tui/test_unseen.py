"""Mentions are counted until they are looked at, across restarts, whatever the file holds."""

from __future__ import annotations

from pathlib import Path

from p2pblog.tui.unseen import MENTIONS_MAX, Unseen


def test_what_was_looked_at_is_known_after_a_restart(tmp_path: Path) -> None:
    unseen = Unseen(tmp_path / "seen.json")
    assert unseen.count(["b", "a"]) == 2
    unseen.look(["b", "a"])
    again = Unseen(tmp_path / "seen.json")
    assert again.count(["b", "a"]) == 0
    assert again.count(["b", "late, written before b", "a"]) == 1
    assert (tmp_path / "seen.json").stat().st_mode & 0o077 == 0


def test_a_damaged_or_huge_file_counts_everything_and_breaks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    for damage in (
        b"{",
        b"[1]",
        b'{"mentions": 5}',
        b'{"mentions": [1, null]}',
        b"\xff",
        b"[" * 99,
    ):
        path.write_bytes(damage)
        assert Unseen(path).count(["a"]) == 1
    path.write_text('{"mentions": ["a"]}' + " " * 70_000)
    assert Unseen(path).count(["a"]) == 1
    unseen = Unseen(tmp_path / "no such folder" / "seen.json")
    unseen.look(["a"])
    assert unseen.count(["a"]) == 0


def test_only_the_newest_are_remembered(tmp_path: Path) -> None:
    unseen = Unseen(tmp_path / "seen.json")
    unseen.look(str(number) for number in range(MENTIONS_MAX + 5))
    assert unseen.count([str(MENTIONS_MAX - 1), str(MENTIONS_MAX)]) == 1
