"""All that a person says and keeps, put together: posts, now and later, marks, lists, decisions."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence

from p2pblog.content.bodies import Body
from p2pblog.core.crypto import SigningKey
from p2pblog.log.entry import Entry
from p2pblog.node.composing import Composer
from p2pblog.node.home import Identity
from p2pblog.node.keeping import Keeping
from p2pblog.node.language import Languages
from p2pblog.node.noticing import Noticing
from p2pblog.node.outlook import Own
from p2pblog.node.reading import Reading
from p2pblog.node.reports import Reports
from p2pblog.node.scheduling import Scheduling
from p2pblog.node.server import Handler
from p2pblog.node.writer import Writer
from p2pblog.node.writing import Writing
from p2pblog.store.blobs import BlobStore
from p2pblog.store.logs import LogStore
from p2pblog.views.reader import Reader


class Saying:
    """Answers the methods; lives on one event loop."""

    def __init__(
        self,
        store: LogStore,
        writer: Writer,
        reading: Reading,
        reader: Reader,
        blobs: BlobStore,
        own: Own,
        *,
        say: Callable[[Sequence[Body]], Awaitable[list[Entry]]],
        say_once: Callable[[bytes], Awaitable[Entry]],
        key: Callable[[], SigningKey],
        who: Callable[[], Identity | None],
        may_write: Callable[[], Awaitable[Identity]],
        on_change: Callable[[], None],
        clock_ms: Callable[[], int],
    ) -> None:
        """Prepare to say.

        Args:
            say: appends bodies to this device's log, and waits for the views.
            say_once: the same of a body that may be there already, as `Writer.append_once`.
            key: returns this device's key, or raises NoIdentity.
            who: returns who lives here.
            may_write: the same, if they may write now; else raises.
            on_change: called when timelines are to be read anew.
        """
        composer = Composer(reading, reader, blobs, clock_ms)
        writing = Writing(
            reading,
            reader,
            composer,
            store,
            say,
            say_once,
            key=key,
            who=who,
            clock_ms=clock_ms,
        )
        self._scheduling = Scheduling(
            own.personal,
            store,
            writer,
            compose=composer.post,
            publish=say_once,
            key=key,
            may_write=may_write,
            salt=lambda: os.urandom(16),
            clock_ms=clock_ms,
        )
        keeping = Keeping(
            own.personal,
            own.outlook,
            writer,
            reading,
            reader,
            on_change=on_change,
            clock_ms=clock_ms,
        )
        self._methods = {
            **writing.methods(),
            **self._scheduling.methods(),
            **keeping.methods(),
            **Noticing(own, writer, reading, reader, on_change, clock_ms).methods(),
            **Reports(own.personal, writer, reading, reader, clock_ms).methods(),
            **Languages().methods(),
        }

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return self._methods

    def start(self) -> None:
        """Publish what was due while no node was up, and what comes."""
        self._scheduling.start()

    async def close(self) -> None:
        """Stop; what waits, waits for the next node."""
        await self._scheduling.close()
