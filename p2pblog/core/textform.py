"""Keys and ids as people see and type them.

Implements protocol/01-encoding.md section 5.  A kind letter, then lower-case base32 of the 32 bytes
and a 3-byte BLAKE2b checksum over letter and bytes: 57 characters, so a mistyped one, or a
device where an identity belongs, is refused.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from enum import StrEnum
from hashlib import blake2b

from p2pblog.core.errors import BadTextForm
from p2pblog.core.limits import ID_BYTES, PREFIX_CHARS_MIN

TEXT_FORM_CHARS = 57
CHECKSUM_BYTES = 3
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class Kind(StrEnum):
    """What the 32 bytes name; the value is the letter that the text form begins with."""

    IDENTITY = "i"
    DEVICE = "d"
    ENTRY = "e"
    BLOB = "b"
    NETWORK = "n"


def checksum(letter: str, value: bytes) -> bytes:
    """Return the 3 bytes that stand behind `value` in a text form that begins with `letter`."""
    return blake2b(letter.encode() + value, digest_size=CHECKSUM_BYTES).digest()


def to_text(kind: Kind, value: bytes) -> str:
    """Return the text form (57 characters) of a 32-byte key or id."""
    if len(value) != ID_BYTES:
        raise ValueError("keys and ids have 32 bytes")
    return kind.value + b32encode(value + checksum(kind, value)).decode().lower()


def from_text(kind: Kind, text: str) -> bytes:
    """Return the 32 bytes that `text` is the text form of; case does not matter.

    Raises:
        BadTextForm: another kind, another length, a foreign character, a wrong checksum.
    """
    text = _lower(text)
    if len(text) != TEXT_FORM_CHARS:
        raise BadTextForm(f"{len(text)} characters instead of {TEXT_FORM_CHARS}")
    if text[0] != kind.value:
        raise BadTextForm(f"begins with '{text[0]}', not with '{kind.value}'")
    if any(char not in ALPHABET for char in text[1:]):
        raise BadTextForm("a character that is not in the alphabet a-z, 2-7")
    raw = b32decode(text[1:].upper())
    value, found = raw[:ID_BYTES], raw[ID_BYTES:]
    if found != checksum(kind, value):
        raise BadTextForm("its checksum does not match")
    return value


def prefix_bounds(kind: Kind, prefix: str) -> tuple[bytes, bytes]:
    """Return the smallest and the largest 32 bytes whose text form begins with `prefix`.

    Raises:
        BadTextForm: another kind, a foreign character, fewer than 4 characters.
    """
    prefix = _lower(prefix)
    if len(prefix) == TEXT_FORM_CHARS:
        value = from_text(kind, prefix)
        return value, value
    if not PREFIX_CHARS_MIN <= len(prefix) < TEXT_FORM_CHARS:
        raise BadTextForm(f"type {PREFIX_CHARS_MIN} to {TEXT_FORM_CHARS} characters")
    if prefix[0] != kind.value:
        raise BadTextForm(f"begins with '{prefix[0]}', not with '{kind.value}'")
    bits = 0
    for char in prefix[1:]:
        if char not in ALPHABET:
            raise BadTextForm("a character that is not in the alphabet a-z, 2-7")
        bits = bits << 5 | ALPHABET.index(char)
    known, total = 5 * (len(prefix) - 1), 8 * ID_BYTES
    if known > total:  # the prefix reaches into the checksum: its last bits are not the value's
        value = (bits >> known - total).to_bytes(ID_BYTES)
        if not to_text(kind, value).startswith(prefix):
            raise BadTextForm("its checksum does not match")
        return value, value
    low = bits << total - known
    return low.to_bytes(ID_BYTES), (low | (1 << total - known) - 1).to_bytes(ID_BYTES)


def lower_word(word: str) -> str:
    """Return a word that was typed in lower case; one that is no ASCII stays as it is.

    Some foreign letters, the sign of kelvin for one, have one of ours for a lower case.
    """
    return word.lower() if word.isascii() else word


def _lower(text: str) -> str:
    if not text.isascii():  # some foreign letters have one of ours for a lower case
        raise BadTextForm("a character that is not in the alphabet a-z, 2-7")
    return text.strip().lower()
