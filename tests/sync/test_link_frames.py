"""Frames: any split of the stream gives the same packets, and refusals come at once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.errors import BadFrame, NotP2PBlog
from p2pblog.core.limits import PACKET_BYTES_MAX, PACKET_BYTES_MIN
from p2pblog.sync.frames import FrameSplitter, frame
from p2pblog.sync.link import handshake_bytes

HELLO = bytes(range(48))
PACKETS = st.lists(st.binary(min_size=PACKET_BYTES_MIN, max_size=200), max_size=12)
CUTS = st.lists(st.integers(0, 3000), max_size=20)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Return `stream` cut at each of `cuts` that lies within it (empty pieces included)."""
    marks = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [stream[a:b] for a, b in pairwise(marks)]


def feed_all(splitter: FrameSplitter, parts: list[bytes]) -> list[bytes]:
    return [packet for part in parts for packet in splitter.feed(part)]


@given(packets=PACKETS, cuts=CUTS)
def test_any_split_of_the_stream_gives_the_same_packets(
    packets: list[bytes], cuts: list[int]
) -> None:
    splitter = FrameSplitter((48,))
    parts = pieces(frame(HELLO, *packets), cuts)
    assert feed_all(splitter, parts) == [HELLO, *packets]
    assert splitter.refused is None


@pytest.mark.proves("K-12")
@given(packets=PACKETS, cuts=CUTS, wrong=st.integers(0, PACKET_BYTES_MIN - 1))
def test_any_split_meets_the_same_refusal_after_the_same_packets(
    packets: list[bytes], cuts: list[int], wrong: int
) -> None:
    splitter = FrameSplitter((48,))
    stream = frame(HELLO, *packets) + wrong.to_bytes(2) + frame(b"never read" * 4)
    assert feed_all(splitter, pieces(stream, cuts)) == [HELLO, *packets]
    assert isinstance(splitter.refused, BadFrame)
    assert splitter.feed(frame(HELLO)) == []


@given(packets=PACKETS, cut=st.integers(1, 3000))
def test_a_packet_comes_out_with_its_last_byte_and_not_before(
    packets: list[bytes], cut: int
) -> None:
    splitter = FrameSplitter()
    stream = frame(*packets, HELLO)
    seen = feed_all(splitter, [stream[: -min(cut, 50)]])
    assert seen == packets
    assert splitter.feed(stream[-min(cut, 50) :]) == [HELLO]


@pytest.mark.parametrize("size", [PACKET_BYTES_MIN, 255, 256, PACKET_BYTES_MAX])
def test_the_smallest_and_the_largest_packet_pass(size: int) -> None:
    stream = frame(bytes(size))
    assert stream[:2] == size.to_bytes(2)
    splitter = FrameSplitter()
    for byte in stream[:-1]:  # the worst split: one byte at a time
        assert splitter.feed(bytes([byte])) == []
    assert splitter.feed(stream[-1:]) == [bytes(size)]


@pytest.mark.proves("K-10")
@pytest.mark.parametrize("initiator", [True, False])
def test_only_the_lengths_of_the_handshake_are_allowed_at_first(initiator: bool) -> None:
    lengths = handshake_bytes(initiator=initiator)
    for turn, right in enumerate(lengths):
        for size in (0, 1, 17, 18, right - 1, right + 1, right + 256, 0x4854, PACKET_BYTES_MAX):
            splitter = FrameSplitter(lengths)
            assert len(splitter.feed(frame(*(bytes(n) for n in lengths[:turn])))) == turn
            assert splitter.refused is None
            assert splitter.feed(size.to_bytes(2)) == []
            assert isinstance(splitter.refused, NotP2PBlog), size


@pytest.mark.proves("K-10")
@pytest.mark.parametrize(
    "greeting",
    [
        b"GET / HTTP/1.1\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
        b"\x13BitTorrent protocol",
        b"\r\n",
    ],
    ids=["HTTP request", "HTTP answer", "TLS", "SSH", "4 GiB", "zeros", "BitTorrent", "empty line"],
)
@pytest.mark.parametrize("initiator", [True, False], ids=["to the initiator", "to the responder"])
def test_another_protocol_is_refused_by_its_first_two_bytes(
    greeting: bytes, initiator: bool
) -> None:
    splitter = FrameSplitter(handshake_bytes(initiator=initiator))
    assert splitter.feed(greeting[:1]) == []
    assert splitter.refused is None
    assert splitter.feed(greeting[1:2]) == []
    assert isinstance(splitter.refused, NotP2PBlog)


@pytest.mark.proves("K-10")
def test_after_the_handshake_a_packet_too_short_for_a_fragment_is_refused() -> None:
    splitter = FrameSplitter((48,))
    splitter.feed(frame(HELLO))
    assert splitter.feed(frame(bytes(PACKET_BYTES_MIN))) == [bytes(PACKET_BYTES_MIN)]
    splitter.feed((PACKET_BYTES_MIN - 1).to_bytes(2))
    assert isinstance(splitter.refused, BadFrame)


def test_the_packets_are_copies_that_later_bytes_do_not_change() -> None:
    splitter = FrameSplitter()
    buffer = bytearray(frame(b"a" * 20))
    [packet] = splitter.feed(memoryview(buffer))
    buffer[:] = bytes(len(buffer))
    splitter.feed(frame(b"b" * 20))
    assert packet == b"a" * 20


def test_what_no_frame_can_hold_is_not_written() -> None:
    with pytest.raises(OverflowError):
        frame(bytes(PACKET_BYTES_MAX + 1))
