"""Drafts live through a restart, and a bad file does no harm."""

from __future__ import annotations

from pathlib import Path

from p2pblog.tui.drafts import Draft, Drafts


def test_drafts_survive_a_restart(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "drafts.json")
    whole = Draft("a new one ☕", "w", ("a", "b"), "2d", True, "18:30", "de")
    drafts.put("", whole)
    drafts.put("e1", Draft("an answer"))
    drafts.put("e1", Draft("  "))
    again = Drafts(tmp_path / "drafts.json")
    assert (again.get(""), again.get("e1")) == (whole, None)
    assert (tmp_path / "drafts.json").stat().st_mode & 0o077 == 0


def test_a_damaged_or_unwritable_file_loses_nothing_else(tmp_path: Path) -> None:
    for damage in (
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"a": 5, "b": "kept"}',
        b'{"b": {"text": 1}}',
        b"[" * 100_000,
    ):
        (tmp_path / "drafts.json").write_bytes(damage)
        drafts = Drafts(tmp_path / "drafts.json")
        assert drafts.get("a") is None
        assert drafts.get("b") == (Draft("kept") if b"kept" in damage else None)
    drafts = Drafts(tmp_path / "no such folder" / "drafts.json")
    drafts.put("", Draft("still here"))
    assert drafts.get("") == Draft("still here")


def test_the_oldest_drafts_go_beyond_fifty() -> None:
    drafts = Drafts()
    for number in range(60):
        drafts.put(str(number), Draft("text"))
    assert drafts.get("9") is None
    assert drafts.get("10") == Draft("text")
