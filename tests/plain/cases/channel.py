"""Cases of protocol/14-webrtc.md section 5: what one end receives."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.channel import PIECE, WINDOW, run
from tests.plain.refused import Refused

NOTES = {
    "Cut": "W-11, W-12: frames cut into pieces anywhere",
    "Room": "W-14: no more than there is room for",
    "Message": "W-15: no message of a channel",
    "Frame": "a length that is refused as on any stream",
    "End": "W-16: nothing counts after an end",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/14-webrtc.md#5-the-stream", NOTES)

    def add(comment: str, messages: list[Bytes], flags: str = "", error: str | None = None) -> None:
        packets, ended, code = run("responder", [whole(one) for one in messages])

        def judge() -> dict[str, Any]:
            if code is not None:
                raise Refused(code)
            return {"ended": ended}

        given = {
            "role": "responder",
            "messages": [spell(one) for one in messages],
            "lengths": [len(packet) for packet in packets],
        }
        made.add(comment, given, judge, flags=flags, error=error)

    def frame(size: int) -> bytes:
        return size.to_bytes(2, "big") + b"\x5a" * size

    def piece(data: bytes) -> bytes:
        return b"\0" + data

    def filled(before: bytes, size: int) -> Bytes:
        """Return a piece that holds what is given and a whole packet of that many bytes."""
        return [(piece(before + size.to_bytes(2, "big")), 1), (b"\x5a", size)]

    def room(size: int) -> bytes:
        return b"\1" + size.to_bytes(8, "big")

    shake = frame(48) + frame(96)
    begin = piece(shake)
    add("nothing", [])
    add("the handshake in one piece", [begin], "Cut")
    add("the handshake in two pieces", [piece(frame(48)), piece(frame(96))], "Cut")
    add("a byte at a time", [piece(bytes([byte])) for byte in shake + frame(18)], "Cut")
    add("three packets and a half in one piece", [begin, piece(frame(18) * 3 + b"\0\x12ZZ")], "Cut")
    half: Bytes = [(piece((20_000).to_bytes(2, "big")), 1), (b"\x5a", 10_000)]
    add("a packet in two pieces", [begin, half, [(piece(b""), 1), (b"\x5a", 10_000)]], "Cut")
    add("a full piece", [begin, filled(b"", PIECE - 2)], "Cut")
    add("room, once", [begin, room(WINDOW + 1), piece(frame(18))])
    add("room, twice", [room(WINDOW + 1), begin, room((1 << 64) - 1), piece(frame(18))])
    add("an end at once", [b"\2"], "End")
    add("an end behind a packet", [begin, piece(frame(18)), b"\2"], "End")
    add("an end amid a packet", [begin, piece(frame(18)[:9]), b"\2"], "End")
    add("a packet behind the end", [begin, b"\2", piece(frame(18))], "End")
    add("no message behind the end", [begin, b"\2", b"\7"], "End")

    no = "bad-frame"
    add("an empty message", [begin, b""], "Message", no)
    add("a piece of nothing", [begin, b"\0"], "Message", no)
    add("a piece of 16,385 bytes", [begin, filled(b"", PIECE - 1)], "Message", no)
    add("kind 3", [begin, b"\3"], "Message", no)
    add("kind 255", [begin, piece(frame(18)), b"\xff" * 9], "Message", no)
    add("room in 7 bytes", [begin, room(WINDOW + 1)[:-1]], "Message", no)
    add("room in 9 bytes", [begin, b"\1\0" + room(WINDOW + 1)[1:]], "Message", no)
    add("no room", [begin, room(0)], "Message", no)
    add("as much room as there was", [begin, room(WINDOW)], "Message", no)
    add("less room than before", [begin, room(WINDOW + 9), room(WINDOW + 8)], "Message", no)
    add("an end of two bytes", [begin, b"\2\0"], "Message", no)
    add("a packet behind what is no message", [begin, b"\3", piece(frame(18))], "Message", no)
    add("HTTP", [piece(b"GET / HTTP/1.1\r\n")], "Frame", "not-p2pblog")
    add("length 17", [begin, piece(frame(18) + b"\0\x11")], "Frame", no)

    # 32 pieces of 16,384 bytes are exactly what there is room for at first.
    window = [filled(shake, PIECE - 2 - len(shake)), *[filled(b"", PIECE - 2)] * 31]
    add("all that there is room for", window, "Room")
    add("a byte more", [*window, piece(b"\0")], "Room", no)
    # The packet that is due would be whole with the first of these two bytes.
    short = [*window[:-1], filled(b"", PIECE - 2 - 20), piece(frame(18)[:-1])]
    add("all but a byte, amid a packet", short, "Room")
    add("two bytes more: neither counts", [*short, piece(b"\x5a\0")], "Room", no)
    add("one byte more", [*short, piece(b"\x5a")], "Room")
    add(
        "a byte more, after room for the other direction",
        [*window, room(WINDOW * 2), piece(b"\0")],
        "Room",
        no,
    )
    return made
