"""Which addresses an end uses and shows, how it is seen from outside, and whom it sends to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aioice import stun

from p2pblog.core import limits
from p2pblog.core.errors import NoPath
from p2pblog.net.rtc import RtcEnd
from p2pblog.sync.signal import Candidate, CandidateType, Signal
from tests.net.rtc_pair import LOOPBACK, rtc_pair
from tests.net.stun_server import StunServer

HOME = bytes([127, 0, 0, 1])


@pytest.fixture
async def server() -> AsyncIterator[StunServer]:
    loop = asyncio.get_running_loop()
    transport, found = await loop.create_datagram_endpoint(StunServer, local_addr=("127.0.0.1", 0))
    yield found
    transport.close()


@pytest.fixture
async def port() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A port that takes everything and answers nothing, and what it took."""
    taken: list[bytes] = []

    class Silent(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            taken.append(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Silent, local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1], taken
    transport.close()


def signal(*candidates: Candidate, answers: str | None = None) -> Signal:
    return Signal("ufrag", "p" * 22, bytes(32), candidates, answers)


async def test_an_end_binds_the_addresses_that_it_was_given_and_no_others() -> None:
    end = await RtcEnd.gather(offers=True, hosts=LOOPBACK)
    bound = [door.transport.get_extra_info("sockname") for door in end._agent._protocols]
    assert [host for host, _ in bound] == ["127.0.0.1"]
    [found] = end.signal().candidates
    assert found == Candidate(CandidateType.HOST, HOME, bound[0][1])
    await end.close()


async def test_an_address_that_is_not_here_is_left_out() -> None:
    end = await RtcEnd.gather(offers=True, hosts=["192.0.2.1", "127.0.0.1"])
    assert [one.host for one in end.signal().candidates] == ["127.0.0.1"]
    await end.close()
    with pytest.raises(NoPath, match="no address"):
        await RtcEnd.gather(offers=True, hosts=["192.0.2.1"])
    with pytest.raises(NoPath, match="no address"):
        await RtcEnd.gather(offers=True, hosts=[])


@pytest.mark.proves("W-4")
async def test_at_most_eight_addresses_are_shown() -> None:
    end = await RtcEnd.gather(offers=True, hosts=["127.0.0.1"] * 9)
    assert len(end.signal().candidates) == limits.SIGNAL_CANDIDATES_MAX
    await end.close()


async def test_names_and_passwords_are_new_each_time_and_bounded() -> None:
    ends = [await RtcEnd.gather(offers=True, hosts=LOOPBACK) for _ in range(3)]
    found = [end.signal() for end in ends]
    assert len({one.ufrag for one in found}) == len({one.pwd for one in found}) == 3
    assert len({one.fingerprint for one in found}) == 3
    for end in ends:
        await end.close()


# --- as seen from outside ---------------------------------------------------------------------


async def test_a_stun_server_tells_an_end_how_it_is_seen(server: StunServer) -> None:
    server.seen = ("127.0.0.1", 40_000)
    end = await RtcEnd.gather(offers=True, hosts=LOOPBACK, stun=[server.address])
    host, seen = end.signal().candidates
    assert (host.type, host.host) == (CandidateType.HOST, "127.0.0.1")
    assert seen == Candidate(CandidateType.REFLEXIVE, HOME, 40_000)
    await end.close()


@pytest.mark.parametrize(
    "seen",
    [
        ("224.0.0.251", 5353),
        ("0.0.0.0", 40_000),  # noqa: S104
        ("127.0.0.1", 80),
        ("198.51.100.7", 40_000),  # of somebody on the loopback
        None,  # what is known already
    ],
)
async def test_what_a_stun_server_says_is_checked(server: StunServer, seen: Any) -> None:
    server.seen = seen
    end = await RtcEnd.gather(offers=True, hosts=LOOPBACK, stun=[server.address])
    assert [one.type for one in end.signal().candidates] == [CandidateType.HOST]
    assert server.asked == 1
    await end.close()


async def test_the_first_stun_server_that_answers_will_do(
    server: StunServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STUN_S_MAX", 0.1)
    loop = asyncio.get_running_loop()
    transport, silent = await loop.create_datagram_endpoint(StunServer, local_addr=("127.0.0.1", 0))
    silent.answers = False
    addresses = [silent.address, server.address, silent.address]
    end = await RtcEnd.gather(offers=True, hosts=LOOPBACK, stun=addresses)
    assert (silent.asked, server.asked) == (1, 1)
    await end.close()
    end = await RtcEnd.gather(offers=True, hosts=LOOPBACK, stun=[silent.address])
    assert len(end.signal().candidates) == 1
    await end.close()
    transport.close()


async def test_an_offer_that_waits_keeps_its_way_out_open(
    server: StunServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STUN_KEEP_S", 0.02)
    end = await RtcEnd.gather(offers=True, hosts=LOOPBACK, stun=[server.address])
    async with asyncio.timeout(5):
        while server.asked < 4:
            await asyncio.sleep(0.01)
    await end.close()
    asked = server.asked
    await asyncio.sleep(0.1)
    assert server.asked <= asked + 1


# --- whom it sends to -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "candidate",
    [
        Candidate(CandidateType.HOST, bytes(15) + b"\1", 40_000),  # another family
        Candidate(CandidateType.HOST, bytes([192, 0, 2, 1]), 40_000),  # not the loopback
    ],
)
@pytest.mark.proves("W-7")
async def test_addresses_that_our_sockets_do_not_lead_to_are_not_tried(
    candidate: Candidate,
) -> None:
    end = await RtcEnd.gather(offers=False, hosts=LOOPBACK)
    with pytest.raises(NoPath, match="another kind of network"):
        await end.connect(signal(candidate))


@pytest.mark.proves("W-7")
async def test_an_offer_from_elsewhere_does_not_lead_to_our_loopback(
    port: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    end = await RtcEnd.gather(offers=False, hosts=LOOPBACK)
    abroad = (Candidate(CandidateType.HOST, bytes([192, 0, 2, 1]), 40_000),)
    monkeypatch.setattr(end, "_candidates", lambda: abroad)
    with pytest.raises(NoPath, match="another kind of network"):
        await end.connect(signal(Candidate(CandidateType.HOST, HOME, port[0])))
    assert port[1] == []


async def test_whoever_answers_tries_again_until_somebody_is_there(
    port: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ICE_TRIES", 1)
    monkeypatch.setattr(limits, "ICE_AGAIN_S", 0.02)
    monkeypatch.setattr(stun, "RETRY_RTO", 0.02)
    end = await RtcEnd.gather(offers=False, hosts=LOOPBACK)
    waiting = asyncio.create_task(
        end.connect(signal(Candidate(CandidateType.HOST, HOME, port[0])), within_s=60)
    )
    async with asyncio.timeout(5):
        while len(port[1]) < 5:
            await asyncio.sleep(0.01)
    checks = [stun.parse_message(data) for data in port[1]]
    assert len({check.transaction_id for check in checks}) >= 5
    assert all(check.attributes["USERNAME"].startswith("ufrag:") for check in checks)
    await end.close()
    with pytest.raises(NoPath):
        await waiting
    sent = len(port[1])
    await asyncio.sleep(0.1)
    assert len(port[1]) <= sent + 1


@pytest.mark.proves("W-8")
async def test_a_peer_that_comes_from_ever_new_addresses_is_answered_and_not_followed() -> None:
    end = await RtcEnd.gather(offers=False, hosts=LOOPBACK)
    agent = end._agent
    offer = signal(Candidate(CandidateType.HOST, HOME, 9999))
    waiting = asyncio.create_task(end.connect(offer, within_s=60))
    await asyncio.sleep(0.05)
    loop = asyncio.get_running_loop()
    sockets = []
    for _ in range(3 * limits.ICE_CANDIDATES_MAX):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        one.setblocking(False)
        sockets.append(one)
        check = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        check.attributes["USERNAME"] = f"{agent.local_username}:ufrag"
        check.attributes["PRIORITY"] = 1
        check.attributes["ICE-CONTROLLING"] = 1
        check.add_message_integrity(agent.local_password.encode())
        await loop.sock_sendto(one, bytes(check), ("127.0.0.1", agent.local_candidates[0].port))
    async with asyncio.timeout(5):
        for one in sockets:
            answer = stun.parse_message(await loop.sock_recv(one, 2048))
            assert answer.message_class in (stun.Class.RESPONSE, stun.Class.REQUEST)
    assert len(agent.remote_candidates) == limits.ICE_CANDIDATES_MAX
    await end.close()
    with pytest.raises(NoPath):
        await waiting
    for one in sockets:
        one.close()


async def test_each_end_knows_where_the_other_is() -> None:
    left, right = await rtc_pair()
    for end, other in ((left, right), (right, left)):
        agent: Any = end._channel
        bound = agent._agent._protocols[0].transport.get_extra_info("sockname")
        assert other.remote == f"{bound[0]}:{bound[1]}"
    left.close()
    await left.wait_closed()
    await right.wait_closed()
