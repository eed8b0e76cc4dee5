"""Chapter 4, sections 1 to 3 and 6: what a body says.

Each kind is a table: the name of a field, whether it is required, and a rule that returns
what the field means, or refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from tests.plain.msgpack import LARGEST, decode
from tests.plain.refused import Refused, need
from tests.plain.segment import is_bin, is_int

BLANK = set("\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {
    chr(code) for code in range(0x2000, 0x200B)
}
Rule = Callable[[Any], Any]
Table = dict[str, tuple[bool, Rule]]


def said(condition: bool) -> None:
    """Refuse as `bad-body` unless `condition` holds."""
    need(condition, "bad-body")


def text(most: int, *, blank: bool = True) -> Rule:
    """Return the rule of a str of at most `most` bytes."""

    def rule(value: Any) -> Any:
        said(isinstance(value, str) and len(value.encode()) <= most)
        said(blank or any(char not in BLANK for char in value))
        return value

    return rule


def data(size: int) -> Rule:
    """Return the rule of a bin of exactly `size` bytes."""

    def rule(value: Any) -> Any:
        said(is_bin(value, size))
        return value

    return rule


def number(most: int) -> Rule:
    """Return the rule of an int from 0 to `most`."""

    def rule(value: Any) -> Any:
        said(is_int(value) and 0 <= value <= most)
        return value

    return rule


def flag(value: Any) -> Any:
    """Check a bool."""
    said(isinstance(value, bool))
    return value


def reference(value: Any) -> Any:
    """Check a reference to an entry."""
    said(isinstance(value, list) and len(value) == 3)
    log, seq, id_ = value
    said(is_bin(log, 32) and is_int(seq) and 1 <= seq <= LARGEST and is_bin(id_, 32))
    return value


def many(rule: Rule, most: int, least: int = 0) -> Rule:
    """Return the rule of an array of things that follow `rule`."""

    def each(value: Any) -> Any:
        said(isinstance(value, list) and least <= len(value) <= most)
        return [rule(item) for item in value]

    return each


def inner(table: Table) -> Rule:
    """Return the rule of a map with fields of its own."""

    def rule(value: Any) -> Any:
        said(isinstance(value, dict))
        return fields(value, table)

    return rule


def fields(content: dict[str, Any], table: Table) -> dict[str, Any]:
    """Return the fields of `table` that say something; others are ignored (B-4)."""
    found: dict[str, Any] = {}
    for name, (required, rule) in table.items():
        value = content.get(name)
        if name not in content or (value is None and name in MAY_BE_NIL):
            said(not required)
            continue
        means = rule(value)
        if required or means not in ("", [], False):
            found[name] = means
    return found


def rising(value: Any) -> Any:
    """Check the choices of a vote: numbers of answers, none twice, in order."""
    found = many(number(7), 8)(value)
    said(all(one < other for one, other in pairwise(found)))
    return found


def pair(value: Any) -> Any:
    """Check a field of a profile."""
    said(isinstance(value, list) and len(value) == 2)
    return [text(64, blank=False)(value[0]), text(256, blank=False)(value[1])]


MAY_BE_NIL = ("reply", "root", "quote", "target", "origin", "outside", "poll")
REF = (False, reference)
ORIGIN: Table = {
    "source": (True, text(128, blank=False)),
    "id": (True, text(128, blank=False)),
    "time_ms": (True, number(LARGEST)),
    "account": (False, text(128)),
    "reply_to": (False, text(128)),
}
PICTURE: Table = {
    "blob": (True, data(32)),
    "size": (True, number(8_388_608)),
    "type": (True, text(128, blank=False)),
    "alt": (False, text(1024)),
}
POLL: Table = {
    "options": (True, many(text(128, blank=False), 8, 2)),
    "until": (True, number(LARGEST)),
    "many": (False, flag),
}
VERSION: Table = {
    "text": (False, text(6144)),
    "warning": (False, text(256)),
    "lang": (False, text(35)),
    "mentions": (False, many(data(32), 16)),
    "media": (False, many(inner(PICTURE), 4)),
}
"""What a post says, and every version of it anew."""
OUTSIDE: Table = {"handle": (True, text(128, blank=False)), "text": (False, text(6144))}
KINDS: dict[str, Table] = {
    "device.add": {
        "device": (True, data(32)),
        "consent": (True, data(64)),
        "name": (False, text(128)),
    },
    "device.revoke": {"device": (True, data(32)), "seq": (True, number(LARGEST))},
    "erase": {"targets": (True, many(reference, 64, 1))},
    "profile": {
        "name": (True, text(128, blank=False)),
        "bio": (False, text(1024)),
        "fields": (False, many(pair, 8)),
    },
    "post": {
        **VERSION,
        "reply": REF,
        "root": REF,
        "quote": REF,
        "poll": (False, inner(POLL)),
        "origin": (False, inner(ORIGIN)),
    },
    "edit": {"target": (True, reference), **VERSION},
    "vote": {"target": (True, reference), "choices": (False, rising)},
    "pin": {"target": (True, reference), "undo": (False, flag)},
    "follow": {"identity": (True, data(32))},
    "unfollow": {"identity": (True, data(32))},
    "like": {"target": (True, reference), "undo": (False, flag)},
    "repost": {
        "target": REF,
        "outside": (False, inner(OUTSIDE)),
        "undo": (False, flag),
        "origin": (False, inner(ORIGIN)),
    },
    "import": {"source": (True, text(128, blank=False)), "account": (False, text(128))},
}


def read(raw: bytes) -> tuple[str, dict[str, Any] | None]:
    """Return kind and meaning of a body; no meaning for a kind that is not known (B-3)."""
    try:
        value = decode(raw)
    except Refused:
        raise Refused("bad-body") from None
    said(isinstance(value, list) and len(value) == 3)
    salt, kind, content = value
    said(is_bin(salt, 16) and isinstance(kind, str) and isinstance(content, dict))
    said(1 <= len(kind.encode()) <= 32)
    if kind not in KINDS:
        return kind, None
    means = fields(content, KINDS[kind])
    if kind in ("post", "edit"):
        said("media" in means or any(char not in BLANK for char in means.get("text", "")))
    if kind == "repost":
        said(("target" in means) != ("outside" in means))
    if kind == "device.revoke" and means["seq"] > 0:
        said(is_bin(content.get("id"), 32))
        means["id"] = content["id"]
    return kind, means
