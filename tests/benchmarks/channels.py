"""Links over data channels: how fast they are, and how long one turn of the loop takes.

Two processes on 127.0.0.1, each with its event loop; TCP for comparison.  A turn of the loop is
measured in CPU time, so that other programs on the machine do not count: nothing else that the
node has to do can run in it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.connection import Connection
from time import perf_counter

from p2pblog.core.crypto import SigningKey
from p2pblog.net.carrier import Carrier
from p2pblog.net.link import Link
from p2pblog.net.tcp import TcpCarrier, dial, listen
from tests.benchmarks.figures import Figure
from tests.net.measured_loop import MeasuredLoop

NETWORK = bytes(32)
ALICE, BOB = SigningKey(b"a" * 32), SigningKey(b"b" * 32)
SIZES = {200: 20_000, 4_000: 5_000, 60_000: 500, 1_048_576: 30}
RUNS, TURN_MS_MAX = 3, 50


async def carrier(kind: str, pipe: Connection, *, first: bool) -> Carrier:
    """Return one end of a carrier; what the other end must know goes through the pipe."""
    if kind == "webrtc":
        from p2pblog.net.rtc import RtcEnd
        from p2pblog.sync.signal import decode_signal, encode_signal

        end = await RtcEnd.gather(offers=first, hosts=["127.0.0.1"])
        if first:
            pipe.send(encode_signal(end.signal()))
            return await end.connect(decode_signal(await asyncio.to_thread(pipe.recv)))
        offer = decode_signal(await asyncio.to_thread(pipe.recv))
        pipe.send(encode_signal(end.signal(offer.ufrag)))
        return await end.connect(offer)
    if first:
        return await dial(await asyncio.to_thread(pipe.recv))
    accepted: asyncio.Queue[TcpCarrier] = asyncio.Queue()
    listener = await listen("127.0.0.1:0", accepted.put_nowait)
    pipe.send(listener.addresses[0])
    taken = await accepted.get()
    listener.close()
    return taken


async def one_end(kind: str, pipe: Connection, *, first: bool) -> list[Figure]:
    """Send (the first end) or take every message of every size; the first end has figures."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, MeasuredLoop)
    begin_s = perf_counter()
    found = await carrier(kind, pipe, first=first)
    link = await Link.open(
        found, initiator=first, device=ALICE if first else BOB, network_key=NETWORK
    )
    figures = [Figure(f"{kind}, from nothing to a link", (perf_counter() - begin_s) * 1e3, "ms")]
    longest_s = 0.0
    for size, count in SIZES.items():
        loop.longest_s = 0.0
        begin_s = perf_counter()
        if first:
            message = os.urandom(size)
            for _ in range(count):
                link.send(message)
                await link.drain()
            assert await link.receive() == [b"all"]
            rate = size * count / 1e6 / (perf_counter() - begin_s)
            figures.append(Figure(f"{kind}, messages of {size:,} bytes", rate, "MB/s"))
            longest_s = max(longest_s, loop.longest_s, await asyncio.to_thread(pipe.recv))
        else:
            got = 0
            while got < count:
                got += len(await link.receive())
            link.send(b"all")
            pipe.send(loop.longest_s)
    link.close()
    await link.wait_closed()
    longest = Figure(f"{kind}, longest turn of a loop", longest_s * 1e3, "ms", at_most=TURN_MS_MAX)
    return [*figures, longest]


def run(kind: str, pipe: Connection, first: bool) -> list[Figure]:
    """Run one end to its end."""
    if kind == "webrtc":
        import p2pblog.net.rtc  # noqa: F401 (importing it is not what is measured)
    with asyncio.Runner(loop_factory=MeasuredLoop) as runner:
        return runner.run(one_end(kind, pipe, first=first))


def measure() -> Iterator[list[Figure]]:
    """Yield the figures of a run."""
    context = multiprocessing.get_context("spawn")
    for _ in range(RUNS):
        figures: list[Figure] = []
        for kind in ("tcp", "webrtc"):
            mine, theirs = context.Pipe()
            other = context.Process(target=run, args=(kind, theirs, False))
            other.start()
            figures += run(kind, mine, True)
            other.join(timeout=30)
        yield figures
