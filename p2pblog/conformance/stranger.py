"""A peer that says what it likes to the end under test, by a link that either end begins.

Implements protocol/conformance.md section 5: everything that is not said by two whole ends.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from p2pblog.conformance.lines import Failed, expect
from p2pblog.conformance.live import NETWORK, OUR_SEED, Pair
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import Value, decode, encode
from p2pblog.core.errors import ProtocolError
from p2pblog.net import tcp
from p2pblog.net.link import Link
from p2pblog.sync.codec import decode_messages, encode_message
from p2pblog.sync.messages import Message

ANSWER_S_MAX = 10
HELLO: list[Value] = [0, 1, None]


class Stranger:
    """A link to the end under test, on which anything can be said."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._received: deque[list[Value]] = deque()

    @classmethod
    async def open(cls, pair: Pair) -> Stranger:
        """Dial the end under test and shake hands, as our device: this end leads then."""
        address = (await pair.theirs.need("listen"))["address"]
        carrier = await tcp.dial(address)
        link = await Link.open(
            carrier,
            initiator=True,
            device=SigningKey(OUR_SEED),
            network_key=NETWORK,
            expect=pair.their_device,
        )
        return cls(link)

    @classmethod
    async def dialled(cls, pair: Pair) -> Stranger:
        """Have the end under test dial us, so that it leads."""
        came: asyncio.Queue[tcp.TcpCarrier] = asyncio.Queue()
        listener = await tcp.listen("127.0.0.1:0", came.put_nowait)
        try:
            expected = {"address": listener.addresses[0], "expect": pair.our_device.hex()}
            dialling = asyncio.create_task(pair.theirs.need("dial", **expected))
            async with asyncio.timeout(ANSWER_S_MAX):
                carrier = await came.get()
            link = await Link.open(
                carrier, initiator=False, device=SigningKey(OUR_SEED), network_key=NETWORK
            )
            await dialling
        finally:
            listener.close()
        return cls(link)

    def say(self, *messages: Value) -> None:
        """Send messages: arrays, or bytes that need not be any."""
        self.link.send(*(item if isinstance(item, bytes) else encode(item) for item in messages))

    async def hear(self, *kinds: int) -> list[Value]:
        """Return the next message of one of these types, passing over others.

        Raises:
            Failed: the link ends, or nothing of the kind comes.
        """
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                while message := await self._next():
                    if message[0] in kinds:
                        return message
        except TimeoutError:
            raise Failed(f"no message of type {kinds} comes") from None
        raise Failed(f"the link ends without a message of type {kinds}")

    async def hear_the_end(self) -> None:
        """Wait until the link has ended; no message may come before (S-27)."""
        async with asyncio.timeout(ANSWER_S_MAX):
            message = await self._next()
        expect(not message, f"after bye: {message}")

    async def _next(self) -> list[Value]:
        """Return the next message as an array, whether it came alone or not; [] at the end."""
        if not self._received:
            with suppress(ProtocolError):  # an end may cut a packet
                for data in await self.link.receive():
                    self._received.extend(map(_fields, decode_messages(data)))
        return self._received.popleft() if self._received else []


def _fields(message: Message) -> list[Value]:
    fields: list[Value] = decode(encode_message(message))
    return fields
