"""protocol/vectors/signal.json against p2pblog.sync.signal and its text form."""

from __future__ import annotations

import pytest

from p2pblog.sync.signal import SignalType, decode_signal, encode_signal
from p2pblog.sync.signal_text import signal_from_text, signal_to_text
from tests.vectors.running import Case, each, outcome

KINDS = {"o": SignalType.OFFER, "a": SignalType.ANSWER}


@pytest.mark.proves("W-2", "W-3", "W-4", "W-5", "W-6")
@each("signal", op="read")
def test_offers_and_answers_are_read_as_the_vector_says(case: Case) -> None:
    data = bytes.fromhex(case["bytes"])
    found = outcome(case, lambda: decode_signal(data))
    if case["result"] == "valid":
        assert found.type.name.lower() == case["type"]
        assert [[one.host, one.port] for one in found.candidates] == case["candidates"]
        assert encode_signal(found) == data


@pytest.mark.proves("W-9", "W-10")
@each("signal", op="text")
def test_their_text_form_is_read_and_written_as_the_vector_says(case: Case) -> None:
    kind = KINDS[case["letter"]]
    found = outcome(case, lambda: signal_from_text(kind, case["text"]))
    if case["result"] == "valid":
        assert found.hex() == case["bytes"]
        assert signal_to_text(kind, found) == case["written"]
