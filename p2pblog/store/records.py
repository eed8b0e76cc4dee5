"""Records as LevelDB writes them into its logs and manifests, and what became of them.

Pure.  A record that is torn at the very end is no damage: that write was never confirmed.
Format: LevelDB's doc/log_format.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

_BLOCK_BYTES = 32 * 1024
_HEADER_BYTES = 7  # masked CRC-32C, length, type
_TYPES = range(1, 5)  # full, first, middle, last
_FIRST, _END = (1, 2), (1, 4)
_SECTOR_BYTES = 512
_ZERO_TAIL_BYTES_MIN = 16  # fewer may be what was written
_CRC_MASK = 0xA282EAD8


def is_zero_tail(data: bytes) -> bool:
    """Tell whether a log ends in sectors that a power cut left empty, inside its last record.

    The file had grown by then, its contents had not been written: nothing that was synced.
    """
    at = _bad_record(data)
    if at is None or _valid_after(data, at):
        return False
    written = max(len(data.rstrip(b"\0")), at + _HEADER_BYTES)
    sector = -(-written // _SECTOR_BYTES) * _SECTOR_BYTES
    return len(data) - sector >= _ZERO_TAIL_BYTES_MIN


def damage(data: bytes, *, whole: bool) -> str:
    """Return what is wrong with a log or manifest, or "".

    What is torn at the very end is not damage: that write was never confirmed.  It is where
    whole records follow it.
    """
    at = _bad_record(data, checksums=whole)
    if at is None:
        return ""
    if _valid_after(data, at):
        return f"has a damaged record at byte {at}"
    if whole and _is_complete(data, at) and not is_zero_tail(data):
        return f"has a damaged record at byte {at}"
    return ""


def _bad_record(data: bytes, *, checksums: bool = True) -> int | None:
    """Return where the first record stands that is not whole, None when all are."""
    at, size = 0, len(data)
    while at < size:
        left = _BLOCK_BYTES - at % _BLOCK_BYTES
        if left < _HEADER_BYTES:
            at += left
            continue
        if not _is_complete(data, at):
            return at
        end = at + _HEADER_BYTES + int.from_bytes(data[at + 4 : at + 6], "little")
        if checksums and not _is_valid(data, at):
            return at
        at = end
    return None


def _is_complete(data: bytes, at: int) -> bool:
    """Tell whether a record with a possible header ends inside its block and the file."""
    if at + _HEADER_BYTES > len(data) or data[at + 6] not in _TYPES:
        return False
    end = at + _HEADER_BYTES + int.from_bytes(data[at + 4 : at + 6], "little")
    return end <= min(len(data), at - at % _BLOCK_BYTES + _BLOCK_BYTES)


def _is_valid(data: bytes, at: int) -> bool:
    end = at + _HEADER_BYTES + int.from_bytes(data[at + 4 : at + 6], "little")
    stored = int.from_bytes(data[at : at + 4], "little")
    return checksum(data[at + 6 : end]) == stored


def _valid_after(data: bytes, at: int) -> bool:
    """Tell whether any whole record stands after the one at `at`, wherever it begins."""
    block = at - at % _BLOCK_BYTES + _BLOCK_BYTES
    places = [*range(at + 1, min(block, len(data) - _HEADER_BYTES)), block]
    return any(_is_complete(data, place) and _is_valid(data, place) for place in places)


def whole_records(data: bytes) -> Iterator[bytes]:
    """Yield the payloads of a log's whole records, joined from their parts."""
    at, parts = 0, b""
    stop = _bad_record(data)
    while at < (len(data) if stop is None else stop):
        left = _BLOCK_BYTES - at % _BLOCK_BYTES
        if left < _HEADER_BYTES:
            at += left
            continue
        end = at + _HEADER_BYTES + int.from_bytes(data[at + 4 : at + 6], "little")
        kind = data[at + 6]
        parts = data[at + 7 : end] if kind in _FIRST else parts + data[at + 7 : end]
        if kind in _END:
            yield parts
        at = end


def checksum(data: bytes) -> int:
    """Return the CRC-32C (Castagnoli) of `data`, masked as LevelDB stores it."""
    table = _crc_table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _CRC_MASK) & 0xFFFFFFFF


@cache
def _crc_table() -> list[int]:
    table = []
    for number in range(256):
        crc = number
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table
