"""Properties of the rules for text: the package and the plain rules make the same of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.text import clean, clean_line, mention_tokens, tags
from tests.plain import text as plain
from tests.strategies import quick

# What the rules speak of, and what stands beside it: signs, marks, joiners, digits, scripts.
PARTS = [
    "#", "@", ".", "-", "/", "\n", "\t", "\r", "_", "a", "Z", "9", "\u00e9", "e\u0301", "\u0301",
    "\u0130", "\u212a", "\u200d", "\u200c", "\ufe0f", "\u20e3", "\u2800", "\u3000", "\u00a0",
    "\u202e", "\u0915", "\u094d", "\u0939\u093f", "\u0e2d", "\u0627", "\u4e00", "\u3042", "\ufb01",
    "\u00df", "\U0001f468", "\U0001f3fd", "\U0001f1e9", "\u0660", "\u00b2", "\x1b[31m",
    "\x1b]0;x\x07", "\ue000", " ", "  ", "bread", "#bread",
]  # fmt: skip
texts = st.lists(st.sampled_from(PARTS), max_size=16).map("".join)


@pytest.mark.proves("B-17")
@quick(400)
@given(texts)
def test_the_tags_of_a_text_are_those_that_count_and_no_others(text: str) -> None:
    assert tags(text) == plain.tags(text)


@quick(400)
@given(texts)
def test_every_end_shows_the_same_text(text: str) -> None:
    assert clean(text) == plain.clean(text)
    assert clean(clean(text)) == clean(text)
    assert clean_line(text) == plain.name(text)


@quick(400)
@given(texts)
def test_every_end_finds_the_same_names_to_mention(text: str) -> None:
    assert mention_tokens(text) == plain.mentions(text)
