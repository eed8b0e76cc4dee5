"""Properties of protocol/14-webrtc.md about whom an end sends to, and what it takes."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Any
from unittest import mock

import pytest
from aioice import Candidate as IceCandidate
from aioice import Connection
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.errors import NoPath
from p2pblog.net import datachannel
from p2pblog.net.ice import IceAgent
from p2pblog.net.rtc import RtcEnd
from p2pblog.net.webrtc import WebRtcCarrier
from p2pblog.sync.channel import END
from p2pblog.sync.frames import frame
from p2pblog.sync.signal import Candidate, CandidateType, Signal, may_be_reached
from tests.virtual_loop import run

# --- W-7, W-8: whom an end sends to -------------------------------------------------------------

near_loopback = st.sampled_from(["127.0.0.1", "127.255.255.255", "126.255.255.255", "128.0.0.0"])
hosts = near_loopback | st.sampled_from(["::1", "192.168.1.5", "2001:db8::5", "8.8.8.8"])
candidates = st.lists(
    st.builds(
        lambda host, port: Candidate(CandidateType.HOST, ip_address(host).packed, port),
        hosts,
        st.integers(1024, 1027),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one[1:],
)


class Agent:
    """An ICE agent that notes whom it would try."""

    local_username, local_password = "local", "p" * 22

    def __init__(self, own: list[Candidate]) -> None:
        self.local_candidates = [
            IceCandidate("1", 1, "udp", 100 - at, one.host, one.port, "host")
            for at, one in enumerate(own)
        ]
        self.tried: list[bytes] = []

    async def keep_open(self) -> None:
        """Do nothing."""

    async def add_remote_candidate(self, one: IceCandidate) -> None:
        self.tried.append(ip_address(one.host).packed)

    async def connect(self) -> None:
        raise ConnectionError("nobody is there")

    async def close(self) -> None:
        """Do nothing."""


def is_loopback(address: bytes) -> bool:
    return ip_address(address).is_loopback


@pytest.mark.proves("W-7")
@settings(deadline=None)
@given(candidates, candidates)
def test_what_leads_into_the_loopback_is_tried_from_the_loopback_alone(
    own: list[Candidate], theirs: list[Candidate]
) -> None:
    assert all(may_be_reached(one.address) for one in own + theirs)
    agent: Any = Agent(own)

    async def connect() -> tuple[Candidate, ...]:
        end = RtcEnd(agent, offers=True)
        with pytest.raises(NoPath):
            await end.connect(Signal("ufrag", "p" * 22, bytes(32), tuple(theirs)))
        return end._candidates()

    # A certificate for each example would take longer than all else.
    with mock.patch("p2pblog.net.rtc.RTCCertificate"):
        shown = run(connect())
    assert len({is_loopback(one.address) for one in shown}) == 1
    alone = is_loopback(shown[0].address)
    assert all(is_loopback(address) == alone for address in agent.tried)
    families = {len(one.address) for one in shown}
    fit = [one.address for one in theirs if is_loopback(one.address) == alone]
    assert agent.tried == [address for address in fit if len(address) in families]


@pytest.mark.proves("W-8")
@settings(deadline=None)
@given(st.integers(0, 8), st.lists(st.integers(0, 40), max_size=80))
def test_no_more_addresses_of_one_end_are_tried_than_sixteen(shown: int, checks: list[int]) -> None:
    agent = IceAgent(controlling=False, hosts=(), stun=())
    remote = agent._remote_candidates

    def learn(self: Connection, message: object, addr: tuple[str, int], protocol: object) -> None:
        """As aioice does: take up an address that is not known."""
        if addr not in [(one.host, one.port) for one in remote]:
            remote.append(IceCandidate("1", 1, "udp", 1, *addr, "prflx"))
        heard.append(addr)

    heard: list[tuple[str, int]] = []
    with mock.patch.object(Connection, "check_incoming", learn):
        for number in range(shown):
            remote.append(IceCandidate("1", 1, "udp", 1, "192.0.2.1", number, "host"))
        for number in checks:
            addr = ("192.0.2.1", number)
            known = addr in [(one.host, one.port) for one in remote]
            room, before = len(remote) < 16, len(heard)
            agent.check_incoming(None, addr, None)  # type: ignore[arg-type]
            assert len(remote) <= 16
            assert len(heard) - before == (known or room)
    assert len({*range(shown), *checks}) < 16 or len(remote) == 16


# --- W-17: what a packet of the channel holds -----------------------------------------------------

BINARY = 53


def data_chunk(stream: int, payload: int, size: int, flags: int = 3) -> bytes:
    body = bytes(8)[:4] + stream.to_bytes(2) + bytes(2) + payload.to_bytes(4) + b"d" * size
    chunk = bytes([0, flags]) + (4 + len(body)).to_bytes(2) + body
    return chunk + bytes(-len(chunk) % 4)


def other_chunk(kind: int, size: int) -> bytes:
    chunk = bytes([kind, 0]) + (4 + size).to_bytes(2) + bytes(size)
    return chunk + bytes(-len(chunk) % 4)


ours = st.builds(data_chunk, st.just(0), st.just(BINARY), st.integers(1, 9), st.integers(0, 7))
control = st.builds(other_chunk, st.sampled_from([1, 3, 4, 5, 6, 10, 191, 193]), st.integers(0, 9))
fits = st.lists(ours | control, max_size=5)
foreign = st.one_of(
    st.builds(data_chunk, st.sampled_from([1, 2, 255, 256, 65_535]), st.just(BINARY), st.just(3)),
    st.builds(
        data_chunk, st.just(0), st.sampled_from([0, 50, 51, 52, 54, 56, 57, 53 << 8]), st.just(3)
    ),
    st.builds(other_chunk, st.just(192), st.integers(4, 12)),
    st.just(data_chunk(0, BINARY, 0)),
)


@pytest.mark.proves("W-17")
@settings(deadline=None)
@given(fits, st.none() | foreign, fits)
def test_one_chunk_that_is_for_no_channel_of_ours_is_noticed(
    before: list[bytes], wrong: bytes | None, after: list[bytes]
) -> None:
    chunks = [*before, *([] if wrong is None else [wrong]), *after]
    assert datachannel._is_ours(bytes(12) + b"".join(chunks)) == (wrong is None)


# --- W-16: the end -------------------------------------------------------------------------------


class Channel:
    """A channel that sends on so much by itself, and keeps what it was given."""

    remote = "192.0.2.1:9"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.buffered = 0
        self.closed = False

    def send(self, message: bytes) -> None:
        self.sent.append(message)

    async def close(self) -> None:
        self.closed = True


@pytest.mark.proves("W-16")
@settings(deadline=None)
@given(
    st.lists(st.integers(18, 60_000), max_size=12),
    st.sampled_from([0, 1, limits.CHANNEL_UNSENT_BYTES_MAX]),
    st.booleans(),
    st.lists(st.integers(18, 1000), max_size=3),
)
def test_who_hears_the_end_says_it_too_and_nothing_before_it_that_was_not_sent(
    written: list[int], buffered: int, turn: bool, late: list[int]
) -> None:
    assume(sum(written) > 0 or not turn)

    async def talk() -> None:
        channel = Channel()
        carrier = WebRtcCarrier(initiator=False)
        carrier.channel_opened(channel)
        channel.buffered = buffered
        carrier.write(bytes(128), *map(bytes, written))
        if turn:
            await asyncio.sleep(0)
        sent = list(channel.sent)
        carrier.message_received(END)
        # What came behind it does not count, and nothing that is written now goes out.
        carrier.message_received(b"\0" + frame(bytes(48)))
        carrier.write(*map(bytes, late))
        carrier.room_made()
        await asyncio.sleep(0)
        assert channel.sent == [*sent, END]
        assert await carrier.receive() == []
        carrier.close()
        await carrier.wait_closed()
        assert channel.closed

    run(talk())
