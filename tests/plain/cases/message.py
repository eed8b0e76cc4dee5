"""Cases of protocol/09-sessions.md sections 1, 2 and 4: the forms of messages."""

from __future__ import annotations

from typing import Any

from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.hashes import b256, key
from tests.plain.log import Log
from tests.plain.message import read
from tests.plain.msgpack import LARGEST, encode

NOTES = {
    "Encoding": "S-1: not canonical",
    "Form": "S-2: another type, or another number of fields",
    "Type": "S-2: a field of another type",
    "Range": "S-2: a field out of its range",
    "Offer": "S-7: ranges of an offer",
    "Segment": "a segment inside is refused as in chapter 3",
    "Future": "what follows the version of a hello is ignored",
    "Bound": "a field at its largest",
}
LOG, ID = key(1).public, b256(b"an id")
OFFER = [LOG, 5, 9, ID]
TWO = [LOG, 50, 90, ID, 5, 9]
WANT = [2, 1, LOG, 5, 9, True]


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/09-sessions.md#2-types", NOTES)

    def add(comment: str, data: Bytes, flags: str = "", error: str | None = None) -> None:
        def judge() -> dict[str, Any]:
            return {"type": read(whole(data))[0]}

        made.add(comment, {"bytes": spell(data)}, judge, flags=flags, error=error)

    def good(comment: str, value: Any, flags: str = "") -> None:
        add(comment, encode(value), flags)

    def bad(comment: str, flags: str, value: Any, error: str = "bad-structure") -> None:
        add(comment, encode(value), flags, error)

    log = Log(1, 3)
    segment = log.fields(1, 3)
    good("hello", [0, 1])
    good("hello of another version: the session refuses it", [0, 2])
    good("hello that says more", [0, 1, {"a": 1}, None], "Future")
    good("have, nothing", [1, []])
    good("have, one range", [1, [OFFER]])
    good("have, two ranges", [1, [TWO]])
    good("have, two logs", [1, [OFFER, [key(2).public, 1, 1, ID]]])
    good("have, one entry in the gap", [1, [[LOG, 11, 11, ID, 9, 9]]], "Offer")
    good("have, to the last seq", [1, [[LOG, 1, LARGEST, ID]]], "Bound")
    item = encode(OFFER)
    add("have, 512 offers", [(b"\x92\x01\xdc\x02\x00", 1), (item, 512)], "Bound")
    good("want, down", WANT)
    good("want, up", [*WANT[:5], False])
    good("want of one entry", [2, 1, LOG, 9, 9, True])
    good("want of 4096 entries", [2, 1, LOG, 1, 4096, True], "Bound")
    good("want with the largest number", [2, LARGEST, LOG, LARGEST, LARGEST, False], "Bound")
    good("segment", [3, 1, segment])
    good("segment, pushed", [3, 0, segment])
    for type_, name in ((4, "done"), (5, "ping"), (6, "pong")):
        good(name, [type_, 1])
        good(f"{name}, number 0", [type_, 0])
        bad(f"{name}, number -1", "Range", [type_, -1])
    good("bye", [7, ""])
    good("bye with a code", [7, "bad-signature"])
    good("bye with 32 characters", [7, "\u00e9" * 32], "Bound")
    for index in (-1, 0, 127):
        good(f"ask_blob, index {index}", [8, 1, ID, index])
    good("blob_part", [9, 1, b"abc"])
    good("blob_part, nil", [9, 1, None])
    good("blob_part, empty", [9, 1, b""])
    head = encode([9, 1, bytes(65_536)])[:-65_536]
    add("blob_part of 65,536 bytes", [(head, 1), (b"\0", 65_536)], "Bound")

    good("latest", [10, 1, LOG, 100])
    good("latest, one entry", [10, 1, LOG, 1], "Bound")
    good("latest, 512 entries", [10, 1, LOG, 512], "Bound")
    other = Log(1, 3, {2: "something else"})
    good("fork", [11, [segment, other.fields(1, 3)]])
    bare = (1, 2, 3)
    proof: list[Any] = [log.fields(1, 3, withheld=bare), other.fields(1, 3, withheld=bare)]
    good("fork, bodies withheld", [11, proof])
    good("fork that proves nothing: well formed all the same", [11, [segment, segment]])

    hello = encode([0, 1])
    for comment, data in (
        ("no bytes", b""),
        ("a byte left over", hello + b"\0"),
        ("a byte short", hello[:-1]),
        ("the array's length in two bytes", b"\xdc\0\2\0\1"),
        ("the type in two bytes", b"\x92\xcc\0\1"),
        ("the version a float", b"\x92\0\xcb\x3f\xf0\0\0\0\0\0\0"),
        ("an extension as a field of the future", hello[:0] + b"\x93\0\1\xd4\1\0"),
        ("a segment nested too deep", encode([3, 1, 0])[:-1] + b"\x91" * 9 + b"\x90"),
    ):
        add(comment, data, "Encoding", "non-canonical")
    value: Any
    for comment, value in (
        ("nil", None),
        ("a map", {"type": 0}),
        ("an int", 0),
        ("an empty array", []),
        ("type 200", [200, 1]),
        ("type -1", [-1, 1]),
        ("type as str", ["hello", 1]),
        ("type nil", [None, 1]),
        ("hello without a version", [0]),
        ("have without offers", [1]),
        ("have, two arrays", [1, [], []]),
        ("want, down missing", WANT[:5]),
        ("want, one field more", [*WANT, None]),
        ("segment without a number", [3, segment]),
        ("segment, one field more", [3, 1, segment, None]),
        ("done without a number", [4]),
        ("done, one field more", [4, 1, 1]),
        ("ping without a number", [5]),
        ("pong, one field more", [6, 1, 1]),
        ("bye without a code", [7]),
        ("latest without most", [10, 1, LOG]),
        ("latest, one field more", [10, 1, LOG, 100, True]),
        ("fork without a proof", [11]),
        ("fork with a number", [11, 1, proof]),
        ("bye, one field more", [7, "", ""]),
        ("ask_blob without an index", [8, 1, ID]),
        ("ask_blob, one field more", [8, 1, ID, 0, 0]),
        ("blob_part without data", [9, 1]),
        ("blob_part, one field more", [9, 1, None, None]),
    ):
        bad(comment, "Form", value)
    for comment, value in (
        ("hello, version nil", [0, None]),
        ("hello, version as str", [0, "1"]),
        ("hello, version true", [0, True]),
        ("type true", [True, []]),
        ("have, a map", [1, {}]),
        ("have, an offer that is nil", [1, [None]]),
        ("have, an offer that is a log", [1, [LOG]]),
        ("want, number nil", [2, None, LOG, 5, 9, True]),
        ("want, number true", [2, True, LOG, 5, 9, True]),
        ("want, log as str", [2, 1, "a" * 32, 5, 9, True]),
        ("want, low nil", [2, 1, LOG, None, 9, True]),
        ("want, low true", [2, 1, LOG, True, 9, True]),
        ("want, down 1", [2, 1, LOG, 5, 9, 1]),
        ("want, down nil", [2, 1, LOG, 5, 9, None]),
        ("segment, number as str", [3, "1", segment]),
        ("segment, number false", [3, False, segment]),
        ("done, number nil", [4, None]),
        ("done, number true", [4, True]),
        ("ping, number as bin", [5, b"1"]),
        ("pong, number false", [6, False]),
        ("bye, code nil", [7, None]),
        ("latest, number nil", [10, None, LOG, 100]),
        ("latest, log as str", [10, 1, "a" * 32, 100]),
        ("latest, most true", [10, 1, LOG, True]),
        ("fork, nil", [11, None]),
        ("fork, a map", [11, {}]),
        ("bye, code as bin", [7, b""]),
        ("ask_blob, id as str", [8, 1, "a" * 32, 0]),
        ("ask_blob, index nil", [8, 1, ID, None]),
        ("ask_blob, index false", [8, 1, ID, False]),
        ("blob_part, data as str", [9, 1, "abc"]),
        ("blob_part, data an array", [9, 1, []]),
        ("blob_part, number true", [9, True, None]),
    ):
        bad(comment, "Type", value)
    for comment, value in (
        ("want, number 0", [2, 0, LOG, 5, 9, True]),
        ("want, number -1", [2, -1, LOG, 5, 9, True]),
        ("want, log of 31 bytes", [2, 1, LOG[:31], 5, 9, True]),
        ("want, low 0", [2, 1, LOG, 0, 9, True]),
        ("want, high below low", [2, 1, LOG, 9, 8, True]),
        ("want of 4097 entries", [2, 1, LOG, 1, 4097, True]),
        ("segment, number -1", [3, -1, segment]),
        ("bye with 33 characters", [7, "a" * 33]),
        ("latest, number 0", [10, 0, LOG, 100]),
        ("latest, log of 33 bytes", [10, 1, LOG + b"\0", 100]),
        ("latest, no entries", [10, 1, LOG, 0]),
        ("latest, 513 entries", [10, 1, LOG, 513]),
        ("ask_blob, number -1", [8, -1, ID, 0]),
        ("blob_part, number -1", [9, -1, None]),
        ("ask_blob, id of 31 bytes", [8, 1, ID[:31], 0]),
        ("ask_blob, index -2", [8, 1, ID, -2]),
        ("ask_blob, index 128", [8, 1, ID, 128]),
    ):
        bad(comment, "Range", value)
    larger = encode([9, 1, bytes(65_537)])[:-65_537]
    add("blob_part of 65,537 bytes", [(larger, 1), (b"\0", 65_537)], "Range", "bad-structure")
    add("have, 513 offers", [(b"\x92\x01\xdc\x02\x01", 1), (item, 513)], "Range", "bad-structure")
    for comment, offer in (
        ("three fields", OFFER[:3]),
        ("five fields", TWO[:5]),
        ("seven fields", [*TWO, None]),
        ("a log of 33 bytes", [LOG + b"\0", 5, 9, ID]),
        ("low 0", [LOG, 0, 9, ID]),
        ("high below low", [LOG, 9, 8, ID]),
        ("low true", [LOG, True, 9, ID]),
        ("an id of 31 bytes", [LOG, 5, 9, ID[:31]]),
        ("an id that is nil", [LOG, 5, 9, None]),
        ("older low 0", [LOG, 50, 90, ID, 0, 9]),
        ("older high below low", [LOG, 50, 90, ID, 9, 8]),
        ("ranges that touch", [LOG, 50, 90, ID, 5, 49]),
        ("ranges that overlap", [LOG, 50, 90, ID, 5, 60]),
        ("the older one above", [LOG, 5, 9, ID, 50, 90]),
        ("older as an array", [LOG, 50, 90, ID, [5, 9]]),
        ("older nil", [LOG, 50, 90, ID, None, None]),
        ("older low true", [LOG, 50, 90, ID, True, 9]),
    ):
        bad(f"an offer with {comment}", "Offer", [1, [offer]])
        bad(f"a right offer, then one with {comment}", "Offer", [1, [OFFER, offer]])
    bad("segment that is nil", "Segment", [3, 1, None])
    bad("segment of five fields", "Segment", [3, 1, segment[:5]])
    bad("segment in a bin", "Segment", [3, 1, log.segment(1, 3)])
    bad("fork of one segment", "Segment", [11, [segment]])
    bad("fork of three segments", "Segment", [11, [segment] * 3])
    bad("fork, a segment that is nil", "Segment", [11, [segment, None]])
    bad("fork, a segment of five fields", "Segment", [11, [segment, segment[:5]]])
    bad("segment without bodies", "Segment", [3, 1, [LOG, 1, None, [], [], []]])
    long_ = [[1, ID]] * 513
    bad(
        "segment of 513 entries",
        "Segment",
        [3, 1, [LOG, 1, None, [0] * 513, long_, [bytes(64)] * 8]],
        "too-large",
    )
    bad(
        "segment with a withheld body of 8193",
        "Segment",
        [3, 1, [LOG, 1, None, [0], [[8193, ID]], []]],
        "too-large",
    )
    return made
