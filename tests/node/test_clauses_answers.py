"""Clauses of protocol/11-blobs.md and 03-logs.md that a session of a node keeps, by properties."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.crypto import digest
from p2pblog.core.errors import ProtocolError
from p2pblog.node.media import Gallery
from p2pblog.node.peer import Peer
from p2pblog.node.server import Request
from p2pblog.store.blobs import LIST, BlobStore, chunk_list
from p2pblog.sync import messages as m
from tests.node.test_clauses_hub import AUTHOR, Giver, hub_over, linked, store_of
from tests.strategies import around, flip, quick

CHUNK = 65_536
DATA = b"".join(bytes([number]) * CHUNK for number in range(3))


@pytest.mark.proves("P-1")
@quick(15)
@given(
    around(CHUNK, 2 * CHUNK),
    st.lists(st.tuples(st.booleans(), st.integers(-1, 3) | st.just(127)), max_size=8),
)
def test_each_question_about_a_blob_gets_one_answer(
    size: int, asked: list[tuple[bool, int]]
) -> None:
    data = DATA[:size]
    blob = digest(chunk_list(data))

    def part(of_it: bool, at: int) -> bytes | None:
        if not of_it:
            return None
        return chunk_list(data) if at == LIST else data[at * CHUNK :][:CHUNK] or None

    async def ask(folder: Path) -> None:
        blobs = BlobStore(folder)
        assert blobs.put(data) == blob
        other = flip(blob, size)
        asks = [m.AskBlob(n, blob if it else other, at) for n, (it, at) in enumerate(asked, 1)]
        async with linked(hub_over(store_of(), blobs)) as end:
            end.say(m.Hello(1, None), *asks)
            answers = [await end.hear(m.BlobPart) for _ in asks]
            assert answers == [m.BlobPart(n, part(*one)) for n, one in enumerate(asked, 1)]
            end.say(m.Ping(2))
            await end.hear(m.Pong)
            assert not any(isinstance(one, m.BlobPart) for one in end.heard)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(ask(Path(folder) / "blobs"))


@pytest.mark.proves("P-8")
@quick(60)
@given(around(1, CHUNK, 2 * CHUNK, 3 * CHUNK).filter(lambda size: 0 < size <= 3 * CHUNK), st.data())
def test_a_blob_is_shown_and_passed_on_when_every_chunk_of_it_is_here(
    size: int, data: st.DataObject
) -> None:
    whole = DATA[:size]
    chunks = [whole[at : at + CHUNK] for at in range(0, size, CHUNK)]
    blob = digest(chunk_list(whole))
    parts: list[bytes | None] = [chunk_list(whole), *chunks]
    at = data.draw(st.integers(0, len(parts) - 1))
    match data.draw(st.sampled_from(["nothing", "missing", "bit", "short", "another"])):
        case "missing":
            parts[at] = None
        case "bit":
            parts[at] = flip(parts[at] or b"", data.draw(st.integers(0, 8 * size)))
        case "short":
            parts[at] = (parts[at] or b"")[:-1]
        case "another":
            parts[at] = parts[at - 1]
    with tempfile.TemporaryDirectory() as folder:
        blobs = BlobStore(Path(folder) / "blobs")
        gallery = Gallery(None, None, blobs, lambda: None)  # type: ignore[arg-type]
        request = cast("Request", SimpleNamespace(progress=lambda done, of: None))
        peer = cast("Peer", Giver(parts))
        try:
            got = asyncio.run(gallery._fetch_from(peer, blob, request))
        except ProtocolError:
            got = False
        right = parts == [chunk_list(whole), *chunks]
        assert got == blobs.has(blob) == right
        shown = [blobs.part(blob, number) for number in range(-1, len(chunks))]
        assert shown == (parts if right else [None] * len(parts))
        assert [*Path(folder).rglob("*.part")] == []


@pytest.mark.proves("L-20", "L-14")
@quick(12)
@given(st.integers(1, 4), st.integers(0, 3), st.booleans())
def test_neither_a_fork_nor_a_gap_ends_the_session(same: int, more: int, gap: bool) -> None:
    words = [b"same %d" % number for number in range(same)]
    rival = store_of(*words, b"two", *[b"three %d" % number for number in range(more + 2)])

    async def meet() -> None:
        store = store_of(*words, *([] if gap else [b"one"]))
        hub = hub_over(store)
        newest = rival.logs[AUTHOR.public].newest
        if gap:  # the one jump ahead is taken, and what comes touches neither range
            store.ingest(rival.segment_down(AUTHOR.public, newest.high, newest.high), 5)
        before = dict(store.logs)
        async with linked(hub) as end:
            end.say(m.Hello(1, None))
            if gap:
                longer = store_of(*words, b"two", *[b"x"] * (more + 6))
                high = longer.logs[AUTHOR.public].newest.high
                end.say(m.Entries(0, longer.segment_down(AUTHOR.public, high, high)))
            else:
                end.say(m.Entries(0, rival.segment_down(AUTHOR.public, same + 2, newest.high)))
                assert isinstance(await end.hear(m.Fork), m.Fork)
            end.say(m.Ping(5))
            assert await end.hear(m.Pong) == m.Pong(5)
            assert hub.counters == ({} if gap else {"fork": 1})
            assert not any(isinstance(one, m.Bye) for one in end.heard)
        assert store.logs == before

    asyncio.run(meet())
