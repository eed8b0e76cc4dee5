"""Clauses of protocol/05-identity.md, 06-links.md and 07-discovery.md that links keep."""

from __future__ import annotations

import asyncio
import inspect
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode
from p2pblog.core.errors import PairingEnded, Unreachable
from p2pblog.log.identity import consent_message
from p2pblog.net.carrier import MemoryCarrier, memory_pair
from p2pblog.net.link import Link
from p2pblog.net.pairing import PairingPort, meet_at
from p2pblog.node.home import Identity
from p2pblog.node.offering import Offering
from p2pblog.sync.pairing import Joiner, Offerer

ALICE, BOB, ROOT = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
NETWORK = bytes(32)


async def first_packet(carrier: MemoryCarrier, far: MemoryCarrier) -> bytes:
    """Return what an initiator sends first."""
    opening = asyncio.create_task(
        Link.open(carrier, initiator=True, device=ALICE, network_key=NETWORK)
    )
    [packet] = await far.receive()
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    return packet


@pytest.mark.proves("K-1")
async def test_no_two_handshakes_bear_the_same_ephemeral_key() -> None:
    seen = {(await first_packet(*memory_pair()))[:32] for _ in range(20)}
    assert len(seen) == 20


@pytest.mark.proves("K-13")
def test_a_handshake_has_ten_seconds() -> None:
    assert inspect.signature(Link.open).parameters["timeout_s"].default == 10


hosts = st.sampled_from(["192.168.1.5", "[2001:db8::1]", "[fe80::1%eth0]", "[fe80::2%1]", "[::]"])


@pytest.mark.proves("D-1")
@given(st.lists(st.tuples(hosts, st.integers(1, 65_535)), max_size=20))
def test_the_name_of_an_interface_is_told_to_nobody(given: list[tuple[str, int]]) -> None:
    addresses = [f"{host}:{port}" for host, port in given]
    offerer = Offerer(
        root=ROOT.public,
        device=ALICE.public,
        name="",
        joiner=BOB.public,
        handshake_hash=bytes(64),
        nonce=bytes(32),
    )
    told = cast("list[object]", decode(offerer.done(addresses)))[1]
    assert told == [one for one in addresses if "%" not in one][:8]


class Port:
    """A port of a pairing at which one link comes up, or none."""

    def __init__(self, link: Link | None) -> None:
        self.link = link

    async def met(self) -> Link:
        if self.link is None:
            await asyncio.sleep(60)
        assert self.link is not None
        return self.link

    async def close(self) -> None:
        """Do nothing."""


@pytest.mark.proves("I-11")
async def test_a_code_that_nobody_used_is_refused_after_ten_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert limits.PAIRING_S_MAX == 600
    monkeypatch.setattr(limits, "PAIRING_S_MAX", 0.02)

    async def add(body: object) -> None:
        raise AssertionError("nobody came")

    port = cast("PairingPort", Port(None))
    who = Identity(ROOT.public, ALICE.public)
    offering = Offering(port, who, "ada", add, list)
    with pytest.raises(PairingEnded):
        await offering.newcomer()


@pytest.mark.proves("I-14", "I-15")
@pytest.mark.parametrize("accept", [True, False])
async def test_a_device_is_added_after_the_person_said_so_and_before_it_hears_of_it(
    *, accept: bool
) -> None:
    left, right = memory_pair()
    ours, theirs = await asyncio.gather(
        Link.open(left, initiator=False, device=ALICE, network_key=NETWORK),
        Link.open(right, initiator=True, device=BOB, network_key=NETWORK),
    )
    joiner = Joiner(key=BOB, name="", handshake_hash=theirs.handshake_hash, nonce=bytes(32))
    order: list[str] = []

    async def add(body: object) -> None:
        assert joiner.addresses is None, "it has heard of it already"
        await asyncio.sleep(0.02)
        order.append("appended")

    who = Identity(ROOT.public, ALICE.public)
    offering = Offering(cast("PairingPort", Port(ours)), who, "ada", add, list)

    async def join() -> None:
        while joiner.addresses is None and not joiner.refused:
            for message in await theirs.receive():
                theirs.send(*joiner.receive(message))
        order.append("told")

    joining = asyncio.create_task(join())
    newcomer = await offering.newcomer()
    await asyncio.sleep(0.02)
    assert newcomer.compare == joiner.compare
    assert order == []  # the consent is here, and nothing has happened
    if accept:
        await offering.confirm()
    else:
        await offering.refuse()
    await joining
    theirs.close()
    assert order == (["appended", "told"] if accept else ["told"])
    assert (joiner.addresses is not None) == accept


@pytest.mark.proves("I-4")
@given(st.binary(min_size=32, max_size=32))
def test_a_consent_names_one_identity(root: bytes) -> None:
    assert consent_message(root) == b"p2pblog device consent v1" + root


async def test_an_offer_that_ends_before_it_has_begun_listens_no_more() -> None:
    port = await PairingPort.open(key=bytes(32), hosts=["127.0.0.1"], lan=None)
    who = Identity(bytes(32), bytes(32))
    await Offering(port, who, "ada", _adds_nobody, list).close()
    with pytest.raises(Unreachable):
        await meet_at(port.addresses[0], key=bytes(32), device=SigningKey(bytes(32)))


async def _adds_nobody(add: object) -> None:
    raise AssertionError("nobody has come")
