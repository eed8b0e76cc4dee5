"""Asks again for what was held back by a quota, once there is room in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from p2pblog.sync.policy import Policy


class Rationing:
    """Waits for the quotas of a policy; lives on one event loop."""

    def __init__(self, on_free: Callable[[list[bytes]], None]) -> None:
        """Args: on_free is called with logs that may be asked for again."""
        self._on_free = on_free
        self._spent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, policy: Policy) -> None:
        """Begin to wait."""
        self._task = asyncio.create_task(self._keep(policy), name="rationing")

    def spent(self) -> None:
        """Hear that a quota is used up."""
        self._spent.set()

    def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()

    async def _keep(self, policy: Policy) -> None:
        while True:
            await self._spent.wait()
            self._spent.clear()
            while (due_s := policy.due_s()) < float("inf"):
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                if freed := policy.refill(time.monotonic()):
                    self._on_free(freed)
