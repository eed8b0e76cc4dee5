"""Posts that are written now and published later, once the node is up.

Specified in docs/api.md.  What waits is kept as the very bytes that will be signed: so a node that
was killed between publishing and forgetting finds them in its log, and does not say it twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from p2pblog.content.bodies import Poll, Post, parse, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import BadBody, BadRequest, NotFound, P2PBlogError
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.entry import Entry
from p2pblog.node import params as take
from p2pblog.node.again import said_with, salt_in, salt_of_token, token_of
from p2pblog.node.home import Identity
from p2pblog.node.params import Document
from p2pblog.node.server import Handler, Request
from p2pblog.node.writer import Writer
from p2pblog.store.logs import LogStore
from p2pblog.store.personal import Personal, Section

logger = logging.getLogger(__name__)


class Scheduling:
    """Keeps what waits, and publishes what is due; lives on one event loop."""

    def __init__(
        self,
        personal: Personal,
        store: LogStore,
        writer: Writer,
        *,
        compose: Callable[[take.Params], Awaitable[Post]],
        publish: Callable[[bytes], Awaitable[Entry]],
        key: Callable[[], SigningKey],
        may_write: Callable[[], Awaitable[Identity]],
        salt: Callable[[], bytes],
        clock_ms: Callable[[], int],
    ) -> None:
        """Prepare to wait.

        Args:
            compose: makes a post of the parameters of `post`.
            publish: appends a body to this device's log, if it is not there yet.
            key: returns this device's key, or raises NoIdentity.
            may_write: returns who lives here, if they may write now; else raises.
        """
        self._personal = personal
        self._store = store
        self._writer = writer
        self._compose = compose
        self._publish = publish
        self._key = key
        self._may_write = may_write
        self._salt = salt
        self._clock_ms = clock_ms
        self._trouble: dict[bytes, str] = {}  # why it is still here though it was due
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()  # what is being published is not dropped, nor the contrary
        self._task: asyncio.Task[None] | None = None

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"post.later": self.put, "later": self.later, "later.drop": self.drop}

    def start(self) -> None:
        """Publish what was due while no node was up, and what comes."""
        self._task = asyncio.create_task(self._keep(), name="scheduling")

    async def close(self) -> None:
        """Stop; what waits, waits for the next node."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def put(self, request: Request) -> Document:
        """Have a post published later."""
        who = await self._may_write()
        now_ms = self._clock_ms()
        at_ms = take.number(
            request.params, "at_ms", default=0, low=0, high=now_ms + limits.LATER_MS_MAX
        )
        token = token_of(request.params)
        if token is None and at_ms <= now_ms:
            raise BadRequest("that time is past already")
        post = await self._compose(request.params)
        salt = self._salt() if token is None else salt_of_token(self._key(), token, post)
        body = serialize(post, salt)

        def put() -> tuple[str, int]:
            # Looked for, and counted, where it is written: another may have come meanwhile.
            for key, (before_ms, waits) in self._waiting().items():
                if salt_in(waits) == salt:
                    return str(int.from_bytes(key)), before_ms
            if token is not None and (said := said_with(self._store, who.device, salt)):
                return "", said.time_ms
            if at_ms <= now_ms:
                raise BadRequest("that time is past already")
            waiting = self._personal.all(Section.LATER)
            number = max((int.from_bytes(one) for one in waiting), default=0) + 1
            self._personal.put(Section.LATER, number.to_bytes(8), [at_ms, body])
            return str(number), at_ms

        number, kept_ms = await self._writer.run(put)
        self._changed.set()
        return {"id": number, "at_ms": kept_ms}

    async def later(self, request: Request) -> Document:
        """Return what waits, the next first."""
        return {"later": [self._shown(key, *one) for key, one in self._waiting().items()]}

    async def drop(self, request: Request) -> Document:
        """Do not publish it; return what it said."""
        typed = take.text(request.params, "id", most=20)
        async with self._turn:
            for key, one in self._waiting().items():
                if str(int.from_bytes(key)) == typed:
                    shown = self._shown(key, *one)
                    await self._forget(key)
                    self._changed.set()
                    return shown
        raise NotFound("no post waits under that number")

    def _waiting(self) -> dict[bytes, tuple[int, bytes]]:
        found: dict[bytes, tuple[int, bytes]] = {}
        for key, value in self._personal.all(Section.LATER).items():
            match value:
                case [int(at_ms), bytes(body)]:
                    found[key] = at_ms, body
        return dict(sorted(found.items(), key=lambda item: (item[1][0], item[0])))

    def _shown(self, key: bytes, at_ms: int, body: bytes) -> Document:
        post = Post("")
        with suppress(BadBody):
            match parse(body):
                case Post() as said:
                    post = said
        return {
            "id": str(int.from_bytes(key)),
            "at_ms": at_ms,
            "text": post.text,
            "warning": post.warning,
            "lang": post.lang,
            "reply_to": None if post.reply is None else to_text(Kind.ENTRY, post.reply.id),
            "quote": None if post.quote is None else to_text(Kind.ENTRY, post.quote.id),
            "media": len(post.media),
            "poll": None if post.poll is None else _poll(post.poll),
            "error": self._trouble.get(key, ""),
        }

    async def _keep(self) -> None:
        while True:
            self._changed.clear()
            wait_s = await self._publish_due()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait_s)

    async def _publish_due(self) -> float | None:
        """Publish what is due; return in how many seconds the next one is (None: there is none)."""
        for key, (at_ms, body) in self._waiting().items():
            # Not too long at once: the clock may be set, or the machine have slept.
            if (left_ms := at_ms - self._clock_ms()) > 0:
                return min(left_ms / 1000, limits.LATER_RETRY_S)
            try:
                await self._may_write()
                async with self._turn:
                    if self._waiting().get(key) != (at_ms, body):  # dropped meanwhile
                        continue
                    await self._publish(body)
                    await self._forget(key)
            except P2PBlogError as error:
                logger.warning("a post that is due is not published: %s", error)
                self._trouble[key] = str(error)
                return limits.LATER_RETRY_S
        return None

    async def _forget(self, key: bytes) -> None:
        await self._writer.run(lambda: self._personal.drop(Section.LATER, key))
        self._trouble.pop(key, None)


def _poll(poll: Poll) -> Document:
    return {"options": list(poll.options), "until_ms": poll.until_ms, "many": poll.many}
