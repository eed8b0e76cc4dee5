"""Put text where other programs can paste it, and say truthfully where it is.

The terminal is asked by OSC 52 (Textual does), which reaches the person's own machine through ssh
and never answers.  On this machine the clipboard's own programs are asked as well, through
`pyperclip`.  Where there are none nobody knows whether the terminal obeyed, so the text is in a
file of the home, too.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

COPIED_NAME: Final = "copied.txt"
Copier: TypeAlias = Callable[[str], bool]
"""Gives a text to this machine's clipboard; tells whether there is one."""

_COPY_S = 3.0


def copier_here(environ: Mapping[str, str], platform: str) -> Copier | None:
    """Return how this machine's clipboard is reached, or None where nobody sits at it."""
    if environ.get("SSH_CONNECTION"):
        return None
    if platform == "darwin" or environ.get("WAYLAND_DISPLAY") or environ.get("DISPLAY"):
        return _copy
    return None


def _copy(text: str) -> bool:
    import pyperclip

    try:
        pyperclip.copy(text)
    except (pyperclip.PyperclipException, OSError):
        return False
    return True


async def copy(text: str, what: str, copier: Copier | None, home: Path | None) -> str:
    """Copy `text` beside the terminal's clipboard; return what to say.

    Args:
        what: what it is, as a sentence begins: "The text of the post".
        copier: reaches this machine's clipboard; None: there is none.
        home: where the file goes if need be; None: nowhere.
    """
    if copier is not None:
        try:
            async with asyncio.timeout(_COPY_S):
                if await asyncio.to_thread(copier, text):
                    return f"{what} is in the clipboard."
        except TimeoutError:
            pass  # a program that waits for a display that is gone
    if home is None:
        return f"{what} was given to the terminal, for its clipboard."
    path = home / COPIED_NAME
    try:
        await asyncio.to_thread(_write, path, text)
    except OSError as error:
        said = error.strerror or str(error)
        return f"{what} was given to the terminal; it cannot be written to {path} ({said})."
    return f"{what} was given to the terminal, for its clipboard. It is in a file, too: {path}"


def _write(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=_private) as file:
        file.write(text + "\n")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
