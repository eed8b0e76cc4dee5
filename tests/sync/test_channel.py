"""The stream of frames inside a data channel: pieces, room, its end, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.errors import BadFrame, NotP2PBlog
from p2pblog.sync.channel import END, ChannelStream
from p2pblog.sync.frames import frame

FIRST, SECOND, THIRD = b"1" * 48, b"2" * 128, b"3" * 96
WINDOW, PIECE = limits.CHANNEL_WINDOW_BYTES, limits.CHANNEL_PIECE_BYTES_MAX


def pair() -> tuple[ChannelStream, ChannelStream]:
    """Return two ends whose handshake is over; the left one made the offer."""
    left, right = ChannelStream(initiator=True), ChannelStream(initiator=False)
    for sender, receiver, packet in (
        (left, right, FIRST),
        (right, left, SECOND),
        (left, right, THIRD),
    ):
        sender.write(packet)
        assert carry(sender, receiver) == [packet]
    return left, right


def carry(sender: ChannelStream, receiver: ChannelStream) -> list[bytes]:
    """Move every message that may be sent now; return the packets that come out."""
    packets: list[bytes] = []
    while (message := sender.next_message()) is not None:
        packets += receiver.feed(message)
        assert receiver.refused is None
    return packets


def piece(data: bytes) -> bytes:
    return b"\0" + data


def room(limit: int) -> bytes:
    return b"\1" + limit.to_bytes(8)


@given(
    st.lists(st.integers(limits.PACKET_BYTES_MIN, 3000) | st.just(limits.PACKET_BYTES_MAX)),
    st.data(),
)
@pytest.mark.proves("W-11")
def test_packets_come_out_as_they_went_in_however_the_stream_is_cut(
    sizes: list[int], data: st.DataObject
) -> None:
    left, right = pair()
    packets = [bytes([number % 251]) * size for number, size in enumerate(sizes)][:12]
    got: list[bytes] = []
    for packet in packets:
        left.write(packet)
        if data.draw(st.booleans()):
            got += carry(left, right)
            if (told := right.room(0)) is not None:
                left.feed(told)
    got += carry(left, right)
    while left.unsent:
        told = right.room(0)
        assert told is not None
        left.feed(told)
        got += carry(left, right)
    assert got == packets


@pytest.mark.proves("W-12")
def test_a_message_holds_at_most_16_kib_of_the_stream() -> None:
    left, right = pair()
    left.write(bytes(40_000))
    messages = [left.next_message(), left.next_message(), left.next_message()]
    assert [message and len(message) for message in messages] == [
        PIECE + 1,
        PIECE + 1,
        40_002 - 2 * PIECE + 1,
    ]
    right.feed(piece(bytes(PIECE + 1)))
    assert isinstance(right.refused, BadFrame)


def test_a_sender_may_wait_until_a_message_is_full() -> None:
    left, _ = pair()
    left.write(bytes(PIECE - 3))
    assert left.next_message(small=False) is None
    left.write(bytes(18))
    message = left.next_message(small=False)
    assert message is not None
    assert len(message) == PIECE + 1
    assert left.next_message(small=False) is None
    assert left.unsent == 18 + 2 + 2 - 3


@pytest.mark.proves("W-13")
def test_a_sender_stops_where_there_is_no_more_room() -> None:
    left, right = pair()
    for _ in range(20):
        left.write(bytes(60_000))
    sent = 0
    while (message := left.next_message()) is not None:
        sent += len(message) - 1
        right.feed(message)
    before = len(frame(FIRST, THIRD))
    assert sent == WINDOW - before
    untaken = sent - 100_000
    assert right.room(untaken) is None  # 100,000 bytes are not worth a message
    told = right.room(untaken - WINDOW // 4)
    assert told == room(before + 100_000 + WINDOW // 4 + WINDOW)
    left.feed(told)
    more = carry(left, right)
    assert sum(map(len, more)) < 100_000 + WINDOW // 4 + 60_000


@pytest.mark.proves("W-14")
def test_more_than_there_is_room_for_is_refused_and_what_came_before_counts() -> None:
    _, right = pair()
    before = len(frame(FIRST, THIRD))
    packets = [bytes(1000)] * ((WINDOW - before) // 1002)
    stream = frame(*packets)
    got: list[bytes] = []
    for start in range(0, len(stream), PIECE):
        got += right.feed(piece(stream[start : start + PIECE]))
    assert got == packets
    left_over = WINDOW - before - len(stream)
    assert right.feed(piece(bytes(left_over + 1))) == []
    assert isinstance(right.refused, BadFrame)
    assert "room" in str(right.refused)


def test_room_is_exactly_what_was_given() -> None:
    _, right = pair()
    stream = frame(*[bytes(1000)] * 1000)[: WINDOW - len(frame(FIRST, THIRD))]
    for start in range(0, len(stream), PIECE):
        right.feed(piece(stream[start : start + PIECE]))
    assert right.refused is None
    assert right.room(0) == room(2 * WINDOW)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\0",
        piece(bytes(PIECE + 1)),
        b"\1",
        b"\1" + bytes(7),
        b"\1" + bytes(9),
        room(0),
        room(WINDOW),
        room(WINDOW - 1),
        END + b"\0",
        b"\3",
        b"\xff" * 9,
    ],
    ids=repr,
)
@pytest.mark.proves("W-15")
def test_what_is_no_message_is_refused_and_nothing_after_it_counts(message: bytes) -> None:
    left, right = pair()
    assert right.feed(message) == []
    assert isinstance(right.refused, BadFrame)
    left.write(bytes(20))
    last = left.next_message()
    assert last is not None
    assert right.feed(last) == []
    right.feed(END)
    assert not right.ended


def test_another_protocol_is_refused_by_its_first_two_bytes() -> None:
    right = ChannelStream(initiator=False)
    assert right.feed(piece(b"GE")) == []
    assert isinstance(right.refused, NotP2PBlog)


@pytest.mark.proves("W-16")
def test_nothing_counts_after_the_end() -> None:
    left, right = pair()
    assert right.feed(END) == []
    assert right.ended
    left.write(bytes(20))
    last = left.next_message()
    assert last is not None
    assert right.feed(last) == []
    assert right.feed(b"\xff") == []
    assert right.refused is None


def test_what_nobody_takes_any_more_is_dropped() -> None:
    left, _ = pair()
    left.write(bytes(1000))
    left.drop_unsent()
    assert left.unsent == 0
    assert left.next_message() is None
