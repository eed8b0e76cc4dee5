"""Decide who may speak to the node, how requests are answered, and who is too slow.

Implements the node's end of docs/api.md.  Knows frames and faces, and nothing of what the
methods do.  A handler that fails answers for itself and harms nobody else; what a face does
not read is bounded in bytes, and a face that owes a read for long is dropped.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from p2pblog.api.stream import read_frame
from p2pblog.api.wire import SOCKET_NAME, Frame, check_folder, peer_uid
from p2pblog.core import limits
from p2pblog.core.errors import (
    BadRequest,
    BadStructure,
    HomeUnusable,
    NodeCrowded,
    NodeUnreachable,
    P2PBlogError,
    ProtocolError,
    TooLarge,
    Unencodable,
)
from p2pblog.node.face import Document, Face, merged, told

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What a handler is asked.

    Fields:
        params: as the face sent them, canonical but otherwise unchecked.
        progress: called with what is done and the total, as often as one likes: what comes
            too fast for the face is left out.
    """

    params: Mapping[str, Any]
    progress: Callable[[int, int], None] = field(default=lambda done, total: None)


Handler: TypeAlias = Callable[[Request], Awaitable[Mapping[str, Any]]]
"""Answers one method; raises P2PBlogError for what the face is to be told."""


class Server:
    """The node's end of the local API, on one Unix socket.

    Fields:
        occupied: set while a face is connected or a request is under way.
        empty: set while it is not `occupied`.
    """

    def __init__(self, path: Path, methods: Mapping[str, Handler]) -> None:
        """Prepare to answer `methods` at `path`; whoever makes one holds the home's lock."""
        self.occupied = asyncio.Event()
        self.empty = asyncio.Event()
        self.empty.set()
        self._path = path
        self._methods = {**methods, "subscribe": self._subscribe}
        self._faces: set[Face] = set()
        self._requests: set[asyncio.Task[None]] = set()
        self._welcomes: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self._watching: asyncio.Task[None] | None = None
        self._inode = 0
        self._leaving = False
        self._pending: dict[str, Document] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._told_s = float("-inf")

    async def start(self) -> None:
        """Listen, in the place of a dead node's socket if there is one.

        Raises:
            HomeUnusable: the socket cannot be made there, or something else is in the way.
        """
        await self._listen()
        self._watching = asyncio.create_task(self._watch())

    def broadcast(self, event: str, data: Mapping[str, Any]) -> None:
        """Tell every face that subscribed, at most ten times a second; from the event loop.

        Events of one name that come faster are merged into one (p2pblog/node/face.py).
        """
        self._pending[event] = merged(self._pending.get(event), data)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            due_s = max(loop.time(), self._told_s + limits.API_EVENT_EVERY_S)
            self._timer = loop.call_at(due_s, self._tell)

    async def retire(self) -> None:
        """Take no more faces and no more requests; let those under way finish, for 5 s at most."""
        self._leaving = True
        if self._watching is not None:
            self._watching.cancel()
        if self._is_there():
            with suppress(OSError):
                self._path.unlink()
        if self._listener is not None:
            self._listener.close()
        self.broadcast("stopping", {})
        self._tell()
        if self._requests:
            _, late = await asyncio.wait(self._requests, timeout=limits.NODE_STOP_S_MAX)
            for request in late:
                request.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def close(self) -> None:
        """Hang up on every face; what it has been answered reaches it first, if it reads."""
        await asyncio.gather(*(face.hang_up() for face in tuple(self._faces)))
        if self._welcomes:  # asyncio complains about connections that are cut off in the middle
            await asyncio.wait(self._welcomes)
        if self._timer is not None:
            self._timer.cancel()

    async def _listen(self) -> None:
        try:
            listening = self._bind()
            self._inode = self._path.lstat().st_ino
        except OSError as error:
            raise HomeUnusable(f"{self._path}: {error.strerror or error}") from error
        self._listener = await asyncio.start_unix_server(self._knock, sock=listening)

    async def _watch(self) -> None:
        """Put the socket back when somebody has tidied it away; the lock makes that our job."""
        while True:
            await asyncio.sleep(limits.API_SOCKET_POLL_S)
            if not self._is_there():
                if self._listener is not None:
                    self._listener.close()  # the faces that are connected stay
                try:
                    await self._listen()
                    logger.warning("%s was gone; it is back", self._path)
                except HomeUnusable as error:
                    logger.warning("%s", error)

    def _is_there(self) -> bool:
        try:
            return self._path.lstat().st_ino == self._inode
        except OSError:
            return False

    def _bind(self) -> socket.socket:
        if self._path.name != SOCKET_NAME:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            check_folder(self._path.parent)
        with suppress(FileNotFoundError):
            if not stat.S_ISSOCK(self._path.lstat().st_mode):
                raise HomeUnusable(f"{self._path} is in the way; remove it")
            self._path.unlink()
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.setblocking(False)
            listening.bind(os.fspath(self._path))
            self._path.chmod(0o600)  # nobody can connect before it listens
            listening.listen(2 * limits.API_CLIENTS_MAX)
        except BaseException:
            listening.close()
            raise
        return listening

    def _knock(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        welcome = asyncio.create_task(self._welcome(reader, Face(writer), writer))
        self._welcomes.add(welcome)
        welcome.add_done_callback(self._welcomes.discard)

    async def _welcome(
        self, reader: asyncio.StreamReader, face: Face, writer: asyncio.StreamWriter
    ) -> None:
        if self._leaving:
            face.drop()
            return
        if (refusal := self._refusal(writer)) is not None:
            face.send({"error": told(refusal)})
            await face.hang_up()
            return
        self._faces.add(face)
        self._count()
        try:
            await self._listen_to(face, reader)
        except ProtocolError as error:
            face.send({"error": told(error)})
        except ConnectionError:
            pass  # as good as a hang-up
        finally:
            self._faces.discard(face)
            self._count()
            await face.hang_up()

    def _refusal(self, writer: asyncio.StreamWriter) -> P2PBlogError | None:
        uid = peer_uid(writer.get_extra_info("socket"))
        if uid not in (None, os.getuid()):
            return NodeUnreachable(f"it is user {os.getuid()}'s, and this is user {uid}")
        if len(self._faces) >= limits.API_CLIENTS_MAX:
            return NodeCrowded()
        return None

    async def _listen_to(self, face: Face, reader: asyncio.StreamReader) -> None:
        room = asyncio.Semaphore(limits.API_REQUESTS_MAX)
        while (frame := await read_frame(reader)) is not None:
            match frame:
                case {"id": int(number), "method": str(method)} if type(number) is int:
                    params = frame.get("params", {})
                case _:
                    raise BadStructure("a request has an id and a method")
            await room.acquire()
            task = asyncio.create_task(self._answer(face, number, method, params))
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)
            task.add_done_callback(lambda _: room.release())
            task.add_done_callback(lambda _: self._count())

    async def _answer(self, face: Face, number: int, method: str, params: Any) -> None:
        frame: Frame
        try:
            if self._leaving:
                if method == "hello":  # no answer at all sends a new face to the next node
                    face.drop()
                    return
                raise NodeUnreachable("it is about to end")
            if (handler := self._methods.get(method)) is None:
                raise BadRequest(f"there is no method {method[:40]!r}")
            if type(params) is not dict:
                raise BadRequest("params is a map")
            result = await handler(Request(params, face.progress_of(number)))
            frame = {"id": number, "result": dict(result)}
        except P2PBlogError as error:
            frame = {"id": number, "error": told(error)}
        except Exception as error:
            logger.exception("%s failed", method[:40])
            frame = {"id": number, "error": told(error)}
        try:
            face.send(frame)
        except (Unencodable, TooLarge) as error:
            logger.exception("what %s answers cannot be sent", method[:40])
            face.send({"id": number, "error": told(error)})
        if method == "subscribe" and "result" in frame:
            face.subscribed = True

    async def _subscribe(self, request: Request) -> Mapping[str, Any]:
        return {}  # the face is marked once this has been sent, so that no event comes before

    def _tell(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._told_s = asyncio.get_running_loop().time()
        pending, self._pending = self._pending, {}
        for face in self._faces:
            if face.subscribed:
                face.tell(pending)

    def _count(self) -> None:
        busy = bool(self._faces or self._requests)
        now, other = (self.occupied, self.empty) if busy else (self.empty, self.occupied)
        now.set()
        other.clear()
