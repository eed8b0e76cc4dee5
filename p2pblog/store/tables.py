"""Tables as LevelDB writes them: whether each block still has the bytes that it had.

Pure.  Format: LevelDB's doc/table_format.md; for compressed blocks, Snappy's
format_description.txt.
"""

from __future__ import annotations

from collections.abc import Iterator

from p2pblog.store.records import checksum

FOOTER_BYTES = 48
_MAGIC = bytes.fromhex("57fb808b247547db")
_TRAILER_BYTES = 5  # how it is compressed, checksum
_BLOCK_BYTES_MAX = 64 * 1024 * 1024


def damage(table: bytes) -> str:
    """Return what is wrong with a table, in a few words: its footer, index or a block; or ""."""
    footer = table[-FOOTER_BYTES:]
    if not is_footer(footer):
        return "does not end as a table does"
    try:
        filters, at = _handle(footer, 0)
        index, _ = _handle(footer, at)
        if not (_is_whole(table, filters) and _is_whole(table, index)):
            return "has a damaged index"
        blocks = [*_blocks_in(_content(table, index))]
    except (IndexError, ValueError):
        return "has a damaged index"
    for offset, size in blocks:
        if not _is_whole(table, (offset, size)):
            return f"has a damaged block at byte {offset}"
    return ""


def is_footer(data: bytes) -> bool:
    """Tell whether the last bytes of a file are those that a table ends with."""
    return len(data) == FOOTER_BYTES and data.endswith(_MAGIC)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at `at` (seven bits a byte, lowest first) and where it ends.

    Raises:
        IndexError, ValueError: there is none.
    """
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Return offset and size of the block that the handle at `at` names, and where it ends."""
    offset, at = varint(data, at)
    size, at = varint(data, at)
    return (offset, size), at


def _blocks_in(index: bytes) -> Iterator[tuple[int, int]]:
    restarts = int.from_bytes(index[-4:], "little")
    at, end = 0, len(index) - 4 - 4 * restarts
    while at < end:
        _, at = varint(index, at)
        key_bytes, at = varint(index, at)
        value_bytes, at = varint(index, at)
        yield _handle(index, at + key_bytes)[0]
        at += key_bytes + value_bytes


def _is_whole(table: bytes, block: tuple[int, int]) -> bool:
    offset, size = block
    end = offset + size + _TRAILER_BYTES
    if end > len(table):
        return False
    return checksum(table[offset : end - 4]) == int.from_bytes(table[end - 4 : end], "little")


def _content(table: bytes, block: tuple[int, int]) -> bytes:
    offset, size = block
    data = table[offset : offset + size]
    match table[offset + size]:
        case 0:
            return data
        case 1:
            return _from_snappy(data)
        case other:
            raise ValueError(f"compression {other}")


def _from_snappy(data: bytes) -> bytes:
    """Return what was compressed; its checksum was right, so this is no place for attacks."""
    length, at = varint(data, 0)
    if length > _BLOCK_BYTES_MAX:
        raise ValueError("a block of that size")
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            count = tag >> 2
            if count >= 60:
                extra = count - 59
                count = int.from_bytes(data[at : at + extra], "little")
                at += extra
            out += data[at : at + count + 1]
            at += count + 1
            continue
        match tag & 3:
            case 1:
                count, back = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[at]
                at += 1
            case 2:
                count, back = (tag >> 2) + 1, int.from_bytes(data[at : at + 2], "little")
                at += 2
            case _:
                count, back = (tag >> 2) + 1, int.from_bytes(data[at : at + 4], "little")
                at += 4
        if not 0 < back <= len(out) or len(out) + count > length:
            raise ValueError("a copy of nothing")
        for _ in range(count):
            out.append(out[-back])
    if len(out) != length:
        raise ValueError("a block cut short")
    return bytes(out)
