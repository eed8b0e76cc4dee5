"""A client in a terminal that tells how long its keys took, from being heard to being painted.

Run as `python -m tests.benchmarks.pressed HOME FILE` in a terminal; it writes what it found into
FILE as JSON when it is left.  `keys` runs it, and presses the keys.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any

from textual import events

from p2pblog.api.client import NodeClient
from p2pblog.tui.app import P2PBlogApp, spare_collections
from p2pblog.tui.timeline import Timeline
from tests.benchmarks.watched import peak_bytes

_BEAT_S = 0.002
MOVES = {"j", "k", "space", "backspace"}


class Pressed(P2PBlogApp):
    """The client; notes when each key was heard, acted on and painted."""

    def __init__(self, home: Path) -> None:
        super().__init__(partial(NodeClient.connect, home, start=False), home=home)
        self.took_s: list[float] = []
        self._heard_s: deque[float] = deque()
        self._acted_s: list[float] = []
        self.step_s = 0.0
        self._beating: asyncio.Task[None] | None = None
        for name in ("action_step", "action_page"):
            self._watch(name)

    def _watch(self, name: str) -> None:
        """Note of each key when the list has acted on it; the next paint shows it."""
        action = getattr(Timeline, name)

        def acting(timeline: Timeline, by: Any) -> None:
            action(timeline, by)
            if self._heard_s:
                self._acted_s.append(self._heard_s.popleft())

        setattr(Timeline, name, acting)

    async def on_event(self, event: events.Event) -> None:
        """Note when a key was heard: when the terminal's thread had read it."""
        if isinstance(event, events.Key) and event.key in MOVES and not event.is_forwarded:
            self._begin()
            self._heard_s.append(event.time)
        await super().on_event(event)

    def post_display_hook(self) -> None:
        """Note what has been painted."""
        now_s = time.monotonic()
        self.took_s += [now_s - heard_s for heard_s in self._acted_s]
        self._acted_s.clear()

    def _begin(self) -> None:
        """Watch the loop, from the first key on."""
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        """Note the CPU time of the longest turn of the loop."""
        worked_s = time.thread_time()
        while True:
            await asyncio.sleep(_BEAT_S)
            work_s = time.thread_time()
            self.step_s = max(self.step_s, work_s - worked_s)
            worked_s = work_s


def main(home: Path, out: Path) -> None:
    """Run the client until it is left, as `p2pblog.tui.app.run` does."""
    app = Pressed(home)
    spare_collections()
    app.run(mouse=False)
    found = {"took_s": app.took_s, "peak": peak_bytes(), "step_s": app.step_s}
    out.write_text(json.dumps(found), encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
