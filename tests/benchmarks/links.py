"""A link by itself: the handshake, and messages sealed, framed and opened.

In memory, and over TCP on 127.0.0.1.  Both ends share one core.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from time import perf_counter

from p2pblog.core.crypto import SigningKey
from p2pblog.net.link import Link
from p2pblog.net.tcp import TcpCarrier, dial, listen
from p2pblog.sync.frames import FrameSplitter, frame
from p2pblog.sync.link import SecureLink
from tests.benchmarks.figures import Figure

NETWORK = os.urandom(32)
ALICE, BOB = SigningKey(os.urandom(32)), SigningKey(os.urandom(32))
SIZES = {200: 5_000, 4_000: 5_000, 60_000: 1_000, 1_048_576: 60}
"""How many messages of how many bytes."""
HANDSHAKES, RUNS = 50, 5


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run."""
    for _ in range(RUNS):
        begin_s = perf_counter()
        for _ in range(HANDSHAKES):
            secure_pair()
        took_ms = (perf_counter() - begin_s) / HANDSHAKES * 1e3
        figures = [Figure("handshake in memory, both ends", took_ms, "ms")]
        for size, count in SIZES.items():
            rate = size * count / in_memory(size, count) / 1e6
            figures.append(Figure(f"in memory, messages of {size:,} B", rate, "MB/s"))
        yield [*figures, *asyncio.run(over_tcp())]


def secure_pair() -> tuple[SecureLink, SecureLink]:
    """Return the two ends of an established link."""
    left, right = (
        SecureLink(
            initiator=initiator, device=device, network_key=NETWORK, ephemeral=os.urandom(32)
        )
        for initiator, device in ((True, ALICE), (False, BOB))
    )
    right.receive(left.start()[0])
    left.receive(right.packets_to_send()[0])
    right.receive(left.packets_to_send()[0])
    return left, right


def in_memory(size: int, count: int) -> float:
    """Return the seconds that `count` messages of `size` bytes take, framing included."""
    left, right = secure_pair()
    splitter, message = FrameSplitter(), os.urandom(size)
    begin_s = perf_counter()
    for _ in range(count):
        for packet in splitter.feed(frame(*left.seal(message))):
            right.receive(packet)
    return perf_counter() - begin_s


async def over_tcp() -> list[Figure]:
    """Return the figures of a link over TCP."""
    accepted: asyncio.Queue[TcpCarrier] = asyncio.Queue()
    listener = await listen("127.0.0.1:0", accepted.put_nowait)
    begin_s = perf_counter()
    left, right = await asyncio.gather(
        Link.open(
            await dial(listener.addresses[0]), initiator=True, device=ALICE, network_key=NETWORK
        ),
        Link.open(await accepted.get(), initiator=False, device=BOB, network_key=NETWORK),
    )
    figures = [Figure("dial and handshake over TCP", (perf_counter() - begin_s) * 1e3, "ms")]
    for size, count in SIZES.items():
        rate = size * count / await _one_size(left, right, size, count) / 1e6
        figures.append(Figure(f"over TCP, messages of {size:,} B", rate, "MB/s"))
    listener.close()
    for link in (left, right):
        link.close()
        await link.wait_closed()
    return figures


async def _one_size(left: Link, right: Link, size: int, count: int) -> float:
    message = os.urandom(size)

    async def send() -> None:
        for _ in range(count):
            left.send(message)
            await left.drain()

    begin_s = perf_counter()
    sending = asyncio.create_task(send())
    got = 0
    while got < count:
        got += len(await right.receive())
    await sending
    return perf_counter() - begin_s
