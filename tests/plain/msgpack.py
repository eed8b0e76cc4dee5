"""Chapter 1, sections 1 to 3: the canonical encoding, by hand."""

from __future__ import annotations

from typing import Any

from tests.plain.refused import Refused, need

LARGEST = 2**53 - 1


def encode(value: Any) -> bytes:
    """Return the canonical bytes of a value: None, bool, int, str, bytes, list or dict."""
    if value is None:
        return b"\xc0"
    if value is False:
        return b"\xc2"
    if value is True:
        return b"\xc3"
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, str):
        raw = value.encode()
        return length(len(raw), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + raw
    if isinstance(value, bytes):
        return length(len(value), 0, 0, (0xC4, 0xC5, 0xC6)) + value
    if isinstance(value, list):
        head = length(len(value), 0x90, 16, (None, 0xDC, 0xDD))
        return head + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        head = length(len(value), 0x80, 16, (None, 0xDE, 0xDF))
        pairs = sorted((key.encode(), key, item) for key, item in value.items())
        return head + b"".join(encode(key) + encode(item) for _, key, item in pairs)
    raise TypeError(type(value).__name__)


def integer(value: int) -> bytes:
    """Return the shortest form of an int (E-1, E-2)."""
    if 0 <= value < 128 or -32 <= value < 0:
        return bytes([value & 0xFF])
    first = 0xCC if value > 0 else 0xD0
    for step, size in enumerate((1, 2, 4, 8)):
        try:
            return bytes([first + step]) + value.to_bytes(size, "big", signed=value < 0)
        except OverflowError:
            continue
    raise OverflowError(value)


def length(count: int, fix: int, fix_end: int, heads: tuple[int | None, int, int]) -> bytes:
    """Return the shortest head of a str, bin, array or map (E-3)."""
    if count < fix_end:
        return bytes([fix + count])
    for head, size in zip(heads, (1, 2, 4), strict=True):
        if head is not None and count < 256**size:
            return bytes([head]) + count.to_bytes(size, "big")
    raise OverflowError(count)


def decode(data: bytes) -> Any:
    """Return the value that `data` encodes; refuse `non-canonical` anything else."""
    value, end = read(data, 0, 1)
    need(end == len(data), "non-canonical")  # E-13
    # Types, ranges and keys are checked by now: what re-encoding still finds is E-7.
    need(encode(value) == data, "non-canonical")
    return value


def read(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """Read one value at `at`; return it and where it ends."""
    first = take(data, at, 1)[0]
    at += 1
    if first < 0x80:
        return first, at
    if first >= 0xE0:
        return first - 256, at
    if first < 0x90:
        return read_map(data, at, first - 0x80, depth)
    if first < 0xA0:
        return read_array(data, at, first - 0x90, depth)
    if first < 0xC0:
        return read_str(data, at, first - 0xA0)
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at
    sizes = {
        0xC4: 1, 0xC5: 2, 0xC6: 4, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4,
        0xD3: 8, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
    }  # fmt: skip
    need(first in sizes, "non-canonical")  # E-5
    raw = take(data, at, sizes[first])
    at += len(raw)
    number = int.from_bytes(raw, "big", signed=0xD0 <= first <= 0xD3)
    if 0xCC <= first <= 0xD3:
        need(-LARGEST <= number <= LARGEST, "non-canonical")  # E-6
        return number, at
    if first <= 0xC6:
        return take(data, at, number), at + number
    if first <= 0xDB:
        return read_str(data, at, number)
    if first <= 0xDD:
        return read_array(data, at, number, depth)
    return read_map(data, at, number, depth)


def take(data: bytes, at: int, count: int) -> bytes:
    """Return the next `count` bytes (E-12)."""
    need(at + count <= len(data), "non-canonical")
    return data[at : at + count]


def read_str(data: bytes, at: int, size: int) -> tuple[str, int]:
    """Read the UTF-8 of a str (E-8)."""
    try:
        return take(data, at, size).decode("utf-8"), at + size
    except UnicodeDecodeError:
        raise Refused("non-canonical") from None


def read_array(data: bytes, at: int, count: int, depth: int) -> tuple[list[Any], int]:
    """Read the items of an array (E-11)."""
    need(depth <= 8, "non-canonical")
    items = []
    for _ in range(count):
        item, at = read(data, at, depth + 1)
        items.append(item)
    return items, at


def read_map(data: bytes, at: int, count: int, depth: int) -> tuple[dict[str, Any], int]:
    """Read the entries of a map (E-9, E-10, E-11)."""
    need(depth <= 8, "non-canonical")
    found: dict[str, Any] = {}
    before: bytes | None = None
    for _ in range(count):
        key, at = read(data, at, depth + 1)
        need(isinstance(key, str), "non-canonical")
        raw = key.encode()
        need(before is None or before < raw, "non-canonical")
        before = raw
        found[key], at = read(data, at, depth + 1)
    return found, at
