"""Properties of protocol/09-sessions.md sections 1 and 2: what is a message, and what just not."""

from __future__ import annotations

import zlib
from itertools import count
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadStructure, NonCanonical
from p2pblog.sync.codec import decode_messages, encode_message
from tests.sync.message_forms import FORMS, arrays, misses

PING = encode([5, 1])
travel = st.sampled_from(["alone", "first of a batch", "last of a batch", "packed"])


def packed(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return encode([21, len(data), deflater.compress(data) + deflater.flush()])


def travelling(data: bytes, how: str) -> bytes:
    """Return the bytes of a message as they travel, alone or in company."""
    match how:
        case "first of a batch":
            return b"\x92\x19\x92" + data + PING
        case "last of a batch":
            return b"\x92\x19\x92" + PING + data
        case "packed":
            return packed(data)
        case _:
            return data


@pytest.mark.proves("S-2")
@settings(deadline=None, max_examples=300)
@given(arrays(), travel)
def test_every_form_of_a_message_is_taken_and_written_the_same(array: list[Any], how: str) -> None:
    data = encode(array)
    read = decode_messages(travelling(data, how))
    assert data in [encode_message(one) for one in read]


@pytest.mark.proves("S-2")
@pytest.mark.parametrize("kind", sorted(FORMS))
@settings(deadline=None, max_examples=200)
@given(st.data(), travel)
def test_a_message_with_one_field_or_item_that_is_wrong_is_refused(
    kind: int, data: st.DataObject, how: str
) -> None:
    array = data.draw(st.sampled_from(misses(kind)))
    with pytest.raises(BadStructure) as refusal:
        decode_messages(travelling(encode(array), how))
    assert type(refusal.value) is BadStructure


batches = st.sampled_from([0, 1, 2, 3, 255, 256, 257])


@pytest.mark.proves("S-2")
@settings(deadline=None)
@given(batches, st.sampled_from(["", "batch", "packed"]), arrays(st.sampled_from([4, 15, 20])))
def test_a_batch_holds_2_to_256_messages_that_stand_by_themselves(
    size: int, inside: str, array: list[Any]
) -> None:
    items = [array] * size
    if inside and items:
        items[-1] = (
            [25, [[5, 1], [5, 2]]] if inside == "batch" else [21, 3, b"\1\3\0\xfc\xff" + PING]
        )
    data = encode([25, items])
    if 2 <= size <= 256 and not inside:
        assert len(decode_messages(data)) == size
    else:
        with pytest.raises(BadStructure):
            decode_messages(data)


# --- S-1: one way to write each -----------------------------------------------------------------

_HEADS = {int: (0xCC, 0xCD, 0xCE, 0xCF), str: (0xD9, 0xDA, 0xDB), bytes: (0xC4, 0xC5, 0xC6)}


def spelled(value: Any, long: int, numbers: Any) -> bytes:
    """Return a value in MessagePack, its node number `long` in a longer form where there is one."""
    longer = next(numbers) == long
    if value is None or type(value) is bool:
        return encode(value)
    short = encode(value)
    if type(value) is list:
        inner = b"".join(spelled(item, long, numbers) for item in value)
        if not longer:
            return short[: 1 if len(value) < 16 else 3] + inner
        wide = 2 if len(value) < 16 else 4
        return bytes([0xDC if wide == 2 else 0xDD]) + len(value).to_bytes(wide) + inner
    if not longer:
        return short
    if type(value) is int and value < 0:
        return b"\xd0" + value.to_bytes(1, signed=True)
    heads = _HEADS[type(value)]
    step = heads.index(short[0]) + 1 if short[0] in heads else 0
    if step == len(heads):
        return short
    rest = short[1 + (1 << step - 1) :] if step else short[1:]
    if type(value) is int:
        return bytes([heads[step]]) + value.to_bytes(1 << step)
    size = len(rest)
    return bytes([heads[step]]) + size.to_bytes(1 << step) + rest


def nodes(value: Any) -> int:
    return 1 + (sum(map(nodes, value)) if type(value) is list else 0)


@pytest.mark.proves("S-1")
@settings(deadline=None, max_examples=300)
@given(arrays(), st.data(), travel)
def test_a_message_that_is_spelt_otherwise_is_refused(
    array: list[Any], data: st.DataObject, how: str
) -> None:
    canonical = encode(array)
    assert spelled(array, -1, count()) == canonical
    at = data.draw(st.integers(0, min(nodes(array), 60) - 1))
    other = spelled(array, at, count())
    assume(other != canonical)  # nil, a bool, and 2**53 - 1 have no longer form
    with pytest.raises(NonCanonical):
        decode_messages(travelling(other, how))


@pytest.mark.proves("S-1")
@settings(deadline=None)
@given(arrays(), st.data(), st.sampled_from(["cut", "longer", "float", "ext"]))
def test_what_is_no_whole_value_of_ours_is_not_canonical(
    array: list[Any], data: st.DataObject, how: str
) -> None:
    canonical = encode(array)
    match how:
        case "cut":
            wrong = canonical[: data.draw(st.integers(0, len(canonical) - 1))]
        case "longer":
            wrong = canonical + data.draw(st.binary(min_size=1, max_size=2))
        case _:
            last = b"\xcb" + bytes(8) if how == "float" else b"\xd4\1\0"
            wrong = encode([*array, None])[:-1] + last
    with pytest.raises(NonCanonical):
        decode_messages(wrong)
