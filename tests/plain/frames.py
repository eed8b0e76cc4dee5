"""Chapter 6, section 4: frames on a byte stream."""

from __future__ import annotations

from tests.plain.refused import Refused

FIRST = {"initiator": [128], "responder": [48, 96]}


def split(role: str, stream: bytes) -> tuple[list[bytes], str | None]:
    """Return the packets of a stream, and the code of what ends it, if something does."""
    packets: list[bytes] = []
    first = FIRST[role]
    at = 0
    while at + 2 <= len(stream):
        size = int.from_bytes(stream[at : at + 2], "big")
        if len(packets) < len(first):
            if size != first[len(packets)]:
                return packets, "not-p2pblog"
        elif size < 18:
            return packets, "bad-frame"
        if at + 2 + size > len(stream):
            break
        packets.append(stream[at + 2 : at + 2 + size])
        at += 2 + size
    return packets, None


def packets_of(role: str, stream: bytes) -> list[bytes]:
    """Return the packets of a stream that nothing ends."""
    packets, code = split(role, stream)
    if code is not None:
        raise Refused(code)
    return packets
