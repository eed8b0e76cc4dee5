"""Decide what one face gets told when, and when it is too slow to be kept.

Implements the node's end of docs/api.md, one connection of it.  Answers are written at once
and bounded in bytes.  Events wait until the face has read everything, and only the latest of
each waits, so a face that is suspended costs next to nothing and is kept; one that does not
read what it asked for is dropped.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from p2pblog.api.wire import Frame, pack
from p2pblog.core import limits
from p2pblog.core.errors import DiskFull, P2PBlogError

logger = logging.getLogger(__name__)

Document: TypeAlias = dict[str, Any]

_FAREWELL_S = 1  # what a face gets to read its last answers in


class Face:
    """The node's end of one connection.

    Fields:
        subscribed: whether it is to be told of events.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.subscribed = False
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._events: dict[str, Document] = {}
        self._written = 0
        self._owes = False
        self._waiting: asyncio.Task[None] | None = None
        # "Paused" then means: the face has not read everything yet.
        writer.transport.set_write_buffer_limits(high=0)

    def send(self, frame: Frame) -> None:
        """Write an answer; with more than 16 MiB unread the face is dropped instead.

        Raises:
            Unencodable, TooLarge: this cannot be a frame; nothing was written.
        """
        data = pack(frame)
        if self._unread_bytes() + len(data) > limits.API_UNREAD_BYTES_MAX:
            logger.warning("dropped a face that leaves too much unread")
            self.drop()
            return
        self._write(data)
        self._owes = self._unread_bytes() > 0

    def tell(self, events: Mapping[str, Document]) -> None:
        """Tell of `events`, by name, as soon as the face has read what came before."""
        for event, data in events.items():
            self._events[event] = merged(self._events.get(event), data)
        if not self._unread_bytes():
            self._write_events()

    def progress_of(self, number: int) -> Callable[[int, int], None]:
        """Return what a request reports its progress with: from any thread, at any rate."""
        due_s = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal due_s
            now_s = self._loop.time()
            if now_s < due_s and done < total:
                return
            due_s = now_s + limits.API_EVENT_EVERY_S
            frame = {"id": number, "progress": {"done": done, "total": total}}
            if threading.get_ident() == self._thread:
                self._send_if_read(frame)
            else:
                self._loop.call_soon_threadsafe(self._send_if_read, frame)

        return progress

    def drop(self) -> None:
        """End the connection now, whatever is unread."""
        self._writer.transport.abort()

    async def hang_up(self) -> None:
        """End the connection once the face has read what it was sent, or after a second."""
        self._writer.close()
        try:
            async with asyncio.timeout(_FAREWELL_S):
                with suppress(ConnectionError):
                    await self._writer.wait_closed()
        except TimeoutError:
            self.drop()

    def _unread_bytes(self) -> int:
        return self._writer.transport.get_write_buffer_size()

    def _send_if_read(self, frame: Frame) -> None:
        if not self._unread_bytes():
            self.send(frame)

    def _write_events(self) -> None:
        events, self._events = self._events, {}
        for event, data in events.items():
            self._write(pack({"event": event, "data": data}))

    def _write(self, data: bytes) -> None:
        if self._writer.transport.is_closing():
            return
        self._writer.write(data)
        self._written += len(data)
        if self._unread_bytes() and self._waiting is None:
            self._waiting = self._loop.create_task(self._wait_until_read())

    async def _wait_until_read(self) -> None:
        """Write the events that waited, once all is read; drop a face that reads nothing."""
        read_before = -1
        try:
            while not self._writer.transport.is_closing():
                try:
                    async with asyncio.timeout(limits.API_STALL_S_MAX):
                        await self._writer.drain()
                except TimeoutError:
                    read = self._written - self._unread_bytes()
                    if self._owes and read == read_before:
                        logger.warning("dropped a face that does not read what it asked for")
                        self.drop()
                    read_before = read
                else:
                    self._owes = False
                    if not self._events:
                        return
                    self._write_events()
        except ConnectionError:
            pass  # it has left, which its reader notices
        finally:
            self._waiting = None


def merged(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Document:
    """Return what an untold event and a newer one of its kind say together.

    The newer value of each field stands, but what was true once is not taken back unsaid.
    """
    if old is None:
        return dict(new)
    return {**old, **new} | {name: True for name, value in old.items() if value is True}


def known(error: Exception) -> P2PBlogError:
    """Return `error` as one of ours: what a person is told when something else goes wrong."""
    match error:
        case P2PBlogError():
            return error
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return DiskFull()
        case _:
            return P2PBlogError(f"{type(error).__name__}; the node's log says more")


def told(error: Exception) -> Document:
    """Return `error` as the API says it: a code, and a message of one bounded line."""
    error = known(error)
    line = " ".join(str(error).encode(errors="replace").decode().split())
    return {"code": error.code, "message": line[: limits.API_MESSAGE_CHARS_MAX]}
