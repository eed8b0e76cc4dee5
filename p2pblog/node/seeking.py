"""Ask peers for what a thread lacks: the method, and the errands behind it.

Specified in docs/node.md, "What a thread lacks".  An entry is asked for by its log, as
everything is; a log that nobody here follows is taken for a minute as those of the second distance
are, and no deeper than an errand may go.  So what one thread can cost is bounded, whatever its
entries say they answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from p2pblog.core import limits
from p2pblog.core.textform import Kind, from_text
from p2pblog.node import params as take
from p2pblog.node.hub import Hub
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.server import Handler, Request
from p2pblog.sync.policy import Policy
from p2pblog.views.reader import Reader


class Seeking:
    """Seeks entries that are answered and not here; lives on one event loop."""

    def __init__(
        self, reading: Reading, reader: Reader, policy: Policy, hub: Callable[[], Hub | None]
    ) -> None:
        """Args: hub returns the node's hub, or None while it is offline."""
        self._reading = reading
        self._reader = reader
        self._policy = policy
        self._hub = hub
        self._ends: dict[bytes, asyncio.TimerHandle] = {}
        self._waiting: set[asyncio.Event] = set()

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"thread.seek": self.seek}

    def indexed(self) -> None:
        """Hear that the views have taken in more."""
        for news in self._waiting:
            news.set()

    def close(self) -> None:
        """Seek nothing any more."""
        for log in tuple(self._ends):
            self._end(log)

    async def seek(self, request: Request) -> Document:
        """Ask peers for what a thread lacks; answer once it is here, or it has taken too long."""
        typed = take.text(request.params, "entry", most=100)
        news = asyncio.Event()
        self._waiting.add(news)
        try:
            lacking = await self._seek(typed, news)
        finally:
            self._waiting.discard(news)
        hub = self._hub()
        return {"missing": lacking, "peers": len(hub.peers) if hub else 0}

    async def _seek(self, typed: str, news: asyncio.Event) -> list[str]:
        """Return the ids of what a thread lacks in the end."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + limits.THREAD_SEEK_S_MAX
        asked: set[bytes] = set()
        while True:
            news.clear()
            thread = await self._reading.ask(self._reader.thread, typed)
            lacking = [row for row in thread["entries"] if row["missing"]]
            if not lacking or loop.time() >= until_s:
                return [row["id"] for row in lacking]
            for row in lacking:
                log = from_text(Kind.DEVICE, row["log"])
                if log in asked or len(asked) < limits.THREAD_ERRANDS_MAX:
                    self._go_for(log, row["seq"], again=log not in asked)
                    asked.add(log)
            await asyncio.sleep(limits.THREAD_SEEK_EVERY_S)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until_s):
                    await news.wait()

    def _go_for(self, log: bytes, seq: int, *, again: bool) -> None:
        """Take a log for a while; again: ask peers for it, whatever they said before."""
        if (end := self._ends.pop(log, None)) is not None:
            end.cancel()
        while len(self._ends) >= limits.ERRANDS_MAX:
            self._end(next(iter(self._ends)))
        loop = asyncio.get_running_loop()
        self._ends[log] = loop.call_later(limits.ERRAND_S_MAX, self._end, log)
        self._policy.go_for(log, seq)
        if (hub := self._hub()) is not None:
            if again:
                hub.seek([log])
            hub.consider([log])

    def _end(self, log: bytes) -> None:
        self._ends.pop(log).cancel()
        self._policy.return_from(log)
