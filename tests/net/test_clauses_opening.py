"""Properties of protocol/06-links.md that a link keeps while it comes up: keys, refusals, time."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import PeerTimeout, ProtocolError
from p2pblog.net.carrier import MemoryCarrier, memory_pair
from p2pblog.net.link import Link
from p2pblog.sync.link import SecureLink
from tests.virtual_loop import run

ALICE, BOB = SigningKey(b"a" * 32), SigningKey(b"b" * 32)
NETWORK = b"n" * 32


def other_end(*, initiator: bool) -> SecureLink:
    return SecureLink(
        initiator=initiator, device=BOB, network_key=NETWORK, ephemeral=b"\1" * 32
    )  # fmt: skip


def opening(carrier: MemoryCarrier, *, initiator: bool) -> asyncio.Task[Link]:
    return asyncio.create_task(
        Link.open(carrier, initiator=initiator, device=ALICE, network_key=NETWORK)
    )


async def ephemeral_shown(initiator: bool) -> bytes:
    """Return the ephemeral key that an end sends, as either of the two."""
    near, far = memory_pair()
    task = opening(near, initiator=initiator)
    far.write(*other_end(initiator=True).start())
    [packet] = await far.receive()
    far.close()
    await asyncio.gather(task, return_exceptions=True)
    return packet[:32]


@pytest.mark.proves("K-1")
@settings(deadline=None, max_examples=20)
@given(st.lists(st.booleans(), min_size=2, max_size=8))
def test_every_handshake_shows_another_ephemeral_key(initiators: list[bool]) -> None:
    async def shown() -> list[bytes]:
        return [await ephemeral_shown(initiator) for initiator in initiators]

    keys = run(shown())
    assert len(set(keys)) == len(keys)


@pytest.mark.proves("K-13")
@settings(deadline=None, max_examples=60)
@given(
    st.booleans(),
    st.lists(st.sampled_from([0.0, 0.1, 4.9, 5.0, 5.1, 9.9, 10.1, 60.0]), min_size=2, max_size=2),
)
def test_a_handshake_is_given_up_ten_seconds_after_it_began(
    initiator: bool, delays: list[float]
) -> None:
    async def shake() -> None:
        near, far = memory_pair()
        loop = asyncio.get_running_loop()
        task = opening(near, initiator=initiator)
        peer = other_end(initiator=not initiator)

        async def answer() -> None:
            if initiator:
                await asyncio.sleep(delays[0])
                peer.receive((await far.receive())[0])
                await asyncio.sleep(delays[1])
                far.write(*peer.packets_to_send())
            else:
                await asyncio.sleep(delays[0])
                far.write(*peer.start())
                if packets := await far.receive():
                    peer.receive(packets[0])
                    await asyncio.sleep(delays[1])
                    far.write(*peer.packets_to_send())

        answering = asyncio.create_task(answer())
        if sum(delays) < 10:
            assert (await task).remote_device == BOB.public
        else:
            with pytest.raises(PeerTimeout):
                await task
            assert loop.time() == pytest.approx(10)
            assert near.closed
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)

    run(shake())


@pytest.mark.proves("K-11", "K-12")
@settings(deadline=None, max_examples=60)
@given(st.booleans(), st.integers(0, 3), st.integers(0, 8 * 18 - 1), st.booleans())
def test_what_is_refused_closes_the_carrier_without_a_word(
    initiator: bool, at: int, bit: int, together: bool
) -> None:
    """The packet `at` of the other end has one bit wrong; good ones stand around it."""

    async def meet() -> None:
        near, far = memory_pair()
        task = opening(near, initiator=initiator)
        peer = other_end(initiator=not initiator)
        turn = 0

        def damaged(packets: list[bytes]) -> list[bytes]:
            nonlocal turn
            out = []
            for packet in packets:
                wrong = bytearray(packet)
                wrong[bit // 8] ^= 1 << bit % 8
                out.append(bytes(wrong) if turn == at else packet)
                turn += 1
            return out

        far.write(*damaged(peer.start()))
        while turn <= at and not peer.established:
            for packet in await far.receive():
                peer.receive(packet)
            far.write(*damaged(peer.packets_to_send()))
        sealed = [peer.seal(bytes([number]))[0] for number in range(4) if peer.established]
        handshakes = turn
        for packets in [sealed] if together else [[packet] for packet in sealed]:
            far.write(*damaged(packets))
            await asyncio.sleep(0)
        heard: list[bytes] = []
        with pytest.raises(ProtocolError):
            link = await task
            while messages := await link.receive():
                heard += messages
        assert near.closed
        assert heard == [bytes([number]) for number in range(at - handshakes)]
        # Nothing more is said than the handshake up to there.
        assert len(await far.receive()) <= 1
        assert await far.receive() == []

    run(meet())
