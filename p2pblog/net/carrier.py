"""What carries the packets of a link: the interface, and a pair of carriers in memory.

A carrier moves packets between two processes, whole, in order, each once, or it ends.  It
knows nothing of what is in them.  TCP is one, a WebRTC data channel another; nothing above
this interface may assume either.  tests/net/test_carriers.py holds every carrier to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from p2pblog.core import limits
from p2pblog.core.errors import ProtocolError


class Carrier(Protocol):
    """One end of a carrier; it belongs to one event loop, one task at a time receives."""

    @property
    def kind(self) -> str:
        """What sort of carrier this is, for people: "tcp"."""

    @property
    def remote(self) -> str:
        """Where the other end is, as HOST:PORT."""

    @property
    def packet_bytes_max(self) -> int:
        """The largest packet that may be written, in bytes."""

    @property
    def buffered(self) -> int:
        """How many bytes were written and have not left this process."""

    @property
    def closed(self) -> bool:
        """Whether this end is closed, or has learnt that the other one is."""

    async def receive(self) -> list[bytes]:
        """Return the packets that are here, at most 64 and at least one; wait for one.

        Each call lets other tasks run, however many packets are waiting.  An empty list
        means that the carrier has ended: an end amid a packet is an end like any other.

        Raises:
            ProtocolError: the other end sent what no carrier of this kind may; what came
                before has been returned.
        """

    def write(self, *packets: bytes) -> None:
        """Send `packets` in order, as soon as that is possible; after the end, do nothing."""

    async def drain(self) -> None:
        """Wait until fewer than 4 MiB are buffered, or the carrier has ended."""

    def close(self) -> None:
        """End the carrier; what is buffered still goes out if that takes at most 2 s."""

    async def wait_closed(self) -> None:
        """Wait until nothing of a closed carrier is left."""


class Inbox:
    """Packets that have arrived and that nobody has taken: the receiving half of a carrier."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes in the packets that are waiting."""
        self._packets: list[bytes] = []
        self._ended = False
        self._error: ProtocolError | None = None
        self._ready = asyncio.Event()  # there are packets, or there will be none

    @property
    def full(self) -> bool:
        """Whether the sender should wait."""
        return self.size >= limits.RECEIVE_BUFFER_BYTES_MAX

    def put(self, packets: Iterable[bytes]) -> None:
        """Add what has arrived; after the end, nothing is added."""
        if self._ended:
            return
        for packet in packets:
            self._packets.append(packet)
            self.size += len(packet)
        if self._packets:
            self._ready.set()

    def end(self, error: ProtocolError | None = None) -> None:
        """Nothing more will come; what is here can be taken, then `error` is raised."""
        if not self._ended:
            self._ended, self._error = True, error
            self._ready.set()

    def discard(self) -> None:
        """Nothing more is wanted: throw away what is here, and end without an error."""
        self._packets, self.size = [], 0
        self._error = None
        self._ended = True
        self._ready.set()

    async def take(self) -> list[bytes]:
        """Return what `Carrier.receive` returns."""
        if self._ready.is_set():
            await asyncio.sleep(0)  # a flood of packets must not keep other tasks waiting
        await self._ready.wait()
        taken = self._packets[: limits.RECEIVE_PACKETS_MAX]
        if taken:
            del self._packets[: len(taken)]
            self.size -= sum(map(len, taken))
            if not self._packets and not self._ended:
                self._ready.clear()
        elif self._error is not None:
            raise self._error
        return taken


class MemoryCarrier:
    """A carrier within one event loop: for tests, and for nodes that share a process."""

    kind = "memory"
    packet_bytes_max = limits.PACKET_BYTES_MAX

    def __init__(self, remote: str) -> None:
        self.remote = remote
        self._inbox = Inbox()
        self._peer = self
        self._closed = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()

    @property
    def buffered(self) -> int:
        return max(0, self._peer._inbox.size - limits.RECEIVE_BUFFER_BYTES_MAX)

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    async def receive(self) -> list[bytes]:
        packets = await self._inbox.take()
        if self._peer.buffered < limits.SEND_BUFFER_BYTES_MAX:
            self._peer._drained.set()
        return packets

    def write(self, *packets: bytes) -> None:
        if not self.closed:
            self._peer._inbox.put(packets)
            if self.buffered >= limits.SEND_BUFFER_BYTES_MAX:
                self._drained.clear()

    async def drain(self) -> None:
        await self._drained.wait()

    def close(self) -> None:
        self._inbox.discard()
        self._peer._inbox.end()
        for end in (self, self._peer):
            end._closed.set()
            end._drained.set()

    async def wait_closed(self) -> None:
        await self._closed.wait()


def memory_pair() -> tuple[MemoryCarrier, MemoryCarrier]:
    """Return the two ends of a carrier in memory."""
    left, right = MemoryCarrier("memory:1"), MemoryCarrier("memory:2")
    left._peer, right._peer = right, left
    return left, right
