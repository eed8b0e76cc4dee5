"""Chapter 14, section 5: the stream inside a data channel."""

from __future__ import annotations

from tests.plain.frames import split

WINDOW, PIECE = 524_288, 16_384


def run(role: str, messages: list[bytes]) -> tuple[list[bytes], bool, str | None]:
    """Return the packets that messages hold, whether the stream ended, and what refused it.

    The end that receives gives no more room than there is at first (W-14 to W-16).
    """
    stream, told = b"", WINDOW
    for message in messages:
        kind, rest = message[:1], message[1:]
        if kind == b"\0" and 1 <= len(rest) <= PIECE:
            if len(stream) + len(rest) > WINDOW:
                return split(role, stream)[0], False, "bad-frame"
            stream += rest
            packets, code = split(role, stream)
            if code is not None:
                return packets, False, code
        elif kind == b"\1" and len(rest) == 8 and int.from_bytes(rest, "big") > told:
            told = int.from_bytes(rest, "big")
        elif message == b"\2":
            return split(role, stream)[0], True, None
        else:
            return split(role, stream)[0], False, "bad-frame"
    return split(role, stream)[0], False, None
