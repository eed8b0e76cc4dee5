"""Carry out what the views say is erased: in the log store, in files, among pictures.

Implements protocol/03-logs.md section 8.  The views decide whose entries may be erased; here
their bodies go from the store, and then (scrubbing.py) from every file, with pictures that no
other post shows.  Everything can be done again: a node that was killed in between finishes when
it starts.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from p2pblog.content.bodies import Body, Erase, Ref
from p2pblog.core.errors import BadRequest, LocalError
from p2pblog.core.limits import ERASE_PAUSE_RATIO, ERASE_RETRY_S
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.entry import Entry
from p2pblog.node import params as take
from p2pblog.node.params import Document
from p2pblog.node.reading import Reading
from p2pblog.node.scrubbing import Scrubbing
from p2pblog.node.server import Handler, Request
from p2pblog.node.writer import Writer
from p2pblog.store.logs import LogStore
from p2pblog.views.reader import Reader

logger = logging.getLogger(__name__)


class Eraser:
    """Erases one's own entries, and those that their authors have erased."""

    def __init__(
        self,
        store: LogStore,
        writer: Writer,
        reading: Reading,
        reader: Reader,
        scrubbing: Scrubbing,
        say: Callable[[list[Body]], Awaitable[list[Entry]]],
    ) -> None:
        """Args: say appends bodies to this device's log, and waits for the views."""
        self._store = store
        self._writer = writer
        self._reading = reading
        self._reader = reader
        self._scrubbing = scrubbing
        self._say = say
        self._pending: list[Ref] = []
        self._due = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"erase": self.erase}

    def start(self) -> None:
        """Finish what a node before this one had begun, and do what comes."""
        self._task = asyncio.create_task(self._keep_up(), name="eraser")

    async def close(self) -> None:
        """Stop; what is under way is finished by the next node."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def take(self, refs: tuple[Ref, ...]) -> None:
        """Hear from the views what was erased."""
        if refs:
            self._pending += refs
            self._due.set()

    def nudge(self) -> None:
        """Scrub soon what is still to be scrubbed."""
        self._due.set()

    async def erase(self, request: Request) -> Document:
        """Erase an entry of one's own; no file here holds its text when this is answered."""
        typed = take.text(request.params, "entry", most=100)
        entry = await self._reading.ask(self._reader.entry, typed)
        author = entry["author"]
        if author is None or not (await self._reading.ask(self._reader.profile, author))["self"]:
            raise BadRequest("you can only erase what you wrote yourself")
        if entry["erased"]:
            return {"changed": False, "erased": entry["id"]}
        refs = await self._reading.ask(self._reader.with_versions, entry["id"])
        [said] = await self._say([Erase(tuple(refs))])
        self._pending += refs
        await self._carry_out()
        return {
            "id": to_text(Kind.ENTRY, said.id),
            "log": to_text(Kind.DEVICE, said.log),
            "seq": said.seq,
            "erased": entry["id"],
            "changed": True,
        }

    async def _keep_up(self) -> None:
        known = await self._reading.ask(self._reader.erased)
        is_erased = self._store.erasures.is_erased
        self._pending += [ref for ref in known if not is_erased(ref.log, ref.seq)]
        while True:
            self._due.clear()
            began_s = time.monotonic()
            try:
                await self._carry_out()
            except LocalError as error:
                logger.warning("what was erased is still on the disk: %s", error)
                self._due.set()
                await asyncio.sleep(ERASE_RETRY_S)
                continue
            # Whoever erases again and again must not keep the disk busy with nothing else.
            await asyncio.sleep(ERASE_PAUSE_RATIO * (time.monotonic() - began_s))
            await self._due.wait()

    async def _carry_out(self) -> None:
        """Erase what is pending; it is in no file any more when this returns."""
        async with self._turn:
            if refs := list(self._pending):
                await self._writer.run(lambda: self._store.erase(refs))
                del self._pending[: len(refs)]
            if not await self._scrubbing.run():
                self._due.set()
