"""The deterministic subset of MessagePack that everything signed or sent is written in.

Implements protocol/01-encoding.md.  Pure: no I/O, no clock, no randomness.  One value has
one encoding: nil, bool, int within +-(2**53 - 1), bin, UTF-8 str, array, and map with str
keys in byte order, each in its shortest form, nested at most 8 deep.  Floats, extension
types, trailing bytes and duplicate keys do not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, TypeAlias

import msgpack

from p2pblog.core.errors import NonCanonical, Unencodable
from p2pblog.core.limits import DEPTH_MAX, INT_MAX, INT_MIN, ITEMS_MAX

Value: TypeAlias = Any
"""None | bool | int | bytes | str | list[Value] | dict[str, Value]"""

_TOO_MANY = "more items than any structure has"


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
    # Each item takes a byte at least, and some fifty once it is unpacked: what is long is
    # counted while it is unpacked, or a message could fill the memory before it is refused.
    count = None if len(data) <= ITEMS_MAX else _Counter().count
    try:
        value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=False,  # ours is stricter, and gives one error for all
            ext_hook=_refuse_ext,
            list_hook=count,
            object_hook=count,
            max_array_len=ITEMS_MAX,
            max_map_len=ITEMS_MAX,
        )
    except NonCanonical:
        raise
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise NonCanonical(f"not one MessagePack value ({type(error).__name__})") from error
    _check([value], 0, ITEMS_MAX)
    # Types, ranges and key order are right: what re-encoding can still find is a longer
    # form of a number or length, or a key that stood twice.
    if _pack(value) != data:
        raise NonCanonical("not the shortest form")
    return value


def _pack(value: Value) -> bytes:
    # A Packer of one's own each time: a shared one is not safe between threads.
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed


class _Counter:
    """Counts the items of a value that is being unpacked, array by array and map by map."""

    def __init__(self) -> None:
        self._room = ITEMS_MAX

    def count(self, items: Value) -> Value:
        """Return the items of one, if there is room for them."""
        self._room -= len(items)
        if self._room < 0:
            raise NonCanonical(_TOO_MANY)
        return items


def _refuse_ext(code: int, data: bytes) -> NoReturn:
    raise NonCanonical(f"extension type {code}")


def _check(items: Iterable[Value], depth: int, room: int) -> int:
    """Check what an array or map at this depth holds; return the room left for more items."""
    for item in items:
        kind = type(item)
        if kind is bytes or kind is str:  # nearly all are: a call for each would cost too much
            continue
        if kind is int:
            if not INT_MIN <= item <= INT_MAX:
                raise NonCanonical("integer beyond 2**53 - 1")
        elif kind is list or kind is dict:
            if depth == DEPTH_MAX:
                raise NonCanonical("nested too deep")
            room -= len(item)
            if room < 0:
                raise NonCanonical(_TOO_MANY)
            if kind is dict:
                _check_keys(item)
            room = _check(item if kind is list else item.values(), depth + 1, room)
        elif not (kind is bool or item is None):
            raise NonCanonical(f"type {kind.__name__}")
    return room


def _check_keys(keys: Iterable[Any]) -> None:
    previous: str | None = None
    for key in keys:
        if type(key) is not str:
            raise NonCanonical("a map key that is not a string")
        # By code points, which is the order of the bytes of UTF-8 as well.
        if previous is not None and key <= previous:
            raise NonCanonical("map keys out of byte order")
        previous = key


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
            # Segments hold hundreds of bodies: a call for each would cost more than packing it.
            return [item if type(item) is bytes else _ordered(item, depth + 1) for item in value]
        case dict():
            if depth > DEPTH_MAX:
                raise Unencodable("nested too deep")
            if not all(isinstance(key, str) for key in value):
                raise Unencodable("a map key that is not a string")
            keys = sorted(value, key=str.encode)
            return {key: _ordered(value[key], depth + 1) for key in keys}
        case _:
            raise Unencodable(f"type {type(value).__name__}")
