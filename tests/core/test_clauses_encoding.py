"""Clauses of protocol/01-encoding.md, against the plain implementation of the same page."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import NonCanonical
from p2pblog.core.limits import INT_MAX, INT_MIN
from tests.plain import msgpack
from tests.plain.refused import Refused
from tests.strategies import quick

EDGES = [edge + step for edge in (0, 2**5, 2**7, 2**8, 2**16, 2**32) for step in (-2, -1, 0, 1)]
ints = st.integers(INT_MIN, INT_MAX) | st.sampled_from(
    [sign * e for e in EDGES for sign in (1, -1)]
)
sizes = st.sampled_from([0, 1, 15, 16, 17, 31, 32, 33, 255, 256, 257])


@pytest.mark.proves("E-1", "E-2")
@given(ints)
def test_an_int_is_written_in_the_first_form_that_holds_it(value: int) -> None:
    data = encode(value)
    assert data == msgpack.encode(value)
    forms = [(0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)]
    if value < 0:
        forms = [(0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8)]
    for head, size in forms:  # every other form that could hold it is refused
        if size + 1 > len(data):
            longer = bytes([head]) + value.to_bytes(size, signed=value < 0)
            with pytest.raises(NonCanonical):
                decode(longer)


@pytest.mark.proves("E-3")
@given(sizes, st.sampled_from("sbam"))
def test_a_length_is_written_in_the_first_form_that_holds_it(size: int, kind: str) -> None:
    value: Any = {
        "s": "x" * size,
        "b": b"x" * size,
        "a": [None] * size,
        "m": {f"{number:04}": None for number in range(size)},
    }[kind]
    assert encode(value) == msgpack.encode(value)
    assert decode(encode(value)) == value


@pytest.mark.proves("E-4", "E-10")
@given(st.lists(st.text(max_size=3), min_size=2, max_size=6, unique=True), st.data())
def test_the_keys_of_a_map_stand_in_the_order_of_their_bytes_and_no_other(
    keys: list[str], data: st.DataObject
) -> None:
    raw = encode(dict.fromkeys(keys))
    in_order = sorted(keys, key=lambda key: key.encode())
    assert raw == bytes([0x80 + len(keys)]) + b"".join(encode(k) + b"\xc0" for k in in_order)
    shuffled = data.draw(st.permutations(in_order))
    other = bytes([0x80 + len(keys)]) + b"".join(encode(k) + b"\xc0" for k in shuffled)
    if other == raw:
        assert decode(other) == dict.fromkeys(keys)
    else:
        with pytest.raises(NonCanonical):
            decode(other)
    twice = bytes([0x81 + len(keys)]) + raw[1:] + encode(in_order[-1]) + b"\xc0"
    with pytest.raises(NonCanonical):
        decode(twice)


@pytest.mark.proves("E-5", "E-6", "E-7", "E-8", "E-9", "E-10", "E-11", "E-12", "E-13")
@given(
    st.recursive(
        st.none() | st.booleans() | ints | st.text(max_size=4) | st.binary(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
        max_leaves=8,
    ),
    st.data(),
)
def test_two_implementations_agree_on_every_near_miss(value: Any, data: st.DataObject) -> None:
    raw = bytearray(msgpack.encode(value))
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(raw)))
        match data.draw(st.sampled_from(["put", "cut", "change"])):
            case "put":
                raw.insert(at, data.draw(st.integers(0, 255)))
            case "cut":
                del raw[at : at + 1]
            case _ if at < len(raw):
                raw[at] = data.draw(st.integers(0, 255))
    try:
        expected = [msgpack.decode(bytes(raw))]
    except Refused:
        expected = []
    try:
        found = [decode(bytes(raw))]
    except NonCanonical:
        found = []
    assert repr(found) == repr(expected)


heads = [("dc", 2), ("dd", 4), ("de", 2), ("df", 4), ("c4", 1), ("c5", 2), ("c6", 4), ("d9", 1),
         ("da", 2), ("db", 4)]  # fmt: skip


@pytest.mark.proves("E-14")
@quick(60)
@given(
    st.lists(st.sampled_from(heads), min_size=1, max_size=3),
    st.sampled_from([0, 1, 64, 4000]),
    st.sampled_from([b"\xc0", b"\x00", b"\xa0", b"\x90"]),
    st.integers(0, 2),
)
def test_no_memory_is_set_aside_for_a_length_that_is_only_claimed(
    claims: list[tuple[str, int]], rest: int, filler: bytes, less: int
) -> None:
    data = b"".join(
        bytes.fromhex(head) + (256**size - 1 - less).to_bytes(size) for head, size in claims
    )
    data += filler * rest
    tracemalloc.start()
    try:
        with pytest.raises(NonCanonical):
            decode(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100_000 + 200 * rest
