"""Members met: by their addresses, and by calls through others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import BadStructure, ProtocolError
from p2pblog.node.meeting import Meeting
from p2pblog.sync.calls import Call, seal
from p2pblog.sync.messages import Join, Member, Relay, Shuffle

ANN, BOB, CYD = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
NONCE = bytes(24)


class Node:
    """The links and the offers of a node that are none; what it says arrives at once."""

    def __init__(self, key: SigningKey, *, answers: bool = True, dials: bool = False) -> None:
        self.key = key
        self.to: dict[bytes, Node] = {}
        self.counters: Counter[str] = Counter()
        self.said: list[Join | Shuffle | Relay] = []
        self.offers: list[bytes] = []
        self.taken: list[tuple[bytes, bytes | None]] = []
        self.links: list[bytes] = []
        self.withdrawn: list[bytes] = []
        self.answers = answers
        self.tried: list[Member] = []
        self.dials = dials
        own = Member(key.public, ())
        self.meeting = Meeting(self, self, device=key, own=lambda: own, dial=self.dial)

    async def dial(self, member: Member) -> bool:
        self.tried.append(member)
        return self.dials

    def linked(self, device: bytes) -> bool:
        return device in self.to

    def say(self, device: bytes, message: Join | Shuffle | Relay) -> None:
        self.said.append(message)
        if device in self.to:
            self.to[device].meeting.receive(self.key.public, message)

    def drop(self, device: bytes) -> None:
        self.to.pop(device)

    def is_known(self, device: bytes) -> bool:
        return False

    def crowded(self) -> None:
        self.counters["node-crowded"] += 1

    def count(self, error: ProtocolError) -> None:
        self.counters[error.code] += 1

    async def make_offer(self, *, expect: bytes | None = None) -> bytes:
        self.offers.append(b"offer of %d" % self.key.seed[0])
        return self.offers[-1]

    async def take_offer(
        self, offer: bytes, *, expect: bytes | None = None, within_s: float = 0
    ) -> bytes:
        if offer == b"junk":
            raise BadStructure("offer")
        self.taken.append((offer, expect))
        if not self.answers:
            await asyncio.sleep(3600)
        return b"answer to " + offer

    async def take_answer(self, answer: bytes) -> None:
        self.links.append(answer)

    def withdraw(self, offer: bytes) -> None:
        self.withdrawn.append(offer)


def link(one: Node, other: Node) -> None:
    one.to[other.key.public], other.to[one.key.public] = other, one
    other.meeting.linked(one.key.public, dialled=False, near=False)
    one.meeting.linked(other.key.public, dialled=True, near=False)


@pytest.fixture
async def line() -> AsyncIterator[tuple[Node, Node, Node]]:
    """Ann and Cyd have a link with Bob each."""
    nodes = Node(ANN), Node(BOB), Node(CYD)
    link(nodes[0], nodes[1])
    link(nodes[2], nodes[1])
    yield nodes
    for node in nodes:
        await node.meeting.close()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_newcomer_is_called_through_its_first_contact(
    line: tuple[Node, Node, Node],
) -> None:
    ann, bob, cyd = line
    await settle()
    # Cyd came last: its join ends at Ann, who calls it through Bob.
    assert ann.links == [b"answer to offer of 1"]
    assert cyd.taken == [(b"offer of 1", ANN.public)]
    assert ann.withdrawn == ann.offers
    assert bob.taken == []
    assert all(b"offer" not in one.sealed for one in bob.said if isinstance(one, Relay))


async def test_who_has_an_address_is_dialled_and_called_only_if_nobody_answers_there() -> None:
    for dials in (True, False):
        ann, bob = Node(ANN, dials=dials), Node(BOB)
        link(bob, ann)
        member = Member(CYD.public, ("8.8.8.8:4114",))
        ann.meeting.receive(BOB.public, Join(0, member))
        await settle()
        assert ann.tried == [member]
        assert bool(ann.offers) != dials
        await ann.meeting.close()


@pytest.mark.proves("M-7")
async def test_an_answer_that_nobody_waits_for_is_dropped(line: tuple[Node, Node, Node]) -> None:
    ann = line[0]
    await settle()
    ann.links.clear()
    for sender in (BOB, CYD):
        call = seal(Call(True, bytes(16), b"answer"), sender, ANN.public, NONCE)
        assert call is not None
        relay = Relay(3, sender.public, ANN.public, call)
        ann.meeting.receive(BOB.public, relay)
    # Bob says it is Cyd's, but cannot seal as Cyd does.
    forged = seal(Call(False, bytes(16), b"offer"), BOB, ANN.public, NONCE)
    assert forged is not None
    ann.meeting.receive(BOB.public, Relay(3, CYD.public, ANN.public, forged))
    await settle()
    assert ann.links == []
    assert ann.taken == []
    assert ann.counters == {"bad-signature": 1}


@pytest.mark.proves("M-7")
async def test_only_who_was_called_can_answer() -> None:
    ann, bob, cyd = Node(ANN), Node(BOB), Node(CYD, answers=False)
    link(ann, bob)
    link(cyd, bob)
    await settle()
    assert cyd.taken == [(b"offer of 1", ANN.public)]
    (number,) = ann.meeting._calls
    call = seal(Call(True, number, b"of Bob"), BOB, ANN.public, NONCE)
    assert call is not None
    ann.meeting.receive(BOB.public, Relay(3, BOB.public, ANN.public, call))
    await settle()
    assert ann.links == []
    for node in (ann, bob, cyd):
        await node.meeting.close()


@pytest.mark.proves("M-8")
async def test_so_many_offers_are_answered_at_once_and_one_of_each_origin() -> None:
    ann, bob = Node(ANN, answers=False), Node(BOB)
    link(bob, ann)
    for _ in range(2):
        for number in range(20, 36):
            key = SigningKey(bytes([number]) * 32)
            call = seal(Call(False, bytes(16), b"offer"), key, ANN.public, NONCE)
            assert call is not None
            # Each by way of a peer of its own: one alone may not even say so much.
            ann.meeting.linked(key.public, dialled=False, near=True)
            ann.meeting.receive(key.public, Relay(3, key.public, ANN.public, call))
            ann.meeting.unlinked(key.public)
    await settle()
    assert len(ann.taken) == limits.CALLS_MAX
    assert len({origin for _, origin in ann.taken}) == limits.CALLS_MAX
    await ann.meeting.close()


async def test_an_offer_that_is_none_is_counted(line: tuple[Node, Node, Node]) -> None:
    ann = line[0]
    call = seal(Call(False, bytes(16), b"junk"), CYD, ANN.public, NONCE)
    assert call is not None
    await settle()
    ann.meeting.receive(BOB.public, Relay(3, CYD.public, ANN.public, call))
    await settle()
    assert ann.counters == {"bad-structure": 1}
