"""Clauses of protocol/04-bodies.md about what a writer puts into a body."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.bodies import (
    Body,
    DeviceRevoke,
    Edit,
    ImportMark,
    Like,
    Media,
    Origin,
    Outside,
    Pin,
    Poll,
    Post,
    Profile,
    Ref,
    Repost,
    Vote,
    parse,
    serialize,
)
from p2pblog.core.encoding import decode
from p2pblog.core.errors import BadBody

words = st.sampled_from(["", "x", "two words"])
REF = Ref(b"l" * 32, 3, b"i" * 32)
refs = st.none() | st.just(REF)
polls = st.none() | st.builds(Poll, st.just(("x", "y")), st.just(7), st.booleans())
origins = st.none() | st.builds(Origin, st.just("s"), st.just("1"), st.just(0), words, words)
keys = st.lists(st.just(b"k" * 32), max_size=2).map(tuple)
pictures = st.lists(
    st.builds(Media, st.just(b"b" * 32), st.just(7), st.just("image/png"), words), max_size=2
).map(tuple)
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(Post, st.just("x"), refs, refs, refs, words, words, keys, pictures, origins, polls),
    st.builds(Edit, st.just(REF), st.just("x"), words, words, keys, pictures),
    st.builds(Vote, st.just(REF), st.sampled_from([(), (0,), (1, 7)])),
    st.builds(Pin, st.just(REF), st.booleans()),
    st.builds(Profile, st.just("x"), words, st.sampled_from([(), (("a", "b"),)])),
    st.builds(Like, st.just(REF), st.booleans()),
    st.builds(ImportMark, st.just("s"), words),
    st.just(DeviceRevoke(b"d" * 32, 0, None)),
    st.builds(
        lambda text, undo, origin: Repost(outside=Outside("x", text), undo=undo, origin=origin),
        words,
        st.booleans(),
        origins,
    ),
)


def maps(value: Any) -> list[dict[str, Any]]:
    """Return every map inside a value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    found = [value] if isinstance(value, dict) else []
    return found + [one for item in inner for one in maps(item)]


@pytest.mark.proves("B-5")
@given(bodies)
def test_a_field_that_is_empty_is_left_out(body: Body) -> None:
    data = serialize(body, bytes(16))
    assert parse(data) == body
    for fields in maps(decode(data)):
        for name, value in fields.items():
            assert value is not None
            assert value is not False
            assert value not in ("", [], {}), name


@pytest.mark.proves("B-6")
@pytest.mark.parametrize("both", [False, True])
def test_a_repost_is_of_one_thing(*, both: bool) -> None:
    body = Repost(target=REF if both else None, outside=Outside("x", "y") if both else None)
    with pytest.raises(BadBody):
        parse(serialize(body, bytes(16)))
