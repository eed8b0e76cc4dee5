"""Chapter 11: the list of a blob, and its chunks."""

from __future__ import annotations

from tests.plain.hashes import b256
from tests.plain.msgpack import decode, encode
from tests.plain.refused import need
from tests.plain.segment import is_bin, is_int

CHUNK, MOST = 65_536, 8_388_608


def list_of(data: bytes) -> bytes:
    """Return the list of a blob."""
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    return encode([len(data), [b256(chunk) for chunk in chunks]])


def read_list(blob: bytes, listed: bytes) -> tuple[int, list[bytes]]:
    """Return size and hashes from a list (P-2 to P-5)."""
    need(b256(listed) == blob, "broken-chain")
    value = decode(listed)
    need(isinstance(value, list) and len(value) == 2, "bad-structure")
    size, hashes = value
    need(is_int(size) and isinstance(hashes, list), "bad-structure")
    need(all(is_bin(item, 32) for item in hashes), "bad-structure")
    need(1 <= size <= MOST, "too-large")
    need(len(hashes) == (size + CHUNK - 1) // CHUNK, "bad-structure")
    return size, hashes


def check_chunk(size: int, hashes: list[bytes], index: int, chunk: bytes) -> None:
    """Check a chunk (P-6, P-7)."""
    need(b256(chunk) == hashes[index], "broken-chain")
    need(len(chunk) == min(CHUNK, size - index * CHUNK), "broken-chain")
