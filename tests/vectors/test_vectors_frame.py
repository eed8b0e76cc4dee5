"""protocol/vectors/frame.json against p2pblog.sync.frames."""

from __future__ import annotations

import pytest

from p2pblog.sync.frames import FrameSplitter
from p2pblog.sync.link import handshake_bytes
from tests.vectors.running import Case, each, read_bytes


@pytest.mark.proves("K-10", "K-12")
@each("frame")
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_a_stream_splits_as_the_vector_says_however_it_arrives(case: Case, piece: int) -> None:
    stream = read_bytes(case["stream"])
    if piece < 7 and len(stream) > 4096:
        piece = 1021
    splitter = FrameSplitter(handshake_bytes(initiator=case["role"] == "initiator"))
    packets: list[bytes] = []
    for at in range(0, len(stream), piece):
        packets += splitter.feed(stream[at : at + piece])
    assert [len(packet) for packet in packets] == case["lengths"]
    at = 0
    for packet in packets:
        assert stream[at + 2 : at + 2 + len(packet)] == packet
        at += 2 + len(packet)
    refused = splitter.refused
    assert (None if refused is None else refused.code) == case.get("error")
