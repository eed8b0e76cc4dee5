"""Properties of protocol/14-webrtc.md, W-1 and W-18, and 15-overlay.md, M-7 and M-8: offers."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import NoPath, OfferEnded, ProtocolError, WrongDevice
from p2pblog.net.carrier import memory_pair
from p2pblog.net.link import Link
from p2pblog.node.meeting import Meeting
from p2pblog.node.signalling import Signalling
from p2pblog.sync.calls import Call, seal
from p2pblog.sync.messages import Member, Relay
from p2pblog.sync.signal import Candidate, CandidateType, Signal, decode_signal, encode_signal
from tests.virtual_loop import run

OWN = SigningKey(b"o" * 32)
HERE = (Candidate(CandidateType.HOST, bytes([192, 168, 1, 5]), 40_000),)


class Sockets:
    """An end of a channel that never comes to be."""

    def __init__(self, number: int) -> None:
        self.name = f"n{number:03}"
        self.closed = False
        self.asked: list[Signal] = []

    def signal(self, answers: str | None = None) -> Signal:
        return Signal(self.name, "p" * 22, bytes(32), HERE, answers)

    async def connect(self, other: Signal, *, within_s: float) -> Any:
        self.asked.append(other)
        await asyncio.sleep(within_s)
        raise NoPath("nothing came back")

    async def close(self) -> None:
        self.closed = True


class Waiting(Signalling):
    """The offers and answers of a node whose ends are those above."""

    def __init__(self) -> None:
        super().__init__(
            device=OWN, network_key=bytes(32), hosts=list, stun=(),
            run=lambda link, offers: None, refused=lambda error: None,
        )  # fmt: skip
        self.ends: list[Sockets] = []

    async def _gather(self, *, offers: bool) -> Any:
        self.ends.append(Sockets(len(self.ends)))
        return self.ends[-1]

    @property
    def open(self) -> int:
        return sum(not end.closed and not end.asked for end in self.ends)


steps = st.lists(
    st.tuples(
        st.sampled_from(["offer", "offer", "answered", "answered again", "taken", "time"]),
        st.integers(0, 12),
    ),
    max_size=40,
)


@pytest.mark.proves("W-1")
@settings(deadline=None, max_examples=60)
@given(steps)
def test_an_offer_is_good_for_one_answer_and_so_many_wait_so_long(
    steps: list[tuple[str, int]],
) -> None:
    async def wait() -> None:
        node = Waiting()
        loop = asyncio.get_running_loop()
        made: list[tuple[str, float]] = []  # offers of ours that nobody has answered, by age
        used: list[str] = []
        taken: list[tuple[bytes, float]] = []  # offers of others that we have answered
        tasks: list[asyncio.Task[Any]] = []
        for what, number in steps:
            made = [one for one in made if loop.time() < one[1] + limits.OFFER_S_MAX][-8:]
            taken = [one for one in taken if loop.time() < one[1] + limits.OFFER_S_MAX][-8:]
            assert list(node._offers) == [name for name, _ in made]
            assert list(node._answers) == [offer for offer, _ in taken]
            match what:
                case "offer":
                    offer = decode_signal(await node.make_offer())
                    made.append((offer.ufrag, loop.time()))
                case "answered" if made:
                    name, _ = made.pop(number % len(made))
                    used.append(name)
                    answer = Signal("peer", "q" * 22, bytes(32), HERE, name)
                    tasks.append(asyncio.create_task(node.take_answer(encode_signal(answer))))
                    await asyncio.sleep(0)
                case "answered again" if used:
                    name = used[number % len(used)]
                    # Not even by the same answer.
                    answer = Signal("peer", "q" * 22, bytes(32), HERE, name)
                    with pytest.raises(OfferEnded):
                        await node.take_answer(encode_signal(answer))
                case "taken":
                    theirs = encode_signal(Signal(f"peer{number}", "q" * 22, bytes(32), HERE))
                    if theirs not in [offer for offer, _ in taken]:
                        taken.append((theirs, loop.time()))
                    answer = decode_signal(await node.take_offer(theirs))
                    assert answer.answers == f"peer{number}"
                    await asyncio.sleep(0)
                case "time":
                    await asyncio.sleep(number * 60 + 1)  # never just when something ends
        asked = [one.answers for end in node.ends for one in end.asked if one.answers]
        assert sorted(asked) == sorted(used)
        await node.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(end.closed or end.asked for end in node.ends)

    run(wait())


class Found(Sockets):
    """An end of a channel that comes to be; some device is at its other end."""

    def __init__(self, number: int, device: SigningKey, *, offers: bool) -> None:
        super().__init__(number)
        self.device, self.offers = device, offers
        self.opening: asyncio.Task[Link] | None = None

    async def connect(self, other: Signal, *, within_s: float) -> Any:
        near, far = memory_pair()
        self.opening = asyncio.create_task(
            Link.open(far, initiator=not self.offers, device=self.device, network_key=bytes(32))
        )
        return near


class Meeters(Waiting):
    """The offers and answers of a node; whoever takes them is the device `there`."""

    def __init__(self, there: SigningKey) -> None:
        super().__init__()
        self.there = there
        self.links: list[bytes] = []
        self.refusals: list[ProtocolError] = []
        self._run = lambda link, offers: self.links.append(link.remote_device)
        self._refused = self.refusals.append

    async def _gather(self, *, offers: bool) -> Any:
        self.ends.append(Found(len(self.ends), self.there, offers=offers))
        return self.ends[-1]


DEVICES = [SigningKey(bytes([number]) * 32) for number in (1, 2)]


@pytest.mark.proves("W-18")
@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(DEVICES),
    st.none() | st.sampled_from(DEVICES),
    st.booleans(),
    st.sampled_from([bytes(32), DEVICES[0].public, DEVICES[1].public]),
)
def test_who_is_at_the_other_end_the_handshake_alone_decides(
    there: SigningKey, wanted: SigningKey | None, offers: bool, fingerprint: bytes
) -> None:
    """Neither the fingerprint says so, nor that somebody was given the offer."""

    async def meet() -> None:
        node = Meeters(there)
        expect = None if wanted is None else wanted.public
        refused: type[Exception] | None = None
        if offers:
            ours = decode_signal(await node.make_offer(expect=expect))
            answer = Signal("peer", "q" * 22, fingerprint, HERE, ours.ufrag)
            try:
                await node.take_answer(encode_signal(answer))
            except ProtocolError as error:
                refused = type(error)
        else:
            theirs = encode_signal(Signal("peer", "q" * 22, fingerprint, HERE))
            await node.take_offer(theirs, expect=expect)
            await asyncio.sleep(1)
            refused = type(node.refusals[0]) if node.refusals else None
        if expect in (None, there.public):
            assert node.links == [there.public]
            assert refused is None
        else:
            assert node.links == []
            assert refused is WrongDevice
        [end] = node.ends
        assert isinstance(end, Found)
        assert end.opening is not None
        await asyncio.gather(end.opening, return_exceptions=True)
        await node.close()

    run(meet())


class Called:
    """The links and the offers of a node that is called; its answers take their time."""

    def __init__(self) -> None:
        self.busy: list[bytes] = []
        self.most = 0
        self.refused = 0
        self.links: set[bytes] = set()
        self.meeting = Meeting(
            cast("Any", self), cast("Any", self), device=OWN,
            own=lambda: Member(OWN.public, ()), dial=cast("Any", None),
        )  # fmt: skip

    def linked(self, device: bytes) -> bool:
        return device in self.links

    def say(self, device: bytes, message: object) -> None:
        """Do nothing."""

    def is_known(self, device: bytes) -> bool:
        return False

    def count(self, error: Exception) -> None:
        self.refused += 1

    async def take_offer(self, offer: bytes, *, expect: bytes, within_s: float) -> bytes:
        assert offer == expect[:4]
        self.busy.append(expect)
        await asyncio.sleep(within_s)
        self.busy.remove(expect)
        return b"answer"


ORIGINS = [SigningKey(bytes([number]) * 32) for number in range(1, 15)]
PEER = SigningKey(b"p" * 32)
calls = st.lists(
    st.tuples(
        st.integers(0, 13),
        st.sampled_from([0.0] * 12 + [2.0, 19.0, 21.0]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=12,
    max_size=29,
)


@pytest.mark.proves("M-8", "M-7")
@settings(deadline=None, max_examples=60)
@given(calls)
def test_at_most_eight_offers_are_answered_at_once_and_one_of_each_origin(
    calls: list[tuple[int, float, bool]],
) -> None:
    async def call() -> None:
        node = Called()
        node.meeting.linked(PEER.public, dialled=False, near=False)
        loop = asyncio.get_running_loop()
        waiting: dict[bytes, float] = {}
        for turn, (number, pause_s, unasked) in enumerate(calls):
            await asyncio.sleep(pause_s)
            waiting = {
                one: since
                for one, since in waiting.items()
                if loop.time() < since + limits.CALL_S_MAX
            }
            origin = ORIGINS[number]
            # An answer that nobody has asked for begins nothing.
            content = Call(unasked, bytes([turn]) * 16, origin.public[:4])
            sealed = seal(content, origin, OWN.public, bytes(24))
            assert sealed is not None
            node.meeting.receive(PEER.public, Relay(3, origin.public, OWN.public, sealed))
            if not unasked and origin.public not in waiting and len(waiting) < 8:
                waiting[origin.public] = loop.time()
            await asyncio.sleep(0.001)
            assert sorted(node.busy) == sorted(waiting)
        await node.meeting.close()
        assert node.refused == 0

    run(call())
