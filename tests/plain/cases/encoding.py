"""Cases of protocol/01-encoding.md sections 1 to 3."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Bytes, Cases, spell, spell_value, whole
from tests.plain.msgpack import LARGEST, decode, encode

NOTES = {
    "Type": "E-5, E-9: a type that does not exist here; whoever decodes it hashes other bytes",
    "Range": "E-6: an int that JSON and JavaScript cannot hold exactly",
    "Form": "E-7: a longer form; two encodings of one value give two ids",
    "Text": "E-8: not UTF-8",
    "KeyOrder": "E-10: two encodings of one map give two ids",
    "Depth": "E-11: nested deeper than 8",
    "Length": "E-12, E-13: ends too early, or too late",
    "Memory": "E-14: a length that must not be believed before its bytes are there",
}

VALUES: list[tuple[str, Any]] = [
    ("nil", None),
    ("false", False),
    ("true", True),
    ("0", 0),
    ("127", 127),
    ("128", 128),
    ("255", 255),
    ("256", 256),
    ("65535", 65535),
    ("65536", 65536),
    ("2^32 - 1", 2**32 - 1),
    ("2^32", 2**32),
    ("2^53 - 1", LARGEST),
    ("-1", -1),
    ("-32", -32),
    ("-33", -33),
    ("-128", -128),
    ("-129", -129),
    ("-32768", -32768),
    ("-32769", -32769),
    ("-2^31", -(2**31)),
    ("-2^31 - 1", -(2**31) - 1),
    ("-(2^53 - 1)", -LARGEST),
    ("an empty str", ""),
    ("two bytes of UTF-8", "h\u00e9"),
    ("the last character of Unicode", "\U0010ffff"),
    ("U+0000", "\0"),
    ("a str of 31 bytes", "a" * 31),
    ("a str of 32 bytes", "a" * 32),
    ("a str of 255 bytes", "a" * 255),
    ("a str of 256 bytes", "a" * 256),
    ("an empty bin", b""),
    ("a bin that is no UTF-8", b"\xff\xfe"),
    ("a bin of 255 bytes", b"\1" * 255),
    ("a bin of 256 bytes", b"\1" * 256),
    ("an empty array", []),
    ("an array of 15 items", [1] * 15),
    ("an array of 16 items", [1] * 16),
    ("an empty map", {}),
    ("a map of 15 entries", {f"{n:02}": n for n in range(15)}),
    ("a map of 16 entries", {f"{n:02}": n for n in range(16)}),
    ("keys that begin alike", {"": 1, "a": 2, "aa": 3, "b": 4}),
    ("a key of two bytes after one of one", {"z": 1, "\u00e9": 2}),
    ("a key above U+FFFF after one below: bytes, not UTF-16", {"\uffff": 1, "\U00010000": 2}),
    ("a scalar at depth 9", [[[[[[[[7]]]]]]]]),
    ("arrays and maps by turns, 8 deep", [{"a": [{"a": [{"a": [{"a": None}]}]}]}]),
]
SMALL = b"\x01"
REFUSED: list[tuple[str, str, Bytes]] = [
    ("nothing at all", "Length", b""),
    ("a float of 4 bytes", "Type", bytes.fromhex("ca3f800000")),
    ("a float of 8 bytes", "Type", bytes.fromhex("cb3ff0000000000000")),
    ("a float inside an array", "Type", bytes.fromhex("91ca00000000")),
    ("c1", "Type", b"\xc1"),
    ("c1 inside a map", "Type", bytes.fromhex("81a161c1")),
    ("an extension of 1 byte", "Type", bytes.fromhex("d40100")),
    ("an extension of 2 bytes", "Type", bytes.fromhex("d5010000")),
    ("an extension of 4 bytes: a timestamp", "Type", bytes.fromhex("d6ff00000000")),
    ("an extension of 8 bytes", "Type", bytes.fromhex("d7ff") + bytes(8)),
    ("an extension of 16 bytes", "Type", bytes.fromhex("d801") + bytes(16)),
    ("an extension with a length of 1 byte", "Type", bytes.fromhex("c7010100")),
    ("an extension with a length of 2 bytes", "Type", bytes.fromhex("c800010100")),
    ("an extension with a length of 4 bytes", "Type", bytes.fromhex("c9000000010100")),
    ("a key that is an int", "Type", bytes.fromhex("810101")),
    ("a key that is a bin", "Type", bytes.fromhex("81c4016101")),
    ("a key that is nil", "Type", bytes.fromhex("81c001")),
    ("a key that is an array", "Type", bytes.fromhex("819001")),
    ("2^53", "Range", bytes.fromhex("cf0020000000000000")),
    ("2^64 - 1", "Range", b"\xcf" + b"\xff" * 8),
    ("-2^53", "Range", bytes.fromhex("d3ffe0000000000000")),
    ("-2^63", "Range", bytes.fromhex("d38000000000000000")),
    ("2^53 as the value of a map", "Range", bytes.fromhex("81a161cf0020000000000000")),
    ("0 in two bytes", "Form", bytes.fromhex("cc00")),
    ("127 in two bytes", "Form", bytes.fromhex("cc7f")),
    ("255 in three bytes", "Form", bytes.fromhex("cd00ff")),
    ("65535 in five bytes", "Form", bytes.fromhex("ce0000ffff")),
    ("2^32 - 1 in nine bytes", "Form", bytes.fromhex("cf00000000ffffffff")),
    ("1 in a signed form", "Form", bytes.fromhex("d001")),
    ("200 in a signed form", "Form", bytes.fromhex("d100c8")),
    ("2^32 in a signed form", "Form", bytes.fromhex("d30000000100000000")),
    ("-1 in two bytes", "Form", bytes.fromhex("d0ff")),
    ("-32 in two bytes", "Form", bytes.fromhex("d0e0")),
    ("-128 in three bytes", "Form", bytes.fromhex("d1ff80")),
    ("-32768 in five bytes", "Form", bytes.fromhex("d2ffff8000")),
    ("-2^31 in nine bytes", "Form", bytes.fromhex("d3ffffffff80000000")),
    ("a str of 31 bytes, its length in a byte", "Form", [(b"\xd9\x1f", 1), (b"a", 31)]),
    ("a str of 255 bytes, its length in two", "Form", [(b"\xda\0\xff", 1), (b"a", 255)]),
    ("a str of 1 byte, its length in four", "Form", bytes.fromhex("db0000000161")),
    ("a bin of 1 byte, its length in two", "Form", bytes.fromhex("c5000101")),
    ("a bin of 1 byte, its length in four", "Form", bytes.fromhex("c60000000101")),
    ("an array of 1 item, its length in two bytes", "Form", bytes.fromhex("dc000101")),
    ("an array of 16 items, its length in four", "Form", [(b"\xdd\0\0\0\x10", 1), (SMALL, 16)]),
    ("an empty map, its length in two bytes", "Form", bytes.fromhex("de0000")),
    ("an empty map, its length in four bytes", "Form", bytes.fromhex("df00000000")),
    ("a key in a longer form", "Form", bytes.fromhex("81d9016101")),
    ("ff in a str", "Text", bytes.fromhex("a1ff")),
    ("half a character", "Text", bytes.fromhex("a1c3")),
    ("an overlong slash", "Text", bytes.fromhex("a2c0af")),
    ("an overlong U+0000", "Text", bytes.fromhex("a2c080")),
    ("a surrogate", "Text", bytes.fromhex("a3eda080")),
    ("a pair of surrogates", "Text", bytes.fromhex("a6eda080edb080")),
    ("beyond U+10FFFF", "Text", bytes.fromhex("a4f4908080")),
    ("a key that is no UTF-8", "Text", bytes.fromhex("81a1ff01")),
    ("b before a", "KeyOrder", bytes.fromhex("82a16201a16102")),
    ("a twice", "KeyOrder", bytes.fromhex("82a16101a16101")),
    ("a twice, with b between", "KeyOrder", bytes.fromhex("83a16101a16201a16101")),
    ("aa before a", "KeyOrder", bytes.fromhex("82a2616101a16102")),
    ("a before the empty key", "KeyOrder", bytes.fromhex("82a16101a002")),
    ("by length instead of bytes", "KeyOrder", bytes.fromhex("82a16201a2616101")),
    ("by UTF-16 instead of bytes", "KeyOrder", bytes.fromhex("82a4f090808001a3efbfbf02")),
    ("out of order in an inner map", "KeyOrder", bytes.fromhex("9182a16201a16102")),
    ("nine arrays", "Depth", bytes.fromhex("919191919191919190")),
    ("a map in eight arrays", "Depth", bytes.fromhex("919191919191919180")),
    ("nine maps", "Depth", [(b"\x81\xa1a", 8), (b"\x80", 1)]),
    ("a hundred thousand arrays", "Depth", [(b"\x91", 100_000), (b"\x90", 1)]),
    ("an int without its bytes", "Length", b"\xcd\1"),
    ("a str that is one byte short", "Length", b"\xa2a"),
    ("a bin without a length", "Length", b"\xc4"),
    ("a length that is one byte short", "Length", b"\xc5\1"),
    ("an array of 2 items with 1", "Length", b"\x92\x01"),
    ("a map without its last value", "Length", bytes.fromhex("82a16101a162")),
    ("a value after the value", "Length", b"\x01\x01"),
    ("a nil after the value", "Length", b"\x90\xc0"),
    ("a line feed after the value", "Length", b"\x90\n"),
    ("2^32 - 1 items announced", "Memory", b"\xdd\xff\xff\xff\xff"),
    ("2^32 - 1 entries announced", "Memory", b"\xdf\xff\xff\xff\xff"),
    ("4 GiB of bin announced", "Memory", b"\xc6\xff\xff\xff\xff"),
    ("4 GiB of str announced", "Memory", b"\xdb\xff\xff\xff\xffabc"),
    ("a million items announced, one there", "Memory", b"\xdd\0\x0f\x42\x40\x01"),
]  # fmt: skip


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/01-encoding.md", NOTES)
    for comment, value in VALUES:
        data = encode(value)

        def judge(data: bytes = data) -> dict[str, Any]:
            return {"value": spell_value(decode(data))}

        made.add(comment, {"bytes": data.hex()}, judge)
    for comment, flag, bad in REFUSED:

        def refuse(data: Bytes = bad) -> dict[str, Any]:
            return {"value": decode(whole(data))}

        made.add(comment, {"bytes": spell(bad)}, refuse, flags=flag, error="non-canonical")
    return made
