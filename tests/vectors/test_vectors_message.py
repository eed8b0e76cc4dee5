"""protocol/vectors/message.json against p2pblog.sync.codec."""

from __future__ import annotations

import pytest

from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.messages import KINDS
from p2pblog.sync.packing import wrapped
from tests.vectors.running import Case, each, outcome, read_bytes


@pytest.mark.proves("S-33")
@each("message")
def test_a_message_is_taken_or_refused_as_the_vector_says(case: Case) -> None:
    data = read_bytes(case["bytes"])
    message = outcome(case, lambda: decode_message(data))
    if message is None:
        return
    assert KINDS[type(message)].name.lower() == case["type"]
    written = encode_message(message)
    [together] = wrapped([written])
    assert decode_message(written) == decode_message(together) == message
    if not {"Future", "Packed"} & set(case["flags"]):
        assert written == data
