"""A STUN server, for tests: `python -m tests.net.stun_server HOST PORT`, or within a test."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from aioice import stun


class StunServer(asyncio.DatagramProtocol):
    """Tells everybody how they are seen; knows how often it was asked.

    Fields:
        seen: what it says instead of the truth.
        answers: whether it says anything.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.answers = True
        self.seen: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        host, port = transport.get_extra_info("sockname")
        self.address = f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        if self.answers:
            answer = stun.Message(
                message_method=stun.Method.BINDING,
                message_class=stun.Class.RESPONSE,
                transaction_id=stun.parse_message(data).transaction_id,
            )
            answer.attributes["XOR-MAPPED-ADDRESS"] = self.seen or addr
            self.transport.sendto(bytes(answer), addr)


async def serve(host: str, port: int) -> None:
    """Answer until the process is ended."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(StunServer, local_addr=(host, port))
    await loop.create_future()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
