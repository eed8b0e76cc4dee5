"""Clauses of protocol/03-logs.md section 2: what is refused before anything is verified."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.errors import ProtocolError
from p2pblog.core.limits import INT_MAX
from p2pblog.log.segment import from_wire, to_wire
from tests.strategies import around, of_another_type, quick, resized

LOG, ID, SIGNATURE = b"l" * 32, b"i" * 32, b"s" * 64

firsts = st.sampled_from([1, 2, 63, 64, 65, 128, 2**32, INT_MAX - 600])
counts = st.sampled_from([1, 2, 63, 64, 65, 512])


def checkpoints(first: int, count: int) -> int:
    return (first + count - 1) // 64 - (first - 1) // 64


def wire(first: int, count: int, *, signed: bool = True) -> list[Any]:
    """Return the fields of a segment that keeps every rule; what it says need not be true."""
    extra = signed and (first + count - 1) % 64 != 0
    signatures = [SIGNATURE] * (checkpoints(first, count) + extra)
    prev = None if first == 1 else ID
    return [LOG, first, prev, [1000] + [1] * (count - 1), [b"body"] * count, signatures]


shapes = st.builds(lambda first, count, signed: wire(first, count, signed=signed),
                   firsts, counts, st.booleans())  # fmt: skip


def refusal(value: list[Any]) -> str | None:
    """Return the code with which a segment is refused, None if it is not."""
    try:
        segment = from_wire(value)
    except ProtocolError as error:
        return error.code
    assert to_wire(segment) == value
    return None


@pytest.mark.proves("L-1")
@quick(60)
@given(firsts, around(512))
def test_a_segment_has_at_most_512_entries(first: int, count: int) -> None:
    assert refusal(wire(first, count)) == ("too-large" if count > 512 else None)


@pytest.mark.proves("L-1", "L-2", "H-7")
@quick(120)
@given(shapes, around(1, 8192), st.booleans(), st.data())
def test_a_body_has_1_to_8192_bytes_there_or_withheld(
    value: list[Any], size: int, there: bool, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(value[4]) - 1))
    value[4][at] = b"x" * size if there else [size, ID]
    expected = "bad-structure" if size == 0 else "too-large" if size > 8192 else None
    assert refusal(value) == expected


@pytest.mark.proves("L-2")
@quick(150)
@given(shapes, st.data())
def test_another_number_or_type_of_fields_is_refused(value: list[Any], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 5))
    ways = ["one less", "one more", "another type", "true for 1", "nothing in it"]
    match data.draw(st.sampled_from(ways)):
        case "one less":
            del value[at]
        case "one more":
            value.insert(at, value[at])
        case "another type":
            others = of_another_type(value[at])
            value[at] = data.draw(others.filter(lambda other: at != 2 or other is not None))
        case "true for 1":
            value[1:3] = [True, None]
        case _:
            value[3:] = [[], [], []]
    assert refusal(value) == "bad-structure"


@pytest.mark.proves("L-2")
@quick(150)
@given(shapes, st.data())
def test_a_field_that_holds_something_of_another_size_or_type_is_refused(
    value: list[Any], data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from([0, 2, 3, 4, 5] if value[5] else [0, 3, 4]))
    if field == 2 and value[2] is None:
        field = 0
    if field in (0, 2):
        value[field] = data.draw(resized(value[field]))
    else:
        at = data.draw(st.integers(0, len(value[field]) - 1))
        item = value[field][at]
        withheld = [[4, ID], [4], [4, ID, ID], [True, ID], ["4", ID], [4, ID[:-1]], [4, "i" * 32]]
        match field:
            case 3:
                value[3][at] = data.draw(of_another_type(item))
            case 4:
                value[4][at] = data.draw(st.sampled_from(["body", None, 4, {}, *withheld[1:]]))
            case _:
                value[5][at] = data.draw(resized(item) | of_another_type(item))
    assert refusal(value) == "bad-structure"


@pytest.mark.proves("L-3")
@quick(60)
@given(counts, st.integers(-2, 2), st.booleans())
def test_the_last_number_is_below_2_to_the_53_minus_1(count: int, step: int, signed: bool) -> None:
    first = INT_MAX - count + step
    expected = "bad-structure" if first + count > INT_MAX else None
    assert refusal(wire(first, count, signed=signed)) == expected


@pytest.mark.proves("L-4")
@quick(60)
@given(firsts, counts, st.booleans())
def test_the_first_entry_alone_has_none_before_it(first: int, count: int, none: bool) -> None:
    value = wire(first, count)
    value[2] = None if none else ID
    assert refusal(value) == (None if none == (first == 1) else "bad-structure")


@pytest.mark.proves("L-5")
@quick(150)
@given(shapes, st.sampled_from([-1, 0, 1, INT_MAX - 1, INT_MAX, INT_MAX + 1]), st.data())
def test_every_time_lies_within_its_bounds_whichever_entry_it_is_of(
    value: list[Any], edge: int, data: st.DataObject
) -> None:
    times = [data.draw(st.sampled_from([0, 1000, INT_MAX])) for _ in range(min(3, len(value[3])))]
    times += times[-1:] * (len(value[3]) - len(times))
    times[data.draw(st.integers(0, len(times) - 1))] = edge
    value[3] = [now - before for before, now in zip([0, *times], times, strict=False)]
    assert refusal(value) == (None if 0 <= edge <= INT_MAX else "bad-structure")


@pytest.mark.proves("L-5")
@quick(60)
@given(shapes, st.booleans())
def test_there_is_one_time_an_entry(value: list[Any], more: bool) -> None:
    value[3] = value[3] + [1] if more else value[3][:-1]
    assert refusal(value) == "bad-structure"


@pytest.mark.proves("L-6")
@quick(120)
@given(firsts, counts, st.integers(-1, 2))
def test_there_are_signatures_of_checkpoints_and_perhaps_of_the_last(
    first: int, count: int, more: int
) -> None:
    value = wire(first, count)
    inside = checkpoints(first, count)
    value[5] = [SIGNATURE] * (inside + more)
    is_checkpoint = (first + count - 1) % 64 == 0
    right = len(value[5]) - inside in ((0,) if is_checkpoint else (0, 1))
    assert refusal(value) == (None if right else "bad-structure")
