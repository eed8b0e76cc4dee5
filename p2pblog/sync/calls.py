"""Offers and answers as they travel through others: sealed from one device to another.

Implements protocol/15-overlay.md section 5.  Pure: the nonce is an argument.
"""

from __future__ import annotations

from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey, box, exchange_public, unbox
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import BadSignature, BadStructure

_DOMAIN = b"p2pblog call v1".decode()
_OFFER, _ANSWER = 1, 2


class Call(NamedTuple):
    """What one device says to another: an offer, or the answer to the call of that number.

    `number` is 16 random bytes of whoever made the offer; `signal` the bytes of either.
    """

    is_answer: bool
    number: bytes
    signal: bytes


def seal(call: Call, key: SigningKey, target: bytes, nonce: bytes) -> bytes | None:
    """Return a call that only the device `target` can read; None if that is no device's key.

    Args:
        nonce: 24 random bytes, used once.
    """
    public = exchange_public(target)
    if public is None:
        return None
    content = encode([_DOMAIN, _ANSWER if call.is_answer else _OFFER, call.number, call.signal])
    return nonce + box(content, nonce, public, key.exchange_secret())


def unseal(sealed: bytes, key: SigningKey, origin: bytes) -> Call:
    """Return the call that the device `origin` has sealed for this one.

    Raises:
        BadSignature: it was sealed by somebody else, for somebody else, or changed.
        NonCanonical, BadStructure: it holds no call.
    """
    public = exchange_public(origin)
    nonce, boxed = sealed[: limits.NONCE_BYTES], sealed[limits.NONCE_BYTES :]
    if public is None:
        raise BadSignature("a call of no device")
    match decode(unbox(boxed, nonce, public, key.exchange_secret())):
        case [str(domain), 1 | 2 as kind, bytes(number), bytes(signal)] if (
            domain == _DOMAIN and type(kind) is int and len(number) == limits.CALL_BYTES
        ):
            return Call(kind == _ANSWER, number, signal)
        case _:
            raise BadStructure("call")
