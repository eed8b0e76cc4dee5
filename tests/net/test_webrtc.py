"""A data channel under a peer, or a network, that does what no honest one does."""

from __future__ import annotations

import asyncio
import gc
import struct
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aiortc.rtcsctptransport import (
    WEBRTC_BINARY,
    Chunk,
    DataChunk,
    ForwardTsnChunk,
    RTCSctpTransport,
)

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import BadFrame, NoPath, NotP2PBlog
from p2pblog.net.datachannel import DataChannel, _flight_bytes_max
from p2pblog.net.link import Link
from p2pblog.net.rtc import RtcEnd
from p2pblog.net.webrtc import WebRtcCarrier
from p2pblog.sync.channel import END
from tests.net.measured_loop import MeasuredLoop
from tests.net.rtc_pair import LOOPBACK, rtc_pair

FIRST, SECOND, THIRD = b"1" * 48, b"2" * 128, b"3" * 96
WINDOW = limits.CHANNEL_WINDOW_BYTES

Ends = tuple[WebRtcCarrier, WebRtcCarrier]


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    left, right = await rtc_pair()
    left.write(FIRST)
    assert await right.receive() == [FIRST]
    right.write(SECOND)
    assert await left.receive() == [SECOND]
    left.write(THIRD)
    assert await right.receive() == [THIRD]
    yield left, right
    for end in (left, right):
        end.close()
        await end.wait_closed()


def channel_of(carrier: WebRtcCarrier) -> DataChannel:
    return cast(DataChannel, carrier._channel)


def sctp_of(carrier: WebRtcCarrier) -> RTCSctpTransport:
    return channel_of(carrier)._sctp


def chunk(tsn: int, data: bytes = b"\0x", *, stream: int = 0, protocol: int = WEBRTC_BINARY) -> Any:
    """Return a whole message in one chunk of SCTP."""
    made = DataChunk(flags=0x03)
    made.tsn, made.stream_id, made.protocol, made.user_data = tsn, stream, protocol, data
    return made


def malformed() -> Chunk:
    """Return the chunk that begins an association, without what belongs in it."""
    made = Chunk(body=bytes(4))
    made.type = 1
    return made


async def ended(carrier: WebRtcCarrier) -> None:
    async with asyncio.timeout(limits.CLOSE_S_MAX):
        assert await carrier.receive() == []
    assert carrier.closed


# --- what a peer sends --------------------------------------------------------------------


@pytest.mark.proves("W-14")
async def test_a_peer_that_ignores_how_much_room_there_is_is_dropped(ends: Ends) -> None:
    left, right = ends
    left._stream._may_send = 1 << 62
    left.write(*(bytes(60_000) for _ in range(30)))
    await asyncio.sleep(0)
    while right._stream.refused is None:
        await asyncio.sleep(0.01)
    assert right._inbox.size <= WINDOW
    with pytest.raises(BadFrame, match="more than there was room for"):
        while await right.receive():
            pass
    right.close()
    async with asyncio.timeout(limits.CLOSE_S_MAX):
        await right.wait_closed()
        await left.wait_closed()


async def test_another_protocol_is_refused() -> None:
    left, right = await rtc_pair()
    channel_of(left).send(b"\0GET / HTTP/1.1")
    with pytest.raises(NotP2PBlog):
        await right.receive()
    right.close()
    await ended(left)
    await right.wait_closed()


@pytest.mark.parametrize(
    "bad",
    [
        chunk(1, stream=2),
        chunk(1, protocol=50),  # opens another channel
        chunk(1, protocol=51),  # a text
        chunk(1, protocol=57),  # an empty message
        chunk(1, b""),
        ForwardTsnChunk(body=struct.pack("!L", 5)),
        malformed(),
    ],
    ids=["stream", "opening", "text", "empty", "nothing", "forward", "malformed"],
)
@pytest.mark.proves("W-17")
async def test_what_is_for_no_channel_of_ours_ends_the_link(
    ends: Ends, bad: Any, caplog: pytest.LogCaptureFixture
) -> None:
    left, right = ends
    await sctp_of(left)._send_chunk(bad)
    await ended(right)
    await ended(left)
    assert caplog.records == []


@pytest.mark.parametrize("size", [2, 1100], ids=["many small", "few large"])
async def test_gaps_that_are_never_filled_are_held_in_bounds(ends: Ends, size: int) -> None:
    left, right = ends
    mine, theirs = sctp_of(left), sctp_of(right)
    most = 0
    for number in range(2 * limits.CHANNEL_CHUNKS_HELD_MAX):
        late = chunk((mine._local_tsn + 1 + number) % 2**32, bytes(size))
        late.stream_seq = 1000 + number
        await mine._send_chunk(late)
        await asyncio.sleep(0)
        if 0 in theirs._inbound_streams:
            most = max(most, len(theirs._inbound_streams[0].reassembly))
        if right.closed:
            break
    await ended(right)
    assert 0 < most <= limits.CHANNEL_CHUNKS_HELD_MAX + 1
    assert most * size <= 1024 * 1024 + size


async def test_a_peer_that_never_says_the_end_is_not_waited_for(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = ends
    monkeypatch.setattr(limits, "CLOSE_S_MAX", 0.1)
    right._channel = cast(Any, Deaf(right._channel))
    left.close()
    async with asyncio.timeout(1):
        await left.wait_closed()


class Deaf:
    """A channel that sends nothing on."""

    def __init__(self, channel: Any) -> None:
        self.remote, self.buffered = channel.remote, 0
        self._channel = channel

    def send(self, message: bytes) -> None:
        return

    async def close(self) -> None:
        await self._channel.close()


async def test_nothing_is_sent_again_once_a_channel_is_closed(ends: Ends) -> None:
    left, right = ends
    sctp = sctp_of(left)
    left.write(bytes(10_000))
    while not sctp._sent_queue:
        await asyncio.sleep(0)
    left._tear_down()
    sctp._t3_expired()  # what it starts comes to its turn when the channel is closed
    await left.wait_closed()
    await asyncio.sleep(0)
    assert sctp._t3_handle is None
    await ended(right)


async def test_an_end_that_came_twice_is_one(ends: Ends) -> None:
    left, right = ends
    for _ in range(3):
        channel_of(left).send(END)
    await ended(right)
    await ended(left)


# --- what the network does ---------------------------------------------------------------------


async def test_a_peer_that_vanished_without_a_word_is_noticed(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aioice.ice.CONSENT_INTERVAL", 0.05)
    monkeypatch.setattr("aioice.stun.RETRY_RTO", 0.05)
    left, right = await rtc_pair()
    await channel_of(left)._agent.close()
    async with asyncio.timeout(5):
        assert await right.receive() == []
        await right.wait_closed()
    await left.wait_closed()


async def test_a_lossy_path_loses_nothing(ends: Ends) -> None:
    left, right = ends
    for agent in (channel_of(left)._agent, channel_of(right)._agent):
        lose_some(agent)
    packets = [bytes([number]) * 20_000 for number in range(60)]
    left.write(*packets)
    got: list[bytes] = []
    while len(got) < len(packets):
        got += await right.receive()
    assert got == packets


def lose_some(agent: Any) -> None:
    """Drop every fortieth datagram that arrives."""
    take, count = agent.data_received, 0

    def dropping(data: bytes, component: int) -> None:
        nonlocal count
        count += 1
        if count % 40:
            take(data, component)

    agent.data_received = dropping


async def test_strangers_who_find_the_port_do_no_harm(
    ends: Ends, caplog: pytest.LogCaptureFixture
) -> None:
    left, right = ends
    strangers = [
        b"",
        b"\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 1400,
        b"\x16\xfe\xfd" + bytes(40),
        bytes(60_000),
        b"\x00\x01\x00\x04\x21\x12\xa4\x42" + bytes(12) + b"\x00\x24\x00\x02",  # cut short inside
        b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),  # a check without a name
    ]
    loop = asyncio.get_running_loop()
    for end in ends:
        host, _, port = end.remote.rpartition(":")
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(host, int(port))
        )
        for data in strangers * 3:
            transport.sendto(data)
        await asyncio.sleep(0.02)
        transport.close()
    left.write(b"unharmed" * 3)
    assert await right.receive() == [b"unharmed" * 3]
    assert caplog.records == []


async def test_what_strangers_send_before_anybody_reads_is_held_in_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "ICE_DATAGRAMS_MAX", 20)
    end = await RtcEnd.gather(offers=True, hosts=LOOPBACK)
    agent = end._agent
    port = agent.local_candidates[0].port
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port)
    )
    for _ in range(3 * limits.ICE_DATAGRAMS_MAX):
        transport.sendto(b"\x16" * 1400)
    await asyncio.sleep(0.1)
    assert agent._queue.qsize() == limits.ICE_DATAGRAMS_MAX
    while not agent._queue.empty():
        agent._queue.get_nowait()
    for other in (b"", b"\xff" * 100, b"\x90" * 100, b"\x16" * (limits.ICE_DATAGRAM_BYTES_MAX + 1)):
        transport.sendto(other)
    await asyncio.sleep(0.1)
    assert agent._queue.empty()
    transport.close()
    await end.close()


def test_more_is_on_its_way_where_the_path_is_longer() -> None:
    assert _flight_bytes_max(0.001) == limits.CHANNEL_FLIGHT_BYTES
    assert _flight_bytes_max(0.1) == limits.CHANNEL_BYTES_A_SECOND // 10


async def test_no_more_than_the_path_bears_is_on_its_way_at_once(ends: Ends) -> None:
    left, right = ends
    left.write(*(bytes(60_000) for _ in range(40)))
    got = most = 0
    while got < 40:
        got += len(await right.receive())
        most = max(most, sctp_of(left)._flight_size)
    assert 50_000 < most < limits.CHANNEL_FLIGHT_BYTES + 10_000


def test_no_turn_of_the_loop_takes_50_ms_however_much_is_sent() -> None:
    """Both ends share the loop here, and its turns."""

    async def transfer() -> float:
        left, right = await rtc_pair()
        links = await asyncio.gather(
            *(
                Link.open(
                    end, initiator=end is left, device=SigningKey(seed), network_key=bytes(32)
                )
                for end, seed in ((left, b"a" * 32), (right, b"b" * 32))
            )
        )
        loop = asyncio.get_running_loop()
        assert isinstance(loop, MeasuredLoop)
        loop.longest_s = 0.0

        async def send(link: Link) -> None:
            for _ in range(3):
                link.send(bytes(limits.MESSAGE_BYTES_MAX), *[b"small"] * 100)
                await link.drain()

        async def receive(link: Link) -> None:
            got = 0
            while got < 303:
                got += len(await link.receive())

        await asyncio.gather(*map(send, links), *map(receive, links))
        longest_s = loop.longest_s
        for link in links:
            link.close()
        for link in links:
            await link.wait_closed()
        return longest_s

    gc.collect()
    gc.freeze()  # what other tests have left takes its time to be looked through
    try:
        with asyncio.Runner(loop_factory=MeasuredLoop) as runner:
            assert 0 < runner.run(transfer()) < 0.05
    finally:
        gc.unfreeze()


async def test_an_error_of_the_libraries_ends_the_link(
    ends: Ends, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(data: bytes) -> None:
        raise RuntimeError("out of order")

    left, right = ends
    monkeypatch.setattr(channel_of(left)._dtls, "_send_data", broken)
    left.write(bytes(1000))
    await ended(left)
    monkeypatch.undo()
    right.close()
    await right.wait_closed()
    assert caplog.records == []


# --- who is at the other end ------------------------------------------------------------------


async def test_another_certificate_than_the_answer_says_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "WEBRTC_CONNECT_S_MAX", 1)
    offering = await RtcEnd.gather(offers=True, hosts=LOOPBACK)
    answering = await RtcEnd.gather(offers=False, hosts=LOOPBACK)
    answer = answering.signal(offering.signal().ufrag)._replace(fingerprint=bytes(32))
    results = await asyncio.gather(
        offering.connect(answer),
        answering.connect(offering.signal()),
        return_exceptions=True,
    )
    assert isinstance(results[0], NoPath)
    assert isinstance(results[1], NoPath)


async def test_nothing_is_left_of_an_end_that_found_nobody() -> None:
    before = asyncio.all_tasks()
    end = await RtcEnd.gather(offers=True, hosts=LOOPBACK)
    nobody = await RtcEnd.gather(offers=False, hosts=LOOPBACK)
    answer = nobody.signal(end.signal().ufrag)
    await nobody.close()
    with pytest.raises(NoPath, match="nothing came back"):
        await end.connect(answer, within_s=0.1)
    assert end._agent.local_candidates == []
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_an_end_that_is_closed_while_it_waits_says_so() -> None:
    offering = await RtcEnd.gather(offers=True, hosts=LOOPBACK)
    answering = await RtcEnd.gather(offers=False, hosts=LOOPBACK)
    waiting = asyncio.create_task(answering.connect(offering.signal(), within_s=60))
    await asyncio.sleep(0.05)
    await answering.close()
    with pytest.raises(NoPath):
        await waiting
    await offering.close()
