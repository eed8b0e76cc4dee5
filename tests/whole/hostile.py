"""A peer that breaks the rules, and what it costs a real node."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ProtocolError
from p2pblog.net import tcp
from p2pblog.net.link import Link
from p2pblog.node.config import PUBLIC_NETWORK_KEY
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_messages, encode_message
from tests.whole.running import RunningNode

_TICKS = os.sysconf("SC_CLK_TCK")


class Stranger:
    """A link to a node, on which anything can be said."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.heard: list[m.Message] = []
        self.over = asyncio.Event()

    def say(self, *messages: m.Message | bytes) -> None:
        """Send messages, or bytes that need not be any."""
        self.link.send(
            *(one if isinstance(one, bytes) else encode_message(one) for one in messages)
        )

    async def flood(self, *messages: m.Message | bytes) -> None:
        """Send as fast as they are taken; stop when the link ends."""
        for message in messages:
            if self.over.is_set():
                return
            self.say(message)
            await self.link.drain()

    async def hear(self, *kinds: type[m.Message], within_s: float = 20) -> m.Message:
        """Return the first message of these kinds that has come, or comes."""
        async with asyncio.timeout(within_s):
            while True:
                for message in self.heard:
                    if isinstance(message, kinds):
                        return message
                await asyncio.sleep(0.02)

    async def listen(self) -> None:
        """Keep what comes, and answer pings."""
        with suppress(ProtocolError):
            while messages := await self.link.receive():
                for message in chain.from_iterable(map(decode_messages, messages)):
                    if isinstance(message, m.Ping):
                        self.say(m.Pong(message.number))
                    if len(self.heard) < 10_000:
                        self.heard.append(message)
        self.over.set()


@asynccontextmanager
async def stranger(node: RunningNode, number: int = 200) -> AsyncIterator[Stranger]:
    """Yield a link of a device that nobody knows; the node has greeted."""
    carrier = await tcp.dial(node.address())
    key = SigningKey(bytes([number]) * 32)
    link = await Link.open(carrier, initiator=True, device=key, network_key=PUBLIC_NETWORK_KEY)
    one = Stranger(link)
    listening = asyncio.create_task(one.listen())
    try:
        await one.hear(m.Hello)
        yield one
    finally:
        link.close()
        await listening


@dataclass(frozen=True)
class Cost:
    """What a process has used so far: seconds of CPU, and bytes of memory at its peak."""

    cpu_s: float
    peak_bytes: int

    @classmethod
    def of(cls, node: RunningNode) -> Cost:
        """Return what a node has used."""
        assert node.process is not None
        folder = Path("/proc") / str(node.process.pid)
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        peak = next(
            line for line in (folder / "status").read_text().splitlines() if "VmHWM" in line
        )
        return cls((int(fields[11]) + int(fields[12])) / _TICKS, int(peak.split()[1]) * 1024)
