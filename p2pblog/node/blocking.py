"""Block people, for this home alone: nothing of theirs is taken, kept, shown or passed on.

Implements protocol/10-replication.md section 10.  A block is kept in the store, with the
identity's logs; from then on the store takes nothing of these.  What was held goes from the
store, the views and every file.  Each step can be done again: a node that was killed in between
finishes when it starts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable

from p2pblog.core.errors import Ambiguous, BadTextForm, LocalError, ViewsDamaged
from p2pblog.core.limits import ERASE_RETRY_S, SEQ_END
from p2pblog.core.textform import Kind, prefix_bounds, to_text
from p2pblog.node import params as take
from p2pblog.node.home import Identity
from p2pblog.node.indexer import Indexer
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.scrubbing import Scrubbing
from p2pblog.node.server import Handler, Request
from p2pblog.node.writer import Writer
from p2pblog.store.logs import LogStore
from p2pblog.views.reader import Reader

logger = logging.getLogger(__name__)


class Blocking:
    """Blocks and unblocks identities."""

    def __init__(
        self,
        store: LogStore,
        writer: Writer,
        indexer: Indexer,
        reading: Reading,
        reader: Reader,
        scrubbing: Scrubbing,
        *,
        who: Callable[[], Identity | None],
        caught_up: Callable[[], Awaitable[None]],
        on_gone: Callable[[Iterable[bytes]], None],
        on_free: Callable[[Collection[bytes]], None],
        refresh: Callable[[], Awaitable[object]],
        scrub_later: Callable[[], None],
        clock_ms: Callable[[], int],
    ) -> None:
        """Prepare to block.

        Args:
            who: returns who lives here.
            caught_up: waits until the views hold everything that is stored.
            on_gone: called with logs of which nothing is held any more.
            on_free: called with logs that may be taken again.
            refresh: makes the policy know who is blocked.
            scrub_later: has the files scrubbed as soon as that can be done.
        """
        self._store = store
        self._writer = writer
        self._indexer = indexer
        self._reading = reading
        self._reader = reader
        self._scrubbing = scrubbing
        self._who = who
        self._caught_up = caught_up
        self._on_gone = on_gone
        self._on_free = on_free
        self._refresh = refresh
        self._scrub_later = scrub_later
        self._clock_ms = clock_ms
        self._turn = asyncio.Lock()
        self._stale = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"block": self.block, "unblock": self.unblock, "blocked": self.blocked}

    def start(self) -> None:
        """Finish what a node before this one had begun, and do what becomes known."""
        self._stale.set()
        self._task = asyncio.create_task(self._keep_up(), name="blocking")

    async def close(self) -> None:
        """Stop; what is under way is finished by the next node."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def owners_changed(self, identities: Collection[bytes]) -> None:
        """Hear that these identities have gained or lost logs."""
        if any(identity in self._store.blocks.identities for identity in identities):
            self._stale.set()

    async def block(self, request: Request) -> Document:
        """Block somebody; no file here holds a text of theirs when this is answered."""
        identity = await self._reading.ask(
            self._reader.other, take.text(request.params, "id", most=200)
        )
        async with self._turn:
            known = identity in self._store.blocks.identities
            if not known:
                await self._caught_up()  # so that the views know all of their logs
                self._stale.set()  # whatever comes in between, it is finished
                await self._carry_out(identity)
        return {"changed": not known, "identity": to_text(Kind.IDENTITY, identity)}

    async def unblock(self, request: Request) -> Document:
        """Block somebody no longer; what they wrote comes again from peers, if it is wanted."""
        typed = take.text(request.params, "id", most=200)
        found = self._meant(typed)
        if len(found) > 1:
            raise Ambiguous("several of the people who are blocked")
        if not found:
            identity = await self._reading.ask(self._reader.identity, typed)
            return {"changed": False, "identity": to_text(Kind.IDENTITY, identity)}
        [identity] = found
        async with self._turn:
            if identity not in self._store.blocks.identities:  # another call was first
                return {"changed": False, "identity": to_text(Kind.IDENTITY, identity)}
            before = self._store.blocks.logs
            await self._writer.run(lambda: self._store.unblock(identity))
        await self._refresh()
        self._on_free(before - self._store.blocks.logs)
        return {"changed": True, "identity": to_text(Kind.IDENTITY, identity)}

    async def blocked(self, request: Request) -> Document:
        """Return who is blocked, the latest first."""
        blocks = self._store.blocks.identities
        latest = sorted(blocks, key=lambda identity: -blocks[identity].since_ms)
        return {
            "blocked": [
                {"identity": to_text(Kind.IDENTITY, one), "since_ms": blocks[one].since_ms}
                for one in latest
            ]
        }

    async def _keep_up(self) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                for identity in tuple(self._store.blocks.identities):
                    async with self._turn:
                        await self._catch_up_with(identity)
            except ViewsDamaged:
                continue  # they are being rebuilt, and will tell
            except LocalError as error:
                logger.warning("what was blocked is still here: %s", error)
                self._stale.set()
                await asyncio.sleep(ERASE_RETRY_S)

    async def _catch_up_with(self, identity: bytes) -> None:
        """Block logs of an identity that have come to light, and forget what is not forgotten."""
        if (block := self._store.blocks.identities.get(identity)) is None:
            return
        new = await self._logs_of(identity) - block.logs
        if new or await self._reading.ask(self._reader.remembered, block.logs):
            await self._carry_out(identity)

    async def _carry_out(self, identity: bytes) -> None:
        logs = await self._logs_of(identity)
        gone = await self._writer.run(lambda: self._store.block(identity, logs, self._clock_ms()))
        self._on_gone(gone)
        await self._refresh()
        known = self._store.blocks.identities[identity].logs
        await self._indexer.forget(dict.fromkeys(known, SEQ_END))
        try:
            if not await self._scrubbing.run():
                self._scrub_later()
        except LocalError as error:
            # The block holds all the same, and the files are scrubbed once that can be done.
            logger.warning("what was blocked is still on the disk: %s", error)
            self._scrub_later()

    async def _logs_of(self, identity: bytes) -> set[bytes]:
        """Return the logs that are known of an identity, but for one's own."""
        found = {identity, *await self._reading.ask(self._reader.claimed_by, identity)}
        if (who := self._who()) is not None:
            found -= {*who, *await self._reading.ask(self._reader.logs_of, who.identity)}
        return found

    def _meant(self, typed: str) -> list[bytes]:
        """Return which of the people who are blocked an id, or its beginning, may mean."""
        try:
            low, high = prefix_bounds(Kind.IDENTITY, typed.strip())
        except BadTextForm:
            return []
        return [one for one in self._store.blocks.identities if low <= one <= high]
