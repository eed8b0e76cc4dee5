"""Virtual time: what happens next, and when.

The whole simulator runs off this one queue.  What is due at the same moment happens in the
order in which it was asked for, so that a run is a function of its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import TypeAlias

Action: TypeAlias = Callable[[], object]


class Timer:
    """Something that will happen; `cancel` keeps it from happening."""

    __slots__ = ("_action", "when_s")

    def __init__(self, when_s: float, action: Action) -> None:
        self.when_s = when_s
        self._action: Action | None = action

    def cancel(self) -> None:
        """Do nothing when the time comes."""
        self._action = None

    def fire(self) -> bool:
        """Do it now; tell whether there was anything to do."""
        action, self._action = self._action, None
        if action is None:
            return False
        action()
        return True


class Clock:
    """Seconds since the run began, and what is still to happen."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.steps = 0
        """How many things have happened."""
        self._queue: list[tuple[float, int, Timer]] = []
        self._asked = 0

    def at(self, when_s: float, action: Action) -> Timer:
        """Have `action` happen at a time, which is not in the past."""
        timer = Timer(max(when_s, self.now_s), action)
        self._asked += 1
        heappush(self._queue, (timer.when_s, self._asked, timer))
        return timer

    def after(self, delay_s: float, action: Action) -> Timer:
        """Have `action` happen in a while."""
        return self.at(self.now_s + delay_s, action)

    def run(self, until_s: float) -> None:
        """Let everything happen that is due by `until_s`."""
        queue = self._queue
        while queue and queue[0][0] <= until_s:
            self.now_s, _, timer = heappop(queue)
            if timer.fire():
                self.steps += 1
        self.now_s = max(self.now_s, until_s)
