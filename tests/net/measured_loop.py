"""An event loop that knows its longest turn, for tests and benchmarks."""

from __future__ import annotations

import asyncio
from time import thread_time


class MeasuredLoop(asyncio.SelectorEventLoop):
    """Measures turns in CPU time, so that other programs on the machine do not count.

    Nothing else that a node has to do can run within a turn.
    """

    longest_s = 0.0

    def _run_once(self) -> None:
        start = thread_time()
        super()._run_once()  # type: ignore[misc]
        self.longest_s = max(self.longest_s, thread_time() - start)
