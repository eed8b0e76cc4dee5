"""Take what was dropped out of every file of the home: the store's, the views', the pictures'.

Store and views know by themselves what may still stand in their files, also after a crash; this
sees to both, one at a time, and keeps what takes long away from the threads that others wait
for.
"""

from __future__ import annotations

import asyncio
import logging

from p2pblog.core.limits import ERASE_SCRUBS_MAX
from p2pblog.node.indexer import Indexer
from p2pblog.node.reading import Reading
from p2pblog.node.writer import Writer
from p2pblog.store.blobs import BlobStore
from p2pblog.store.logs import LogStore
from p2pblog.views.reader import Reader

logger = logging.getLogger(__name__)


class Scrubbing:
    """Scrubs the files of one home."""

    def __init__(
        self,
        store: LogStore,
        writer: Writer,
        indexer: Indexer,
        reading: Reading,
        reader: Reader,
        blobs: BlobStore,
    ) -> None:
        self._store = store
        self._writer = writer
        self._indexer = indexer
        self._reading = reading
        self._reader = reader
        self._blobs = blobs
        self._turn = asyncio.Lock()

    async def run(self) -> bool:
        """Scrub what is to be scrubbed; False: a reader was in the way, try again.

        Raises:
            StoreCorrupt, DiskFull: it could not be done now.
        """
        async with self._turn:
            await self._scrub_store()
            for _ in range(ERASE_SCRUBS_MAX):
                if done := await self._indexer.scrub():
                    break
            else:
                logger.warning("a reader keeps text that was dropped in the views' file")
            for blob in await self._reading.ask(self._reader.unused_blobs):
                await asyncio.to_thread(self._blobs.remove, blob)
            return done

    async def sweep(self) -> None:
        """Delete from the store what is gone."""
        async with self._turn:
            await self._sweep()

    async def _sweep(self) -> None:
        gone = self._store.gone
        if gone.pending:
            spans = await self._writer.run(lambda: gone.spans)
            await asyncio.to_thread(self._store.scrub.compact, spans)
            while await self._writer.run(gone.sweep):
                pass

    async def _scrub_store(self) -> None:
        await self._sweep()
        scrub = self._store.scrub
        if scrub.is_due:
            spans = await self._writer.run(lambda: scrub.pending)
            await asyncio.to_thread(scrub.compact, spans)
            await self._writer.run(lambda: scrub.settle(spans))
