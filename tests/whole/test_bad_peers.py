"""Peers that attack a real node: each costs it little, is counted, and harms no honest link.

Ada is attacked; Bob follows her over a link of theirs that has to go on as if nothing were.
"""

from __future__ import annotations

import asyncio
import os
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import encode
from p2pblog.core.errors import LinkRefused
from p2pblog.core.textform import Kind, from_text
from p2pblog.log.segment import Segment
from p2pblog.net.address import parse_address
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync import messages as m
from tests.whole.conftest import MakeNode
from tests.whole.hostile import Cost, Stranger, stranger
from tests.whole.running import RunningNode, until

LIVE_S_MAX = 5
CPU_S_MAX = 12
MEMORY_BYTES_MAX = 96 * 1024 * 1024
NEW_YEAR_2099_MS = 4_070_908_800_000
AUTHOR = SigningKey(bytes([77]) * 32)

Pair = tuple[RunningNode, RunningNode]


@pytest.fixture
def pair(make_node: MakeNode) -> Pair:
    ada, bob = make_node("ada"), make_node("bob")
    bob.call("follow", id=ada.call("whoami")["identity"])
    ada.link_to(bob)
    ada.call("post", text="before")
    until(lambda: bob.texts() == ["before"])
    return ada, bob


@asynccontextmanager
async def bounded(pair: Pair) -> AsyncIterator[None]:
    """Hold an attack to its bounds: Ada's posts reach Bob meanwhile and afterwards."""
    ada, bob = pair
    before = Cost.of(ada)
    living = asyncio.create_task(asyncio.to_thread(post_and_see, ada, bob, "meanwhile"))
    yield
    await living
    await asyncio.to_thread(post_and_see, ada, bob, "afterwards")
    after = Cost.of(ada)
    assert after.cpu_s - before.cpu_s < CPU_S_MAX
    assert after.peak_bytes - before.peak_bytes < MEMORY_BYTES_MAX


def post_and_see(ada: RunningNode, bob: RunningNode, text: str) -> None:
    began_s = time.monotonic()
    ada.call("post", text=text)
    until(lambda: text in bob.texts())
    assert time.monotonic() - began_s < LIVE_S_MAX


async def counted(node: RunningNode, *codes: str) -> None:
    """Wait until `status` counts one of these."""

    def found() -> bool:
        return any(node.call("status")["counters"].get(code) for code in codes)

    await asyncio.to_thread(until, found)


def history(count: int, *, start_ms: int = 1_700_000_000_000, word: str = "entry") -> LogStore:
    """Return a store with a log of AUTHOR's."""
    store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    for number in range(count):
        body = serialize(Post(f"{word} {number}"), bytes(16))
        store.append(AUTHOR, [(start_ms + number, body)], 5)
    return store


def offer_of(store: LogStore, log: bytes = AUTHOR.public) -> m.Have:
    newest = store.logs[AUTHOR.public].newest
    return m.Have([m.Offer(log, newest.low, newest.high, newest.high_id)])


async def answered(one: Stranger, segment: Segment) -> None:
    """Give a segment in answer to the question for it."""
    question = await one.hear(m.WantLatest)
    assert isinstance(question, m.WantLatest)
    one.say(m.Entries(question.number, segment), m.Done(question.number))


async def test_a_flood_of_notes_for_logs_that_do_not_exist(pair: Pair) -> None:
    async with bounded(pair), stranger(pair[0]) as one:
        one.say(m.Hello(1, None))
        notes = (
            m.Note([(os.urandom(32), 1 + number) for number in range(512)]) for _ in range(1500)
        )
        await one.flood(*notes)
        await asyncio.wait_for(one.over.wait(), 20)
        assert sum(isinstance(said, m.Graft) for said in one.heard) <= limits.NOTES_WAITING_MAX
    await counted(pair[0], "too-large")


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([encode([2, 1, bytes(32), 1, 1_000_000, False])], "bad-structure"),
        ([encode([2, 1, bytes(32), 1, 2**53 - 1, True])], "bad-structure"),
        ([encode([10, 1, bytes(32), 1_000_000])], "bad-structure"),
        ([m.Want(n, bytes(32), 1, 4096, down=False) for n in range(1, 5000)], "unexpected-message"),
    ],
)
async def test_requests_for_ranges_of_a_million(
    pair: Pair, messages: list[m.Message | bytes], code: str
) -> None:
    async with bounded(pair), stranger(pair[0]) as one:
        one.say(m.Hello(1, None))
        # All at once: answered one by one they are harmless.
        one.say(*messages)
        bye = await one.hear(m.Bye)
        assert bye == m.Bye(code)
    await counted(pair[0], code)


async def test_segments_with_one_flipped_bit(pair: Pair) -> None:
    store = history(100)
    good = store.segment_latest(AUTHOR.public, 100)
    ada = pair[0]
    async with bounded(pair):
        for at, number in ((0, 210), (50, 211), (99, 212)):
            bodies = list(good.bodies)
            body = bytearray(bodies[at])  # type: ignore[arg-type]
            body[-1] ^= 1
            bodies[at] = bytes(body)
            async with stranger(ada, number) as one:
                one.say(m.Hello(1, None), offer_of(store))
                await answered(one, good._replace(bodies=bodies))
                assert await one.hear(m.Bye) == m.Bye("bad-signature")
    await counted(ada, "bad-signature")
    assert ada.json("log", "verify")["errors"] == []


async def test_a_valid_chain_under_the_wrong_log(pair: Pair) -> None:
    store = history(100)
    good = store.segment_latest(AUTHOR.public, 100)
    other = SigningKey(bytes([78]) * 32).public
    async with bounded(pair), stranger(pair[0]) as one:
        one.say(m.Hello(1, None), offer_of(store, other))
        await answered(one, good._replace(log=other))
        assert await one.hear(m.Bye) == m.Bye("bad-signature")
    await counted(pair[0], "bad-signature")


async def test_equivocation_to_different_peers(pair: Pair) -> None:
    async with bounded(pair):
        # Ada passes on what she got: Bob holds it when the other history is shown to him.
        for node, word in zip(pair, ("one", "two"), strict=True):
            store = history(70, word=word)
            async with stranger(node) as one:
                one.say(m.Hello(1, None), offer_of(store))
                question = await one.hear(m.WantLatest, m.Want)
                assert isinstance(question, m.WantLatest | m.Want)
                shown = store.segment_latest(AUTHOR.public, 1)
                if isinstance(question, m.WantLatest):
                    shown = store.segment_latest(AUTHOR.public, 70)
                one.say(m.Entries(question.number, shown), m.Done(question.number))
                await asyncio.to_thread(until, lambda: pair[1].call("status")["logs"] >= 5)

        def both_know() -> bool:
            return [node.call("status")["forked"] for node in pair] == [1, 1]

        await asyncio.to_thread(until, both_know)
    for node in pair:
        assert node.json("log", "verify")["errors"] == []


@pytest.mark.parametrize("how", ["twice", "out of order"])
async def test_frames_that_come_again_or_out_of_order(pair: Pair, how: str) -> None:
    async with bounded(pair), stranger(pair[0]) as one:
        one.say(m.Hello(1, None))
        first, second = (
            one.link._secure.seal(m_bytes) for m_bytes in (b"\x92\x05\x01", b"\x92\x05\x02")
        )
        packets = [*first, *first] if how == "twice" else [*second, *first]
        one.link.carrier.write(*packets)
        await asyncio.wait_for(one.over.wait(), 20)
    await counted(pair[0], "bad-frame")


async def opened(node: RunningNode, count: int) -> list[asyncio.StreamWriter]:
    """Open connections, and say nothing on them."""
    at = parse_address(node.address())
    writers: list[asyncio.StreamWriter] = []
    for _ in range(count):
        with suppress(OSError):
            writers.append((await asyncio.open_connection(at.host, at.port))[1])
    return writers


async def let_in(node: RunningNode, within_s: float) -> None:
    """Try until the node has room for a stranger."""
    async with asyncio.timeout(within_s):
        while True:
            with suppress(OSError, LinkRefused):
                async with stranger(node) as one:
                    assert await one.hear(m.Hello)
                    return
            await asyncio.sleep(0.2)


async def test_a_thousand_connections_of_one_address_whose_handshakes_stall(pair: Pair) -> None:
    ada = pair[0]
    assert ada.process is not None
    descriptors = Path("/proc") / str(ada.process.pid) / "fd"
    before = len(list(descriptors.iterdir()))
    async with bounded(pair):
        writers = await opened(ada, 1000)
        await asyncio.sleep(0.5)
        assert len(list(descriptors.iterdir())) - before <= limits.HANDSHAKES_MAX
        await counted(ada, "node-crowded")
        # Those that got in are thrown out, and then there is room again.
        try:
            await counted(ada, "timeout")
            await let_in(ada, 2 * limits.HANDSHAKE_S_MAX)
        finally:
            for writer in writers:
                writer.close()


async def test_a_comparison_that_is_crafted_to_be_long(pair: Pair) -> None:
    ada = pair[0]
    async with bounded(pair), stranger(ada) as one:
        one.say(m.Hello(1, None))
        size = limits.FRONTIER_DIGEST_BYTES
        for number in range(3000):
            items = number % 2 == 0
            count = limits.COMPARE_ITEMS_MAX
            made = sorted(os.urandom(size) for _ in range(count))
            await one.flood(m.Compare("", items, b"".join(made)))
        await asyncio.wait_for(one.over.wait(), 20)
        said = [heard for heard in one.heard if isinstance(heard, m.Compared)]
        assert len(said) <= limits.COMPARES_SPARE + 2 * ada.call("status")["logs"]
    await counted(ada, "too-large")


@pytest.mark.parametrize("said", [limits.MESSAGE_BYTES_MAX, 100])
async def test_bombs_in_packed_messages(pair: Pair, said: int) -> None:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(200)) + deflater.flush()
    assert len(bomb) < 256 * 1024
    ada = pair[0]
    async with bounded(pair):
        for number in range(20):
            async with stranger(ada, 100 + number) as one:
                one.say(m.Hello(1, None), encode([21, said, bomb]))
                assert await one.hear(m.Bye) == m.Bye("bad-structure")
    await counted(ada, "bad-structure")


async def test_messages_that_unpack_to_a_million_items(pair: Pair) -> None:
    """From many links at once: each is refused before it has taken the memory of them all."""
    inflated = b"\xdd\x00\x0f\xff\x00" + b"\x90" * 0xFFF00
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflater.compress(inflated) + deflater.flush()
    ada = pair[0]
    async with bounded(pair), AsyncExitStack() as links:
        many = [await links.enter_async_context(stranger(ada, 100 + n)) for n in range(6)]
        for one in many:
            one.say(m.Hello(1, None), encode([21, len(inflated), bomb]))
        for one in many:
            assert await one.hear(m.Bye) == m.Bye("non-canonical")
    await counted(ada, "non-canonical")


@pytest.mark.parametrize(
    "flood",
    [
        [m.Told(bytes([at % 256]) * 32) for at in range(2_000)],
        [m.Batch([m.Pong(1)] * 256)] * 1_000,
        [m.Batch([m.Done(1)] * 256)] * 1_000,
        [m.Batch([m.Join(3, m.Member(bytes([at]) * 32, ())) for at in range(256)])] * 1_000,
    ],
    ids=["tokens", "pongs", "ends of answers", "newcomers"],
)
async def test_floods_of_what_is_cheap_to_say(pair: Pair, flood: list[m.Message]) -> None:
    async with bounded(pair), stranger(pair[0]) as one:
        one.say(m.Hello(1, None))
        await one.flood(*flood)
        await asyncio.wait_for(one.over.wait(), 30)
    await counted(pair[0], "too-large")


async def test_one_part_compared_again_and_again(pair: Pair) -> None:
    async with bounded(pair), stranger(pair[0]) as one:
        one.say(m.Hello(1, None))
        again = m.Compare("", False, bytes(16 * limits.FRONTIER_DIGEST_BYTES))
        one.say(m.Batch([again] * 256))
        assert await one.hear(m.Bye) == m.Bye("too-large")
        said = [heard for heard in one.heard if isinstance(heard, m.Compared)]
        assert len(said) <= 1


async def test_one_answer_again_and_again(pair: Pair) -> None:
    store = history(100)
    latest = store.segment_latest(AUTHOR.public, 100)
    async with bounded(pair), stranger(pair[0]) as one:
        one.say(m.Hello(1, None), offer_of(store))
        question = await one.hear(m.WantLatest)
        assert isinstance(question, m.WantLatest)
        await one.flood(*[m.Entries(question.number, latest)] * 30_000)
        await asyncio.wait_for(one.over.wait(), 30)
    await counted(pair[0], "too-large")


async def test_entries_dated_2099_stand_on_top_of_nothing(pair: Pair) -> None:
    ada = pair[0]
    store = history(50, start_ms=NEW_YEAR_2099_MS, word="from the future")
    async with bounded(pair), stranger(ada) as one:
        one.say(m.Hello(1, None), offer_of(store))
        await answered(one, store.segment_latest(AUTHOR.public, 100))
        await asyncio.to_thread(until, lambda: ada.call("status")["logs"] >= 5)
    assert ada.texts()[0] == "afterwards"
    assert ada.texts("local")[0] == "afterwards"


async def test_pushes_that_nobody_asked_for(pair: Pair) -> None:
    store = history(10)
    push = m.Entries(0, store.segment_latest(AUTHOR.public, 10))
    async with bounded(pair), stranger(pair[0]) as one:
        one.say(m.Hello(1, None))
        await one.flood(*[push] * 30_000)
        await asyncio.wait_for(one.over.wait(), 30)
    await counted(pair[0], "too-large")


async def test_a_peer_that_reads_nothing_holds_up_nobody(pair: Pair) -> None:
    """It asks for much and never takes it: what waits for it is bounded, and then it goes."""
    ada = pair[0]
    texts = [f"{number} " + "x" * 450 for number in range(300)]
    await asyncio.to_thread(lambda: [ada.call("post", text=text) for text in texts])
    log = from_text(Kind.DEVICE, ada.call("whoami")["device"])
    async with bounded(pair), stranger(ada) as one:
        one.say(m.Hello(1, None))
        transport = one.link.carrier._transport  # type: ignore[attr-defined]
        transport.pause_reading()
        one.say(*(m.Want(number, log, 1, 4096, down=False) for number in range(1, 60)))
        await asyncio.sleep(3)
        transport.resume_reading()
