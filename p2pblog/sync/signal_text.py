"""Offers and answers as text that people send each other through whatever they have.

Implements protocol/14-webrtc.md section 4.  Programs for chatting break long lines, and fingers
drop the ends of them: white space means nothing here, and a checksum notices the rest.  Pure.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from enum import StrEnum

from p2pblog.core.errors import BadOffer
from p2pblog.core.limits import SIGNAL_BYTES_MAX, SIGNAL_CHARS_MAX
from p2pblog.core.textform import ALPHABET, CHECKSUM_BYTES, checksum
from p2pblog.sync.signal import SignalType


class SignalLetter(StrEnum):
    """What the text form begins with."""

    OFFER = "o"
    ANSWER = "a"


_LETTERS = {SignalType.OFFER: SignalLetter.OFFER, SignalType.ANSWER: SignalLetter.ANSWER}
_NAMES = {SignalLetter.OFFER: "an offer", SignalLetter.ANSWER: "an answer"}


def signal_to_text(kind: SignalType, signal: bytes) -> str:
    """Return the text form of an offer or answer (1 to 512 bytes)."""
    if not 0 < len(signal) <= SIGNAL_BYTES_MAX:
        raise ValueError(f"an offer has 1 to {SIGNAL_BYTES_MAX} bytes")
    letter = _LETTERS[kind]
    return letter + b32encode(signal + checksum(letter, signal)).decode().lower().rstrip("=")


def signal_from_text(kind: SignalType, text: str) -> bytes:
    """Return the bytes that `text` is the text form of; case and white space do not matter.

    Raises:
        BadOffer: the other of the two, a foreign character, a wrong checksum, too long.
    """
    if len(text) > SIGNAL_CHARS_MAX:
        raise BadOffer("it is too long")
    typed = "".join(text.split())
    if not typed.isascii():  # some foreign letters have one of ours for a lower case
        raise BadOffer("a character that is not in the alphabet a-z, 2-7")
    typed = typed.lower()
    letter, wanted = typed[:1], _LETTERS[kind]
    if letter != wanted:
        if letter in _NAMES:
            raise BadOffer(f"it is {_NAMES[SignalLetter(letter)]}, not {_NAMES[wanted]}")
        raise BadOffer(f"it does not begin with '{wanted}'")
    if any(char not in ALPHABET for char in typed[1:]):
        raise BadOffer("a character that is not in the alphabet a-z, 2-7")
    digits = typed[1:].upper()
    try:
        raw = b32decode(digits + "=" * (-len(digits) % 8))
    except ValueError:  # no number of bytes has so many characters
        raise BadOffer("its checksum does not match") from None
    signal = raw[:-CHECKSUM_BYTES]
    if not 0 < len(signal) <= SIGNAL_BYTES_MAX or signal_to_text(kind, signal) != typed:
        raise BadOffer("its checksum does not match")
    return signal
