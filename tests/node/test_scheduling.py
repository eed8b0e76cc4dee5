"""A post for later is published or dropped, never both."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from p2pblog.content.bodies import Post
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import NotFound
from p2pblog.log.entry import Entry
from p2pblog.node.home import Identity
from p2pblog.node.scheduling import Scheduling
from p2pblog.node.server import Request
from p2pblog.node.writer import Writer
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.personal import Personal
from tests.node.test_clauses_hub import store_of


class Due:
    """A node whose owner may write, and whose posts are published, once that is let go on."""

    def __init__(self) -> None:
        store = store_of()
        self.writer = Writer(store, lambda log, arrival: None, salt=lambda: bytes(16))
        self.now_ms = 1000
        self.may_write, self.may_publish = asyncio.Event(), asyncio.Event()
        self.publishing = asyncio.Event()
        self.published: list[bytes] = []
        self.scheduling = Scheduling(
            Personal(MemoryKeyValue()),
            store,
            self.writer,
            compose=self.compose,
            publish=self.publish,
            key=lambda: SigningKey(bytes(32)),
            may_write=self.check,
            salt=lambda: bytes(16),
            clock_ms=lambda: self.now_ms,
        )

    async def compose(self, params: Any) -> Post:
        return Post("soon")

    async def publish(self, body: bytes) -> Entry:
        self.publishing.set()
        await self.may_publish.wait()
        self.published.append(body)
        return cast(Entry, SimpleNamespace())

    async def check(self) -> Identity:
        await self.may_write.wait()
        return cast(Identity, SimpleNamespace(device=bytes(32)))

    async def drop(self) -> Any:
        return await self.scheduling.drop(Request({"id": "1"}))


@pytest.fixture
async def due() -> Any:
    due = Due()
    due.may_write.set()
    await due.scheduling.put(Request({"at_ms": 2000}))
    due.may_write.clear()
    due.now_ms = 3000
    due.scheduling.start()
    yield due
    await due.scheduling.close()
    due.writer.close()


async def test_what_is_dropped_when_it_is_due_is_not_published(due: Due) -> None:
    await asyncio.sleep(0)
    assert (await due.drop())["text"] == "soon"
    due.may_write.set()
    due.may_publish.set()
    await asyncio.sleep(0.05)
    assert due.published == []


async def test_what_is_being_published_is_not_dropped(due: Due) -> None:
    due.may_write.set()
    await due.publishing.wait()
    dropping = asyncio.create_task(due.drop())
    await asyncio.sleep(0.05)
    due.may_publish.set()
    with pytest.raises(NotFound):
        await dropping
    assert len(due.published) == 1
