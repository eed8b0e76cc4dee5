"""Clauses of protocol/03-logs.md, 09-sessions.md and 11-blobs.md that a node's hub keeps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.log.fork import ForkProof, prove
from p2pblog.log.segment import Segment
from p2pblog.net.carrier import memory_pair
from p2pblog.net.link import Link
from p2pblog.node.hub import Hub, Wishes
from p2pblog.node.media import Gallery
from p2pblog.node.peer import Node, Peer
from p2pblog.node.server import Request
from p2pblog.store.blobs import LIST, BlobStore, chunk_list
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_messages, encode_message
from p2pblog.sync.planning import WHOLE

OWN, PEER, AUTHOR = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
NETWORK = bytes(32)
_ALL_WHOLE = {
    "depth": lambda log, near: WHOLE,
    "reach": lambda log, near: WHOLE,
    "missing": tuple,
    "admit": lambda *arrived: True,
    "charge": lambda *taken: None,
}


def store_of(*words: bytes) -> LogStore:
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    if words:
        store.append(AUTHOR, [(1, word) for word in words], 5)
    return store


def hub_over(
    store: LogStore,
    blobs: BlobStore | None = None,
    *,
    known: Collection[bytes] = (),
) -> Hub:
    async def ingest(segment: Segment) -> int:
        new = store.ingest(segment, 5)
        if new:
            hub.log_changed(segment.log, store.arrival)
        return new

    async def keep_fork(proof: ForkProof) -> bool:
        return store.add_fork(proof)

    node = Node(
        store,
        PeerTokens(MemoryKeyValue()),
        ingest=ingest,
        keep_fork=keep_fork,
        read_blob=lambda ask: None if blobs is None else blobs.part(ask.blob, ask.at),
        on_overlay=lambda device, message: None,
    )
    hub = Hub(
        node,
        cast("Wishes", SimpleNamespace(**_ALL_WHOLE, is_known=known.__contains__)),
        own_device=OWN.public,
        own_logs=(),
        on_fork=lambda log, seq: None,
        on_link=lambda device, up: None,
    )
    return hub


class Other:
    """The other end of a link with a hub, driven by hand."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.heard: list[m.Message] = []

    def say(self, *messages: m.Message) -> None:
        self.link.send(*map(encode_message, messages))

    async def hear(self, kind: type[m.Message]) -> m.Message:
        """Return the next message of a kind; what comes before it stays in `heard`."""
        async with asyncio.timeout(5):
            while True:
                # Not by what is equal: tuples of different messages may be.
                for at, one in enumerate(self.heard):
                    if isinstance(one, kind):
                        return self.heard.pop(at)
                for data in await self.link.receive():
                    self.heard += decode_messages(data)

    async def rest(self) -> list[m.Message]:
        """Return what comes until the link ends."""
        async with asyncio.timeout(5):
            while messages := await self.link.receive():
                for data in messages:
                    self.heard += decode_messages(data)
        return self.heard


@asynccontextmanager
async def linked(hub: Hub, device: SigningKey = PEER) -> AsyncIterator[Other]:
    left, right = memory_pair()
    ours, theirs = await asyncio.gather(
        Link.open(left, initiator=False, device=OWN, network_key=NETWORK),
        Link.open(right, initiator=True, device=device, network_key=NETWORK),
    )
    await hub.sum_up()
    running = asyncio.create_task(hub.run(ours, initiator=False, near=True))
    try:
        yield Other(theirs)
    finally:
        theirs.close()
        await running


def fork() -> tuple[Segment, Segment]:
    return tuple(  # type: ignore[return-value]
        store_of(b"same", word).segment_up(AUTHOR.public, 1, 2) for word in (b"one", b"two")
    )


@pytest.mark.proves("L-20", "L-14")
async def test_neither_a_fork_nor_a_gap_ends_the_session() -> None:
    store = store_of(b"same", b"one")
    hub = hub_over(store)
    async with linked(hub) as other:
        other.say(m.Hello(1, None))
        rival = store_of(b"same", b"two", b"three")
        newest = rival.logs[AUTHOR.public].newest
        other.say(m.Have([m.Offer(AUTHOR.public, 1, newest.high, newest.high_id)]))
        ask = await other.hear(m.Want)
        assert isinstance(ask, m.Want)
        other.say(m.Entries(ask.number, rival.segment_up(AUTHOR.public, 3, 3)))
        assert isinstance(await other.hear(m.Fork), m.Fork)
        other.say(m.Ping(5))
        assert await other.hear(m.Pong) == m.Pong(5)
    assert store.logs[AUTHOR.public].newest.high == 2
    assert hub.counters == {"fork": 1}


@pytest.mark.proves("S-26", "S-27", "S-28")
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (encode_message(m.Hello(1, None)), "unexpected-message"),
        (b"\x92\x05\xcc\x01", "non-canonical"),
        (b"\x92\x63\x01", "bad-structure"),
        (encode_message(m.Entries(9, fork()[0])), "unexpected-message"),
    ],
)
async def test_who_is_refused_hears_why_and_then_nothing(bad: bytes, code: str) -> None:
    hub = hub_over(store_of(b"one"))
    async with linked(hub) as other:
        other.say(m.Hello(1, None))
        await other.hear(m.Told)
        other.link.send(bad, encode_message(m.Ping(1)))
        assert (await other.rest())[-1] == m.Bye(code)
        assert not any(isinstance(one, m.Pong) for one in other.heard)
    assert hub.counters == {code: 1}


@pytest.mark.proves("S-28")
async def test_a_bye_ends_the_link_whatever_stands_behind_it() -> None:
    store = store_of()
    async with linked(hub_over(store)) as other:
        push = m.Entries(0, fork()[0])
        other.say(m.Hello(1, None), m.Bye("timeout"), m.Ping(1), push)
        assert [type(one) for one in await other.rest()] == [m.Hello]
    assert not store.logs


@pytest.mark.proves("S-3", "S-31")
@pytest.mark.parametrize("how", ["compared", "resumed"])
async def test_an_end_sends_the_proofs_that_the_other_may_not_know(how: str) -> None:
    store = store_of()
    before = store.token(store.arrival, store.forks)
    store.add_fork(prove(*fork()))
    async with linked(hub_over(store)) as other:
        other.say(m.Hello(1, before if how == "resumed" else None))
        if how == "compared":
            other.say(m.Compare("", items=True, digests=b""))
        proof = await other.hear(m.Fork)
        assert isinstance(other.heard[0], m.Hello)
        assert isinstance(proof, m.Fork)
        assert proof.proof == prove(*fork())


async def test_who_asks_and_never_reads_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNREAD_S_MAX", 1)
    # More than any buffer holds, also when it is packed.
    hub = hub_over(store_of(*map(random.Random(1).randbytes, [8000] * 700)))
    async with linked(hub) as other:
        other.say(m.Hello(1, None), m.Want(1, AUTHOR.public, 1, 700, down=True))
        async with asyncio.timeout(10):
            while not hub.counters["timeout"]:
                other.say(m.Ping(1))  # it is alive
                await asyncio.sleep(0.1)


@pytest.mark.proves("S-29")
async def test_there_is_one_session_with_a_device_and_none_with_oneself() -> None:
    hub = hub_over(store_of())
    async with linked(hub, OWN) as other:
        assert await other.rest() == []
    async with linked(hub) as first:
        await first.hear(m.Hello)
        # The other end has the larger key: of two links at once, ours is the one to keep.
        async with linked(hub) as second:
            ends = [asyncio.create_task(one.rest()) for one in (first, second)]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            assert len(hub.peers) == 1
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
    assert hub.peers == []


@pytest.mark.proves("P-1")
async def test_each_question_about_a_blob_gets_one_answer(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path / "blobs")
    data = b"x" * 70_000
    blob = blobs.put(data)
    parts = {LIST: chunk_list(data), 0: data[:65_536], 1: data[65_536:], 2: None, 127: None}
    asks = [m.AskBlob(number, blob, at) for number, at in enumerate(parts, 1)]
    asks.append(m.AskBlob(77, bytes(32), LIST))
    async with linked(hub_over(store_of(), blobs)) as other:
        other.say(m.Hello(1, None), *asks)
        answers = [await other.hear(m.BlobPart) for _ in asks]
        assert answers == [
            *(m.BlobPart(number, part) for number, part in enumerate(parts.values(), 1)),
            m.BlobPart(77, None),
        ]
        other.say(m.Ping(1))
        await other.hear(m.Pong)
        assert not any(isinstance(one, m.BlobPart) for one in other.heard)


class Giver:
    """A peer that answers with these parts of a blob."""

    def __init__(self, parts: Sequence[bytes | None]) -> None:
        self.parts = list(parts)

    async def ask_blob_part(self, blob: bytes, index: int) -> bytes | None:
        return self.parts[index + 1]


@pytest.mark.proves("P-6", "P-7", "P-8")
@pytest.mark.parametrize("fault", [None, "missing", "swapped", "short", "no list"])
async def test_of_a_blob_nothing_is_kept_until_every_chunk_is_here(
    tmp_path: Path, fault: str | None
) -> None:
    blobs = BlobStore(tmp_path / "blobs")
    chunks = [bytes([number]) * 65_536 for number in range(3)]
    data = b"".join(chunks)
    blob = BlobStore(tmp_path / "theirs").put(data)
    parts: list[bytes | None] = [chunk_list(data), *chunks]
    match fault:
        case "missing":
            parts[2] = None
        case "swapped":
            parts[2] = chunks[2]
        case "short":
            parts[3] = chunks[2][:-1]
        case "no list":
            parts[0] = None
    giver = Giver(parts)
    gallery = Gallery(None, None, blobs, lambda: None)  # type: ignore[arg-type]
    request = cast("Request", SimpleNamespace(progress=lambda done, of: None))
    error = None
    try:
        got = await gallery._fetch_from(cast("Peer", giver), blob, request)
    except Exception as caught:
        got, error = False, getattr(caught, "code", "")
    assert got == blobs.has(blob) == (fault is None)
    assert error == ("broken-chain" if fault in ("swapped", "short") else None)
    assert blobs.part(blob, 0) == (chunks[0] if fault is None else None)
