"""protocol/vectors/channel.json against p2pblog.sync.channel."""

from __future__ import annotations

import pytest

from p2pblog.sync.channel import ChannelStream
from tests.vectors.running import Case, each, read_bytes


@pytest.mark.proves("W-11", "W-12", "W-14", "W-15", "W-16")
@each("channel")
def test_the_messages_of_a_channel_hold_what_the_vector_says(case: Case) -> None:
    stream = ChannelStream(initiator=case["role"] == "initiator")
    packets: list[bytes] = []
    for message in case["messages"]:
        packets += stream.feed(read_bytes(message))
    assert [len(packet) for packet in packets] == case["lengths"]
    assert stream.ended == case.get("ended", False)
    assert (None if stream.refused is None else stream.refused.code) == case.get("error")
