"""All that a node lets go of, put together: what is erased, what is blocked, what had its time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable

from p2pblog.content.bodies import Body
from p2pblog.log.entry import Entry
from p2pblog.node.blocking import Blocking
from p2pblog.node.erasing import Eraser
from p2pblog.node.home import Identity
from p2pblog.node.indexer import Indexer
from p2pblog.node.reading import Reading
from p2pblog.node.retention import Retention
from p2pblog.node.scrubbing import Scrubbing
from p2pblog.node.server import Handler
from p2pblog.node.wishes import Wishes
from p2pblog.node.writer import Writer
from p2pblog.store.blobs import BlobStore
from p2pblog.store.logs import LogStore
from p2pblog.sync.policy import Policy
from p2pblog.views.database import Changes
from p2pblog.views.reader import Reader


class Leaving:
    """Erases, blocks and trims; lives on one event loop."""

    def __init__(
        self,
        store: LogStore,
        writer: Writer,
        indexer: Indexer,
        reading: Reading,
        reader: Reader,
        blobs: BlobStore,
        policy: Policy,
        wishes: Wishes,
        *,
        say: Callable[[list[Body]], Awaitable[list[Entry]]],
        who: Callable[[], Identity | None],
        caught_up: Callable[[], Awaitable[None]],
        on_less: Callable[[Iterable[bytes]], None],
        on_free: Callable[[Collection[bytes]], None],
        clock_ms: Callable[[], int],
    ) -> None:
        """Prepare to let go.

        Args:
            say: appends bodies to this device's log, and waits for the views.
            who: returns who lives here.
            caught_up: waits until the views hold everything that is stored.
            on_less: called with logs of which less is held than before.
            on_free: called with logs that may be taken again.
        """
        scrubbing = Scrubbing(store, writer, indexer, reading, reader, blobs)
        self._eraser = Eraser(store, writer, reading, reader, scrubbing, say)
        self._blocking = Blocking(
            store,
            writer,
            indexer,
            reading,
            reader,
            scrubbing,
            who=who,
            caught_up=caught_up,
            on_gone=on_less,
            on_free=on_free,
            refresh=wishes.refresh,
            scrub_later=self._eraser.nudge,
            clock_ms=clock_ms,
        )
        self.retention = Retention(
            store,
            writer,
            indexer,
            scrubbing,
            policy,
            sure=lambda: wishes.sure,
            refresh=wishes.refresh,
            on_less=lambda log: on_less([log]),
            clock_ms=clock_ms,
        )
        wishes.on_told = self.retention.review

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {**self._eraser.methods(), **self._blocking.methods()}

    def start(self) -> None:
        """Finish what a node before this one had begun, and do what comes."""
        self._eraser.start()
        self._blocking.start()
        self.retention.start()

    async def close(self) -> None:
        """Stop; what is under way is finished by the next node."""
        await self.retention.close()
        await self._blocking.close()
        await self._eraser.close()

    def take(self, changes: Changes) -> None:
        """Hear from the views what has changed."""
        self._eraser.take(changes.erased)
        self._blocking.owners_changed(changes.owners)
