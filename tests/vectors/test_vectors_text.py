"""protocol/vectors/text.json against p2pblog.content.text."""

from __future__ import annotations

import pytest

from p2pblog.content.text import clean, clean_line, mention_tokens, tags, typed_tag
from tests.vectors.running import Case, each


@pytest.mark.proves("B-12")
@each("text", op="clean")
def test_text_is_cleaned_as_the_vector_says_and_once_is_enough(case: Case) -> None:
    assert clean(case["text"]) == case["shown"]
    assert clean(case["shown"]) == case["shown"]


@each("text", op="name")
def test_a_name_is_shown_as_the_vector_says(case: Case) -> None:
    assert clean_line(case["text"]) == case["shown"]
    assert clean_line(case["shown"]) == case["shown"]


@pytest.mark.proves("B-17")
@each("text", op="tags")
def test_a_text_has_the_tags_of_the_vector_and_each_can_be_typed(case: Case) -> None:
    assert tags(case["text"]) == case["tags"]
    for tag in case["tags"]:
        assert typed_tag(f"#{tag}") == tag


@each("text", op="mentions")
def test_a_text_mentions_whom_the_vector_says(case: Case) -> None:
    assert mention_tokens(case["text"]) == case["names"]
