"""protocol/vectors/encoding.json against p2pblog.core.encoding."""

from __future__ import annotations

import pytest

from p2pblog.core.encoding import decode, encode
from tests.vectors.running import Case, each, outcome, read_bytes, read_value, same


@pytest.mark.proves("E-1", "E-2", "E-3", "E-4")
@each("encoding")
def test_values_decode_and_encode_as_the_vector_says(case: Case) -> None:
    data = read_bytes(case["bytes"])
    found = outcome(case, lambda: decode(data))
    if case["result"] == "valid":
        value = read_value(case["value"])
        assert same(found, value)
        assert encode(value) == data
