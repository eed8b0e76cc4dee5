"""Chapter 1, section 5: the text form of keys and ids."""

from __future__ import annotations

from base64 import b32decode, b32encode
from hashlib import blake2b

from tests.plain.refused import need

UPPER, LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


def write(letter: str, data: bytes) -> str:
    """Return the text form of 32 bytes."""
    check = blake2b(letter.encode() + data, digest_size=3).digest()
    return letter + b32encode(data + check).decode().lower()


def read(letter: str, text: str) -> bytes:
    """Return the 32 bytes behind a text form (E-16, E-17)."""
    text = text.translate(str.maketrans(UPPER, LOWER))
    need(len(text) == 57 and text[0] == letter, "bad-key")
    need(all(char in LOWER + "234567" for char in text[1:]), "bad-key")
    data = b32decode(text[1:].upper())[:32]
    need(write(letter, data) == text, "bad-key")
    return data
