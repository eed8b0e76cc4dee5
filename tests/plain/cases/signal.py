"""Cases of protocol/14-webrtc.md sections 2 to 4."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from tests.plain.cases.writing import Cases
from tests.plain.msgpack import encode
from tests.plain.signal import read, read_text, write_text

NOTES = {
    "Encoding": "W-2: not canonical, or too long",
    "Form": "W-3: another form, version, type or length of a field",
    "Candidates": "W-4, W-5: number, type, length and port of candidates",
    "Address": "W-6: an address that no end has, or the loopback beside another",
    "Text": "W-9: case and white space mean nothing",
    "Mistyped": "W-10: not the text form of this",
}
HOST, SEEN = [0, bytes([192, 168, 1, 5]), 40_000], [1, bytes([198, 51, 100, 7]), 50_000]
OFFER: list[Any] = [0, 1, "offr", "p" * 22, b"\x11" * 32, [HOST, SEEN]]
ANSWER: list[Any] = [1, 1, "answ", "q" * 22, b"\x22" * 32, [HOST], "offr"]


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/14-webrtc.md#2-offers-and-answers", NOTES)
    bad = "bad-structure"

    def data(comment: str, given: bytes, flags: str = "", error: str | None = None) -> None:
        made.add(
            comment,
            {"op": "read", "bytes": given.hex()},
            lambda: read(given),
            flags=flags,
            error=error,
        )

    def item(comment: str, at: int, value: Any, of: list[Any] = OFFER) -> None:
        data(comment, encode([*of[:at], value, *of[at + 1 :]]), "Form", bad)

    def found(comment: str, *candidates: Any, flags: str = "", error: str | None = None) -> None:
        data(comment, encode([*OFFER[:5], list(candidates)]), flags, error)

    def at(host: str, port: int = 40_000) -> list[Any]:
        return [0, ip_address(host).packed, port]

    data("an offer", encode(OFFER))
    data("an answer", encode(ANSWER))
    most = [[0, bytes([0x20, *([255] * 14), n]), 65_535] for n in range(8)]
    data("the longest", encode([1, 1, "u" * 32, "p" * 64, bytes(32), most, "o" * 32]))
    data("the shortest names", encode([1, 1, "+/09", "p" * 22, bytes(32), [HOST], "AZaz"]))
    for host in ("1.0.0.0", "10.0.0.1", "169.254.0.1", "223.255.255.255", "100::1", "fd00::1"):
        found(host, at(host))
    found("port 1024", at("10.0.0.1", 1024))
    found("one address with two ports", at("10.0.0.1", 1024), at("10.0.0.1", 1025))
    found("the loopback alone", at("127.0.0.1"), at("::1"))

    data("no bytes", b"", "Encoding", "non-canonical")
    data("a byte left over", encode(OFFER) + b"\0", "Encoding", "non-canonical")
    data("a byte short", encode(OFFER)[:-1], "Encoding", "non-canonical")
    data(
        "the version in two bytes", b"\x96\0\xcc\1" + encode(OFFER)[3:], "Encoding", "non-canonical"
    )
    data("513 bytes", b"\xc5\x01\xfe" + bytes(510), "Encoding", "too-large")
    data("512 bytes, and no offer", b"\xc5\x01\xfd" + bytes(509), "Form", bad)
    for comment, value in (("nil", None), ("an empty array", []), ("a map", {"type": 0})):
        data(comment, encode(value), "Form", bad)
    item("type 2", 0, 2)
    item("type true", 0, True)
    item("an answer that names no offer", 0, 1)
    item("an offer that names one", 0, 0, ANSWER)
    item("version 0", 1, 0)
    item("version 2", 1, 2)
    item("version true", 1, True)
    item("ufrag of 3 characters", 2, "abc")
    item("ufrag of 33 characters", 2, "a" * 33)
    item("ufrag with a colon", 2, "ab:c")
    item("ufrag with a line break behind it", 2, "abcd\n")
    item("ufrag with a letter of another script", 2, "abc\u0430")
    item("ufrag as bin", 2, b"abcd")
    item("pwd of 21 characters", 3, "p" * 21)
    item("pwd of 65 characters", 3, "p" * 65)
    item("pwd with a hyphen", 3, "p" * 21 + "-")
    item("fingerprint of 31 bytes", 4, bytes(31))
    item("fingerprint of 33 bytes", 4, bytes(33))
    item("fingerprint as str", 4, "f" * 32)
    item("candidates nil", 5, None)
    item("the offer of 3 characters", 6, "abc", ANSWER)
    item("the offer nil", 6, None, ANSWER)

    def refused(comment: str, *candidates: Any, flags: str = "Candidates") -> None:
        found(comment, *candidates, flags=flags, error=bad)

    refused("no candidates")
    refused("nine", *(at(f"10.0.0.{n}") for n in range(9)))
    refused("one twice", HOST, HOST)
    refused("one twice, as two types", HOST, [1, *HOST[1:]])
    refused("nil as a candidate", None)
    refused("two fields", HOST[:2])
    refused("four fields", [*HOST, 0])
    refused("type 2 of a candidate", [2, *HOST[1:]])
    refused("type true of a candidate", [True, *HOST[1:]])
    refused("a name", [0, b"printer.local", 40_000])
    refused("an address as str", [0, "10.0.0.1", 40_000])
    refused("3 bytes of address", [0, bytes([10, 0, 0]), 40_000])
    refused("no bytes of address", [0, b"", 40_000])
    for port in (0, 53, 1023, 65_536):
        refused(f"port {port}", at("10.0.0.1", port))
    refused("port true", [*HOST[:2], True])
    for host in (
        "0.0.0.0",  # noqa: S104
        "0.255.255.255", "224.0.0.251", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::2", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1",
        "fe80::1", "febf::1", "fec0::1", "ff02::fb",
    ):  # fmt: skip
        refused(host, at(host), flags="Address")
    refused("the loopback and another", HOST, at("127.0.0.1"), flags="Address")
    refused("another and the loopback", at("::1"), SEEN, flags="Address")

    def text(comment: str, letter: str, typed: str, flags: str, error: str | None = None) -> None:
        def judge() -> dict[str, str]:
            given = read_text(letter, typed)
            return {"bytes": given.hex(), "written": write_text(letter, given)}

        made.add(
            comment,
            {"op": "text", "letter": letter, "text": typed},
            judge,
            flags=flags,
            error=error,
        )

    right = write_text("o", encode(OFFER))
    text("the offer as text", "o", right, "Text")
    text("the answer as text", "a", write_text("a", encode(ANSWER)), "Text")
    text("upper case", "o", right.upper(), "Text")
    text(
        "in three lines, quoted by blanks",
        "o",
        f" {right[:60]}\r\n\t{right[60:99]}\n{right[99:]} ",
        "Text",
    )
    spaces = "\x1c\x1f\x85\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\v\f"
    text("white space of every kind", "o", right[:5] + spaces.join(right[5:7]) + right[7:], "Text")
    for size in range(1, 6):
        text(f"{size} bytes", "o", write_text("o", b"\xff" * size), "Text")
    text("512 bytes of text", "a", write_text("a", bytes(512)), "Text")
    for comment, letter, typed in (
        ("nothing", "o", ""),
        ("the letter alone", "o", "o"),
        ("a checksum and nothing before it", "o", write_text("o", b"")),
        ("513 bytes of text", "o", write_text("o", bytes(513))),
        ("an answer where an offer belongs", "o", write_text("a", encode(ANSWER))),
        ("the letter changed, the checksum not", "a", "a" + right[1:]),
        ("a character less", "o", right[:-1]),
        ("a character more", "o", right + "a"),
        ("padding", "o", right + "="),
        ("1 for l", "o", right[:9] + "1" + right[10:]),
        ("one character changed", "o", right[:9] + ("b" if right[9] != "b" else "c") + right[10:]),
        ("bits left over", "o", write_text("o", b"\xff")[:-1] + "b"),
        ("a zero width space", "o", right[:9] + "\u200b" + right[9:]),
        ("U+FEFF", "o", "\ufeff" + right),
        ("the Kelvin sign", "o", right[:9] + "\u212a" + right[10:]),
    ):
        text(comment, letter, typed, "Mistyped", "bad-offer")
    return made
