"""Cases of protocol/04-bodies.md sections 1 to 3 and 6: every kind, every bound."""

from __future__ import annotations

from typing import Any

from tests.plain.body import BLANK, read
from tests.plain.cases.contents import (
    E2,
    ID,
    KEY,
    KINDS,
    ORIGIN,
    PICTURE,
    REF,
    SALT,
    of_other_types,
)
from tests.plain.cases.revising import add_revising
from tests.plain.cases.writing import Bytes, Cases, spell, spell_value, whole
from tests.plain.msgpack import encode

NOTES = {
    "Form": "B-2: not [salt, kind, content]",
    "UnknownKind": "B-3: kept and passed on, no meaning yet",
    "UnknownField": "B-4: ignored",
    "Absent": "section 2: absent, empty, and in places nil, mean the same",
    "Bound": "a field at its largest",
    "Required": "a field that must be there",
    "Range": "a field out of its bounds",
    "Type": "a field of another type",
    "Blank": "section 2: nothing to be seen",
    "Either": "B-6: target or outside, not both",
    "Order": "section 3: choices rise, and none stands twice",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/04-bodies.md", NOTES)

    def add(comment: str, data: Bytes, flags: str = "", error: str | None = None) -> None:
        def judge() -> dict[str, Any]:
            kind, means = read(whole(data))
            return {"kind": kind, "means": spell_value(means)}

        made.add(comment, {"bytes": spell(data)}, judge, flags=flags, error=error)

    def good(comment: str, flags: str, kind: str, content: dict[str, Any]) -> None:
        add(f"{kind}: {comment}", encode([SALT, kind, content]), flags)

    def bad(comment: str, flags: str, kind: str, content: Any) -> None:
        add(f"{kind}: {comment}", encode([SALT, kind, content]), flags, "bad-body")

    minimal = {kind: content for kind, content, _ in KINDS}
    for kind, content, largest in KINDS:
        good("the least", "", kind, content)
        good("every field at its largest", "Bound", kind, largest)
        good("a field of the future", "UnknownField", kind, content | {"zzz": [1, {"a": None}]})

    for comment, kind, changed in of_other_types():
        bad(comment, "Type", kind, changed)

    # --- the body itself
    post = minimal["post"]
    for comment, value in (
        ("nothing but nil", None),
        ("a map", {"kind": "post"}),
        ("two fields", [SALT, "post"]),
        ("four fields", [SALT, "post", post, None]),
        ("kind before salt", ["post", SALT, post]),
        ("a salt of 15 bytes", [SALT[:15], "post", post]),
        ("a salt of 17 bytes", [SALT + b"\0", "post", post]),
        ("a salt as str", ["a" * 16, "post", post]),
        ("an empty kind", [SALT, "", post]),
        ("a kind of 33 bytes", [SALT, "k" * 33, post]),
        ("a kind of 17 characters, 34 bytes", [SALT, E2 * 17, post]),
        ("a kind that is an int", [SALT, 1, post]),
        ("a kind that is a bin", [SALT, b"post", post]),
        ("content nil", [SALT, "post", None]),
        ("content an array", [SALT, "post", ["a"]]),
        ("content nil, of a kind of the future", [SALT, "zzz", None]),
    ):
        add(comment, encode(value), "Form", "bad-body")
    right = encode([SALT, "post", post])
    add("a byte short", right[:-1], "Form", "bad-body")
    add("a byte left over", right + b"\0", "Form", "bad-body")
    add(
        "text, keys out of order", right[:-8] + b"\x82\xa4text\xa1a\xa4lang\xa0", "Form", "bad-body"
    )
    add("one byte: nil", b"\xc0", "Form", "bad-body")
    add(
        "a float in a field of the future",
        right[:-8] + b"\x82\xa4text\xa1a\xa1z\xca\0\0\0\0",
        "Form",
        "bad-body",
    )
    for kind in ("zzz", "Post", "post ", "k" * 32, E2 * 16, "like2"):
        good("a kind of the future", "UnknownKind", kind, {"text": 5})

    # --- device.add, device.revoke, erase
    add_ = minimal["device.add"]
    for name, sizes in (("device", (31, 33, 0)), ("consent", (63, 65))):
        bad(
            f"without {name}",
            "Required",
            "device.add",
            {k: v for k, v in add_.items() if k != name},
        )
        for size in sizes:
            bad(f"{name} of {size} bytes", "Range", "device.add", add_ | {name: bytes(size)})
    bad("device as str", "Type", "device.add", add_ | {"device": "a" * 32})
    bad("device nil", "Type", "device.add", add_ | {"device": None})
    bad("a name of 129 bytes", "Range", "device.add", add_ | {"name": "n" * 129})
    bad("name nil", "Type", "device.add", add_ | {"name": None})
    good("an empty name", "Absent", "device.add", add_ | {"name": ""})
    good("a blank name", "", "device.add", add_ | {"name": " "})
    revoke = {"device": KEY, "seq": 5, "id": ID}
    good("seq 0 and an id, which is ignored", "", "device.revoke", revoke | {"seq": 0})
    nothing = {"device": KEY, "seq": 0, "id": "none"}
    good("seq 0 and an id that is none, which is ignored", "", "device.revoke", nothing)
    bad("an id that is nil", "Type", "device.revoke", revoke | {"id": None})
    bad("without seq", "Required", "device.revoke", {"device": KEY, "id": ID})
    bad("without id", "Required", "device.revoke", {"device": KEY, "seq": 5})
    bad("without device", "Required", "device.revoke", {"seq": 5, "id": ID})
    bad("seq -1", "Range", "device.revoke", revoke | {"seq": -1})
    bad("seq true", "Type", "device.revoke", revoke | {"seq": True})
    bad("seq as str", "Type", "device.revoke", revoke | {"seq": "5"})
    bad("an id of 31 bytes", "Range", "device.revoke", revoke | {"id": ID[:31]})
    bad("id nil, seq above 0", "Type", "device.revoke", revoke | {"id": None})
    good("seq 5", "", "device.revoke", revoke)
    bad("no targets", "Required", "erase", {})
    bad("an empty array", "Range", "erase", {"targets": []})
    bad("65 targets", "Range", "erase", {"targets": [REF] * 65})
    bad("a target that is an id", "Type", "erase", {"targets": [ID]})
    bad("targets nil", "Type", "erase", {"targets": None})
    bad("one target, not in an array", "Type", "erase", {"targets": REF})

    # --- profile
    bad("no name", "Required", "profile", {"bio": "b"})
    bad("an empty name", "Blank", "profile", {"name": ""})
    bad("a name of blanks", "Blank", "profile", {"name": " \t\n\u3000\u2003"})
    bad("a name of 129 bytes", "Range", "profile", {"name": "n" * 129})
    bad("a name of 65 characters, 130 bytes", "Range", "profile", {"name": E2 * 65})
    bad("a name as bin", "Type", "profile", {"name": b"Mia"})
    bad("a bio of 1025 bytes", "Range", "profile", {"name": "M", "bio": "b" * 1025})
    bad("a bio that is an array", "Type", "profile", {"name": "M", "bio": []})
    good("a name of a zero-width space: not blank", "", "profile", {"name": "\u200b"})
    good("an empty bio", "Absent", "profile", {"name": "M", "bio": ""})

    # --- post
    add(
        "post: text of 6144 bytes",
        [(encode([SALT, "post", {"text": "a" * 6144}])[:-6144], 1), (b"a", 6144)],
        "Bound",
    )
    add(
        "post: text of 6145 bytes",
        [(encode([SALT, "post", {"text": "a" * 6145}])[:-6145], 1), (b"a", 6145)],
        "Range",
        "bad-body",
    )
    bad("nothing", "Required", "post", {})
    bad("an empty text", "Blank", "post", {"text": ""})
    bad("every blank character there is", "Blank", "post", {"text": "".join(sorted(BLANK))})
    bad("text nil", "Type", "post", {"text": None})
    bad("text an int", "Type", "post", {"text": 1})
    good("a picture without text", "", "post", {"media": [PICTURE]})
    good("a picture with a blank text", "", "post", {"media": [PICTURE], "text": " "})
    good("a text of U+0000", "", "post", {"text": "\0"})
    good(
        "empty where it may be",
        "Absent",
        "post",
        {"text": "a", "warning": "", "lang": "", "mentions": [], "media": []},
    )
    good(
        "nil where it may be",
        "Absent",
        "post",
        {"text": "a", "reply": None, "root": None, "quote": None, "origin": None},
    )
    for name, most in (("warning", 256), ("lang", 35)):
        bad(f"{name} of {most + 1} bytes", "Range", "post", post | {name: "w" * (most + 1)})
        bad(f"{name} nil", "Type", "post", post | {name: None})
    for name in ("reply", "root", "quote"):
        good(name, "", "post", post | {name: REF})
    for comment, flag, ref in (
        ("a log of 31 bytes", "Range", [KEY[:31], 7, ID]),
        ("an id of 33 bytes", "Range", [KEY, 7, ID + b"\0"]),
        ("seq 0", "Range", [KEY, 0, ID]),
        ("seq -1", "Range", [KEY, -1, ID]),
        ("seq true", "Type", [KEY, True, ID]),
        ("seq nil", "Type", [KEY, None, ID]),
        ("two items", "Type", [KEY, 7]),
        ("four items", "Type", [KEY, 7, ID, 1]),
        ("an empty array", "Type", []),
        ("an id alone", "Type", ID),
        ("a map", "Type", {"id": ID}),
        ("false", "Type", False),
        ("an empty str", "Type", ""),
    ):
        bad(f"reply with {comment}", flag, "post", post | {"reply": ref})
    bad("17 mentions", "Range", "post", post | {"mentions": [KEY] * 17})
    bad("a mention of 31 bytes", "Range", "post", post | {"mentions": [KEY[:31]]})
    bad("a mention in text form", "Type", "post", post | {"mentions": ["i" * 57]})
    bad("mentions nil", "Type", "post", post | {"mentions": None})
    bad("mentions a map", "Type", "post", post | {"mentions": {}})
    bad("five pictures", "Range", "post", post | {"media": [PICTURE] * 5})
    bad("media nil", "Type", "post", post | {"media": None})
    bad("a picture that is nil", "Type", "post", post | {"media": [None]})
    bad("a picture that is an id", "Type", "post", post | {"media": [ID]})
    for name in PICTURE:
        without = {k: v for k, v in PICTURE.items() if k != name}
        bad(f"a picture without {name}", "Required", "post", {"media": [without]})
    for comment, flag, change in (
        ("blob of 31 bytes", "Range", {"blob": ID[:31]}),
        ("size -1", "Range", {"size": -1}),
        ("size 8388609", "Range", {"size": 8_388_609}),
        ("size true", "Type", {"size": True}),
        ("an empty type", "Blank", {"type": ""}),
        ("a blank type", "Blank", {"type": " "}),
        ("a type of 129 bytes", "Range", {"type": "t" * 129}),
        ("alt of 1025 bytes", "Range", {"alt": "a" * 1025}),
        ("alt nil", "Type", {"alt": None}),
    ):
        bad(f"a picture with {comment}", flag, "post", {"media": [PICTURE | change]})
    good("a picture of 0 bytes, as it says", "Bound", "post", {"media": [PICTURE | {"size": 0}]})
    good(
        "a picture of 8 MiB, described",
        "Bound",
        "post",
        {"media": [PICTURE | {"size": 8_388_608, "alt": "a" * 1024}]},
    )
    good(
        "a picture with a field of the future",
        "UnknownField",
        "post",
        {"media": [PICTURE | {"width": 5}]},
    )
    good("an origin", "", "post", post | {"origin": ORIGIN})
    for name in ORIGIN:
        without = {k: v for k, v in ORIGIN.items() if k != name}
        bad(f"an origin without {name}", "Required", "post", post | {"origin": without})
    for comment, flag, change in (
        ("a blank source", "Blank", {"source": " "}),
        ("an empty id", "Blank", {"id": ""}),
        ("an id that is an int", "Type", {"id": 20}),
        ("a source of 129 bytes", "Range", {"source": "s" * 129}),
        ("time_ms -1", "Range", {"time_ms": -1}),
        ("time_ms true", "Type", {"time_ms": True}),
        ("an account of 129 bytes", "Range", {"account": "a" * 129}),
        ("reply_to nil", "Type", {"reply_to": None}),
    ):
        bad(f"an origin with {comment}", flag, "post", post | {"origin": ORIGIN | change})
    bad("an origin that is a str", "Type", "post", post | {"origin": "twitter"})
    good("an origin at time 0", "Bound", "post", post | {"origin": ORIGIN | {"time_ms": 0}})

    # --- follow, like, repost, import
    for kind in ("follow", "unfollow"):
        bad("nobody", "Required", kind, {})
        bad("a key of 31 bytes", "Range", kind, {"identity": KEY[:31]})
        bad("a text form", "Type", kind, {"identity": "i" * 57})
        bad("nil", "Type", kind, {"identity": None})
    bad("no target", "Required", "like", {})
    bad("target nil", "Required", "like", {"target": None})
    bad("target an id", "Type", "like", {"target": ID})
    bad("undo 1", "Type", "like", {"target": REF, "undo": 1})
    bad("undo nil", "Type", "like", {"target": REF, "undo": None})
    good("undo false", "Absent", "like", {"target": REF, "undo": False})
    outside = {"handle": "@jo", "text": "Good bread"}
    good("an outside text", "", "repost", {"outside": outside})
    good(
        "an outside text of 6144 bytes, and its origin",
        "Bound",
        "repost",
        {"outside": {"handle": "h" * 128, "text": "t" * 6144}, "origin": ORIGIN},
    )
    good("target, outside nil", "Absent", "repost", {"target": REF, "outside": None})
    good("outside, target nil", "Absent", "repost", {"target": None, "outside": outside})
    bad("neither", "Either", "repost", {})
    bad("both nil", "Either", "repost", {"target": None, "outside": None})
    bad("both", "Either", "repost", {"target": REF, "outside": outside})
    bad("outside without a handle", "Required", "repost", {"outside": {"text": "t"}})
    bad("a blank handle", "Blank", "repost", {"outside": outside | {"handle": " "}})
    bad("a handle of 129 bytes", "Range", "repost", {"outside": outside | {"handle": "h" * 129}})
    bad("outside of 6145 bytes", "Range", "repost", {"outside": outside | {"text": "t" * 6145}})
    bad("outside a str", "Type", "repost", {"outside": "t"})
    bad("outside false", "Type", "repost", {"target": REF, "outside": False})
    bad("undo as str", "Type", "repost", {"target": REF, "undo": "yes"})
    bad("an origin without a source", "Required", "repost", {"target": REF, "origin": {}})
    bad("no source", "Required", "import", {"account": "mia"})
    bad("a blank source", "Blank", "import", {"source": "\u2028"})
    bad("a source of 129 bytes", "Range", "import", {"source": "s" * 129})
    bad("an account of 129 bytes", "Range", "import", {"source": "s", "account": "a" * 129})
    bad("an account nil", "Type", "import", {"source": "s", "account": None})
    add_revising(good, bad)
    return made
