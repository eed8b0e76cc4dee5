"""Copying: the text is where the client says it is."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from p2pblog.tui.clipboard import COPIED_NAME, copier_here, copy
from p2pblog.tui.neighbourhood import neighbourhood
from p2pblog.tui.people import PeopleList
from tests.tui.driving import running


async def test_y_copies_the_text_and_capital_y_the_id(tmp_path: Path) -> None:
    node = neighbourhood()
    async with running(node, home=tmp_path) as driver:
        await driver.see("This. Everybody")
        await driver.press("y")
        await driver.see("The text of the post was given to the terminal", COPIED_NAME)
        assert driver.app.clipboard == "This. Everybody should read it twice."
        assert (tmp_path / COPIED_NAME).read_text() == driver.app.clipboard + "\n"
        await driver.press("Y")
        await driver.until(lambda: driver.app.clipboard == node.entries[-1].id)
        await driver.see("p2pblog thread ID")


async def test_of_a_repost_it_is_what_was_passed_on() -> None:
    node = neighbourhood()
    async with running(node) as driver:
        await driver.see("This. Everybody")
        at = next(at for at, row in enumerate(driver.entries.rows) if row.kind == "repost")
        driver.entries.place.select(at)
        entry = driver.entries.selected
        assert entry is not None
        await driver.press("Y")
        await driver.until(lambda: driver.app.clipboard == entry.subject)
        await driver.press("y")
        await driver.until(lambda: driver.app.clipboard.startswith("The oven"))


async def test_what_has_nothing_to_copy_copies_nothing() -> None:
    node = neighbourhood()
    node.write(node.me, "")
    async with running(node) as driver:
        await driver.see("This. Everybody")
        await driver.press("home", "y")
        await driver.see("This post has no text.")
        await driver.press("g", "p")
        await driver.until(lambda: bool(driver.app.screen.query(PeopleList)))
        await driver.press("y", "Y")
        assert driver.app.clipboard == ""


async def test_a_clipboard_that_takes_it_needs_no_file(tmp_path: Path) -> None:
    taken: list[str] = []

    def take(text: str) -> bool:
        taken.append(text)
        return True

    assert await copy("x", "It", take, tmp_path) == "It is in the clipboard."
    assert taken == ["x"]
    assert not (tmp_path / COPIED_NAME).exists()


async def test_a_clipboard_that_does_not_is_no_reason_to_lose_it(tmp_path: Path) -> None:
    said = await copy("x", "It", lambda text: False, tmp_path)
    assert str(tmp_path / COPIED_NAME) in said
    path = tmp_path / COPIED_NAME
    assert path.read_text() == "x\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "cannot be written" in await copy("x", "It", None, tmp_path / "nowhere")
    assert await copy("x", "It", None, None) == "It was given to the terminal, for its clipboard."


async def test_the_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / COPIED_NAME).symlink_to(other)
    assert "cannot be written" in await copy("x", "It", None, tmp_path)
    assert other.read_text() == "mine"


@pytest.mark.parametrize(
    ("environ", "platform", "there"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "a b c d", "DISPLAY": ":0"}, "linux", False),
        ({"SSH_CONNECTION": "a b c d"}, "darwin", False),
    ],
)
def test_only_a_clipboard_in_front_of_the_person_counts(
    environ: dict[str, str], platform: str, there: bool
) -> None:
    assert (copier_here(environ, platform) is not None) is there


@pytest.mark.skipif(sys.platform == "darwin", reason="has a clipboard of its own")
def test_the_systems_programs_are_asked(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = tmp_path / "xclip"
    program.write_text(f"#!/bin/sh\ncat > {told}\n")
    program.chmod(0o755)
    code = (
        "import os; from p2pblog.tui.clipboard import copier_here;"
        "print(copier_here(os.environ, 'linux')('grüße'))"
    )
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DISPLAY": ":7", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "True\n", done.stderr
    assert told.read_text() == "grüße"
    program.unlink()
    (tmp_path / "xsel").symlink_to("/usr/bin/false")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environ | {"PATH": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
