"""A data channel of WebRTC as a carrier of links: it leads through most routers.

Implements protocol/14-webrtc.md section 5 for asyncio.  What is written goes to the channel in
pieces, no more at a time than it sends on by itself, so that small packets share a message and
nothing piles up behind one that is slow; what arrives is bounded by the room that we give.
Knows nothing of how a channel comes to be (rtc.py).
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from p2pblog.core import limits
from p2pblog.net.carrier import Inbox
from p2pblog.sync.channel import END, ChannelStream


class Channel(Protocol):
    """What carries the messages; `datachannel.DataChannel` is one."""

    @property
    def remote(self) -> str:
        """Where the other end is, HOST:PORT."""

    @property
    def buffered(self) -> int:
        """How many bytes were sent and still wait here."""

    def send(self, message: bytes) -> None:
        """Send a message; on a channel that ended, do nothing."""

    async def close(self) -> None:
        """Drop whatever was not sent, and end."""


class WebRtcCarrier:
    """One data channel; see `carrier.Carrier`.  Its channel calls the methods further down."""

    kind = "webrtc"
    packet_bytes_max = limits.PACKET_BYTES_MAX

    _channel: Channel

    def __init__(self, *, initiator: bool) -> None:
        self._stream = ChannelStream(initiator=initiator)
        self._inbox = Inbox()
        self._closing = False  # by this end
        self._ended = False
        self._end_sent = False
        self._pump_due = False
        self._drained = asyncio.Event()
        self._drained.set()
        self._lost = asyncio.Event()
        self._linger: asyncio.TimerHandle | None = None
        self._tearing_down: asyncio.Task[None] | None = None

    def channel_opened(self, channel: Channel) -> None:
        """Begin to use a channel."""
        self._channel = channel

    # --- the interface of a carrier ------------------------------------------------

    @property
    def remote(self) -> str:
        return self._channel.remote

    @property
    def buffered(self) -> int:
        return self._stream.unsent + self._channel.buffered

    @property
    def closed(self) -> bool:
        return self._ended

    async def receive(self) -> list[bytes]:
        packets = await self._inbox.take()
        self._give_room()
        return packets

    def write(self, *packets: bytes) -> None:
        if self._ended:
            return
        self._stream.write(*packets)
        if self.buffered >= limits.SEND_BUFFER_BYTES_MAX:
            self._drained.clear()
        if not self._pump_due:
            # Not now: what else is written in this turn of the loop goes along.
            self._pump_due = True
            asyncio.get_running_loop().call_soon(self._pump)

    async def drain(self) -> None:
        await self._drained.wait()

    def close(self) -> None:
        self._closing = True
        self._inbox.discard()
        self._end()
        # Nothing is owed to whoever broke the protocol, or has ended before us.
        if self._stream.refused is not None or (self._stream.ended and self._end_sent):
            self._tear_down()
        self._pump()

    async def wait_closed(self) -> None:
        await self._lost.wait()

    # --- called by the channel -----------------------------------------------------

    def message_received(self, message: bytes) -> None:
        self._inbox.put(self._stream.feed(message))
        if self._stream.refused is not None:
            self._inbox.end(self._stream.refused)
        elif self._stream.ended:
            self._inbox.end()
            # Whoever says the end takes nothing any more, and waits for our own.
            self._stream.drop_unsent()
            self._end()
            if self._end_sent and self._closing:
                self._tear_down()
        elif self._closing:
            self._give_room()  # for what is thrown away; the other end's end stands behind it
        self._pump()

    def room_made(self) -> None:
        self._pump()

    def channel_lost(self) -> None:
        self._inbox.end()
        self._stream.drop_unsent()
        self._end()
        self._tear_down()

    # --- inside --------------------------------------------------------------------

    def _pump(self) -> None:
        """Hand over what the channel sends on by itself, and the end behind the last of it."""
        self._pump_due = False
        stream, channel = self._stream, self._channel
        while channel.buffered < limits.CHANNEL_UNSENT_BYTES_MAX:
            message = stream.next_message(small=not channel.buffered)
            if message is None:
                break
            channel.send(message)
        if self._ended:
            if not stream.unsent and not self._end_sent:
                self._end_sent = True
                channel.send(END)
        elif self.buffered < limits.SEND_BUFFER_BYTES_MAX:
            self._drained.set()

    def _give_room(self) -> None:
        if (room := self._stream.room(self._inbox.size)) is not None:
            self._channel.send(room)

    def _end(self) -> None:
        """Write and drain no more; what is left of the channel must end soon."""
        self._ended = True
        self._drained.set()
        if self._linger is None and self._tearing_down is None:
            loop = asyncio.get_running_loop()
            self._linger = loop.call_later(limits.CLOSE_S_MAX, self._tear_down)

    def _tear_down(self) -> None:
        if self._tearing_down is None:
            if self._linger is not None:
                self._linger.cancel()
            self._inbox.end()
            self._tearing_down = asyncio.create_task(self._close_channel())

    async def _close_channel(self) -> None:
        try:
            await self._channel.close()
        finally:
            self._lost.set()
