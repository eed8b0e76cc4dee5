"""Decide how a picture that came from a stranger is shown: by which program, and whether at all.

The system's opener decides by a file's content and name what happens to it, so only files that
begin as a picture does are given to it, under a name that says so.  It is run without a shell
and without the terminal.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeAlias

Opener: TypeAlias = Callable[[Path], Awaitable[bool]]
"""Shows a file in another program; tells whether that began."""

_HEAD_BYTES = 16
_OPENER_S = 5  # it hands the file on and ends; some stay while the file is looked at


def picture_suffix(head: bytes) -> str:
    """Return ".png", ".jpg", ".gif" or ".webp" for how a file begins, or "" if it is none of them.

    Args:
        head: its first 16 bytes.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if head.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return ".gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    return ""


def opener_command(environ: Mapping[str, str], platform: str) -> list[str]:
    """Return the command that opens a file here, or nothing where there is no display."""
    if environ.get("SSH_CONNECTION") and platform == "darwin":
        return []  # it would open where nobody sits
    if platform == "darwin":
        return ["open"]
    return ["xdg-open"] if environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY") else []


def named_copy(path: Path, folder: Path) -> Path | None:
    """Return a copy of the picture at `path` in `folder`, named as what it is.

    None: it does not begin as a picture does.

    Raises:
        OSError: it cannot be read, or the copy not be written.
    """
    with path.open("rb") as file:
        suffix = picture_suffix(file.read(_HEAD_BYTES))
    if not suffix:
        return None
    copy = folder / f"{path.name[:16]}{suffix}"
    shutil.copyfile(path, copy)
    return copy


def opener_of(chosen: str) -> Opener:
    """Return what shows a file: the command that the person chose, else the system's."""

    async def show(path: Path) -> bool:
        return await _open(str(path), chosen)

    return show


async def open_file(path: Path) -> bool:
    """Open `path` with the system's opener; return whether it began (False: no display, say)."""
    return await _open(str(path), "")


async def open_address(address: str, chosen: str) -> bool:
    """Open an address in another program; return whether that began.

    Args:
        address: begins with http:// or https://, so that no program takes it for an option.
        chosen: the command that the person chose, or "".
    """
    return await _open(address, chosen)


async def _open(what: str, chosen: str) -> bool:
    command = shlex.split(chosen) or opener_command(os.environ, sys.platform)
    if not command:
        return False
    quiet = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, what, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_OPENER_S):
            return await process.wait() == 0
    except TimeoutError:
        return True
