"""Decide how frames come in on an event loop without holding it up.

Implements docs/api.md, "Frames", for both ends that use asyncio.
"""

from __future__ import annotations

import asyncio

from p2pblog.api.wire import HEADER_BYTES, Frame, payload_bytes, unpack
from p2pblog.core.limits import API_INLINE_BYTES_MAX


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """Return the next frame, or None when the other side has hung up (within a frame, too).

    Raises:
        ProtocolError: what came is no frame; nothing after it can be made sense of.
        ConnectionError: the connection broke.
    """
    try:
        header = await reader.readexactly(HEADER_BYTES)
        payload = await reader.readexactly(payload_bytes(header))
    except asyncio.IncompleteReadError:
        return None
    if len(payload) <= API_INLINE_BYTES_MAX:
        return unpack(payload)
    # In a thread the interpreter takes turns; one connection's order is kept all the same.
    return await asyncio.to_thread(unpack, payload)
