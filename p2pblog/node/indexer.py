"""The thread that keeps the views up with the log.

It reads the arrival journal from where the views stand and folds it in, batch by batch; a
node that was killed anywhere goes on from the last batch committed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

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
        """Wait until the views hold arrival number `arrival`; False when that takes longer."""
        if self._views.indexed >= arrival:
            return True
        future = self._loop.create_future()
        waiting = (arrival, future)
        self._waiting.add(waiting)
        try:
            await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiting)
        return True

    async def close(self) -> None:
        """Finish the batch at hand and stop."""
        self._stopping = True
        self.poke()
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        try:
            while True:
                self._poked.wait()
                self._poked.clear()
                while not self._stopping:
                    batch = self._store.journal(self._views.indexed)
                    if not batch:
                        break
                    changes = self._views.apply(batch)
                    self._loop.call_soon_threadsafe(self._tell, changes)
                if self._stopping:
                    return
        except Exception:
            # Timelines stand still, but logs go on being kept and passed on; doctor tells.
            logger.exception("the views cannot go on")

    def _tell(self, changes: Changes) -> None:
        for arrival, future in list(self._waiting):
            if arrival <= self._views.indexed and not future.done():
                future.set_result(None)
        self._on_indexed(changes)
