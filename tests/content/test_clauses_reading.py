"""Clauses of protocol/04-bodies.md about what a reader makes of a body.

A body of each kind, whole, then one thing in it at the edge of its rule or just beyond: the
plain implementation says which of them mean something, and what.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.bodies import KINDS, Unknown, parse, serialize
from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadBody
from p2pblog.core.limits import BODY_BYTES_MAX
from tests.plain import body as plain
from tests.plain.refused import Refused
from tests.strategies import flip, of_another_type, other_types, quick, resized

SALT, KEY = bytes(16), b"k" * 32
REF = [KEY, 7, b"i" * 32]
ORIGIN = {"source": "s", "id": "7", "time_ms": 5, "account": "a", "reply_to": "b"}
POLL = {"options": ["rye", "oat", "spelt"], "until": 9, "many": True}
PICTURE = {"blob": b"b" * 32, "size": 7, "type": "image/png", "alt": "a cat"}
WHOLE: dict[str, dict[str, Any]] = {
    "device.add": {"device": KEY, "consent": bytes(64), "name": "phone"},
    "device.revoke": {"device": KEY, "seq": 3, "id": bytes(32)},
    "erase": {"targets": [REF, REF]},
    "profile": {"name": "mia", "bio": "bakes", "fields": [["age", "7"], ["town", "Ulm"]]},
    "post": {
        "text": "hello", "reply": REF, "root": REF, "quote": REF, "warning": "w", "lang": "en",
        "mentions": [KEY, KEY], "media": [PICTURE], "origin": ORIGIN,
        "poll": POLL,
    },
    "edit": {
        "target": REF, "text": "hello", "warning": "w", "lang": "en", "mentions": [KEY],
        "media": [PICTURE],
    },
    "vote": {"target": REF, "choices": [0, 2, 7]},
    "pin": {"target": REF, "undo": True},
    "follow": {"identity": KEY},
    "unfollow": {"identity": KEY},
    "like": {"target": REF, "undo": True},
    "repost": {"outside": {"handle": "@jo", "text": "hi"}, "undo": True, "origin": ORIGIN},
    "import": {"source": "s", "account": "a"},
}  # fmt: skip

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of everything inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in inner:
        yield (*path, name)
        if isinstance(item, dict | list):
            yield from paths(item, (*path, name))


def put(value: Any, path: Path, item: Any) -> Any:
    """Return a value with another item at a path; `...` for none at all."""
    copy = dict(value) if isinstance(value, dict) else list(value)
    at: Any = path[0]
    if len(path) > 1:
        copy[at] = put(copy[at], path[1:], item)
    elif item is ...:
        del copy[at]
    else:
        copy[at] = item
    return copy


def get(value: Any, path: Path) -> Any:
    for at in path:
        value = value[at]
    return value


BLANK = "\t\x0b\x0c\x1c\x1f \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
# None of these is blank, though they look like it.
SHOWN = "\u200b\ufeff\x00\x1b\u180e\u2060\x0e"
SIZES = [size + step for size in (1, 35, 64, 128, 256, 1024, 6144) for step in (-1, 0, 1)]


def edges(value: Any) -> list[Any]:
    """Return what has the type of a value, and lies at the edge of some rule."""
    match value:
        case bool():
            return [not value]
        case int():
            near = [bound + step for bound in (0, 2, 7, 8_388_608) for step in (-1, 0, 1)]
            return [*near, 2**53 - 2, 2**53 - 1]
        case bytes():
            return [value[:-1], value + b"\0"]
        case str():
            wide = ["é" * (size // 2) + "x" * (size % 2) for size in SIZES]
            return ["x" * size for size in SIZES] + wide + [*BLANK, *SHOWN, BLANK, f"{BLANK}x"]
        case list() if len(value) == 3 and isinstance(value[0], bytes):
            return [value[:2], [*value, value[2]], value[::-1]]
        case list():
            counts = [size + step for size in (1, 4, 8, 16, 64) for step in (-1, 0, 1)]
            return [value[:1] * count for count in counts] + [value[::-1], [*range(8)], [*range(9)]]
        case _:
            return [{}]


def ours(data: bytes) -> Any:
    """Return what a body means as bytes that say it in the one right way, or why it means none."""
    try:
        body = parse(data)
    except BadBody as error:
        return error.code
    return body if isinstance(body, Unknown) else serialize(body, SALT)


def theirs(data: bytes) -> Any:
    try:
        kind, means = plain.read(data)
    except Refused as error:
        return error.code
    return Unknown(kind) if means is None else encode([SALT, kind, means])


def agree(data: bytes) -> None:
    assert len(data) > BODY_BYTES_MAX or ours(data) == theirs(data)


kinds = st.sampled_from(sorted(WHOLE))


# All of each kind, and what a field's rule may hang on: the fields that are not there.
BASES = [*WHOLE.items(), ("post", {"text": "hello"}), ("post", {"media": [PICTURE]}),
         ("edit", {"target": REF, "media": [PICTURE]}), ("edit", {"target": REF, "text": "hi"}),
         ("repost", {"target": REF}), ("like", {"target": REF}),
         ("device.revoke", {"device": KEY, "seq": 0})]  # fmt: skip
PLACES = [(kind, content, path) for kind, content in BASES for path in paths(content)]


def near(content: Any, path: Path) -> Iterator[Any]:
    """Yield contents that differ in one place: at an edge, absent, nil, of another type."""
    item = get(content, path)
    for other in (*edges(item), ..., None, *other_types(item)):
        yield put(content, path, other)


@pytest.mark.proves("B-2")
@quick(len(PLACES))
@given(st.sampled_from(PLACES))
def test_a_body_whose_content_breaks_one_rule_of_its_kind_means_nothing(
    place: tuple[str, Any, Path],
) -> None:
    kind, content, path = place
    assert ours(encode([SALT, kind, content])) == encode([SALT, kind, content])
    for changed in near(content, path):
        agree(encode([SALT, kind, changed]))


@pytest.mark.proves("B-2")
@quick(200)
@given(st.sampled_from(PLACES), st.data())
def test_rules_hold_whatever_else_is_wrong_or_missing(
    place: tuple[str, Any, Path], data: st.DataObject
) -> None:
    kind, content, path = place
    content = data.draw(st.sampled_from([*near(content, path)]))
    if left := [*paths(content)]:
        content = data.draw(st.sampled_from([*near(content, data.draw(st.sampled_from(left)))]))
    agree(encode([SALT, kind, content]))


@pytest.mark.proves("B-2")
@quick(200)
@given(kinds, st.data())
def test_a_body_that_is_no_canonical_array_of_three_means_nothing(
    kind: str, data: st.DataObject
) -> None:
    value: list[Any] = [SALT, kind, WHOLE[kind]]
    at = data.draw(st.integers(0, 2))
    match data.draw(st.sampled_from(["bit", "cut", "more", "type", "size", "longer"])):
        case "bit":
            raw = flip(encode(value), data.draw(st.integers(0, 8 * len(encode(value)) - 1)))
            agree(raw)
            return
        case "cut":
            raw = encode(value)[: -data.draw(st.integers(1, 3))]
        case "more":
            raw = encode(data.draw(st.sampled_from([value[:2], [*value, None], value[::-1]])))
        case "type":
            value[at] = data.draw(of_another_type(value[at]).filter(lambda one: one != {}))
            raw = encode(value)
        case "size":
            raw = encode([data.draw(resized(SALT)), *value[1:]])
        case _:  # a longer form of the array's, or the salt's, length
            raw = encode(value)
            longer = [b"\xdc\0\3" + raw[1:], raw[:1] + b"\xc5\0" + raw[2:], raw + b"\0"]
            raw = data.draw(st.sampled_from(longer))
    assert ours(raw) == theirs(raw) == "bad-body"


@pytest.mark.proves("B-3")
@quick(200)
@given(kinds, st.data())
def test_a_kind_that_is_not_known_means_nothing_however_near_it_is(
    kind: str, data: st.DataObject
) -> None:
    close = [kind + "s", kind[:-1], kind.upper(), kind + " ", kind + "\0", kind.replace(".", "-")]
    sized = [size * "k" for size in (1, 31, 32, 33)] + ["é" * 16, "é" * 16 + "k", "", "\u0430dd"]
    other = data.draw(st.sampled_from([one for one in close + sized if one not in WHOLE]))
    raw = encode([SALT, other, data.draw(st.sampled_from([{}, {"x": 1}, WHOLE[kind]]))])
    fits = 1 <= len(other.encode()) <= 32
    assert ours(raw) == theirs(raw) == (Unknown(other) if fits else "bad-body")


@pytest.mark.proves("B-4")
@quick(200)
@given(kinds, st.data())
def test_fields_that_are_not_known_change_nothing_wherever_they_stand(
    kind: str, data: st.DataObject
) -> None:
    content: Any = WHOLE[kind]
    maps = [(), *(path for path in paths(content) if isinstance(get(content, path), dict))]
    where = data.draw(st.sampled_from(maps))
    known = get(content, where)
    name = data.draw(st.sampled_from(sorted(known)))
    names = ["", "x", name + "s", name[:-1], name.upper(), " " + name, "zz"]
    names += [field for one in WHOLE.values() for field in one]  # what they mean elsewhere
    taken = {*known, "target"} if kind == "repost" else {*known}
    name = data.draw(st.sampled_from([one for one in names if one not in taken]))
    more: Any = data.draw(st.sampled_from([None, 7, "", [], {"": [[]]}, b"x", False]))
    changed = put(content, (*where, name), more)
    assert parse(encode([SALT, kind, changed])) == parse(encode([SALT, kind, content]))


@pytest.mark.proves("B-6")
@quick(60)
@given(st.sampled_from([..., None, REF]), st.sampled_from([..., None, {"handle": "@jo"}]))
def test_a_repost_is_of_an_entry_or_of_a_text_from_outside(target: Any, outside: Any) -> None:
    content = {"target": target, "outside": outside}
    said = {name: value for name, value in content.items() if value is not ...}
    raw = encode([SALT, "repost", said])
    is_one = (target == REF) != (isinstance(outside, dict))
    assert (ours(raw) != "bad-body") == is_one
    agree(raw)


def test_every_kind_is_among_those_that_are_tried() -> None:
    assert set(KINDS.values()) == set(WHOLE) == set(plain.KINDS)
