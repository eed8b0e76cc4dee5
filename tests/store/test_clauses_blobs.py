"""Clauses of protocol/11-blobs.md: which list, and which chunk of it, is believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.crypto import digest
from p2pblog.core.encoding import encode
from p2pblog.core.errors import ProtocolError
from p2pblog.core.limits import BLOB_BYTES_MAX, BLOB_CHUNK_BYTES
from p2pblog.store.blobs import check_chunk, chunk_list, read_chunk_list
from tests.plain import blob as plain
from tests.plain.refused import Refused
from tests.strategies import around, flip, other_types, quick, resized

HASH = b"h" * 32
CHUNK = BLOB_CHUNK_BYTES
sizes = around(1, CHUNK, 2 * CHUNK, 3 * CHUNK, BLOB_BYTES_MAX - CHUNK, BLOB_BYTES_MAX)
in_bounds = sizes.filter(lambda size: 1 <= size <= BLOB_BYTES_MAX)


def listed(size: int, more: int = 0) -> list[Any]:
    """Return the list of a blob of that size; who made it up knows no chunk."""
    return [size, [HASH] * max(0, -(-size // CHUNK) + more)]


def refusal(data: bytes, blob: bytes | None = None) -> str | None:
    """Return the code with which a list is refused, None if it is not."""
    blob = digest(data) if blob is None else blob
    try:
        expected: Any = plain.read_list(blob, data)
    except Refused as error:
        expected = error.code
    try:
        found: Any = read_chunk_list(blob, data)
    except ProtocolError as error:
        found = error.code
    assert found == expected
    return found if isinstance(found, str) else None


@pytest.mark.proves("P-2")
@quick(60)
@given(in_bounds, st.data())
def test_a_list_is_that_of_the_blob_to_the_last_bit(size: int, data: st.DataObject) -> None:
    right = encode(listed(size))
    blob = digest(right)
    assert refusal(right, blob) is None
    bit = data.draw(st.integers(0, 8 * 64))
    assert refusal(flip(right, bit), blob) == "broken-chain"
    assert refusal(right, flip(blob, bit)) == "broken-chain"
    assert refusal(data.draw(resized(right)), blob) == "broken-chain"


@pytest.mark.proves("P-3")
@quick(60)
@given(in_bounds, st.data())
def test_a_list_has_one_form_though_its_hash_is_right(size: int, data: st.DataObject) -> None:
    value = listed(size)
    raw = encode(value)
    longer = [b"\xdc\0\2" + raw[1:], raw + b"\0", raw[:-1], raw[:1] + b"\xc1" + raw[2:]]
    if size < 128:
        longer.append(raw[:1] + b"\xcc" + raw[1:])
    assert refusal(data.draw(st.sampled_from(longer))) == "non-canonical"
    shapes: list[Any] = [value[:1], [*value, None], value[::-1], *other_types(value)]
    shapes += [[other, value[1]] for other in other_types(size)]
    shapes += [[True, [HASH]], *([size, other] for other in other_types(value[1]))]
    at = data.draw(st.integers(0, len(value[1]) - 1))
    for other in (HASH[:-1], HASH + b"h", *other_types(HASH)):
        shapes.append([size, [*value[1][:at], other, *value[1][at + 1 :]]])
    assert {refusal(encode(shape)) for shape in shapes} == {"bad-structure"}


@pytest.mark.proves("P-4")
@quick(60)
@given(around(0, 1, BLOB_BYTES_MAX))
def test_a_blob_has_1_byte_to_8_mebibytes(size: int) -> None:
    expected = None if 1 <= size <= 8_388_608 else "too-large"
    assert refusal(encode(listed(size))) == expected


@pytest.mark.proves("P-5")
@quick(80)
@given(in_bounds, st.integers(-1, 1))
def test_there_is_a_hash_for_each_chunk(size: int, more: int) -> None:
    assert refusal(encode(listed(size, more))) == ("bad-structure" if more else None)


@st.composite
def blobs(draw: st.DrawFn) -> bytes:
    size = draw(around(1, CHUNK, 2 * CHUNK, 3 * CHUNK).filter(bool))
    return b"".join(bytes([number]) * CHUNK for number in range(4))[:size]


@pytest.mark.proves("P-6", "P-7")
@quick(120)
@given(blobs(), st.data())
def test_a_chunk_has_the_hash_and_the_length_that_the_list_gives_it(
    blob: bytes, data: st.DataObject
) -> None:
    size, hashes = read_chunk_list(digest(chunk_list(blob)), chunk_list(blob))
    assert size == len(blob)
    chunks = [blob[start : start + CHUNK] for start in range(0, size, CHUNK)]
    at = data.draw(st.integers(0, len(chunks) - 1))
    assert check_chunk(chunks[at], at, size, hashes) == chunks[at]
    bit = data.draw(st.integers(0, 8 * size))
    wrong = [flip(chunks[at], bit), chunks[at][:-1], chunks[at] + b"\0", *chunks[:at], b""]
    given_ = data.draw(st.sampled_from([*wrong, *chunks[at + 1 :]]))
    if data.draw(st.booleans()):  # whoever wrote the post may have listed what is none
        hashes[at] = digest(given_)
        if len(given_) == len(chunks[at]):
            assert check_chunk(given_, at, size, hashes) == given_
            return
    with pytest.raises(ProtocolError) as refused:
        check_chunk(given_, at, size, hashes)
    assert refused.value.code == "broken-chain"
    with pytest.raises(Refused):
        plain.check_chunk(size, hashes, at, given_)
