"""The port of one pairing: who gets a link, how often a code may be tried, who is found."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import BadCode, NoOffer, PairingEnded, Unreachable
from p2pblog.net.carrier import memory_pair
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind, choose, snapshot
from p2pblog.net.link import Link
from p2pblog.net.pairing import PairingPort, dialable, meet_at, meet_on_lan, typeable
from p2pblog.net.tcp import TcpCarrier
from tests.strategies import quick

KEY, OTHER = b"k" * 32, b"o" * 32
NEW = SigningKey(b"n" * 32)


def loopback() -> tuple[InterfaceAddress, ...]:
    return choose(snapshot(), listen_hosts=["127.0.0.1"])


async def a_port() -> PairingPort:
    return await PairingPort.open(key=KEY, hosts=["127.0.0.1"], lan=None)


@pytest.mark.proves("I-11")
async def test_who_knows_the_code_gets_a_link_and_proves_who_it_is() -> None:
    port = await a_port()
    new = await meet_at(port.addresses[0], key=KEY, device=NEW)
    old = await port.met()
    assert old.remote_device == NEW.public
    assert new.handshake_hash == old.handshake_hash
    assert len(new.handshake_hash) == 64
    with pytest.raises(Unreachable):  # one use
        await meet_at(port.addresses[0], key=KEY, device=NEW)
    new.close()
    old.close()
    await port.close()


async def test_the_offering_device_shows_itself_under_a_key_of_the_occasion() -> None:
    ports = [await a_port(), await a_port()]
    links = [await meet_at(port.addresses[0], key=KEY, device=NEW) for port in ports]
    assert links[0].remote_device != links[1].remote_device
    for port, link in zip(ports, links, strict=True):
        (await port.met()).close()
        link.close()
        await port.close()


@pytest.mark.proves("I-11")
async def test_three_wrong_codes_end_the_offer() -> None:
    port = await a_port()
    met = asyncio.create_task(port.met())
    for _ in range(3):
        assert not met.done()
        with pytest.raises(BadCode):
            await meet_at(port.addresses[0], key=OTHER, device=NEW)
    with pytest.raises(PairingEnded):
        await met
    with pytest.raises((BadCode, Unreachable)):
        await meet_at(port.addresses[0], key=KEY, device=NEW)
    await port.close()


async def test_two_wrong_codes_and_the_right_one_are_a_link() -> None:
    port = await a_port()
    for _ in range(2):
        with pytest.raises(BadCode):
            await meet_at(port.addresses[0], key=OTHER, device=NEW)
    new = await meet_at(port.addresses[0], key=KEY, device=NEW)
    old = await port.met()
    assert old.remote_device == NEW.public
    new.close()
    old.close()
    await port.close()


async def test_a_port_scan_is_no_try_at_the_code() -> None:
    port = await a_port()
    host, _, number = port.addresses[0].rpartition(":")
    for said in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x00\x30half"):
        with socket.create_connection((host, int(number))) as stranger:
            stranger.sendall(said)
        await asyncio.sleep(0.02)
    new = await meet_at(port.addresses[0], key=KEY, device=NEW)
    (await port.met()).close()
    new.close()
    await port.close()


async def test_an_offer_is_found_on_the_lan_by_its_code_alone() -> None:
    right = await PairingPort.open(key=KEY, hosts=["127.0.0.1"], lan=loopback)
    wrong = await PairingPort.open(key=OTHER, hosts=["127.0.0.1"], lan=loopback)
    new = await meet_on_lan(key=KEY, device=NEW, lan=loopback, within_s=10)
    old = await right.met()
    assert old.remote_device == NEW.public
    new.close()
    old.close()
    await right.close()
    await wrong.close()


async def test_no_offer_is_said_when_the_time_is_over() -> None:
    with pytest.raises(NoOffer):
        await meet_on_lan(key=KEY, device=NEW, lan=loopback, within_s=0.3)


async def test_an_offer_that_nobody_took_is_closed_without_a_trace() -> None:
    port = await a_port()
    met = asyncio.create_task(port.met())
    await asyncio.sleep(0)
    met.cancel()
    await asyncio.gather(met, return_exceptions=True)
    await port.close()
    with pytest.raises(Unreachable):
        await meet_at(port.addresses[0], key=KEY, device=NEW)


def test_what_a_person_types_names_this_machine_not_every_address() -> None:
    lan = InterfaceKind.LAN
    here = [
        InterfaceAddress("eth0", 2, "fd00::5", 64, lan),
        InterfaceAddress("eth0", 2, "fe80::5", 64, lan),
        InterfaceAddress("eth0", 2, "192.168.1.5", 24, lan),
    ]
    assert typeable(["[::]:4000"], here) == ["192.168.1.5:4000", "[fd00::5]:4000"]
    assert typeable(["0.0.0.0:4000"], here) == ["192.168.1.5:4000"]
    assert typeable(["10.0.0.1:4000"], here) == ["10.0.0.1:4000"]
    assert typeable(["[::]:4000"], []) == ["[::]:4000"]


@pytest.mark.parametrize(
    ("told", "dialled"),
    [
        (["[::]:4114"], ["192.168.1.5:4114"]),
        (["0.0.0.0:4114", "10.0.0.1:4115"], ["192.168.1.5:4114", "10.0.0.1:4115"]),
        (["10.0.0.1:0", "nonsense", "", "224.0.0.1:4114", "x" * 5000], []),
    ],
)
def test_every_address_of_a_peer_means_where_it_was_reached(
    told: list[str], dialled: list[str]
) -> None:
    assert dialable(told, "192.168.1.5:50000") == dialled


@pytest.mark.proves("I-11")
@quick(15)
@given(st.lists(st.sampled_from(["right", "wrong", "gone"]), max_size=6))
def test_a_code_is_good_for_one_link_and_for_three_tries(tries: list[str]) -> None:
    async def meet() -> None:
        port, links, wrong = PairingPort(KEY), 0, 0
        for one in tries:
            over = links == 1 or wrong == 3
            ours, theirs = memory_pair()
            port._accept(cast("TcpCarrier", ours))
            if one == "gone":
                theirs.close()  # no try at the code
            else:
                key = KEY if one == "right" else OTHER
                opening = Link.open(theirs, initiator=True, device=NEW, network_key=key)
                [made] = await asyncio.gather(opening, return_exceptions=True)
                assert isinstance(made, Link) == (one == "right" and not over)
                links += isinstance(made, Link)
                wrong += one == "wrong" and not over
            await asyncio.sleep(0)
            await asyncio.gather(*port._welcomes, return_exceptions=True)
        assert port._met.done() == (links == 1 or wrong == 3)
        if links:
            (await port.met()).close()
        elif wrong == 3:
            with pytest.raises(PairingEnded):
                await port.met()
        await port.close()

    asyncio.run(meet())
