"""RFC 1951, as far as the vectors need it: raw DEFLATE streams, written by hand.

What a zlib makes of the same bytes differs from one to the next; what it reads does not.
"""

from __future__ import annotations

import zlib

from tests.plain.refused import Refused, need


def inflate(deflated: bytes, size: int) -> bytes:
    """Return the `size` bytes that a raw stream holds, if it holds just these (S-33)."""
    inflater = zlib.decompressobj(-15)
    try:
        found = inflater.decompress(deflated, size + 1)
    except zlib.error:
        raise Refused("bad-structure") from None
    need(len(found) == size, "bad-structure")
    need(inflater.eof and not inflater.unused_data, "bad-structure")
    return found


def stored(data: bytes, block: int = 65_535) -> bytes:
    """Return a stream that holds `data` as it is, in blocks of at most so many bytes."""
    out = b""
    for at in range(0, max(len(data), 1), block):
        part = data[at : at + block]
        last = at + block >= len(data)
        length = len(part).to_bytes(2, "little")
        out += bytes([last]) + length + bytes(byte ^ 255 for byte in length) + part
    return out


def fixed(*pieces: tuple[bytes, int]) -> bytes:
    """Return a stream, in fixed codes, of pieces, each so many times over.

    What repeats one byte stands once and is then copied, 258 bytes at a time.
    """
    bits = Bits()
    bits.add(0b1, 1)  # the last block
    bits.add(0b01, 2)  # of fixed codes
    for piece, count in pieces:
        bits.literals(piece)
        left = count - 1
        while len(piece) == 1 and left >= 258:
            bits.code(0b11000101, 8)  # 285: 258 bytes
            bits.code(0, 5)  # from one byte back
            left -= 258
        bits.literals(piece * left)
    bits.code(0, 7)  # 256: the end
    return bits.bytes()


class Bits:
    """Bits as they are packed into bytes: numbers from their low end, codes from their high end."""

    def __init__(self) -> None:
        self.value = 0
        self.length = 0

    def add(self, number: int, length: int) -> None:
        """Add a number."""
        self.value |= number << self.length
        self.length += length

    def code(self, code: int, length: int) -> None:
        """Add a Huffman code."""
        for at in range(length - 1, -1, -1):
            self.add(code >> at & 1, 1)

    def literals(self, data: bytes) -> None:
        """Add the fixed codes of bytes."""
        for byte in data:
            if byte < 144:
                self.code(0b00110000 + byte, 8)
            else:
                self.code(0b110010000 + byte - 144, 9)

    def bytes(self) -> bytes:
        """Return what was added, filled up with zeros to a whole byte."""
        return self.value.to_bytes((self.length + 7) // 8, "little")
