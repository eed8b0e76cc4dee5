"""Pictures: the method that shows one, and asks peers for it when it is not here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from p2pblog.content.media import HEAD_BYTES, WHAT_PICTURES_ARE, picture_type
from p2pblog.core import limits
from p2pblog.core.errors import NoIdentity, NotFound, ProtocolError
from p2pblog.core.textform import Kind, from_text
from p2pblog.node import params as take
from p2pblog.node.hub import Hub
from p2pblog.node.params import Document
from p2pblog.node.peer import Peer
from p2pblog.node.reading import Reading
from p2pblog.node.server import Handler, Request
from p2pblog.store.blobs import LIST, BlobStore, check_chunk, read_chunk_list
from p2pblog.views.reader import Reader

logger = logging.getLogger(__name__)


class Gallery:
    """Shows the pictures of entries."""

    def __init__(
        self, reading: Reading, reader: Reader, blobs: BlobStore, hub: Callable[[], Hub | None]
    ) -> None:
        """Args: hub returns the node's hub, or None while it is offline."""
        self._reading = reading
        self._reader = reader
        self._blobs = blobs
        self._hub = hub

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"media": self.media}

    async def media(self, request: Request) -> Document:
        """Return the path of a picture's file."""
        p = request.params
        entry = await self._reading.ask(self._reader.entry, take.text(p, "entry", most=100))
        index = take.number(p, "index", default=0, low=0, high=limits.MEDIA_MAX - 1)
        if index >= len(entry["media"]):
            raise NotFound("a picture of that entry")
        blob = from_text(Kind.BLOB, entry["media"][index]["blob"])
        if not self._blobs.has(blob):
            await self._fetch(blob, request)
        path = self._blobs.path(blob)
        # A face may hand the file to another program: to one that shows pictures, then.
        if picture_type(await asyncio.to_thread(_head, path)) is None:
            raise NotFound(f"what that entry calls a picture is none; {WHAT_PICTURES_ARE}")
        return {"path": str(path)}

    async def _fetch(self, blob: bytes, request: Request) -> None:
        hub = self._hub()
        if hub is None:
            raise NoIdentity
        for peer in hub.peers:
            try:
                async with asyncio.timeout(limits.BLOB_FETCH_S_MAX):
                    if await self._fetch_from(peer, blob, request):
                        return
            except TimeoutError:
                continue
            except ProtocolError as error:
                hub.count(error)
                logger.info("%s sent a wrong picture: %s", peer.link.carrier.remote, error)
        raise NotFound("none of the peers linked now has this picture")

    async def _fetch_from(self, peer: Peer, blob: bytes, request: Request) -> bool:
        listed = await peer.ask_blob_part(blob, LIST)
        if listed is None:
            return False
        size, hashes = read_chunk_list(blob, listed)
        chunks: list[bytes] = []
        for index in range(len(hashes)):
            part = await peer.ask_blob_part(blob, index)
            if part is None:
                return False
            chunks.append(check_chunk(part, index, size, hashes))
            request.progress(len(chunks), len(hashes))
        await asyncio.to_thread(self._blobs.put, b"".join(chunks))
        return True


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)
