"""Only pictures are given to another program, under a name that says so, and only on a display."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from p2pblog.tui.opening import named_copy, open_file, opener_command, picture_suffix

_PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8


@pytest.mark.parametrize(
    ("head", "suffix"),
    [
        (_PNG, ".png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 12, ".jpg"),
        (b"GIF89a" + b"\0" * 10, ".gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ".webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", ""),
        (b"GIF88a" + b"\0" * 10, ""),
        (b"\x89PNG\n\x1a\n", ""),
        (b"<!doctype html><", ""),
        (b"[Desktop Entry]\n", ""),
        (b"<svg onload='x' ", ""),
        (b"#!/bin/sh\n", ""),
        (b"", ""),
    ],
)
def test_a_picture_is_known_by_how_it_begins(head: bytes, suffix: str) -> None:
    assert picture_suffix(head) == suffix


def test_a_copy_is_named_as_what_it_is_and_anything_else_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(_PNG)
    (tmp_path / "page").write_bytes(b"<html>")
    copies = tmp_path / "copies"
    copies.mkdir()
    copy = named_copy(tmp_path / "blob", copies)
    assert copy == copies / "blob.png"
    assert copy.read_bytes() == _PNG
    assert named_copy(tmp_path / "page", copies) is None
    assert list(copies.iterdir()) == [copy]


def test_a_display_decides_what_opens() -> None:
    assert opener_command({"DISPLAY": ":0"}, "linux") == ["xdg-open"]
    assert opener_command({"WAYLAND_DISPLAY": "wayland-0"}, "linux") == ["xdg-open"]
    assert opener_command({}, "linux") == []
    assert opener_command({}, "darwin") == ["open"]
    assert opener_command({"SSH_CONNECTION": "a b c d"}, "darwin") == []


async def test_the_opener_gets_the_path_and_its_failure_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text(
        f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/got\nexit $(cat {tmp_path}/status)\n'
    )
    opener.chmod(opener.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "status").write_text("0")
    assert await open_file(tmp_path / "a $(touch x) b.png")
    assert (tmp_path / "got").read_text() == f"{tmp_path}/a $(touch x) b.png"
    (tmp_path / "status").write_text("4")
    assert not await open_file(tmp_path / "a.png")
    monkeypatch.setenv("PATH", "/nowhere")
    assert not await open_file(tmp_path / "a.png")
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not await open_file(tmp_path / "a.png")
