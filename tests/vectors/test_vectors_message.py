"""protocol/vectors/message.json against p2pblog.sync.messages."""

from __future__ import annotations

from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.messages import Hello, Type
from tests.vectors.running import Case, each, outcome, read_bytes


@each("message")
def test_a_message_is_taken_or_refused_as_the_vector_says(case: Case) -> None:
    data = read_bytes(case["bytes"])
    message = outcome(case, lambda: decode_message(data))
    if message is None:
        return
    assert Type[case["type"].upper()] == data[1]
    if "Future" in case["flags"]:
        assert message == Hello(1)
    else:
        assert encode_message(message) == data
