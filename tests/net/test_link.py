"""Links over carriers: what a good peer gets, and how every bad one ends."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import (
    BadFrame,
    LinkRefused,
    NotP2PBlog,
    OtherNetwork,
    P2PBlogError,
    PeerTimeout,
    TooLarge,
    WrongDevice,
)
from p2pblog.net.carrier import MemoryCarrier, memory_pair
from p2pblog.net.link import Link
from p2pblog.net.tcp import TcpCarrier, dial, listen
from p2pblog.sync.frames import frame
from p2pblog.sync.link import HANDSHAKE_BYTES, SecureLink
from p2pblog.sync.noise import CipherState

NETWORK = b"n" * 32
ALICE, BOB, EVE = SigningKey(b"a" * 32), SigningKey(b"b" * 32), SigningKey(b"e" * 32)
FOREVER_S = 60.0  # longer than the test may take: only an event can end the wait


async def alice(carrier: MemoryCarrier | TcpCarrier, **other: object) -> Link:
    settings: dict[str, object] = {"network_key": NETWORK, "timeout_s": FOREVER_S} | other
    return await Link.open(carrier, initiator=True, device=ALICE, **settings)  # type: ignore[arg-type]


async def bob(carrier: MemoryCarrier | TcpCarrier, **other: object) -> Link:
    settings: dict[str, object] = {"network_key": NETWORK, "timeout_s": FOREVER_S} | other
    return await Link.open(carrier, initiator=False, device=BOB, **settings)  # type: ignore[arg-type]


async def memory_links() -> tuple[Link, Link]:
    left, right = memory_pair()
    return await asyncio.gather(alice(left), bob(right))


@asynccontextmanager
async def tcp_carriers() -> AsyncIterator[tuple[TcpCarrier, TcpCarrier]]:
    accepted: asyncio.Queue[TcpCarrier] = asyncio.Queue()
    listener = await listen("127.0.0.1:0", accepted.put_nowait)
    dialled = await dial(listener.addresses[0])
    ends = dialled, await accepted.get()
    listener.close()
    try:
        yield ends
    finally:
        for end in ends:
            end.close()
            await end.wait_closed()


class RawPeer:
    """A TCP connection to a listening Bob, from a program that may send any bytes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, accepted: TcpCarrier
    ) -> None:
        self.reader, self.writer, self.accepted = reader, writer, accepted
        self.secure = SecureLink(
            initiator=True, device=EVE, network_key=NETWORK, ephemeral=b"e" * 32
        )

    async def link(self) -> Link:
        """Shake hands with Bob as the protocol says."""
        opening = asyncio.create_task(bob(self.accepted))
        self.writer.write(frame(*self.secure.start()))
        answer = await self.reader.readexactly(2 + HANDSHAKE_BYTES[1])
        self.secure.receive(answer[2:])
        self.writer.write(frame(*self.secure.packets_to_send()))
        return await opening

    @property
    def cipher(self) -> CipherState:
        """What encrypts this peer's packets, for those that no honest link would send."""
        assert self.secure._sending is not None
        return self.secure._sending


@pytest.fixture
async def peer() -> AsyncIterator[RawPeer]:
    accepted: asyncio.Queue[TcpCarrier] = asyncio.Queue()
    listener = await listen("127.0.0.1:0", accepted.put_nowait)
    port = int(listener.addresses[0].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    carrier = await accepted.get()
    listener.close()
    yield RawPeer(reader, writer, carrier)
    writer.transport.abort()
    carrier.close()
    await carrier.wait_closed()


async def hung_up_on(peer: RawPeer) -> bool:
    """Tell, once it is so, that the other end has closed the connection."""
    try:
        while await peer.reader.read(65_536):
            pass
    except OSError as error:  # what we sent was still unread there
        return error.errno == errno.ECONNRESET
    return True


# --- links that work -------------------------------------------------------------------


async def test_a_link_over_tcp_knows_the_device_at_the_other_end() -> None:
    async with tcp_carriers() as (dialled, accepted):
        a, b = await asyncio.gather(
            alice(dialled, expect=BOB.public), bob(accepted, expect=ALICE.public)
        )
        assert (a.remote_device, b.remote_device) == (BOB.public, ALICE.public)
        assert a.carrier is dialled
        a.send(b"one", b"two")
        b.send(b"three")
        got: list[bytes] = []
        while len(got) < 2:
            got += await b.receive()
        assert got == [b"one", b"two"]
        assert await a.receive() == [b"three"]


async def test_large_messages_cross_in_both_directions_at_once() -> None:
    async with tcp_carriers() as (dialled, accepted):
        a, b = await asyncio.gather(alice(dialled), bob(accepted))
        sizes = [limits.MESSAGE_BYTES_MAX, 1, 65_518, 65_519, 300_000] * 4

        async def send(link: Link) -> None:
            for size in sizes:
                link.send(bytes(size))
                await link.drain()

        async def receive(link: Link) -> list[int]:
            got: list[int] = []
            while len(got) < len(sizes):
                got += map(len, await link.receive())
            return got

        _, _, at_a, at_b = await asyncio.gather(send(a), send(b), receive(a), receive(b))
        assert at_a == at_b == sizes
        assert a.bytes_out == b.bytes_in
        assert a.bytes_in == b.bytes_out


async def test_bytes_are_counted_with_the_handshake() -> None:
    a, b = await memory_links()
    assert (a.bytes_out, a.bytes_in) == (48 + 96, 128)
    assert (b.bytes_out, b.bytes_in) == (128, 48 + 96)
    a.send(b"x")
    await b.receive()
    assert a.bytes_out == b.bytes_in == 48 + 96 + 18


async def test_messages_right_behind_the_handshake_are_not_lost() -> None:
    left, right = memory_pair()
    secure = SecureLink(initiator=True, device=ALICE, network_key=NETWORK, ephemeral=b"e" * 32)
    opening = asyncio.create_task(bob(right))
    left.write(*secure.start())
    [answer] = await left.receive()
    secure.receive(answer)
    left.write(*secure.packets_to_send(), *secure.seal(b"early"), *secure.seal(b"bird"))
    link = await opening
    assert await link.receive() == [b"early", b"bird"]


async def test_closing_ends_both_ends() -> None:
    a, b = await memory_links()
    a.send(b"last words")
    a.close()
    await a.wait_closed()
    assert await b.receive() == [b"last words"]
    assert await b.receive() == []
    assert await a.receive() == []
    sent = a.bytes_out
    a.send(b"into the void")
    await a.drain()
    assert a.bytes_out == sent


async def test_a_carrier_of_smaller_packets_is_never_given_a_larger_one() -> None:
    left, right = memory_pair()
    left.packet_bytes_max = 1200
    sizes: list[int] = []
    write = left.write

    def measured(*packets: bytes) -> None:
        sizes.extend(map(len, packets))
        write(*packets)

    left.write = measured  # type: ignore[method-assign]
    a, b = await asyncio.gather(alice(left), bob(right))
    a.send(bytes(100_000))
    assert await b.receive() == [bytes(100_000)]
    assert max(sizes) == 1200


async def test_a_sender_of_many_small_messages_lets_other_tasks_run() -> None:
    a, _ = await memory_links()
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    for _ in range(2000):
        a.send(bytes(200))
        await a.drain()
    running.cancel()
    assert turns > 3


# --- handshakes that fail --------------------------------------------------------------


@pytest.mark.parametrize(
    "greeting",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"\xff\xff\xff\xff",  # 4 GiB, as a length of four bytes
        b"\xff\xff",
        b"\0\0",
        b"\0\x2f" + bytes(47),
        b"\0\x31" + bytes(49),
    ],
    ids=["HTTP", "TLS", "4 GiB", "64 KiB", "nothing", "one too short", "one too long"],
)
async def test_a_peer_that_speaks_something_else_is_dropped_at_once(
    peer: RawPeer, greeting: bytes
) -> None:
    peer.writer.write(greeting)
    with pytest.raises(NotP2PBlog):
        await bob(peer.accepted)
    assert await hung_up_on(peer)


async def test_garbage_of_the_right_length_is_another_network(peer: RawPeer) -> None:
    peer.writer.write(frame(b"\xa5" * 48))
    with pytest.raises(OtherNetwork):
        await bob(peer.accepted)
    assert await hung_up_on(peer)


async def test_an_http_server_is_recognised_by_the_one_who_dials() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    carrier = await dial(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with pytest.raises(NotP2PBlog):
        await alice(carrier)
    await carrier.wait_closed()
    server.close()


async def test_the_key_of_another_network_links_nobody() -> None:
    async with tcp_carriers() as (dialled, accepted):
        first, second = await asyncio.gather(
            alice(dialled, network_key=b"m" * 32), bob(accepted), return_exceptions=True
        )
        assert isinstance(second, OtherNetwork)
        assert isinstance(first, LinkRefused)


@pytest.mark.proves("K-4")
async def test_a_device_that_is_not_the_expected_one_is_not_told_who_asks() -> None:
    async with tcp_carriers() as (dialled, accepted):
        first, second = await asyncio.gather(
            alice(dialled, expect=EVE.public), bob(accepted), return_exceptions=True
        )
        assert isinstance(first, WrongDevice)
        assert isinstance(second, LinkRefused)


@pytest.mark.proves("K-13")
@pytest.mark.parametrize("sent", [b"", b"\0", b"\0\x30", b"\0\x30half a packet"])
async def test_half_a_frame_and_silence_times_out(peer: RawPeer, sent: bytes) -> None:
    peer.writer.write(sent)
    with pytest.raises(PeerTimeout):
        await bob(peer.accepted, timeout_s=0.05)
    assert await hung_up_on(peer)


@pytest.mark.proves("K-13")
async def test_a_handshake_that_stalls_half_way_times_out(peer: RawPeer) -> None:
    opening = asyncio.create_task(bob(peer.accepted, timeout_s=0.2))
    peer.writer.write(frame(*peer.secure.start()))
    await peer.reader.readexactly(2 + HANDSHAKE_BYTES[1])
    with pytest.raises(PeerTimeout):
        await opening
    assert await hung_up_on(peer)


async def test_a_peer_that_hangs_up_in_the_handshake_is_one_clear_error(peer: RawPeer) -> None:
    opening = asyncio.create_task(bob(peer.accepted))
    peer.writer.write(frame(*peer.secure.start()))
    await peer.reader.readexactly(2 + HANDSHAKE_BYTES[1])
    peer.writer.close()
    with pytest.raises(LinkRefused):
        await opening


async def test_a_cancelled_handshake_closes_its_carrier() -> None:
    left, right = memory_pair()
    opening = asyncio.create_task(alice(left))
    assert await right.receive()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert left.closed
    assert right.closed


# --- peers that misbehave once linked --------------------------------------------------


async def expect_end(link: Link, error: type[P2PBlogError]) -> list[bytes]:
    """Receive until `error`; return what came before it."""
    got: list[bytes] = []
    with pytest.raises(error):
        while True:
            messages = await link.receive()
            assert messages, "the link ended without a word"
            got += messages
    assert link.carrier.closed
    with pytest.raises(error):
        await link.receive()
    return got


@pytest.mark.parametrize("order", [(0, 0), (0, 2), (0, 1, 0)], ids=["again", "gap", "old"])
async def test_replayed_and_reordered_packets_end_the_link_and_nothing_else(
    peer: RawPeer, order: tuple[int, ...]
) -> None:
    link = await peer.link()
    packets = [peer.secure.seal(message)[0] for message in (b"zero", b"one", b"two")]
    peer.writer.write(frame(*(packets[number] for number in order)))
    got = await expect_end(link, BadFrame)
    assert got == [b"zero", b"one"][: len(order) - 1]
    assert await hung_up_on(peer)


@pytest.mark.proves("K-11", "K-12")
async def test_what_came_before_a_bad_packet_is_delivered_however_it_was_split(
    peer: RawPeer,
) -> None:
    link = await peer.link()
    good = peer.secure.seal(b"good")[0]
    stream = frame(good, bytes(40))
    for byte in stream:
        peer.writer.write(bytes([byte]))
        await peer.writer.drain()
        await asyncio.sleep(0)
    assert await expect_end(link, BadFrame) == [b"good"]


async def test_a_length_that_no_packet_has_ends_the_link(peer: RawPeer) -> None:
    link = await peer.link()
    peer.writer.write(frame(peer.secure.seal(b"good")[0]) + b"\0\x11")
    assert await expect_end(link, BadFrame) == [b"good"]


async def test_a_message_without_end_is_cut_off(peer: RawPeer) -> None:
    link = await peer.link()
    for _ in range(limits.MESSAGE_BYTES_MAX // 65_000 + 1):
        packet = peer.cipher.encrypt_with_ad(b"", b"\1" + bytes(65_000))
        peer.writer.write(frame(packet))
    assert await expect_end(link, TooLarge) == []
    assert await hung_up_on(peer)


@pytest.mark.parametrize("kept", [1, 2, 40, 65_000, 65_537, 65_540])
async def test_a_peer_that_leaves_amid_a_message_leaves_only_whole_messages(
    peer: RawPeer, kept: int
) -> None:
    link = await peer.link()
    whole = frame(*peer.secure.seal(b"whole"))
    cut = frame(*peer.secure.seal(bytes(100_000)))[:kept]
    peer.writer.write(whole + cut)
    peer.writer.close()
    assert await link.receive() == [b"whole"]
    assert await link.receive() == []
    assert await link.receive() == []
