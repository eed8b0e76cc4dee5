"""One conformance suite for everything that carries the packets of a link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import LinkRefused, NotP2PBlog, OtherNetwork, ProtocolError
from p2pblog.net.carrier import Carrier, Inbox, MemoryCarrier, memory_pair
from p2pblog.net.link import Link
from p2pblog.net.tcp import TcpCarrier, dial, listen
from p2pblog.net.webrtc import WebRtcCarrier
from tests.net.rtc_pair import rtc_pair

# A carrier may know how long the packets of a handshake are, so every conversation here
# begins like one: the end that opened the carrier sends the first and the third.
FIRST, SECOND, THIRD = b"1" * 48, b"2" * 128, b"3" * 96


async def memory() -> tuple[Carrier, Carrier, Callable[[], None]]:
    left, right = memory_pair()
    return left, right, lambda: None


async def tcp() -> tuple[Carrier, Carrier, Callable[[], None]]:
    accepted: asyncio.Queue[TcpCarrier] = asyncio.Queue()
    listener = await listen("127.0.0.1:0", accepted.put_nowait)
    left = await dial(listener.addresses[0])
    return left, await accepted.get(), listener.close


async def webrtc() -> tuple[Carrier, Carrier, Callable[[], None]]:
    left, right = await rtc_pair()
    return left, right, lambda: None


@pytest.fixture(params=[memory, tcp, webrtc], ids=["memory", "tcp", "webrtc"])
async def ends(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[Carrier, Carrier]]:
    make: Callable[[], Awaitable[tuple[Carrier, Carrier, Callable[[], None]]]] = request.param
    left, right, stop = await make()
    yield left, right
    stop()
    left.close()
    right.close()
    await left.wait_closed()
    await right.wait_closed()


Ends = tuple[Carrier, Carrier]


async def take(carrier: Carrier, count: int) -> list[bytes]:
    """Return exactly `count` packets from `carrier`."""
    packets: list[bytes] = []
    while len(packets) < count:
        more = await carrier.receive()
        assert more, f"ended after {len(packets)} packets"
        packets += more
    assert len(packets) == count
    return packets


async def begin(left: Carrier, right: Carrier) -> None:
    left.write(FIRST)
    assert await take(right, 1) == [FIRST]
    right.write(SECOND)
    assert await take(left, 1) == [SECOND]
    left.write(THIRD)
    assert await take(right, 1) == [THIRD]


async def test_packets_arrive_whole_and_in_order_both_ways(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    sizes = [limits.PACKET_BYTES_MIN, 19, 255, 256, 1000, left.packet_bytes_max - 1]
    sizes.append(left.packet_bytes_max)
    packets = [bytes([number]) * size for number, size in enumerate(sizes * 3)]
    for sender, receiver in (ends, ends[::-1]):
        sender.write(*packets)
        assert await take(receiver, len(packets)) == packets


async def test_each_end_tells_where_the_other_is(ends: Ends) -> None:
    for end in ends:
        assert end.kind
        host, _, port = end.remote.rpartition(":")
        assert host
        assert port.isdecimal()


async def test_receive_waits_for_a_packet(ends: Ends) -> None:
    left, right = ends
    waiting = asyncio.create_task(right.receive())
    await asyncio.wait([waiting], timeout=0.02)
    assert not waiting.done()
    left.write(FIRST)
    assert await waiting == [FIRST]


async def test_a_receive_that_was_cancelled_loses_nothing(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    packets = [number.to_bytes(20) for number in range(200)]
    left.write(*packets)
    got: list[bytes] = []
    while len(got) < len(packets):
        waiting = asyncio.create_task(right.receive())
        await asyncio.sleep(0)
        waiting.cancel()
        try:
            got += await waiting
        except asyncio.CancelledError:
            got += await right.receive()
    assert got == packets


async def test_what_was_written_before_the_end_arrives_then_the_end(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    packets = [bytes([number]) * 30_000 for number in range(40)]
    left.write(*packets)
    left.close()
    assert left.closed
    assert await take(right, len(packets)) == packets
    assert await right.receive() == []
    assert await right.receive() == []
    assert right.closed
    await left.wait_closed()


async def test_an_end_that_closed_receives_nothing_more(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    waiting = asyncio.create_task(left.receive())
    await asyncio.sleep(0)
    left.close()
    assert await waiting == []
    right.write(b"too late" * 10)
    assert await left.receive() == []


async def test_packets_that_nobody_took_are_dropped_by_closing(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    right.write(*(bytes(20) for _ in range(2 * limits.RECEIVE_PACKETS_MAX)))
    assert await left.receive()
    left.close()
    assert await left.receive() == []


async def test_writing_after_the_end_does_nothing(
    ends: Ends, caplog: pytest.LogCaptureFixture
) -> None:
    left, right = ends
    left.close()
    left.close()
    for _ in range(10):
        left.write(FIRST)
        await left.drain()
    assert await right.receive() == []
    for _ in range(10):
        right.write(SECOND)
        await right.drain()
    await right.wait_closed()
    assert caplog.records == []


async def test_drain_holds_a_writer_back_until_the_reader_takes(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    packet = bytes(60_000)
    written = 0
    while True:
        left.write(packet)
        written += 1
        draining = asyncio.create_task(left.drain())
        done, _ = await asyncio.wait([draining], timeout=0.1)
        if not done:
            break
        # Beyond the buffers of both ends and of the system there must be an end to it.
        assert written * len(packet) < 4 * limits.SEND_BUFFER_BYTES_MAX
    assert left.buffered >= limits.SEND_BUFFER_BYTES_MAX
    assert left.buffered < limits.SEND_BUFFER_BYTES_MAX + 2 * len(packet)
    await take(right, written)
    await draining
    assert left.buffered < limits.SEND_BUFFER_BYTES_MAX


@pytest.mark.parametrize("closing", [0, 1], ids=["closed here", "closed there"])
async def test_drain_ends_with_the_carrier(ends: Ends, closing: int) -> None:
    left, right = ends
    await begin(left, right)
    draining = asyncio.create_task(left.drain())
    await draining
    while draining.done():
        left.write(bytes(60_000))
        draining = asyncio.create_task(left.drain())
        await asyncio.wait([draining], timeout=0.02)
    ends[closing].close()
    async with asyncio.timeout(limits.CLOSE_S_MAX / 2):
        await draining


async def test_a_flood_of_small_packets_lets_other_tasks_run(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    total = 2000
    left.write(*(bytes(20) for _ in range(total)))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    got = 0
    while got < total:
        before = turns
        packets = await right.receive()
        assert 0 < len(packets) <= limits.RECEIVE_PACKETS_MAX
        assert turns > before
        got += len(packets)
    running.cancel()


async def cut(carrier: Carrier) -> None:
    """End a carrier as a process that is killed does: what was written may be lost."""
    match carrier:
        case TcpCarrier():
            carrier._transport.abort()
        case WebRtcCarrier():
            await carrier._channel.close()
        case MemoryCarrier():
            carrier.close()


async def flood(carrier: Carrier) -> int:
    """Write until the carrier ends; return how many packets that were."""
    count = 0
    while not carrier.closed:
        carrier.write(bytes(60_000))
        count += 1
        await carrier.drain()
        await asyncio.sleep(0)
    return count


async def until_end(carrier: Carrier) -> int:
    """Take whatever comes until the end; return how many packets that were."""
    count = 0
    while packets := await carrier.receive():
        count += len(packets)
    return count


async def test_an_end_that_was_cut_off_is_noticed_at_the_other(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    writing = asyncio.create_task(flood(right))
    reading = asyncio.create_task(until_end(right))
    await asyncio.sleep(0.05)
    await cut(left)
    async with asyncio.timeout(limits.CLOSE_S_MAX):
        assert await writing > 0
        assert await reading == 0
        await left.wait_closed()
        await right.wait_closed()
    assert left.closed
    assert right.closed


@pytest.mark.parametrize("closing", [(0,), (1,), (0, 1)], ids=["here", "there", "both"])
async def test_closing_while_data_are_in_flight_both_ways(
    ends: Ends, closing: tuple[int, ...], caplog: pytest.LogCaptureFixture
) -> None:
    left, right = ends
    await begin(left, right)
    work = [asyncio.create_task(flood(end)) for end in ends]
    work += [asyncio.create_task(until_end(end)) for end in ends]
    await asyncio.sleep(0.2)
    assert not any(task.done() for task in work)
    for number in closing:
        ends[number].close()
    async with asyncio.timeout(2 * limits.CLOSE_S_MAX):
        await asyncio.gather(*work)
        await left.wait_closed()
        await right.wait_closed()
    assert caplog.records == []


async def test_a_slow_reader_holds_the_writer_back_all_the_while(ends: Ends) -> None:
    left, right = ends
    await begin(left, right)
    packet, total = bytes(60_000), 300
    written = taken = outstanding = 0

    async def write() -> None:
        nonlocal written
        while written < total:
            left.write(packet)
            written += 1
            await left.drain()

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.1)
    while taken < total:
        outstanding = max(outstanding, written - taken)
        taken += len(await right.receive())
        await asyncio.sleep(0.002)
    await writing
    assert taken == total
    # The buffers of both ends, and those of the system that TCP has.
    assert outstanding * len(packet) < 4 * limits.SEND_BUFFER_BYTES_MAX < total * len(packet)


# --- whole links --------------------------------------------------------------------------

ALICE, BOB = SigningKey(b"a" * 32), SigningKey(b"b" * 32)
NETWORK = b"n" * 32


async def link(
    ends: Ends, networks: tuple[bytes, bytes] = (NETWORK, NETWORK)
) -> list[Link | BaseException]:
    return await asyncio.gather(
        *(
            Link.open(end, initiator=not number, device=key, network_key=network)
            for number, (end, key, network) in enumerate(
                zip(ends, (ALICE, BOB), networks, strict=True)
            )
        ),
        return_exceptions=True,
    )


async def test_a_link_proves_who_is_at_its_ends(ends: Ends) -> None:
    left, right = await link(ends)
    assert isinstance(left, Link)
    assert isinstance(right, Link)
    assert left.remote_device == BOB.public
    assert right.remote_device == ALICE.public
    assert left.handshake_hash == right.handshake_hash


async def test_messages_of_every_size_cross_both_ways_at_once(ends: Ends) -> None:
    links = await link(ends)
    sizes = [1, 100, 65_517, 65_518, limits.MESSAGE_BYTES_MAX, 7, limits.MESSAGE_BYTES_MAX - 1]
    sent = [bytes([number]) * size for number, size in enumerate(sizes)]

    async def send(end: Link) -> None:
        for message in sent:
            end.send(message)
            await end.drain()

    async def receive(end: Link) -> list[bytes]:
        got: list[bytes] = []
        while len(got) < len(sent):
            got += await end.receive()
        return got

    pair = [one for one in links if isinstance(one, Link)]
    _, _, *got = await asyncio.gather(*map(send, pair), *map(receive, pair))
    assert got == [sent, sent]
    assert pair[0].bytes_in == pair[1].bytes_out


async def test_ends_of_two_networks_do_not_link(ends: Ends) -> None:
    left, right = await link(ends, (NETWORK, bytes(32)))
    assert isinstance(left, LinkRefused)
    assert isinstance(right, OtherNetwork)
    assert all(end.closed for end in ends)


async def test_a_link_ends_with_what_was_sent_before(ends: Ends) -> None:
    left, right = await link(ends)
    assert isinstance(left, Link)
    assert isinstance(right, Link)
    left.send(b"x" * limits.MESSAGE_BYTES_MAX, b"farewell")
    left.close()
    got: list[bytes] = []
    while more := await right.receive():
        got += more
    assert [len(message) for message in got] == [limits.MESSAGE_BYTES_MAX, 8]
    await left.wait_closed()


async def test_a_packet_that_was_altered_ends_the_link(ends: Ends) -> None:
    left, right = await link(ends)
    assert isinstance(left, Link)
    assert isinstance(right, Link)
    left.send(b"good")
    ends[0].write(bytes(40))
    left.send(b"unheard")
    assert await right.receive() == [b"good"]
    with pytest.raises(ProtocolError):
        await right.receive()
    assert ends[1].closed
    assert await left.receive() == []


async def test_why_a_carrier_ended_is_not_forgotten_when_it_ends_again() -> None:
    inbox = Inbox()
    inbox.put([FIRST])
    inbox.end(NotP2PBlog())
    inbox.end()
    inbox.put([SECOND])
    assert await inbox.take() == [FIRST]
    with pytest.raises(NotP2PBlog):
        await inbox.take()
