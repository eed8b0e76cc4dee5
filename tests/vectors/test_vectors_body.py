"""protocol/vectors/body.json against p2pblog.content.bodies."""

from __future__ import annotations

from p2pblog.content.bodies import KINDS, Unknown, parse, serialize
from p2pblog.core.encoding import decode
from tests.vectors.running import Case, each, outcome, read_bytes, read_value, same


@each("body")
def test_a_body_means_what_the_vector_says(case: Case) -> None:
    data = read_bytes(case["bytes"])
    body = outcome(case, lambda: parse(data))
    if body is None:
        return
    if case["means"] is None:
        assert body == Unknown(case["kind"])
        return
    assert KINDS[type(body)] == case["kind"]
    # What is written again holds the fields that mean something, and no others.
    salt, kind, content = decode(serialize(body, data[3:19]))
    assert (salt, kind) == (data[3:19], case["kind"])
    assert same(content, read_value(case["means"]))
