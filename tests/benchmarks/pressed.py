"""A client in a terminal that tells how long its keys took, from being heard to being painted.

Run as `python -m tests.benchmarks.pressed HOME FD` in a terminal, by `terminal.WatchedClient`,
which presses the keys.  It runs what `p2pblog` runs, and writes a line of JSON into FD for each
thing that it notes, `[what, value]`:

"began": when the first posts of all were painted, by the monotonic clock
"opened": seconds from a key until the posts of another screen were painted
"moved": seconds from a key that moves in a list until that was painted
"worked": of each of these, the CPU seconds of the loop's thread meanwhile
"completed": seconds from a letter until candidates for what it belongs to were painted
"step", "peak": as it ends, its longest turn of the loop in CPU seconds, and its memory in bytes
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any, NamedTuple

from textual import events
from textual.screen import Screen
from textual.widget import Widget

from p2pblog.tui.app import P2PBlogApp, run
from p2pblog.tui.candidates import Candidates
from p2pblog.tui.timeline import Timeline
from tests.benchmarks.figures import peak_bytes

Tell = Callable[[str, float], None]

_BEAT_S = 0.002
MOVES = {"j", "k", "space", "backspace", "ctrl+d", "ctrl+u", "G", "home"}
_ACTIONS = ("action_step", "action_page", "action_start", "action_end")


class Heard(NamedTuple):
    """When a key was heard, and the CPU time of the loop's thread when that took it."""

    heard_s: float
    worked_s: float


class Pressed(P2PBlogApp):
    """The client; notes when each key was heard, acted on and painted.

    Args:
        tell: given what is noted.
    """

    def __init__(self, tell: Tell, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._say = tell
        self._heard: deque[Heard] = deque()  # keys that move
        self._held_back: list[Heard] = []  # those that wait for a page above
        self._acted: list[Heard] = []
        self._drawn_keys: list[Heard] = []
        self._key_s: float | None = None  # of the newest key of all
        self._letter_s: float | None = None  # of the newest letter that is being completed
        self._drawn: set[Widget] = set()
        self._shown: Screen[Any] | None = None  # the last whose posts were painted
        self._step_s = 0.0
        self._beating: asyncio.Task[None] | None = None
        for name in _ACTIONS:
            self._watch_action(name)
        self._watch(Timeline, "changed", self._let_go)
        self._watch(Timeline, "render_lines", self._draw)
        self._watch(Candidates, "render_lines", self._draw)

    # --- keys --------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Note when a key was heard: when the terminal's thread had read it."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._key_s = event.time
            if isinstance(self.focused, Timeline) and event.key in MOVES:
                self._begin()
                self._heard.append(Heard(event.time, time.thread_time()))
            elif event.character and event.character.isalnum():
                self._letter_s = event.time
        await super().on_event(event)

    def _watch_action(self, name: str) -> None:
        """Note of each key when the list has acted on it, or waits for a page to do so."""

        def acted(timeline: Timeline, *args: Any) -> None:
            if self._heard:
                waits = timeline._going_up is not None
                (self._held_back if waits else self._acted).append(self._heard.popleft())

        self._watch(Timeline, name, acted)

    def _let_go(self, timeline: Timeline) -> None:
        """Note that keys that waited for a page have been acted on."""
        if timeline._going_up is None:
            self._acted += self._held_back
            self._held_back.clear()

    @staticmethod
    def _watch(kind: type[Widget], name: str, note: Callable[..., None]) -> None:
        """Have `note` called with the arguments of a method, after it."""
        method = getattr(kind, name)

        @wraps(method)
        def watched(*args: Any) -> Any:
            result = method(*args)
            note(*args)
            return result

        setattr(kind, name, watched)

    # --- paint -------------------------------------------------------------------------

    def _draw(self, widget: Widget, crop: Any) -> None:
        """Note that a widget is part, as a whole, of what is painted next."""
        if crop.height < widget.size.height:
            return
        self._drawn.add(widget)
        if isinstance(widget, Timeline):
            self._drawn_keys += self._acted
            self._acted.clear()

    def post_display_hook(self) -> None:
        """Tell what has been painted."""
        if self._batch_count:  # nothing was: Textual lets go of it, and draws it again later
            self._acted = self._drawn_keys + self._acted
            self._drawn_keys = []
            self._drawn.clear()
            return
        now_s, work_s = time.monotonic(), time.thread_time()
        for key in self._drawn_keys:
            self._say("moved", now_s - key.heard_s)
            self._say("worked", work_s - key.worked_s)
        self._drawn_keys.clear()
        for widget in self._drawn:
            self._painted(widget, now_s)
        self._drawn.clear()

    def _painted(self, widget: Widget, now_s: float) -> None:
        if isinstance(widget, Candidates):
            if widget.is_open and self._letter_s is not None:
                self._say("completed", now_s - self._letter_s)
                self._letter_s = None
        elif isinstance(widget, Timeline) and widget.rows and widget.screen is self.screen:
            if self._shown is None:
                self._say("began", now_s)
            elif self._shown is not self.screen and self._key_s is not None:
                self._say("opened", now_s - self._key_s)
            self._shown = self.screen

    # --- the loop ----------------------------------------------------------------------

    def _begin(self) -> None:
        """Watch the loop, from the first key that moves on."""
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        """Note the CPU time of the longest turn of the loop."""
        worked_s = time.thread_time()
        while True:
            await asyncio.sleep(_BEAT_S)
            work_s = time.thread_time()
            self._step_s = max(self._step_s, work_s - worked_s)
            worked_s = work_s

    def on_unmount(self) -> None:
        """Tell what is known at the end."""
        self._say("step", self._step_s)
        self._say("peak", peak_bytes())


def main(home: Path, fd: int) -> int:
    """Run the client until it is left."""
    with os.fdopen(fd, "w", encoding="ascii") as out:

        def tell(what: str, value: float) -> None:
            print(json.dumps([what, value]), file=out, flush=True)

        return run(home, client=partial(Pressed, tell))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
