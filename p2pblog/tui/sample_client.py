"""A connection to the sample's node."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from p2pblog.core.errors import NodeUnreachable
from p2pblog.tui.connection import OnProgress

if TYPE_CHECKING:
    from p2pblog.tui.sample import SampleNode

Map = dict[str, Any]


class SampleClient:
    """A connection to a `SampleNode`, as `p2pblog.api.client.NodeClient` is one to a node."""

    def __init__(self, node: SampleNode) -> None:
        self.closed = asyncio.Event()
        self.events: asyncio.Queue[Map] = asyncio.Queue(64)
        self.listening = False
        self._node = node

    async def call(
        self, method: str, /, *, on_progress: OnProgress | None = None, **params: Any
    ) -> Map:
        """Return the result of `method`, or raise its error; wait where it is held up."""
        await asyncio.sleep(0)
        if on_progress is not None:
            on_progress(120, 300)
        if (held := self._node.held_up.get(method)) is not None:
            await held.wait()
        if self.closed.is_set():
            raise NodeUnreachable
        self.listening = self.listening or method == "subscribe"
        return self._node.answer(method, params)

    async def close(self) -> None:
        """Hang up."""
        self.closed.set()
