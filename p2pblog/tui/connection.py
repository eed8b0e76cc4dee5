"""Hold on to the node: call it, hear from it, and find it again when it goes away.

The client of the local API is reached through a protocol, so that tests and pictures can
bring their own node.  While the node is away calls fail at once with `NodeUnreachable`; the
screens keep what they show, and are told when it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeAlias

from p2pblog.core.errors import NodeUnreachable, P2PBlogError

_BACKOFF_FIRST_S = 0.5
_BACKOFF_S_MAX = 10.0


OnProgress: TypeAlias = Callable[[int, int], None]


class Node(Protocol):
    """A connection to a node, as `p2pblog.api.client.NodeClient` is one."""

    closed: asyncio.Event
    events: asyncio.Queue[dict[str, Any]]

    async def call(
        self, method: str, /, *, on_progress: OnProgress | None = None, **params: Any
    ) -> dict[str, Any]:
        """Return the result of a method of the local API, or raise its P2PBlogError."""

    async def close(self) -> None:
        """End the connection."""


Dial: TypeAlias = Callable[[], Awaitable[Node]]
Call: TypeAlias = Callable[..., Awaitable[dict[str, Any]]]
OnEvent: TypeAlias = Callable[[str, Mapping[str, Any]], None]
OnState: TypeAlias = Callable[[P2PBlogError | None], None]


class Connection:
    """One node, over as many connections as it takes.

    Args:
        dial: connects; called again whenever the connection was lost.
        on_event: told each event of the node, by name with its data.
        on_state: told None when the node is there, and the error when it is not.
    """

    def __init__(self, dial: Dial, on_event: OnEvent, on_state: OnState) -> None:
        self._dial = dial
        self._on_event = on_event
        self._on_state = on_state
        self._node: Node | None = None
        self._retry = asyncio.Event()

    async def call(
        self, method: str, /, *, on_progress: OnProgress | None = None, **params: Any
    ) -> dict[str, Any]:
        """Return the result of `method`; parameters that are None are left out.

        Args:
            on_progress: called with what is done and the total, in the method's unit.
        Raises:
            NodeUnreachable: the node is away, or went away before it answered.
            P2PBlogError: what the node answered.
        """
        node = self._node
        if node is None:
            raise NodeUnreachable
        given = {name: value for name, value in params.items() if value is not None}
        return await node.call(method, on_progress=on_progress, **given)

    def retry_now(self) -> None:
        """Try to connect at once instead of waiting for the next attempt."""
        self._retry.set()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        wait_s = _BACKOFF_FIRST_S
        try:
            while True:
                try:
                    self._node = await self._dial()
                    await self._node.call("subscribe")
                except P2PBlogError as error:
                    await self._drop()
                    self._on_state(error)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._retry.wait(), wait_s)
                    self._retry.clear()
                    wait_s = min(2 * wait_s, _BACKOFF_S_MAX)
                    continue
                wait_s = _BACKOFF_FIRST_S
                self._on_state(None)
                await self._listen(self._node)
                await self._drop()
                self._on_state(NodeUnreachable())
        finally:
            await self._drop()

    async def _drop(self) -> None:
        node, self._node = self._node, None
        if node is not None:
            with suppress(P2PBlogError, OSError):
                await node.close()

    async def _listen(self, node: Node) -> None:
        closed = asyncio.ensure_future(node.closed.wait())
        try:
            while not closed.done():
                event = asyncio.ensure_future(node.events.get())
                try:
                    await asyncio.wait({closed, event}, return_when=asyncio.FIRST_COMPLETED)
                    if event.done():
                        self._tell(event.result())
                finally:
                    event.cancel()
        finally:
            closed.cancel()

    def _tell(self, frame: Mapping[str, Any]) -> None:
        name, data = frame.get("event"), frame.get("data")
        if isinstance(name, str):
            self._on_event(name, data if isinstance(data, Mapping) else {})
