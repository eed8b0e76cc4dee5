"""How the bytes of messages travel: small ones together, large ones deflated.

Implements protocol/09-sessions.md section 1.  Pure.  What a message says is codec.py's matter.
"""

from __future__ import annotations

import zlib

from p2pblog.core import limits
from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadStructure, TooLarge
from p2pblog.sync.messages import Type

_BATCH_HEAD = bytes([0x92, Type.BATCH])
_PACKED_HEAD = bytes([0x93, Type.PACKED])


def is_long(data: bytes) -> bool:
    """Tell whether decoding takes long: `data` is large, or becomes that once it is inflated."""
    return len(data) > limits.DECODE_INLINE_BYTES_MAX or data[:2] == _PACKED_HEAD


def wrapped(messages: list[bytes]) -> list[bytes]:
    """Return messages as they had best travel: small ones together, large ones deflated."""
    out: list[bytes] = []
    batch: list[bytes] = []
    size = 0
    for message in messages:
        if size + len(message) > limits.BATCH_BYTES_MAX or len(batch) == limits.BATCH_MESSAGES_MAX:
            out.append(batched(batch))
            batch, size = [], 0
        batch.append(message)
        size += len(message)
    return [_packed(message) for message in [*out, batched(batch)] if message]


def batched(messages: list[bytes]) -> bytes:
    """Return a batch of messages; one alone is itself, and none are no bytes."""
    if len(messages) < 2:
        return b"".join(messages)
    # The bytes of an array are those of its items, which are here, behind a head.
    head = encode([None] * len(messages))[: -len(messages)]
    return _BATCH_HEAD + head + b"".join(messages)


def _packed(message: bytes) -> bytes:
    if len(message) < limits.PACK_BYTES_MIN:
        return message
    deflater = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = deflater.compress(message) + deflater.flush()
    packed = encode([Type.PACKED.value, len(message), deflated])
    return packed if len(packed) < len(message) * 7 // 8 else message


def inflated(size: int, deflated: bytes) -> bytes:
    """Return the `size` bytes that `deflated` becomes.

    Raises:
        TooLarge: they are more than a message may have.
        BadStructure: it does not become that many.
    """
    if size > limits.MESSAGE_BYTES_MAX:
        raise TooLarge("a packed message")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than it says: whatever would follow is neither made nor kept.
        message = inflater.decompress(deflated, size + 1)
    except zlib.error:
        raise BadStructure("packed message") from None
    if len(message) != size or not inflater.eof or inflater.unused_data:
        raise BadStructure("packed message")
    return message
