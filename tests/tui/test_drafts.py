"""Drafts live through a restart, and a bad file does no harm."""

from __future__ import annotations

from pathlib import Path

from p2pblog.tui.drafts import Drafts


def test_drafts_survive_a_restart(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts.json")
    drafts.put("", "a new one ☕")
    drafts.put("e1", "an answer")
    drafts.put("e1", "  ")
    again = Drafts(tmp_path / "drafts.json")
    assert (again.get(""), again.get("e1")) == ("a new one ☕", "")
    assert (tmp_path / "drafts.json").stat().st_mode & 0o077 == 0


def test_a_damaged_or_unwritable_file_loses_nothing_else(tmp_path: Path) -> None:
    for damage in (b"{", b"[1]", b"\xff\xfe", b'{"a": 5, "b": "kept"}', b"[" * 100_000):
        (tmp_path / "drafts.json").write_bytes(damage)
        drafts = Drafts(tmp_path / "drafts.json")
        assert drafts.get("a") == ""
    drafts = Drafts(tmp_path / "no such folder" / "drafts.json")
    drafts.put("", "still here")
    assert drafts.get("") == "still here"


def test_the_oldest_drafts_go_beyond_fifty() -> None:
    drafts = Drafts()
    for number in range(60):
        drafts.put(str(number), "text")
    assert drafts.get("9") == ""
    assert drafts.get("10") == "text"
