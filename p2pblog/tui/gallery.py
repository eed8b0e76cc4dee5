"""Show the pictures of an entry: ask the node for their files, then open them, or say where."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from p2pblog.content.text import clean_line
from p2pblog.core.limits import MEDIA_MAX
from p2pblog.tui.context import Context
from p2pblog.tui.opening import named_copy
from p2pblog.tui.shapes import Entry


class Gallery:
    """The pictures that were looked at, as copies with names that other programs understand.

    The copies live as long as the client, in a folder for its owner only: what is erased later
    is not kept by them.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def show(self, entry: Entry, *, here: bool) -> tuple[str, str]:
        """Show every picture of `entry`; return what to say, and the path to copy, if any.

        Args:
            here: whether the person sits at the machine that this program runs on.
        Raises:
            P2PBlogError: what the node answered; NotFound when no peer has the picture.
        """
        said: list[str] = []
        path = ""
        for index in range(min(len(entry.media), MEDIA_MAX)):
            result = await self._context.connection.call("media", entry=entry.subject, index=index)
            path = clean_line(str(result.get("path") or ""))
            said.append(await self._show(Path(path), here=here))
        return "\n".join(said), path

    async def _show(self, path: Path, *, here: bool) -> str:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="p2pblog-")
        try:
            copy = await asyncio.to_thread(named_copy, path, Path(self._folder.name))
        except OSError as error:
            return f"The picture cannot be read: {path}: {error.strerror or error}"
        if copy is None:
            return f"Not opened, as it does not look like a picture: {path}"
        if here and await self._context.opener(copy):
            return f"Opened: {path}"
        return f"The picture is here: {path}"

    def close(self) -> None:
        """Remove the copies."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
