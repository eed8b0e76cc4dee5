"""Drive the client through Pilot: start it, wait for what shall show, read the screen."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from p2pblog.api.homes import Homes
from p2pblog.tui.app import P2PBlogApp
from p2pblog.tui.drafts import Drafts
from p2pblog.tui.entries import EntryList
from p2pblog.tui.opening import Opener
from p2pblog.tui.places import Places
from p2pblog.tui.sample import SampleNode
from p2pblog.tui.settings import CLIENT_NAME

_PATIENCE_S = 20.0
_CHARS = {"space": " ", "slash": "/", "question_mark": "?", "semicolon": ";"}


def unicode_of(key: str) -> str | None:
    """The character that a key types, if it types one."""
    return key if len(key) == 1 else _CHARS.get(key)


async def nobody_opens(path: Path) -> bool:
    """Open nothing, as where there is no display."""
    return False


class Driver:
    """A running client and its node."""

    def __init__(self, app: P2PBlogApp, pilot: Pilot[Any], node: SampleNode) -> None:
        self.app = app
        self.pilot = pilot
        self.node = node

    def lines(self) -> list[str]:
        """The lines of the screen in front."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """The screen in front."""
        return "\n".join(line.rstrip() for line in self.lines())

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until `true()`; fail with the screen when it does not come."""
        deadline = time.monotonic() + _PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, f"never came true; the screen:\n{self.text()}"
            await asyncio.sleep(0)
            await self.pilot.pause()

    async def see(self, *texts: str) -> None:
        """Wait until all `texts` are on the screen."""
        await self.until(lambda: all(text in self.text() for text in texts))

    async def gone(self, text: str) -> None:
        """Wait until `text` is not on the screen."""
        await self.until(lambda: text not in self.text())

    async def press(self, *keys: str) -> None:
        """Press keys as fast as a person never could: all are there before the first is read."""
        for key in keys:
            char = unicode_of(key)
            self.app.post_message(events.Key(key, char))
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Put `text` where the cursor is, as soon as there is one."""
        await self.until(lambda: isinstance(self.app.focused, Input | TextArea))
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()

    @property
    def entries(self) -> EntryList:
        """The list of entries of the screen in front."""
        return self.app.screen.query_one(EntryList)

    @property
    def chosen(self) -> str:
        """The text of the selected entry."""
        entry = self.entries.selected
        return entry.text if entry else ""

    def called(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every call of `method`."""
        return [params for name, params in self.node.calls if name == method]


@asynccontextmanager
async def running(
    node: SampleNode,
    size: tuple[int, int] = (80, 24),
    drafts: Drafts | None = None,
    opener: Opener = nobody_opens,
    home: Path | None = None,
    config: str = "",
    plain: bool = False,
    places: Places | None = None,
    homes: Homes | None = None,
) -> AsyncIterator[Driver]:
    """Run the client on `node`; `config` stands in the client.toml of its home."""
    with tempfile.TemporaryDirectory() as folder:
        if config:
            home = home or Path(folder)
            (home / CLIENT_NAME).write_text(config, encoding="utf-8")
        app = P2PBlogApp(
            node.connect,
            clock=lambda: node.now_ms,
            drafts=drafts,
            chance=random.Random(7),
            opener=opener,
            places=places,
            homes=homes,
            home=home,
            plain=plain,
        )
        app.copier = None  # the clipboard of whoever runs the tests is theirs
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Driver(app, pilot, node)
