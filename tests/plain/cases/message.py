"""Cases of protocol/09-sessions.md sections 1, 2 and 4: the forms of messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.deflate import Bits, fixed, stored
from tests.plain.hashes import b256, key
from tests.plain.log import Log
from tests.plain.message import SIZE_MOST, read
from tests.plain.msgpack import LARGEST, encode

NOTES = {
    "Encoding": "S-1: not canonical",
    "Form": "S-2: another type, or another number of fields",
    "Type": "S-2: a field of another type",
    "Range": "S-2: a field out of its range",
    "Offer": "S-7: ranges of an offer",
    "Segment": "a segment inside is refused as in chapter 3",
    "Future": "what follows the token of a hello is ignored, and all of one of another version",
    "Bound": "a field at its largest",
    "Order": "S-2: digests that rise, digits that rise",
    "Prefix": "S-2: hexadecimal digits, lower case, and how many",
    "Packed": "S-33: packed; type is that of the message inside",
    "Batch": "S-33: several that travel together",
}
OWN_CODES = bytes.fromhex(
    "85c1410100200084302ad880ccfeec433023dc76cf4b866448866448866448866448860f"
)
"""What a zlib has made of a seek of nine logs that are all zeros: codes of its own, and copies."""
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
    good("hello", [0, 1, None])
    good("hello with a token", [0, 1, b"token"])
    good("hello of another version: the session refuses it", [0, 2], "Future")
    good("hello of version 0", [0, 0], "Future")
    good("hello of the largest version", [0, 2**53 - 1], "Future Bound")
    good("hello of another version that has no token there", [0, 2, "token"], "Future")
    good("hello that says more", [0, 1, None, {"a": 1}, None], "Future")
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
    good("bye with 32 characters of four bytes each", [7, "\U0001f600" * 32], "Bound")
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

    hello = encode([0, 1, None])
    for comment, data in (
        ("no bytes", b""),
        ("a byte left over", hello + b"\0"),
        ("a byte short", hello[:-1]),
        ("the array's length in two bytes", b"\xdc\0\3\0\1\xc0"),
        ("the type in two bytes", b"\x93\xcc\0\1\xc0"),
        ("the version a float", b"\x93\0\xcb\x3f\xf0\0\0\0\0\0\0\xc0"),
        ("an extension as a field of the future", b"\x94\0\1\xc0\xd4\1\0"),
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
        ("hello without a token", [0, 1]),
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
        ("bye with 33 characters of four bytes each", [7, "\U0001f600" * 33]),
        ("hello, version -1", [0, -1]),
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
    add_tokens(good, bad)
    add_news(add, good, bad)
    add_comparisons(good, bad)
    add_overlay(good, bad)
    add_packed(add, good, bad)
    add_batches(add, good, bad)
    return made


Add = Callable[..., None]


def add_tokens(good: Add, bad: Add) -> None:
    """Add hello and told: the forms of tokens."""
    good("told", [16, b"token"])
    good("told, nil", [16, None])
    for name, head in (("hello", [0, 1]), ("told", [16])):
        for size in (1, 64):
            good(f"{name}, a token of {size} bytes", [*head, bytes(size)], "Bound")
        for size in (0, 65):
            bad(f"{name}, a token of {size} bytes", "Range", [*head, bytes(size)])
        bad(f"{name}, the token as str", "Type", [*head, "token"])
        bad(f"{name}, the token false", "Type", [*head, False])
        bad(f"{name}, the token in an array", "Type", [*head, [b"token"]])
    bad("told without a token", "Form", [16])
    bad("told, one field more", "Form", [16, None, None])


def add_news(add: Add, good: Add, bad: Add) -> None:
    """Add seek, note, graft and prune."""
    other = key(2).public
    good("seek", [17, [LOG]])
    good("seek, the same log twice", [17, [LOG, LOG]])
    no, logs, pairs = "bad-structure", encode(LOG), encode([LOG, 1])
    add("seek, 512 logs", [(b"\x92\x11\xdc\x02\x00", 1), (logs, 512)], "Bound")
    add("seek, 513 logs", [(b"\x92\x11\xdc\x02\x01", 1), (logs, 513)], "Range", no)
    bad("seek, nothing", "Range", [17, []])
    bad("seek, a log by itself", "Type", [17, LOG])
    bad("seek, a log of 31 bytes", "Range", [17, [LOG, LOG[:31]]])
    bad("seek, a log as str", "Type", [17, ["a" * 32]])
    bad("seek, a pair", "Type", [17, [[LOG, 1]]])
    bad("seek without logs", "Form", [17])
    bad("seek, one field more", "Form", [17, [LOG], []])
    good("note", [18, [[LOG, 1]]])
    good("note, two logs", [18, [[LOG, 7], [other, LARGEST]]])
    add("note, 512 pairs", [(b"\x92\x12\xdc\x02\x00", 1), (pairs, 512)], "Bound")
    add("note, 513 pairs", [(b"\x92\x12\xdc\x02\x01", 1), (pairs, 513)], "Range", no)
    bad("note, nothing", "Range", [18, []])
    bad("note, seq 0", "Range", [18, [[LOG, 0]]])
    bad("note, seq -1", "Range", [18, [[LOG, 5], [LOG, -1]]])
    bad("note, seq true", "Type", [18, [[LOG, True]]])
    bad("note, seq nil", "Type", [18, [[LOG, None]]])
    bad("note, a log of 33 bytes", "Range", [18, [[LOG + b"\0", 1]]])
    bad("note, a log and no seq", "Form", [18, [[LOG]]])
    bad("note, three in a pair", "Form", [18, [[LOG, 1, 2]]])
    bad("note, a pair by itself", "Type", [18, [LOG, 1]])
    bad("note, one field more", "Form", [18, [[LOG, 1]], None])
    good("graft", [19, LOG, 5])
    good("graft, nothing is held", [19, LOG, 0], "Bound")
    good("graft, after the last seq", [19, LOG, LARGEST], "Bound")
    bad("graft, after -1", "Range", [19, LOG, -1])
    bad("graft, after false", "Type", [19, LOG, False])
    bad("graft, after nil", "Type", [19, LOG, None])
    bad("graft, a log of 31 bytes", "Range", [19, LOG[1:], 5])
    bad("graft, log as str", "Type", [19, "a" * 32, 5])
    bad("graft without after", "Form", [19, LOG])
    bad("graft, one field more", "Form", [19, LOG, 5, 6])
    good("prune", [20, LOG])
    bad("prune, a log of 33 bytes", "Range", [20, LOG + b"\0"])
    bad("prune, log nil", "Type", [20, None])
    bad("prune without a log", "Form", [20])
    bad("prune with a seq", "Form", [20, LOG, 5])


def digests(*numbers: int) -> bytes:
    """Return digests that are these numbers."""
    return b"".join(number.to_bytes(8, "big") for number in numbers)


def add_comparisons(good: Add, bad: Add) -> None:
    """Add compare, compared, reveal and agreed."""
    rising, sixteen = digests(*range(16)), digests(*range(100, 84, -1))
    most = "0123456789abcdef" * 4
    good("compare, nothing", [12, "", True, b""])
    good("compare, one item", [12, "", True, digests(7)])
    good("compare, sixteen items", [12, "5", True, rising], "Bound")
    good("compare, sixteen sets in any order", [12, "5a", False, sixteen], "Order")
    good("compare, sixteen sets that are empty", [12, "", False, bytes(128)])
    good("compare, items under 63 digits", [12, most[:63], True, digests(1)], "Prefix")
    good("compare, sets under 62 digits", [12, most[:62], False, sixteen], "Prefix")
    bad("compare, items under 64 digits", "Prefix", [12, most, True, digests(1)])
    bad("compare, sets under 63 digits", "Prefix", [12, most[:63], False, sixteen])
    for word, prefix in (
        ("an upper-case digit", "5A"),
        ("a letter that is no digit", "5g"),
        ("a blank", " 5"),
        ("a line's end", "5\n"),
        ("a digit of another script", "\u0665"),
    ):
        bad(f"compare, {word}", "Prefix", [12, prefix, True, b""])
    bad("compare, prefix nil", "Type", [12, None, True, b""])
    bad("compare, prefix as bin", "Type", [12, b"5", True, b""])
    bad("compare, prefix an int", "Type", [12, 5, True, b""])
    bad("compare, items 1", "Type", [12, "", 1, digests(7)])
    bad("compare, items nil", "Type", [12, "", None, digests(7)])
    bad("compare, digests as str", "Type", [12, "", True, "a" * 8])
    bad("compare, digests nil", "Type", [12, "", True, None])
    bad("compare, digests in an array", "Type", [12, "", True, [digests(7)]])
    bad("compare, seventeen items", "Range", [12, "", True, digests(*range(17))])
    bad("compare, nine bytes", "Range", [12, "", True, bytes(9)])
    bad("compare, seven bytes", "Range", [12, "", True, bytes(7)])
    bad("compare, fifteen sets", "Range", [12, "", False, sixteen[:120]])
    bad("compare, seventeen sets", "Range", [12, "", False, sixteen + bytes(8)])
    bad("compare, no sets", "Range", [12, "", False, b""])
    bad("compare, items that fall", "Order", [12, "", True, digests(2, 1)])
    bad("compare, an item twice", "Order", [12, "", True, digests(1, 2, 2)])
    bad("compare, the last item too low", "Order", [12, "", True, digests(*range(1, 16), 0)])
    bad("compare without digests", "Form", [12, "", True])
    bad("compare, one field more", "Form", [12, "", True, b"", b""])
    item, sets = ["5", True, digests(7)], ["a", False, sixteen]
    good("compared, nothing", [13, "", [], b""])
    good("compared, lacking", [13, "3", [], digests(1, 2)])
    good("compared, sixteen lacking", [13, "3", [], rising], "Bound")
    good("compared, a part", [13, "", [item], b""])
    good("compared, parts of both kinds", [13, "", [item, sets], b""], "Order")
    every = [[digit, True, b""] for digit in "0123456789abcdef"]
    good("compared, sixteen parts", [13, "77", every, b""], "Bound")
    good("compared, parts and lacking: well formed all the same", [13, "", [item], digests(7)])
    good("compared, items under 62 digits and one", [13, most[:62], [item], b""], "Prefix")
    good("compared, sets under 61 digits and one", [13, most[:61], [sets], b""], "Prefix")
    good("compared, lacking under 63 digits", [13, most[:63], [], digests(3)], "Prefix")
    bad("compared, a part under 63 digits", "Prefix", [13, most[:63], [item], b""])
    bad("compared, sets under 62 digits and one", "Prefix", [13, most[:62], [sets], b""])
    bad("compared, 64 digits", "Prefix", [13, most, [], b""])
    bad("compared, an upper-case prefix", "Prefix", [13, "A", [], b""])
    bad("compared, an upper-case digit", "Prefix", [13, "", [["A", True, b""]], b""])
    bad("compared, a digit of two", "Prefix", [13, "", [["5a", True, b""]], b""])
    bad("compared, a digit of none", "Prefix", [13, "", [["", True, b""]], b""])
    bad("compared, parts that fall", "Order", [13, "", [sets, item], b""])
    bad("compared, a part twice", "Order", [13, "", [item, item], b""])
    bad("compared, lacking that falls", "Order", [13, "", [], digests(2, 1)])
    bad("compared, lacking the same twice", "Order", [13, "", [], digests(2, 2)])
    bad("compared, a part's items fall", "Order", [13, "", [["5", True, digests(2, 1)]], b""])
    bad("compared, seventeen lacking", "Range", [13, "", [], digests(*range(17))])
    bad("compared, lacking seven bytes", "Range", [13, "", [], bytes(7)])
    bad("compared, fifteen sets in a part", "Range", [13, "", [["5", False, sixteen[8:]]], b""])
    bad("compared, seventeen items in a part", "Range", [13, "", [["5", True, bytes(136)]], b""])
    bad("compared, lacking nil", "Type", [13, "", [], None])
    bad("compared, parts nil", "Type", [13, "", None, b""])
    bad("compared, a map of parts", "Type", [13, "", {"5": item}, b""])
    bad("compared, a part that is nil", "Type", [13, "", [None], b""])
    bad("compared, digit as int", "Type", [13, "", [[5, True, b""]], b""])
    bad("compared, items 0 in a part", "Type", [13, "", [["5", 0, sixteen]], b""])
    bad("compared, digests nil in a part", "Type", [13, "", [["5", True, None]], b""])
    bad("compared, a part of two", "Form", [13, "", [item[:2]], b""])
    bad("compared, a part of four", "Form", [13, "", [[*item, b""]], b""])
    bad("compared without lacking", "Form", [13, "", []])
    bad("compared, one field more", "Form", [13, "", [], b"", b""])
    good("reveal", [14, "5", digests(7)])
    good("reveal, sixteen", [14, "", rising], "Bound")
    good("reveal, 63 digits", [14, most[:63], digests(7)], "Prefix")
    bad("reveal, nothing", "Range", [14, "5", b""])
    bad("reveal, seventeen", "Range", [14, "5", digests(*range(17))])
    bad("reveal, four bytes", "Range", [14, "5", bytes(4)])
    bad("reveal, falling", "Order", [14, "5", digests(2, 1)])
    bad("reveal, the same twice", "Order", [14, "5", digests(1, 1)])
    bad("reveal, 64 digits", "Prefix", [14, most, digests(7)])
    bad("reveal, an upper-case digit", "Prefix", [14, "F", digests(7)])
    bad("reveal, nil", "Type", [14, "5", None])
    bad("reveal, prefix nil", "Type", [14, None, digests(7)])
    bad("reveal without digests", "Form", [14, "5"])
    bad("reveal with items", "Form", [14, "5", True, digests(7)])
    good("agreed", [15])
    bad("agreed with a number", "Form", [15, 1])
    bad("agreed with nil", "Form", [15, None])


def add_overlay(good: Add, bad: Add) -> None:
    """Add join, shuffle and relay (chapter 15)."""
    device, address = key(2).public, "192.0.2.7:4114"
    member = [device, [address]]
    good("join", [22, 6, member])
    good("join, hops 0, no address", [22, 0, [device, []]])
    good("join, four addresses of 64 characters", [22, 6, [device, ["a" * 64] * 4]], "Bound")
    good("shuffle", [23, 4, [member, [LOG, []]]])
    good("shuffle, eight members", [23, 0, [member] * 8], "Bound")
    good("relay", [24, 8, LOG, device, b"sealed"])
    good("relay, 4096 bytes", [24, 0, LOG, device, bytes(4096)], "Bound")
    for name, most, fields in (
        ("join", 6, [22, 6, member]),
        ("shuffle", 4, [23, 4, [member]]),
        ("relay", 8, [24, 8, LOG, device, b"sealed"]),
    ):
        bad(f"{name}, hops {most + 1}", "Range", [fields[0], most + 1, *fields[2:]])
        bad(f"{name}, hops -1", "Range", [fields[0], -1, *fields[2:]])
        bad(f"{name}, hops true", "Type", [fields[0], True, *fields[2:]])
        bad(f"{name}, one field less", "Form", fields[:-1])
        bad(f"{name}, one field more", "Form", [*fields, None])
    for comment, flags, wrong in (
        ("nil", "Type", None),
        ("a device by itself", "Type", device),
        ("a device and no addresses", "Form", [device]),
        ("three fields", "Form", [*member, []]),
        ("a device of 31 bytes", "Range", [device[1:], [address]]),
        ("an address by itself", "Type", [device, address]),
        ("five addresses", "Range", [device, [address] * 5]),
        ("an address that is empty", "Range", [device, [address, ""]]),
        ("an address of 65 characters", "Range", [device, ["a" * 65]]),
        ("an address that is not ASCII", "Range", [device, ["b\u00fccher:4114"]]),
        ("an address as bin", "Type", [device, [address.encode()]]),
    ):
        bad(f"join, {comment}", flags, [22, 6, wrong])
        bad(f"shuffle, {comment}", flags, [23, 4, [member, wrong]])
    bad("shuffle, nobody", "Range", [23, 4, []])
    bad("shuffle, nine members", "Range", [23, 4, [member] * 9])
    bad("shuffle, a member by itself", "Type", [23, 4, member])
    bad("relay, nothing sealed", "Range", [24, 8, LOG, device, b""])
    bad("relay, 4097 bytes", "Range", [24, 8, LOG, device, bytes(4097)])
    bad("relay, sealed as str", "Type", [24, 8, LOG, device, "sealed"])
    bad("relay, an origin of 33 bytes", "Range", [24, 8, LOG + b"\0", device, b"sealed"])
    bad("relay, target nil", "Type", [24, 8, LOG, None, b"sealed"])


def add_batches(add: Add, good: Add, bad: Add) -> None:
    """Add messages that travel together."""
    ping, pong = [5, 1], [6, 1]
    good("batch of two", [25, [ping, pong]], "Batch")
    good("batch of a hello and a bye", [25, [[0, 1, None], [7, ""]]], "Batch")
    good("batch of 256", [25, [ping] * 256], "Batch")
    good("batch of haves", [25, [[1, [[LOG, 1, 9, ID]]]] * 3], "Batch")
    inner = encode([25, [ping] * 200])
    add("batch, packed", encode([21, len(inner), stored(inner)]), "Batch Packed")
    for comment, fields in (
        ("of none", [25, []]),
        ("of one", [25, [ping]]),
        ("of 257", [25, [ping] * 257]),
        ("in no array", [25, ping, pong]),
        ("nil", [25, None]),
        ("a map", [25, {"a": ping, "b": pong}]),
        ("with more behind it", [25, [ping, pong], 1]),
        ("of a batch", [25, [ping, [25, [ping, pong]]]]),
        ("of a batch and nothing else", [25, [[25, [ping, pong]]] * 2]),
        ("of a packed message", [25, [ping, [21, 3, stored(encode(pong))]]]),
        ("of bytes", [25, [encode(ping), encode(pong)]]),
        ("of a type that there is not", [25, [ping, [200, 1]]]),
        ("of a ping without a number", [25, [ping, [5]]]),
        ("of nil", [25, [ping, None]]),
    ):
        bad(f"batch, {comment}", "Batch", fields)
    large = [3, 1, [LOG, 1, None, [0], [[8193, ID]], []]]
    bad("batch, of a withheld body of 8193", "Batch", [25, [ping, large]], "too-large")


def add_packed(add: Add, good: Add, bad: Add) -> None:
    """Add messages that travel packed."""
    flag, no = "Packed", "bad-structure"
    ping, seek = encode([5, 1]), encode([17, [bytes(32)] * 9])

    def packed(comment: str, size: Any, deflated: Any, error: str | None = no) -> None:
        add(f"packed, {comment}", encode([21, size, deflated]), flag, error)

    packed("stored as it is", len(ping), stored(ping), None)
    packed("stored in two blocks", len(seek), stored(seek, 200), None)
    packed("an empty block before it", len(ping), b"\0\0\0\xff\xff" + stored(ping), None)
    packed("in fixed codes", len(seek), fixed((seek, 1)), None)
    packed("in codes of its own", len(seek), OWN_CODES, None)
    packed("a hello", 4, stored(encode([0, 1, None])), None)
    head = encode([9, 1, bytes(65_536)])[:8]
    packed("a blob_part of 65,536 bytes", 65_544, fixed((head, 1), (b"\0", 65_536)), None)
    packed("1,048,576 bytes", SIZE_MOST, fixed(*largest()), None)
    packed("it says one more", len(ping) + 1, stored(ping))
    packed("it says one less", len(ping) - 1, stored(ping))
    packed("it says one less, in fixed codes", len(seek) - 1, fixed((seek, 1)))
    packed("a byte behind the end", len(ping), stored(ping) + b"\0")
    packed("a stream behind the end", len(ping), stored(ping) + stored(b""))
    packed("the end cut off", len(ping), stored(ping)[:-1])
    packed("the end of fixed codes cut off", len(seek), fixed((seek, 1))[:-1])
    packed("no block is the last", len(ping), b"\0" + stored(ping)[1:])
    packed("no bytes", len(ping), b"")
    packed("a block of the type that there is not", len(ping), b"\x07" + bytes(8))
    packed("a length that its complement denies", len(ping), b"\1\3\0\xfd\xff" + ping)
    packed("copied from before the beginning", 10, too_far_back())
    packed("with the head of zlib", len(ping), b"\x78\x9c" + stored(ping))
    packed("1,048,577 bytes", SIZE_MOST + 1, stored(ping), "too-large")
    packed("as many bytes as there are numbers", LARGEST, stored(ping), "too-large")
    packed("more than it says, by far", 10, fixed((b"\0", 100_000)))
    packed("more than any message has", SIZE_MOST, fixed((b"\0", SIZE_MOST + 1)))
    packed("0 bytes", 0, stored(b""))
    packed("-1 bytes", -1, stored(ping))
    packed("size true", True, stored(b"\x90"))
    packed("size nil", None, stored(ping))
    packed("as str", len(ping), "a")
    packed("nil", len(ping), None)
    again = encode([21, len(ping), stored(ping)])
    packed("packed again", len(again), stored(again))
    for comment, inner, error in (
        ("bytes that are no message", b"\xc1", "non-canonical"),
        ("a message and a byte", ping + b"\0", "non-canonical"),
        ("the type in two bytes", b"\x92\xcc\5\1", "non-canonical"),
        ("nil", b"\xc0", no),
        ("a type that there is not", encode([200, 1]), no),
        ("a ping without a number", encode([5]), no),
        (
            "a withheld body of 8193",
            encode([3, 1, [LOG, 1, None, [0], [[8193, ID]], []]]),
            "too-large",
        ),
    ):
        packed(comment, len(inner), stored(inner), error)
    bad("packed without bytes", flag, [21, 3])
    bad("packed, one field more", flag, [21, len(ping), stored(ping), None])
    bad("packed without a size", flag, [21, stored(ping)])


def largest() -> list[tuple[bytes, int]]:
    """Return, in pieces, a message of as many bytes as one may have: a segment of 131 entries."""
    head = encode([3, 1, [LOG, 1, None, [0] * 131, 0, 0]])[:-2]
    body, last = encode(bytes(7999))[:3], encode(bytes(8003))[:3]
    pieces = [(head + b"\xdc\0\x83", 1), *[(body, 1), (b"\0", 7999)] * 130]
    return [*pieces, (last, 1), (b"\0", 8003), (encode([bytes(64)] * 2), 1)]


def too_far_back() -> bytes:
    """Return a stream in fixed codes that copies what it does not have."""
    bits = Bits()
    bits.add(0b011, 3)
    bits.code(0b11000101, 8)
    bits.code(0, 5)
    bits.code(0, 7)
    return bits.bytes()
