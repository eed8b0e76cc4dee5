"""Measure links: the handshake, sealing and opening in memory, and a link over loopback TCP.

Run it as `python tests/benchmarks/bench_link.py`.  Both ends share one core.
"""

from __future__ import annotations

import asyncio
import os
from time import perf_counter

from p2pblog.core.crypto import SigningKey
from p2pblog.net.link import Link
from p2pblog.net.tcp import TcpCarrier, dial, listen
from p2pblog.sync.frames import FrameSplitter, frame
from p2pblog.sync.link import SecureLink

NETWORK = os.urandom(32)
ALICE, BOB = SigningKey(os.urandom(32)), SigningKey(os.urandom(32))
SIZES = {200: 20_000, 4_000: 20_000, 60_000: 4_000, 1_048_576: 250}
HANDSHAKES = 200


def secure_pair() -> tuple[SecureLink, SecureLink]:
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
    start = perf_counter()
    for _ in range(count):
        for packet in splitter.feed(frame(*left.seal(message))):
            right.receive(packet)
    return perf_counter() - start


async def over_tcp() -> None:
    accepted: asyncio.Queue[TcpCarrier] = asyncio.Queue()
    listener = await listen("127.0.0.1:0", accepted.put_nowait)
    start = perf_counter()
    left, right = await asyncio.gather(
        Link.open(
            await dial(listener.addresses[0]), initiator=True, device=ALICE, network_key=NETWORK
        ),
        Link.open(await accepted.get(), initiator=False, device=BOB, network_key=NETWORK),
    )
    print(f"dial and handshake over TCP      {(perf_counter() - start) * 1e3:8.2f} ms")
    for size, count in SIZES.items():
        await one_size(left, right, size, count)
    listener.close()
    for link in (left, right):
        link.close()
        await link.wait_closed()


async def one_size(left: Link, right: Link, size: int, count: int) -> None:
    message = os.urandom(size)

    async def send() -> None:
        for _ in range(count):
            left.send(message)
            await left.drain()

    start = perf_counter()
    sending = asyncio.create_task(send())
    got = 0
    while got < count:
        got += len(await right.receive())
    await sending
    report("TCP", size, count, perf_counter() - start)


def report(where: str, size: int, count: int, took_s: float) -> None:
    print(
        f"{where:10} {size:>9,} bytes a message {size * count / 1e6 / took_s:8.0f} MB/s"
        f" {took_s / count * 1e6:10.1f} µs a message"
    )


def main() -> None:
    start = perf_counter()
    for _ in range(HANDSHAKES):
        secure_pair()
    print(f"handshake, both ends, in memory  {(perf_counter() - start) / HANDSHAKES * 1e3:8.2f} ms")
    for size, count in SIZES.items():
        report("in memory", size, count, in_memory(size, count))
    asyncio.run(over_tcp())


if __name__ == "__main__":
    main()
