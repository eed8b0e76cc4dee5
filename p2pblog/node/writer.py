"""The one thread that writes to the log store.

Verifying and storing off the event loop keeps links and faces alive meanwhile; one thread
keeps the writes in one order without a lock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from p2pblog.content.bodies import Body, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.log.entry import Entry
from p2pblog.log.fork import ForkProof
from p2pblog.log.segment import Segment
from p2pblog.node.again import said_with, salt_in
from p2pblog.store.logs import LogStore

T = TypeVar("T")


class Writer:
    """Appends one's own entries and ingests others', one after the other."""

    def __init__(
        self,
        store: LogStore,
        on_change: Callable[[bytes, int], None],
        *,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        salt: Callable[[], bytes],
    ) -> None:
        """Args: on_change is called on the event loop with the log that grew, and the arrival
        number that the store had reached with it.
        """
        self._store = store
        self._on_change = on_change
        self._clock_ms = clock_ms
        self._salt = salt
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in the writing thread, after everything that was asked for before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def append(
        self,
        key: SigningKey,
        bodies: Iterable[Body | bytes],
        on_entry: Callable[[Entry], None] = lambda entry: None,
    ) -> list[Entry]:
        """Sign and store entries of one's own; they are on disk when this returns.

        Args:
            bodies: taken one by one, so that one may name the entry before it; bytes are signed
                as they are.
            on_entry: called in the writing thread with each entry, before the next body is
                taken, and before anything is stored.
        Raises:
            BadBody, BodyTooLarge: a body breaks a rule; nothing was written.
            DiskFull: nothing was written.
        """

        def work() -> list[Entry]:
            now_ms = self._clock_ms()
            data = ((now_ms, self._bytes_of(body)) for body in bodies)
            entries = self._store.append(key, data, now_ms, on_entry)
            self._tell(loop, key.public)
            return entries

        loop = asyncio.get_running_loop()
        return await self.run(work)

    async def append_once(self, key: SigningKey, body: bytes) -> Entry:
        """Sign and store `body`, or return the entry that was said with its salt before.

        Looked for where it is written, so that two who ask at once are answered with one entry.

        Raises: as `append`.
        """
        loop = asyncio.get_running_loop()

        def work() -> Entry:
            if (said := said_with(self._store, key.public, salt_in(body))) is not None:
                return said
            now_ms = self._clock_ms()
            (entry,) = self._store.append(key, [(now_ms, body)], now_ms)
            self._tell(loop, key.public)
            return entry

        return await self.run(work)

    async def ingest(self, segment: Segment) -> int:
        """Verify and store a segment; return how many entries were new.

        Raises: as `LogStore.ingest`.
        """
        loop = asyncio.get_running_loop()

        def work() -> int:
            new = self._store.ingest(segment, self._clock_ms())
            if new:
                self._tell(loop, segment.log)
            return new

        return await self.run(work)

    async def keep_fork(self, proof: ForkProof) -> bool:
        """Verify and keep the proof of a fork; False when it told nothing new.

        Raises: as `LogStore.add_fork`.
        """
        return await self.run(lambda: self._store.add_fork(proof))

    def _bytes_of(self, body: Body | bytes) -> bytes:
        return body if isinstance(body, bytes) else serialize(body, self._salt())

    def _tell(self, loop: asyncio.AbstractEventLoop, log: bytes) -> None:
        # From here, where the log has grown: whoever waits for it may have been cancelled.
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._on_change, log, self._store.arrival)

    def close(self) -> None:
        """Let what was begun end, and stop."""
        self._thread.shutdown(wait=True)
