"""Properties of protocol/14-webrtc.md section 5: the messages of a data channel, one byte off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.errors import BadFrame
from p2pblog.sync.channel import END, ChannelStream
from p2pblog.sync.frames import frame

WINDOW, PIECE = 800, 160  # so that bounds are near
FIRST = frame(bytes(48), bytes(96))  # what a responder hears of the handshake


@contextmanager
def small() -> Iterator[None]:
    with (
        mock.patch.object(limits, "CHANNEL_WINDOW_BYTES", WINDOW),
        mock.patch.object(limits, "CHANNEL_PIECE_BYTES_MAX", PIECE),
    ):
        yield


def room(limit: int, size: int = 8) -> bytes:
    return b"\1" + max(0, limit).to_bytes(size)


sent = st.tuples(
    st.sampled_from(["write", "write", "pull", "pull", "room"]),
    st.sampled_from([18, PIECE - 2, PIECE - 1, 500]) | st.integers(18, 500),
)


@pytest.mark.proves("W-12", "W-13")
@settings(deadline=None)
@given(st.lists(sent, min_size=3, max_size=40), st.booleans())
def test_no_piece_is_sent_that_is_too_long_or_beyond_the_room_there_is(
    steps: list[tuple[str, int]], patient: bool
) -> None:
    with small():
        left = ChannelStream(initiator=True)
        left.write(bytes(48))
        given, written, out = WINDOW, frame(bytes(48)), bytearray()
        for what, size in steps:
            match what:
                case "write":
                    left.write(bytes([size % 256]) * size)
                    written += frame(bytes([size % 256]) * size)
                case "room":
                    given += size
                    left.feed(room(given))
                case "pull":
                    while (message := left.next_message(small=not patient)) is not None:
                        assert message[:1] == b"\0"
                        assert 1 <= len(message) - 1 <= PIECE
                        out += message[1:]
                    ready = min(len(written), given) - len(out)
                    assert ready == 0 or (patient and ready < PIECE)
            assert len(out) <= given
            assert left.unsent == len(written) - len(out)
    assert written.startswith(out)


# What comes: pieces by their sizes, rooms by how far they are above the last, ends, and misses.
coming = st.one_of(
    st.tuples(st.just("piece"), st.sampled_from([0, 1, PIECE - 1, PIECE, PIECE, PIECE, PIECE + 1])),
    st.tuples(st.just("fill"), st.sampled_from([-1, 0, 1])),
    st.tuples(st.just("room"), st.sampled_from([-1, 0, 1, 5])),
    st.tuples(st.just("take"), st.integers(0, WINDOW)),
    st.tuples(st.just("end"), st.just(0)),
    st.tuples(st.just("other"), st.integers(0, 5)),
)
OTHERS = [b"", b"\3", room(9999, 7), room(9999, 9), END + b"\0", b"\xff" + bytes(8)]


@pytest.mark.proves("W-12", "W-14", "W-15", "W-16")
@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(coming, st.booleans()), max_size=25))
def test_each_message_counts_until_one_is_refused_or_the_end(
    steps: list[tuple[tuple[str, int], bool]],
) -> None:
    """The stream is the handshake and then packets of 18 bytes; its reader takes what it likes."""
    stream = FIRST + frame(*[bytes([number % 256]) * 18 for number in range(3000)])
    with small():
        right = ChannelStream(initiator=False)
        received, granted, may_send = 0, WINDOW, WINDOW
        over = ended = False
        out: list[bytes] = []
        for (what, number), likely in steps:
            message = b""
            wrong = False
            match what:
                case "piece" | "fill":
                    size = number
                    if what == "fill":
                        size = min(PIECE, granted - received + number)
                        if size < 1:
                            continue
                    elif likely and size and received + size > granted:
                        continue
                    message = b"\0" + stream[received : received + size]
                    wrong = not 1 <= size <= PIECE or received + size > granted
                case "room":
                    message = room(may_send + number)
                    wrong = number < 1
                case "end":
                    message = END
                case "other":
                    message, wrong = OTHERS[number], True
                case "take":
                    told = right.room(min(number, received))
                    if told is not None:
                        assert not over
                        assert not ended
                        limit = int.from_bytes(told[1:])
                        assert told == room(limit)
                        assert granted < limit <= received + WINDOW
                        granted = limit
                    continue
            out += right.feed(message)
            if not (over or ended):
                over, ended = wrong, not wrong and what == "end"
                if message[:1] == b"\0" and not wrong:
                    received += len(message) - 1
                elif what == "room" and not wrong:
                    may_send += number
            assert (type(right.refused) is BadFrame) == over
            assert right.ended == ended
        whole = frame(*out)
        assert stream.startswith(whole)
        assert received - len(whole) < 2 + 96
