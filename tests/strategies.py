"""Near misses that properties of every layer draw: one bit, byte or step beside what is right."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st


def quick(examples: int) -> settings:
    """Return the settings of a property that says the same in every run."""
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


def around(*bounds: int) -> st.SearchStrategy[int]:
    """Return each bound, and the numbers beside it."""
    return st.sampled_from(sorted({bound + step for bound in bounds for step in (-1, 0, 1)}))


def flip(data: bytes, bit: int) -> bytes:
    """Return the bytes with one bit changed; bits are counted from the first byte on."""
    at = bit // 8 % len(data)
    return data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :]


def flipped(data: bytes) -> st.SearchStrategy[bytes]:
    """Return the bytes with one bit changed, whichever."""
    return st.integers(0, 8 * len(data) - 1).map(lambda bit: flip(data, bit))


def resized(data: bytes) -> st.SearchStrategy[bytes]:
    """Return the bytes without their last one, or with one more."""
    return st.sampled_from([data[:-1], data + b"\0"])


def other_types(value: Any) -> list[Any]:
    """Return what looks like a value and has another type: `True` for 1, a str for its bytes."""
    others: list[Any] = [None, [], {}, "", b"", 0, True]
    match value:
        case bool():
            others += [int(value), None]
        case int():
            others += [str(value), [value]]
        case bytes():
            others += [value.hex(), [value], list(value)]
        case str():
            others += [value.encode(), [value]]
        case list():
            others += [dict.fromkeys(map(str, range(len(value))), None), *value[:1]]
        case dict():
            others += [[*value.items()], [*value]]
    return [other for other in others if type(other) is not type(value)]


def of_another_type(value: Any) -> st.SearchStrategy[Any]:
    """Return one of those."""
    return st.sampled_from(other_types(value))
