"""Cases of protocol/06-links.md section 4: frames on a byte stream."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.frames import split
from tests.plain.refused import Refused

NOTES = {
    "Partial": "the stream goes on: what is whole counts, the rest waits",
    "Handshake": "only the lengths of the handshake may come first",
    "Length": "a length that no packet has",
    "Early": "refused by its two bytes, without what they announce",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/06-links.md#4-byte-streams", NOTES)

    def add(
        comment: str, role: str, stream: Bytes, flags: str = "", error: str | None = None
    ) -> None:
        packets, code = split(role, whole(stream))

        def judge() -> dict[str, Any]:
            if code is not None:
                raise Refused(code)
            return {}

        given = {"role": role, "stream": spell(stream), "lengths": [len(item) for item in packets]}
        made.add(comment, given, judge, flags=flags, error=error)

    def f(size: int, fill: bytes = b"\x5a") -> list[tuple[bytes, int]]:
        return [(size.to_bytes(2, "big"), 1), (fill, size)]

    shake = f(48) + f(96)
    add("nothing", "responder", b"", "Partial")
    add("one byte", "responder", b"\0", "Partial")
    add("a length and nothing behind it", "responder", b"\0\x30", "Partial")
    add("the first packet but for a byte", "responder", [*f(48)[:1], (b"Z", 47)], "Partial")
    add("the first packet", "responder", f(48))
    add("the handshake", "responder", shake)
    add("the handshake, the least packet", "responder", shake + f(18))
    add("the handshake, the largest packet", "responder", shake + f(65_535))
    add("the handshake, and three packets", "responder", shake + f(18) + f(19) + f(256))
    add(
        "two packets and a half", "responder", shake + f(18) + f(30)[:1] + [(b"\x5a", 5)], "Partial"
    )
    add("packets of 48, 96 and 128 later on", "responder", shake + f(48) + f(96) + f(128))
    add("the handshake of an initiator", "initiator", f(128))
    add("and a packet", "initiator", f(128) + f(48))
    no = "not-p2pblog"
    for comment, start in (
        ("HTTP GET", b"GET / HTTP/1.1\r\n"),
        ("HTTP answer", b"HTTP/1.1 400"),
        ("TLS", b"\x16\x03\x01\x02\x00"),
        ("SSH", b"SSH-2.0-OpenSSH"),
        ("zeros", bytes(64)),
        ("ones", b"\xff\xff"),
        ("length 47", b"\0\x2f"),
        ("length 49", b"\0\x31"),
        ("the second length first", b"\0\x60"),
        ("an initiator's length at a responder", b"\0\x80"),
        ("bytes of the length swapped", b"\x30\0"),
    ):
        add(comment, "responder", start, "Handshake Early", no)
    add("a second first packet", "responder", [*f(48), (b"\x000", 1)], "Handshake Early", no)
    add(
        "a transport packet too soon",
        "responder",
        [*f(48), (b"\x00\x12", 1)],
        "Handshake Early",
        no,
    )
    add("a responder's length at an initiator", "initiator", b"\0\x30", "Handshake Early", no)
    add("length 127", "initiator", b"\0\x7f", "Handshake Early", no)
    add("length 17", "responder", [*shake, (b"\x00\x11", 1)], "Length Early", "bad-frame")
    add("length 1", "responder", shake + f(18) + [(b"\0\1", 1)], "Length Early", "bad-frame")
    add("length 0", "initiator", [*f(128), (b"\x00\x00", 1)], "Length Early", "bad-frame")
    add(
        "length 0, then a packet",
        "initiator",
        [*f(128), (b"\x00\x00", 1), *f(18)],
        "Length",
        "bad-frame",
    )
    return made
