"""Offers and answers that wait: how many, how long, for whom, and what comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import (
    BadRequest,
    BadStructure,
    LinkRefused,
    NoPath,
    OfferEnded,
    OtherNetwork,
    OwnAddress,
    ProtocolError,
    WrongDevice,
)
from p2pblog.net.link import Link
from p2pblog.node.signalling import Signalling
from p2pblog.sync.signal import decode_signal, encode_signal

ADA, BOB, EVE = (SigningKey(letter * 32) for letter in (b"a", b"b", b"e"))
NETWORK = b"n" * 32


class End:
    """A node's signalling, and what it has handed over."""

    def __init__(self, device: SigningKey, network_key: bytes = NETWORK) -> None:
        self.links: list[tuple[Link, bool]] = []
        self.refused: list[ProtocolError] = []
        self.handed = asyncio.Event()
        self.signalling = Signalling(
            device=device,
            network_key=network_key,
            hosts=lambda: ["127.0.0.1"],
            stun=(),
            run=self._run,
            refused=self.refused.append,
        )

    def _run(self, link: Link, initiator: bool) -> None:
        self.links.append((link, initiator))
        self.handed.set()

    async def close(self) -> None:
        await self.signalling.close()
        for link, _ in self.links:
            link.close()
            await link.wait_closed()


MakeEnd = Callable[..., End]


@pytest.fixture
async def make_end() -> AsyncIterator[MakeEnd]:
    ends: list[End] = []

    def make(device: SigningKey, network_key: bytes = NETWORK) -> End:
        ends.append(End(device, network_key))
        return ends[-1]

    yield make
    for end in ends:
        await end.close()
    await asyncio.sleep(0.02)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_bytes_passed_both_ways_make_a_link(make_end: MakeEnd) -> None:
    ada, bob = make_end(ADA), make_end(BOB)
    offer = await ada.signalling.make_offer(expect=BOB.public)
    answer = await bob.signalling.take_offer(offer, expect=ADA.public)
    link = await ada.signalling.take_answer(answer)
    await bob.handed.wait()
    assert ada.links == [(link, True)]
    assert link.remote_device == BOB.public
    assert link.carrier.kind == "webrtc"
    [(theirs, initiator)] = bob.links
    assert not initiator
    assert theirs.remote_device == ADA.public
    link.send(b"hello")
    assert await theirs.receive() == [b"hello"]


@pytest.mark.proves("W-18")
async def test_who_is_at_the_other_end_is_decided_by_the_link_alone(make_end: MakeEnd) -> None:
    ada, eve = make_end(ADA), make_end(EVE)
    offer = await ada.signalling.make_offer(expect=BOB.public)
    with pytest.raises(WrongDevice):  # Eve got the offer and answered it
        await ada.signalling.take_answer(await eve.signalling.take_offer(offer))
    await settled(eve)
    assert ada.links == eve.links == []
    assert [type(error) for error in eve.refused] == [LinkRefused]


async def test_an_answerer_that_expects_somebody_refuses_others(make_end: MakeEnd) -> None:
    eve, bob = make_end(EVE), make_end(BOB)
    answer = await bob.signalling.take_offer(await eve.signalling.make_offer(), expect=ADA.public)
    await eve.signalling.take_answer(answer)
    await settled(bob)
    assert bob.links == []
    assert [type(error) for error in bob.refused] == [WrongDevice]


async def test_another_network_makes_no_link(make_end: MakeEnd) -> None:
    ada, bob = make_end(ADA), make_end(BOB, bytes(32))
    answer = await bob.signalling.take_offer(await ada.signalling.make_offer())
    with pytest.raises(LinkRefused):
        await ada.signalling.take_answer(answer)
    await settled(bob)
    assert [type(error) for error in bob.refused] == [OtherNetwork]


async def settled(end: End) -> None:
    """Wait until no answer of an end waits any more."""
    async with asyncio.timeout(5):
        while end.signalling._answers:
            await asyncio.sleep(0.01)


async def test_the_same_offer_gets_the_same_answer_while_that_waits(make_end: MakeEnd) -> None:
    ada, bob = make_end(ADA), make_end(BOB)
    offer = await ada.signalling.make_offer()
    answers = await asyncio.gather(*(bob.signalling.take_offer(offer) for _ in range(3)))
    assert await bob.signalling.take_offer(offer) == answers[-1]
    await ada.signalling.take_answer(answers[-1])
    await bob.handed.wait()
    assert len(bob.links) == 1
    assert await bob.signalling.take_offer(offer) not in answers


@pytest.mark.proves("W-1")
async def test_an_offer_is_used_up_by_its_answer(make_end: MakeEnd) -> None:
    ada, bob = make_end(ADA), make_end(BOB)
    answer = await bob.signalling.take_offer(await ada.signalling.make_offer())
    await ada.signalling.take_answer(answer)
    with pytest.raises(OfferEnded):
        await ada.signalling.take_answer(answer)


@pytest.mark.proves("W-1")
async def test_of_too_many_offers_the_oldest_is_forgotten(make_end: MakeEnd) -> None:
    ada, bob = make_end(ADA), make_end(BOB)
    offers = [await ada.signalling.make_offer() for _ in range(limits.OFFERS_MAX + 1)]
    assert len({decode_signal(offer).ufrag for offer in offers}) == len(offers)
    first, last = [await bob.signalling.take_offer(offer) for offer in (offers[0], offers[-1])]
    with pytest.raises(OfferEnded):
        await ada.signalling.take_answer(first)
    assert (await ada.signalling.take_answer(last)).remote_device == BOB.public


async def test_of_too_many_answers_the_oldest_is_forgotten(make_end: MakeEnd) -> None:
    ada, bob, eve = make_end(ADA), make_end(BOB), make_end(EVE)
    offers = [
        await (eve if number % 2 else ada).signalling.make_offer()
        for number in range(limits.OFFERS_MAX + 1)
    ]
    answers = [await bob.signalling.take_offer(offer) for offer in offers]
    assert len(bob.signalling._answers) == limits.OFFERS_MAX
    await ada.signalling.take_answer(answers[-1])
    assert await bob.signalling.take_offer(offers[1]) == answers[1]
    assert await bob.signalling.take_offer(offers[0]) != answers[0]


async def test_what_nobody_takes_is_forgotten_after_a_while(
    make_end: MakeEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OFFER_S_MAX", 0.05)
    ada, bob = make_end(ADA), make_end(BOB)
    answer = await bob.signalling.take_offer(await ada.signalling.make_offer(), within_s=0.05)
    await settled(bob)
    await asyncio.sleep(0.1)
    with pytest.raises(OfferEnded):
        await ada.signalling.take_answer(answer)
    assert bob.refused == []


async def test_ones_own_offer_is_not_taken(make_end: MakeEnd) -> None:
    ada, twin = make_end(ADA), make_end(ADA)
    offer = await ada.signalling.make_offer()
    with pytest.raises(BadRequest, match="this node's own"):
        await ada.signalling.take_offer(offer)
    with pytest.raises(OwnAddress):  # a copy of this home, say
        await ada.signalling.take_answer(await twin.signalling.take_offer(offer))
    assert ada.links == []


async def test_the_one_where_the_other_belongs_is_refused(make_end: MakeEnd) -> None:
    ada, bob = make_end(ADA), make_end(BOB)
    offer = await ada.signalling.make_offer()
    answer = await bob.signalling.take_offer(offer)
    with pytest.raises(BadStructure):
        await ada.signalling.take_answer(offer)
    with pytest.raises(BadStructure):
        await bob.signalling.take_offer(answer)
    with pytest.raises(ProtocolError):
        await bob.signalling.take_offer(offer + b"\0")
    with pytest.raises(ProtocolError):
        await ada.signalling.take_answer(b"")
    assert (await ada.signalling.take_answer(answer)).remote_device == BOB.public


async def test_an_answer_that_leads_nowhere_says_so(
    make_end: MakeEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WEBRTC_CONNECT_S_MAX", 0.2)
    ada, bob = make_end(ADA), make_end(BOB)
    answer = await bob.signalling.take_offer(await ada.signalling.make_offer())
    await bob.signalling.close()
    with pytest.raises(NoPath):
        await ada.signalling.take_answer(answer)


async def test_closing_ends_what_waits_and_leaves_links_alone(make_end: MakeEnd) -> None:
    ada, bob = make_end(ADA), make_end(BOB)
    link = await ada.signalling.take_answer(
        await bob.signalling.take_offer(await ada.signalling.make_offer())
    )
    await bob.handed.wait()
    offer = await ada.signalling.make_offer()
    await bob.signalling.take_offer(offer)
    gathering = asyncio.create_task(bob.signalling.make_offer())
    await asyncio.sleep(0)
    await ada.signalling.close()
    await bob.signalling.close()
    with pytest.raises(NoPath):
        await gathering
    link.send(b"still here")
    assert await bob.links[0][0].receive() == [b"still here"]


async def test_an_answer_of_another_offer_does_not_use_this_one_up(make_end: MakeEnd) -> None:
    ada, bob = make_end(ADA), make_end(BOB)
    answer = await bob.signalling.take_offer(await ada.signalling.make_offer())
    other = encode_signal(decode_signal(answer)._replace(answers="nobody"))
    with pytest.raises(OfferEnded):
        await ada.signalling.take_answer(other)
    assert (await ada.signalling.take_answer(answer)).remote_device == BOB.public
