"""Contents of bodies for the cases: of each kind the least, and every field at its largest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.plain.body import read
from tests.plain.hashes import b256, key
from tests.plain.msgpack import LARGEST, encode
from tests.plain.refused import Refused

SALT = bytes(16)
KEY, ID = key(1).public, b256(b"an id")
REF = [KEY, 7, ID]
ORIGIN = {"source": "twitter", "id": "20", "time_ms": 1_142_974_214_000}
PICTURE = {"blob": ID, "size": 1000, "type": "image/png"}
POLL = {"options": ["rye", "spelt"], "until": 1_700_000_000_000}
E2 = "\u00e9"  # two bytes of UTF-8

# kind, a minimal content, a content in which every field is at its largest
KINDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "device.add",
        {"device": KEY, "consent": bytes(64)},
        {"device": KEY, "consent": b"\xff" * 64, "name": E2 * 64},
    ),
    ("device.revoke", {"device": KEY, "seq": 0}, {"device": KEY, "seq": LARGEST, "id": ID}),
    ("erase", {"targets": [REF]}, {"targets": [REF] * 64}),
    (
        "profile",
        {"name": "M"},
        {"name": E2 * 64, "bio": E2 * 512, "fields": [[E2 * 32, E2 * 128]] * 8},
    ),
    (
        "post",
        {"text": "a"},
        {
            "text": "a" * 5000,
            "reply": REF,
            "root": REF,
            "quote": REF,
            "warning": "w" * 256,
            "lang": "l" * 35,
            "mentions": [KEY] * 16,
            "media": [PICTURE] * 4,
            "origin": ORIGIN
            | {
                "source": "s" * 128,
                "id": "i" * 128,
                "time_ms": LARGEST,
                "account": "a" * 128,
                "reply_to": "r" * 128,
            },
        },
    ),
    (
        "edit",
        {"target": REF, "text": "a"},
        {
            "target": [KEY, LARGEST, ID],
            "text": "a" * 5000,
            "warning": "w" * 256,
            "lang": "l" * 35,
            "mentions": [KEY] * 16,
            "media": [PICTURE] * 4,
        },
    ),
    ("vote", {"target": REF}, {"target": [KEY, LARGEST, ID], "choices": [*range(8)]}),
    ("pin", {"target": REF}, {"target": [KEY, LARGEST, ID], "undo": True}),
    ("follow", {"identity": KEY}, {"identity": b"\xff" * 32}),
    ("unfollow", {"identity": KEY}, {"identity": b"\xff" * 32}),
    ("like", {"target": REF}, {"target": [KEY, LARGEST, ID], "undo": True}),
    ("repost", {"target": REF}, {"target": REF, "undo": True, "origin": ORIGIN}),
    ("import", {"source": "t"}, {"source": "t" * 128, "account": "a" * 128}),
]

OTHERS = {
    "nil": None,
    "a bool": True,
    "an int": 7,
    "a str": "7",
    "a bin": b"7",
    "an array": [7],
    "a map": {"7": 7},
}


def of_other_types() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each field of each kind as everything that it may not be: what, kind, content."""
    known: set[bytes] = set()
    for kind, content, largest in KINDS:
        for name, value in largest.items():
            for what, other in OTHERS.items():
                changed = content | {name: other}
                said = encode([SALT, kind, changed])
                if type(other) is not type(value) and said not in known and is_refused(said):
                    known.add(said)
                    yield f"{name}: {what} for {WORDS[type(value)]}", kind, changed


WORDS = {type(other): what for what, other in OTHERS.items()}


def is_refused(data: bytes) -> bool:
    """Tell whether a body has no meaning."""
    try:
        read(data)
    except Refused:
        return True
    return False
