"""Decide how a face that stays asks the node: overlapping calls, and events.

Implements the face's end of docs/api.md on asyncio.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from p2pblog.api.spawn import Reached, error_in, reach
from p2pblog.api.stream import read_frame
from p2pblog.api.wire import Frame, pack
from p2pblog.core.errors import NodeUnreachable, P2PBlogError
from p2pblog.core.limits import API_EVENTS_QUEUED_MAX

_FAREWELL_S = 1

OnProgress = Callable[[int, int], None]


@dataclass(slots=True)
class _Waiting:
    answer: asyncio.Future[Frame]
    on_progress: OnProgress | None


class NodeClient:
    """A connection to the node of one home, for one event loop.

    Fields:
        hello: what the node said of itself when the connection came up (docs/api.md).
        events: the frames that come after `call("subscribe")`, {"event", "data"}.  They say
            that something changed, not what: of more than 64 unread ones the oldest go.
        closed: set when the connection is over, whoever ended it.
    """

    def __init__(
        self, hello: Frame, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take over a connection on which the node has answered `hello`; see `connect`."""
        self.hello = hello
        self.events: asyncio.Queue[Frame] = asyncio.Queue(API_EVENTS_QUEUED_MAX)
        self.closed = asyncio.Event()
        self._writer = writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._why: P2PBlogError = NodeUnreachable("it ended before it had answered")
        self._reading = asyncio.create_task(self._read(reader))

    @classmethod
    async def connect(cls, home: Path, *, start: bool = True) -> NodeClient:
        """Return a client of the node of `home`, starting one if none runs and `start`.

        Raises:
            P2PBlogError: as p2pblog/api/spawn.py `reach` says.
        """
        reaching = asyncio.get_running_loop().run_in_executor(
            None, lambda: reach(home, start=start)
        )
        try:
            reached = await asyncio.shield(reaching)
        except asyncio.CancelledError:
            reaching.add_done_callback(_discard)
            raise
        reached.connected.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=reached.connected)
        return cls(reached.hello, reader, writer)

    async def call(
        self, method: str, /, *, on_progress: OnProgress | None = None, **params: Any
    ) -> Frame:
        """Return the result of `method`, waiting for it as long as it takes.

        Args:
            on_progress: called with what is done and the total, in the method's unit.
        Raises:
            P2PBlogError: as the node answered; NodeUnreachable when it ended instead.
            Unencodable: `params` hold what the API cannot carry.
        """
        request = next(self._ids)
        data = pack({"id": request, "method": method, "params": params})
        if self.closed.is_set():
            raise self._gone()
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[request] = _Waiting(answer, on_progress)
        try:
            self._writer.write(data)
            with suppress(ConnectionError):  # the reader notices as well, and says why
                await self._writer.drain()
            return await answer
        finally:
            del self._waiting[request]

    async def close(self) -> None:
        """Hang up; requests that are under way are finished without us."""
        self._writer.close()
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await self.closed.wait()
        except TimeoutError:  # the node does not read what we still had to say
            self._writer.transport.abort()
        await self._reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while (frame := await read_frame(reader)) is not None:
                self._take(frame)
        except P2PBlogError as error:
            self._why = error
        except ConnectionError:
            pass  # as good as a hang-up
        finally:
            self.closed.set()
            for waiting in self._waiting.values():
                if not waiting.answer.done():
                    waiting.answer.set_exception(self._gone())
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    def _take(self, frame: Frame) -> None:
        match frame:
            case {"event": str()}:
                if self.events.full():
                    self.events.get_nowait()
                self.events.put_nowait(frame)
            case {"id": int(request)} if (waiting := self._waiting.get(request)) is not None:
                _settle(waiting, frame)
            case {"error": _} if "id" not in frame and (error := error_in(frame)) is not None:
                raise error  # it is about the connection, which ends here

    def _gone(self) -> P2PBlogError:
        return type(self._why)(self._why.detail)  # its own for each: a raised one keeps its traces


def _settle(waiting: _Waiting, frame: Frame) -> None:
    if waiting.answer.done():
        return
    if (error := error_in(frame)) is not None:
        waiting.answer.set_exception(error)
        return
    match frame:
        case {"result": dict(result)}:
            waiting.answer.set_result(result)
        case {"progress": {"done": int(done), "total": int(total)}}:
            if waiting.on_progress is not None:
                try:
                    waiting.on_progress(done, total)
                except Exception as raised:  # the caller's own, so it goes where it can be caught
                    waiting.answer.set_exception(raised)


def _discard(reaching: asyncio.Future[Reached]) -> None:
    if not reaching.cancelled() and reaching.exception() is None:
        reaching.result().connected.close()
