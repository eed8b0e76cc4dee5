"""One value has one encoding, and nothing else decodes (protocol/01-encoding.md)."""

from __future__ import annotations

import tracemalloc
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import NonCanonical, Unencodable
from p2pblog.core.limits import DEPTH_MAX, INT_MAX, INT_MIN

scalars = (
    st.none() | st.booleans() | st.integers(INT_MIN, INT_MAX) | st.binary(max_size=300) | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
    max_leaves=30,
)


def depth(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 0


@pytest.mark.proves("E-7")
@given(values.filter(lambda value: depth(value) <= DEPTH_MAX))
def test_what_is_encoded_decodes_to_the_same_value(value: Any) -> None:
    data = encode(value)
    assert decode(data) == value
    assert encode(decode(data)) == data


@given(values.filter(lambda value: depth(value) <= DEPTH_MAX), st.data())
def test_a_changed_byte_never_decodes_to_the_same_value(value: Any, data: st.DataObject) -> None:
    raw = bytearray(encode(value))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        other = decode(bytes(raw))
    except NonCanonical:
        return
    assert encode(other) == bytes(raw)
    assert bytes(raw) != encode(value)


@pytest.mark.proves("E-5", "E-6", "E-7", "E-8", "E-9", "E-10", "E-11", "E-12", "E-13")
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("nothing", ""),
        ("one byte too few", "c40161"[:-2]),
        ("one byte left over", "c0c0"),
        ("7 as one byte more", "cc07"),
        ("7 as two bytes", "cd0007"),
        ("255 as two bytes", "cd00ff"),
        ("65535 as four bytes", "ce0000ffff"),
        ("5 as eight bytes", "cf0000000000000005"),
        ("-1 as one byte more", "d0ff"),
        ("7 as a signed byte", "d007"),
        ("-128 as two bytes", "d1ff80"),
        ("2**53", "cf0020000000000000"),
        ("-2**53", "d3ffe0000000000000"),
        ("2**64 - 1", "cfffffffffffffffff"),
        ("float 32", "ca3f800000"),
        ("float 64", "cb3ff0000000000000"),
        ("not a number", "cb7ff8000000000000"),
        ("fixed extension", "d40100"),
        ("timestamp", "d6ff00000000"),
        ("extension", "c70001"),
        ("never used", "c1"),
        ("short str in str 8", "d90161"),
        ("short str in str 16", "da000161"),
        ("short bin in bin 16", "c5000161"),
        ("short array in array 16", "dc0001c0"),
        ("short map in map 16", "de0001a161c0"),
        ("keys reversed", "82a16201a16101"),
        ("key twice", "82a16101a16102"),
        ("key twice, the same", "82a16101a16101"),
        ("shorter key after longer", "82a2616101a16101"),
        ("integer as key", "8101c0"),
        ("nil as key", "81c0c0"),
        ("bin as key", "81c40161c0"),
        ("lone continuation byte", "a180"),
        ("overlong slash", "a2c0af"),
        ("surrogate", "a3eda080"),
        ("beyond unicode", "a4f4908080"),
        ("nine arrays deep", "91" * 9 + "c0"),
        ("nine maps deep", "81a161" * 9 + "c0"),
        ("a million arrays deep", "91" * 1_000_000 + "c0"),
        ("array of 2**32 - 1", "ddffffffff"),
        ("str of 2**32 - 1", "dbffffffff"),
    ],
)
def test_everything_else_is_refused(name: str, data: str) -> None:
    with pytest.raises(NonCanonical):
        decode(bytes.fromhex(data))


@pytest.mark.proves("E-1", "E-2", "E-3", "E-4")
@pytest.mark.parametrize(
    ("value", "data"),
    [
        (None, "c0"),
        (127, "7f"),
        (128, "cc80"),
        (-32, "e0"),
        (-33, "d0df"),
        (INT_MAX, "cf001fffffffffffff"),
        (INT_MIN, "d3ffe0000000000001"),
        (b"", "c400"),
        ("é", "a2c3a9"),
        ({"a": 1, "b": 2}, "82a16101a16202"),
        ({"é": 1, "z": 2}, "82a17a02a2c3a901"),
        ([[[[[[[[None]]]]]]]], "91" * 8 + "c0"),
    ],
)
def test_known_encodings(value: Any, data: str) -> None:
    assert encode(value).hex() == data
    assert decode(bytes.fromhex(data)) == value


@pytest.mark.parametrize(
    "value",
    [1.0, {1: 2}, {b"a": 1}, {1, 2}, 2**53, -(2**53), "\ud800", {"\ud800": 1}, object(),
     [[[[[[[[[]]]]]]]]], msgpack.Timestamp(0)],
)  # fmt: skip
def test_what_is_outside_the_subset_cannot_be_written(value: Any) -> None:
    with pytest.raises(Unencodable):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b"\xdd\x00\x0f\xff\x00" + b"\x90" * 0xFFF00,
        b"\xdc\x00\x10" + (b"\xdc\xff\xff" + b"\x90" * 0xFFFF) * 16,
        b"\xdc\x00\x10" + (b"\xdc\xff\xff" + b"\x01" * 0xFFFF) * 16,
        b"\xdc\xff\xff" + b"\x91\x91\x91\x90" * 0xFFFF,
    ],
    ids=["one array", "arrays in arrays", "numbers in arrays", "nested"],
)
def test_what_has_more_items_than_anything_is_not_unpacked_first(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NonCanonical):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()
