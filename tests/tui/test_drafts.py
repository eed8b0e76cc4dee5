"""Drafts live through a restart, and a bad file does no harm."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from p2pblog.core.limits import POLL_OPTIONS_MAX
from p2pblog.tui.drafts import DRAFT_TEXT_BYTES_MAX, DRAFT_WARNING_BYTES_MAX, Draft, Drafts


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


LONG = Draft("🙂" * 300_000, "w" * 1_000_000, ("o" * 9999,) * 30, "s" * 9999, at="a" * 9999)


def test_no_draft_is_so_long_that_the_others_are_lost(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    drafts = Drafts(path)
    drafts.put("e1", Draft("an important reply"))
    kept = drafts.put("", LONG)
    assert kept is not None
    assert kept.text == "🙂" * (DRAFT_TEXT_BYTES_MAX // 4)
    assert kept.warning == "w" * DRAFT_WARNING_BYTES_MAX
    assert len(kept.options) == POLL_OPTIONS_MAX
    assert path.stat().st_size < 64 * 1024
    again = Drafts(path)
    assert (again.get("e1"), again.get("")) == (Draft("an important reply"), kept)
    assert again.trouble() == ""


@pytest.mark.parametrize("char", ["🙂", "x", '"', "\x01", "\ud800"])
def test_what_is_written_can_always_be_read(tmp_path: Path, char: str) -> None:
    drafts = Drafts(tmp_path / "drafts.json")
    for number in range(55):
        drafts.put(str(number), Draft(char * 20_000, char * 2_000, (char * 900,) * 8))
    again = Drafts(tmp_path / "drafts.json")
    assert again.trouble() == drafts.trouble() == ""
    assert again.kept() == drafts.kept()
    assert len(again.kept()) > 5
    assert again.kept()[0][0] == "54"  # the oldest went


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"[1]",
        b"\x00\xff\xfe" * 50,
        b"[" * 100_000,
        b'{"a": "' + b"x" * 2_000_000 + b'"}',
        b'{"a": 5, "b": "kept"}',
        b'{"a": {"text": 1}, "b": "kept"}',
        b'{"a": "' + b"x" * 20_000 + b'", "b": "kept"}',
    ],
)
def test_a_file_that_is_none_of_drafts_is_kept_aside(tmp_path: Path, damage: bytes) -> None:
    path, aside = tmp_path / "drafts.json", tmp_path / "drafts.json.bad"
    for number in ("", "2", "3"):
        path.write_bytes(damage)
        drafts = Drafts(path)
        said = drafts.trouble()
        assert f"kept as drafts.json.bad{number}." in said
        assert "\n" not in said
        assert drafts.trouble() == ""
        drafts.put("", Draft("new"))
        assert aside.with_name(aside.name + number).read_bytes() == damage
        assert Drafts(path).get("") == Draft("new")
        assert Drafts(path).get("b") == (Draft("kept") if b"kept" in damage else None)


def test_no_more_than_a_few_files_are_kept_aside_and_none_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    for number in range(7):
        path.write_bytes(b"bad %d" % number)
        drafts = Drafts(path)
        drafts.put("", Draft("new"))
        assert drafts.get("") == Draft("new")
    assert "only as long as this client" in drafts.trouble()
    assert path.read_bytes() == b"bad 6"
    kept = sorted(one.read_bytes() for one in tmp_path.glob("*.bad*"))
    assert kept == [b"bad %d" % number for number in range(5)]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "elsewhere").mkdir()
    path, target = tmp_path / "home" / "drafts.json", tmp_path / "elsewhere" / "mine.json"
    path.symlink_to(target)
    Drafts(path).put("a", Draft("first"))
    Drafts(path).put("b", Draft("second"))
    assert path.is_symlink()
    assert list(json.loads(target.read_text())) == ["a", "b"]


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    fifo, folder, device, loop = (tmp_path / name for name in ("fifo", "folder", "device", "loop"))
    os.mkfifo(fifo)
    folder.mkdir()
    device.symlink_to("/dev/zero")
    loop.symlink_to(loop)
    for path in (fifo, folder, device, loop):
        before = path.lstat()
        drafts = Drafts(path)
        drafts.put("", Draft("still here"))
        assert drafts.get("") == Draft("still here")
        assert "only as long as this client" in drafts.trouble()
        assert drafts.trouble() == ""
        assert path.lstat().st_ino == before.st_ino
    assert not Path("/dev/.zero.lock").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    path.write_text('{"a": "secret"}')
    path.chmod(0)
    drafts = Drafts(path)
    drafts.put("", Draft("x"))
    assert "Permission denied" in drafts.trouble()
    path.chmod(0o600)
    assert "secret" in path.read_text()


def test_two_clients_of_one_home_keep_each_others_drafts(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    one, two = Drafts(path), Drafts(path)
    one.put("", Draft("of one"))
    two.put("e1", Draft("of two"))
    one.put("", Draft("of one, longer"))
    assert {*one.kept()} == {*two.kept()} == {*Drafts(path).kept()}
    assert {about: draft.text for about, draft in two.kept()} == {
        "": "of one, longer",
        "e1": "of two",
    }
    two.put("", None)
    one.put("e2", Draft("another"))
    assert {about for about, _ in Drafts(path).kept()} == {"e1", "e2"}


def test_clients_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"

    def write(client: int) -> None:
        drafts = Drafts(path)
        for number in range(20):
            drafts.put(f"{client}", Draft(f"{number}"))
        assert drafts.trouble() == ""

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert sorted(Drafts(path).kept()) == [(str(one), Draft("19")) for one in range(4)]


def test_what_could_not_be_written_is_written_with_the_next_change(tmp_path: Path) -> None:
    path = tmp_path / "home" / "drafts.json"
    drafts = Drafts(path)
    drafts.put("a", Draft("first"))
    assert "only as long as this client" in drafts.trouble()
    path.parent.mkdir()
    Drafts(path).put("b", Draft("of another"))
    drafts.put("c", Draft("third"))
    assert sorted(about for about, _ in Drafts(path).kept()) == ["a", "b", "c"]
