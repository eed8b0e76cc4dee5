"""The deterministic subset of MessagePack that everything signed or sent is written in.

Implements protocol/01-encoding.md.  Pure: no I/O, no clock, no randomness.  One value has
one encoding: nil, bool, int within +-(2**53 - 1), bin, UTF-8 str, array, and map with str
keys in byte order, each in its shortest form, nested at most 8 deep.  Floats, extension
types, trailing bytes and duplicate keys do not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias

import msgpack

from p2pblog.core.errors import NonCanonical, Unencodable
from p2pblog.core.limits import DEPTH_MAX, INT_MAX, INT_MIN, ITEMS_MAX

Value: TypeAlias = Any
"""None | bool | int | bytes | str | list[Value] | dict[str, Value]"""


def encode(value: Value) -> bytes:
    """Return the canonical bytes of `value` (tuples are written as arrays).

    Raises:
        Unencodable: a type, integer, string or depth outside the subset.
    Source: protocol/01-encoding.md section 2.
    """
    try:
        return _pack(_ordered(value, 1))
    except (UnicodeEncodeError, ValueError, OverflowError) as error:
        raise Unencodable(str(error)) from error


def flat_encoder() -> Callable[[Sequence[bytes | str | int | None]], bytes]:
    """Return a faster `encode` for arrays of scalars known to be in the subset.

    One loop in one thread may use it; it must not be shared between threads.
    """
    encoder: Callable[[Sequence[bytes | str | int | None]], bytes]
    encoder = msgpack.Packer(use_bin_type=True).pack
    return encoder


def decode(data: bytes | memoryview) -> Value:
    """Return the value that `data` is the canonical encoding of.

    Raises:
        NonCanonical: anything else: another type, a longer form, unsorted or repeated
            keys, invalid UTF-8, too deep, too short, bytes left over.
    Source: protocol/01-encoding.md section 3.
    """
    try:
        value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,  # ours is stricter, and gives one error for all
            ext_hook=_refuse_ext,
        )
    except NonCanonical:
        raise
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise NonCanonical(f"not one MessagePack value ({type(error).__name__})") from error
    _check(value, 1, [ITEMS_MAX])
    # Types, ranges and key order are right: what re-encoding can still find is a longer
    # form of a number or length, or a key that stood twice.
    if _pack(value) != data:
        raise NonCanonical("not the shortest form")
    return value


def _pack(value: Value) -> bytes:
    # A Packer of one's own each time: a shared one is not safe between threads.
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed


def _refuse_ext(code: int, data: bytes) -> NoReturn:
    raise NonCanonical(f"extension type {code}")


def _check(value: Value, depth: int, budget: list[int]) -> None:
    kind = type(value)
    if kind is int:
        if not INT_MIN <= value <= INT_MAX:
            raise NonCanonical("integer beyond 2**53 - 1")
    elif kind is list:
        if depth > DEPTH_MAX:
            raise NonCanonical("nested too deep")
        _spend(budget, len(value))
        for item in value:
            _check(item, depth + 1, budget)
    elif kind is dict:
        if depth > DEPTH_MAX:
            raise NonCanonical("nested too deep")
        _spend(budget, len(value))
        previous = b""
        for index, (key, item) in enumerate(value.items()):
            if type(key) is not str:
                raise NonCanonical("a map key that is not a string")
            raw = key.encode()
            if index and raw <= previous:
                raise NonCanonical("map keys out of byte order")
            previous = raw
            _check(item, depth + 1, budget)
    elif not (kind is str or kind is bytes or kind is bool or value is None):
        raise NonCanonical(f"type {kind.__name__}")


def _spend(budget: list[int], items: int) -> None:
    budget[0] -= items
    if budget[0] < 0:
        raise NonCanonical("more items than any structure has")


def _ordered(value: Value, depth: int) -> Value:
    match value:
        case None | bool() | str() | bytes():
            return value
        case int():
            if not INT_MIN <= value <= INT_MAX:
                raise Unencodable("integer beyond 2**53 - 1")
            return value
        case list() | tuple():
            if depth > DEPTH_MAX:
                raise Unencodable("nested too deep")
            return [_ordered(item, depth + 1) for item in value]
        case dict():
            if depth > DEPTH_MAX:
                raise Unencodable("nested too deep")
            if not all(isinstance(key, str) for key in value):
                raise Unencodable("a map key that is not a string")
            keys = sorted(value, key=str.encode)
            return {key: _ordered(value[key], depth + 1) for key in keys}
        case _:
            raise Unencodable(f"type {type(value).__name__}")
