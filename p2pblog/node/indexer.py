"""The thread that keeps the views up with the log.

It reads the arrival journal from where the views stand and folds it in, batch by batch; a
node that was killed anywhere goes on from the last batch committed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from p2pblog.core import limits
from p2pblog.core.errors import DiskFull, HomeUnusable
from p2pblog.store.logs import LogStore
from p2pblog.views.database import Changes, Views

logger = logging.getLogger(__name__)


class Indexer:
    """Folds what arrives into the views."""

    def __init__(
        self, store: LogStore, views: Views, on_indexed: Callable[[Changes], None]
    ) -> None:
        """Args: on_indexed is called on the event loop after each batch."""
        self._store = store
        self._views = views
        self._on_indexed = on_indexed
        self._loop = asyncio.get_running_loop()
        self._poked = threading.Event()
        self._stopping = False
        self._failure: Exception | None = None
        self._orders: deque[Callable[[], object]] = deque()  # its ends are safe between threads
        self._waiting: set[tuple[int, asyncio.Future[None]]] = set()
        self._thread = threading.Thread(target=self._work, name="indexer", daemon=True)

    def start(self) -> None:
        """Begin; the views catch up at once."""
        self._thread.start()
        self.poke()

    def poke(self) -> None:
        """Say that something arrived."""
        self._poked.set()

    async def reached(self, arrival: int, timeout_s: float) -> bool:
        """Wait until the views hold arrival number `arrival`; False when that takes longer.

        Raises: what stopped the views, if they have stopped.
        """
        if self._views.indexed >= arrival:
            return True
        if self._failure is not None:
            raise self._failure
        future = self._loop.create_future()
        waiting = (arrival, future)
        self._waiting.add(waiting)
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiting)
        return True

    async def set_self(self, identity: bytes) -> None:
        """Say whose views these are, once there is somebody."""
        await self._ask(lambda: self._views.set_self(identity))

    def mark_near(self, log: bytes) -> None:
        """Remember that a device was met on the LAN."""
        self._orders.append(lambda: self._views.mark_near([log]))
        self.poke()

    def rebuild(self) -> None:
        """Begin the views anew: a reader found them damaged."""
        self._orders.append(self._rebuild)
        self.poke()

    async def forget(self, below: Mapping[bytes, int]) -> None:
        """Let the views be as if the entries of logs below these seqs had never come."""
        await self._ask(lambda: self._changed(self._views.forget(below)))

    async def withhold(self, seqs: Mapping[bytes, Sequence[int]]) -> None:
        """Let the views show nothing of entries whose bodies are let go of."""
        await self._ask(lambda: self._changed(self._views.withhold(seqs)))

    async def scrub(self) -> bool:
        """Take the text of what was erased out of the views' file; False: try again."""
        done: list[bool] = []
        await self._ask(lambda: done.append(not self._views.unscrubbed or self._views.scrub()))
        return done[0]

    def mark_forked(self, log: bytes, seq: int) -> None:
        """Let what a log says from entry `seq` on count for nothing: it forks there."""
        self._orders.append(lambda: self._mark_forked(log, seq))
        self.poke()

    async def close(self) -> None:
        """Finish the batch at hand and stop."""
        self._stopping = True
        self.poke()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    async def _ask(self, order: Callable[[], None]) -> None:
        """Have the thread that writes the views carry out an order, and wait for it."""
        if self._failure is not None:
            raise self._failure
        done = self._loop.create_future()
        waiting = (-1, done)
        self._waiting.add(waiting)

        def work() -> None:
            order()
            self._loop.call_soon_threadsafe(_settle, done)

        self._orders.append(work)
        self.poke()
        try:
            await done
        finally:
            self._waiting.discard(waiting)

    def _rebuild(self) -> None:
        self._views.rebuild()
        self._mark_forks()

    def _mark_forks(self) -> None:
        """Tell views that may not know which logs fork."""
        for log, seq in tuple(self._store.forked.items()):
            self._mark_forked(log, seq)

    def _changed(self, changes: Changes) -> None:
        self._loop.call_soon_threadsafe(self._tell, changes)
        if changes.rebuilt:
            self._mark_forks()

    def _mark_forked(self, log: bytes, seq: int) -> None:
        self._loop.call_soon_threadsafe(self._tell, self._views.mark_forked(log, seq))

    def _work(self) -> None:
        try:
            self._mark_forks()
            while not self._stopping:
                self._poked.wait()
                self._poked.clear()
                while True:
                    begin_s = time.monotonic()
                    if self._stopping or not self._go_on():
                        break
                    self._give_way(time.monotonic() - begin_s)
        except Exception as error:
            # Timelines stand still, but logs go on being kept and passed on.
            logger.exception("the views cannot go on")
            self._loop.call_soon_threadsafe(self._fail, error)

    def _give_way(self, worked_s: float) -> None:
        """Rest as long as one worked while entries pour in and nobody waits for the views.

        Storing and folding share one interpreter, and what is stored is safe and can be passed
        on.  Nothing is lost by waiting: an entry of a large batch costs half of what it costs
        in a small one.
        """
        end_s = time.monotonic() + min(worked_s, limits.INDEX_REST_S_MAX)
        while not (self._stopping or self._orders or self._waiting):
            arrival = self._store.arrival
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return
            time.sleep(min(left_s, limits.INDEX_LULL_S))
            if self._store.arrival == arrival:
                return

    def _go_on(self) -> bool:
        """Carry out what was ordered and fold one batch; False when there is nothing more."""
        try:
            before = self._views.indexed
            while self._orders:
                self._orders[0]()
                self._orders.popleft()
            if self._views.indexed < before:  # an order had them begun anew
                self._changed(Changes(self._views.indexed, rebuilt=True))
            arrival = self._store.arrival
            batch = self._store.journal(self._views.indexed, limits.INDEX_BATCH_ENTRIES)
            if not batch and self._views.indexed >= arrival:
                return False
            # Where nothing is left of what came, there is nothing to fold in.
            changes = self._views.apply(batch) if batch else self._views.skip(arrival)
        except (DiskFull, HomeUnusable) as error:
            # Nothing of it was taken in; somebody will make room, or let go of the file.
            logger.warning("the views wait: %s", error)
            time.sleep(limits.DISK_RETRY_S)
            return True
        self._changed(changes)
        return True

    def _fail(self, error: Exception) -> None:
        self._failure = error
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(error)

    def _tell(self, changes: Changes) -> None:
        for arrival, future in list(self._waiting):
            if 0 <= arrival <= self._views.indexed:
                _settle(future)
        self._on_indexed(changes)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
