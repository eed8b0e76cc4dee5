"""Properties of protocol/06-links.md sections 3 to 5: packets that are a near miss of the next."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.errors import BadFrame, ProtocolError, TooLarge
from p2pblog.sync.link import SecureLink
from tests.sync.test_secure_link import EVE, linked, raw_peer

PACKET_BYTES = 128
PIECE = PACKET_BYTES - 17
MOST = 300
"""What a message may have here, so that its bound is near."""

messages = st.lists(
    st.sampled_from([1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE]) | st.integers(1, 400),
    min_size=2,
    max_size=6,
).map(lambda sizes: [bytes([number + 1]) * size for number, size in enumerate(sizes)])
faults = st.sampled_from(["flipped", "repeated", "exchanged", "left out", "cut", "thrown back"])


def heard(link: SecureLink, packets: list[bytes]) -> tuple[list[bytes], ProtocolError | None]:
    """Return the messages that come out, and the refusal; after one, only the same refusal."""
    got: list[bytes] = []
    refusals: list[ProtocolError] = []
    for packet in packets:
        try:
            got += link.receive(packet)
        except ProtocolError as error:
            refusals.append(error)
        else:
            assert not refusals, "something counts after a refusal"
    assert len(set(map(id, refusals))) <= 1
    return got, refusals[0] if refusals else None


@pytest.mark.proves("K-8", "K-11")
@settings(deadline=None)
@given(messages, faults, st.data())
def test_a_packet_that_is_not_the_next_one_is_refused_and_all_that_follows(
    said: list[bytes], fault: str, data: st.DataObject
) -> None:
    left, right = linked(PACKET_BYTES)
    cut = [left.seal(message) for message in said]
    packets = [packet for of_one in cut for packet in of_one]
    ends = [sum(map(len, cut[: number + 1])) for number in range(len(cut))]
    at = data.draw(st.integers(0, len(packets) - 2))
    match fault:
        case "flipped":
            wrong = bytearray(packets[at])
            bit = data.draw(st.integers(0, 8 * len(wrong) - 1))
            wrong[bit // 8] ^= 1 << bit % 8
            packets[at] = bytes(wrong)
        case "repeated":
            packets.insert(at + 1, packets[data.draw(st.integers(0, at))])
            at += 1
        case "exchanged":
            other = data.draw(st.integers(at + 1, len(packets) - 1))
            packets[at], packets[other] = packets[other], packets[at]
        case "left out":
            del packets[at]
        case "cut":
            packets[at] = packets[at][: data.draw(st.integers(0, len(packets[at]) - 1))]
        case "thrown back":
            packets[at] = right.seal(b"x")[0]
    got, refusal = heard(right, packets)
    assert type(refusal) is BadFrame
    assert got == said[: sum(end <= at for end in ends)]


pieces = st.tuples(
    st.sampled_from([0, 0, 1, 1, 1, 2, 255]), st.sampled_from([0, 1, 99, 100, 101, 299, MOST])
)


@pytest.mark.proves("K-8", "K-9", "K-11")
@settings(deadline=None)
@given(st.lists(pieces, max_size=10))
@example([(1, 299), (0, 2)])
@example([(1, 300), (1, 1)])
@example([(1, 100), (0, 200), (0, 300)])
def test_flags_and_pieces_make_messages_up_to_the_bound_or_end_the_link(
    fragments: list[tuple[int, int]],
) -> None:
    link, cipher = raw_peer(EVE.public)
    packets = [cipher.encrypt_with_ad(b"", bytes([flag]) + bytes(size)) for flag, size in fragments]
    expected: list[bytes] = []
    held = 0
    error: type[ProtocolError | None] = type(None)
    for flag, size in fragments:
        if flag > 1 or not size:
            error = BadFrame
            break
        held += size
        if held > MOST:
            error = TooLarge
            break
        if flag == 0:
            expected.append(bytes(held))
            held = 0
    # No piece alone passes the bound: a packet holds less than a message may have.
    with mock.patch.object(limits, "MESSAGE_BYTES_MAX", MOST):
        got, refusal = heard(link, packets)
    assert (got, type(refusal)) == (expected, error)
