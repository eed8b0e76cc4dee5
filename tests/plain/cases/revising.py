"""Cases of protocol/04-bodies.md section 3: polls, edits, votes, pins and fields of profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.plain.body import BLANK
from tests.plain.cases.contents import E2, ID, KEY, ORIGIN, PICTURE, POLL, REF
from tests.plain.msgpack import LARGEST

Add = Callable[[str, str, str, dict[str, Any]], None]
EVERY_BLANK = "".join(sorted(BLANK))
NOT_REFS = (
    ("a log of 31 bytes", "Range", [KEY[:31], 7, ID]),
    ("an id of 33 bytes", "Range", [KEY, 7, ID + b"\0"]),
    ("seq 0", "Range", [KEY, 0, ID]),
    ("seq true", "Type", [KEY, True, ID]),
    ("two items", "Type", [KEY, 7]),
    ("four items", "Type", [KEY, 7, ID, 1]),
    ("an id alone", "Type", ID),
    ("a reference in an array", "Type", [REF]),
    ("false", "Type", False),
)


def add_revising(good: Add, bad: Add) -> None:
    """Add all of them; `good` and `bad` take comment, flags, kind and content."""
    add_fields(good, bad)
    add_polls(good, bad)
    add_targets(bad)
    add_edits(good, bad)
    add_votes(good, bad)
    bad("undo 0", "Type", "pin", {"target": REF, "undo": 0})
    bad("undo nil", "Type", "pin", {"target": REF, "undo": None})
    good("undo false", "Absent", "pin", {"target": REF, "undo": False})


def add_fields(good: Add, bad: Add) -> None:
    """Add what a profile says beside name and bio."""

    def has(fields: Any) -> dict[str, Any]:
        return {"name": "M", "fields": fields}

    one = ["pronouns", "she"]
    good("a field", "", "profile", has([one]))
    good("one field twice", "", "profile", has([one, one]))
    good("fields in the order in which they stand", "", "profile", has([["z", "1"], ["a", "2"]]))
    good("no fields", "Absent", "profile", has([]))
    good("a field of a zero-width space: not blank", "", "profile", has([["\u200b", "\u200b"]]))
    bad("nine fields", "Range", "profile", has([one] * 9))
    for comment, flag, field in (
        ("that is empty", "Type", []),
        ("without a value", "Type", ["pronouns"]),
        ("of three", "Type", [*one, ""]),
        ("that is a map", "Type", {"pronouns": "she"}),
        ("that is a str", "Type", "pronouns"),
        ("that is a str of two characters", "Type", "ab"),
        ("that is nil", "Type", None),
        ("with a name that is nil", "Type", [None, "she"]),
        ("with a name that is a bin", "Type", [b"pronouns", "she"]),
        ("with a value that is nil", "Type", ["pronouns", None]),
        ("with a value that is an int", "Type", ["year", 1980]),
        ("with an empty name", "Blank", ["", "she"]),
        ("with a blank name", "Blank", [EVERY_BLANK, "she"]),
        ("with an empty value", "Blank", ["pronouns", ""]),
        ("with a blank value", "Blank", ["pronouns", EVERY_BLANK]),
        ("with a name of 65 bytes", "Range", ["n" * 65, "she"]),
        ("with a name of 33 characters, 66 bytes", "Range", [E2 * 33, "she"]),
        ("with a value of 257 bytes", "Range", ["n", "v" * 257]),
        ("with a value of 129 characters, 258 bytes", "Range", ["n", E2 * 129]),
    ):
        bad(f"a field {comment}", flag, "profile", has([one, field]))
    bad("fields nil", "Type", "profile", has(None))
    bad("fields a map", "Type", "profile", has({"pronouns": "she"}))
    bad("fields a str", "Type", "profile", has(""))
    bad("fields false", "Type", "profile", has(False))


def add_polls(good: Add, bad: Add) -> None:
    """Add posts that ask something."""

    def asks(**change: Any) -> dict[str, Any]:
        return {"text": "which?", "poll": POLL | change}

    good("a poll", "", "post", asks())
    good("a poll with the other fields", "", "post", asks() | {"reply": REF, "origin": ORIGIN})
    good("a poll of several answers", "", "post", asks(many=True))
    good("a poll of one answer", "Absent", "post", asks(many=False))
    good("a poll that ended at once", "Bound", "post", asks(until=0))
    largest = {"options": [E2 * 64] * 8, "until": LARGEST, "many": True}
    good("a poll, every field at its largest", "Bound", "post", asks(**largest))
    good("a poll with two equal answers", "", "post", asks(options=["rye", "rye"]))
    good("a poll with a picture, without text", "", "post", {"media": [PICTURE], "poll": POLL})
    good("a poll with a field of the future", "UnknownField", "post", asks(zzz=[1]))
    good("poll nil", "Absent", "post", {"text": "a", "poll": None})
    bad("a poll without text", "Required", "post", {"poll": POLL})
    bad("a poll with a blank text", "Blank", "post", {"text": " ", "poll": POLL})
    for name in POLL:
        without = {key: value for key, value in POLL.items() if key != name}
        bad(f"a poll without {name}", "Required", "post", {"text": "a", "poll": without})
    bad("a poll without anything", "Required", "post", {"text": "a", "poll": {}})
    for comment, flag, change in (
        ("no answers", "Range", {"options": []}),
        ("one answer", "Range", {"options": ["rye"]}),
        ("nine answers", "Range", {"options": ["rye"] * 9}),
        ("an empty answer", "Blank", {"options": ["rye", ""]}),
        ("a blank answer", "Blank", {"options": [EVERY_BLANK, "rye"]}),
        ("an answer of 129 bytes", "Range", {"options": ["rye", "o" * 129]}),
        ("an answer of 65 characters, 130 bytes", "Range", {"options": ["rye", E2 * 65]}),
        ("an answer that is nil", "Type", {"options": ["rye", None]}),
        ("an answer that is a bin", "Type", {"options": ["rye", b"spelt"]}),
        ("an answer that is an array", "Type", {"options": ["rye", ["spelt"]]}),
        ("options nil", "Type", {"options": None}),
        ("options a map", "Type", {"options": {"rye": 0, "spelt": 1}}),
        ("options a str", "Type", {"options": "rye"}),
        ("until -1", "Range", {"until": -1}),
        ("until 2^53", "Range", {"until": LARGEST + 1}),
        ("until nil", "Type", {"until": None}),
        ("until true", "Type", {"until": True}),
        ("until a str", "Type", {"until": "1700000000000"}),
        ("many 1", "Type", {"many": 1}),
        ("many nil", "Type", {"many": None}),
    ):
        bad(f"a poll with {comment}", flag, "post", asks(**change))
    for comment, value in (("array", ["rye", "spelt"]), ("str", "rye"), ("bool", False)):
        bad(f"a poll that is a {comment}", "Type", "post", {"text": "a", "poll": value})


def add_targets(bad: Add) -> None:
    """Add what edits, votes and pins may be of."""
    for kind, rest in (("edit", {"text": "a"}), ("vote", {"choices": [0]}), ("pin", {})):
        bad("no target", "Required", kind, rest)
        bad("target nil", "Required", kind, rest | {"target": None})
        for comment, flag, target in NOT_REFS:
            bad(f"target with {comment}", flag, kind, rest | {"target": target})


def add_edits(good: Add, bad: Add) -> None:
    """Add new versions of posts."""

    def edit(**content: Any) -> dict[str, Any]:
        return {"target": REF, "text": "a"} | content

    no_text = {"target": REF}
    good("a picture without text", "", "edit", no_text | {"media": [PICTURE]})
    good("a picture with a blank text", "", "edit", edit(text=" ", media=[PICTURE]))
    good(
        "empty where it may be", "Absent", "edit", edit(warning="", lang="", mentions=[], media=[])
    )
    good("what stays is ignored", "UnknownField", "edit", edit(reply="x", root=7, origin=[]))
    good("a poll is ignored", "UnknownField", "edit", edit(poll=POLL))
    bad("nothing", "Required", "edit", no_text)
    bad("an empty text", "Blank", "edit", edit(text=""))
    bad("every blank character there is", "Blank", "edit", edit(text=EVERY_BLANK))
    bad("no text, and no pictures in media", "Required", "edit", no_text | {"media": []})
    bad("a poll and no text", "Required", "edit", no_text | {"poll": POLL})
    for comment, flag, change in (
        ("text of 6145 bytes", "Range", {"text": "a" * 6145}),
        ("text nil", "Type", {"text": None}),
        ("text nil, with a picture", "Type", {"text": None, "media": [PICTURE]}),
        ("a warning of 257 bytes", "Range", {"warning": "w" * 257}),
        ("a warning nil", "Type", {"warning": None}),
        ("lang of 36 bytes", "Range", {"lang": "l" * 36}),
        ("lang a bool", "Type", {"lang": False}),
        ("17 mentions", "Range", {"mentions": [KEY] * 17}),
        ("a mention of 33 bytes", "Range", {"mentions": [KEY + b"\0"]}),
        ("mentions nil", "Type", {"mentions": None}),
        ("five pictures", "Range", {"media": [PICTURE] * 5}),
        ("a picture of 31 bytes of id", "Range", {"media": [PICTURE | {"blob": ID[:31]}]}),
        ("media nil", "Type", {"media": None}),
        ("media a map", "Type", {"media": PICTURE}),
    ):
        bad(comment, flag, "edit", edit(**change))


def add_votes(good: Add, bad: Add) -> None:
    """Add what may be chosen."""

    def vote(choices: Any) -> dict[str, Any]:
        return {"target": REF, "choices": choices}

    choices: Any
    for choices in ([0], [7], [0, 7], [2, 3, 5]):
        good(f"choices {choices}", "", "vote", vote(choices))
    good("no choices", "Absent", "vote", vote([]))
    for comment, choices in (
        ("falling", [1, 0]),
        ("one out of order", [0, 2, 1, 3]),
        ("one twice", [3, 3]),
        ("one twice, apart", [0, 1, 0]),
    ):
        bad(f"choices, {comment}", "Order", "vote", vote(choices))
    for choices in ([-1], [8], [0, 8], [255], [*range(9)], [0] * 9, [LARGEST]):
        bad(f"choices {choices}", "Range", "vote", vote(choices))
    for comment, choices in (
        ("nil", None),
        ("an int", 0),
        ("a str", ""),
        ("a bin", b"\0"),
        ("a map", {}),
        ("false", False),
        ("with nil", [None]),
        ("with false", [False]),
        ("with true behind 0", [0, True]),
        ("with a str", ["0"]),
        ("with an array", [[0]]),
    ):
        bad(f"choices {comment}", "Type", "vote", vote(choices))
