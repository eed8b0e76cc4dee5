"""Clauses of protocol/05-identity.md about words that people type: 24 of a root, 6 of a code."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.errors import BadCode, BadWords
from p2pblog.log.identity import root_from_words, words_from_entropy
from p2pblog.sync.pairing import CODE_BYTES, new_code, read_code
from tests.plain import identity as plain
from tests.plain import pairing as plain_pairing
from tests.plain.refused import Refused
from tests.strategies import flip, quick

LIST = plain.word_list()
entropies = st.binary(min_size=32, max_size=32)
codes = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)
spaces = st.sampled_from([" ", "  ", "\n", "\t ", "\u00a0", "\u3000"])


@st.composite
def typed(draw: st.DrawFn, words: list[str]) -> list[str]:
    """Return words with one slip: a word too many, another one, a letter beside the right one."""
    at = draw(st.integers(0, len(words) - 1))
    word = words[at]
    near = (LIST.index(word) + draw(st.sampled_from([-1, 1]))) % len(LIST)
    match draw(st.sampled_from(["drop", "twice", "near", "swap", "letter", "foreign", "case"])):
        case "drop":
            return words[:at] + words[at + 1 :]
        case "twice":
            return [*words[:at], word, *words[at:]]
        case "near":
            word = LIST[near]
        case "swap":
            return [*words[:at], *words[at : at + 2][::-1], *words[at + 2 :]]
        case "letter":
            cut = draw(st.integers(0, len(word) - 1))
            word = word[:cut] + draw(st.sampled_from(["", "x", "4", "_"])) + word[cut + 1 :]
        case "foreign":  # the sign of kelvin is a k in lower case, and no k
            at = next((at for at, word in enumerate(words) if "k" in word), at)
            word = words[at].replace("k", "\u212a", 1)
        case _:
            word = word.title() if draw(st.booleans()) else word.upper()
    return [*words[:at], word, *words[at + 1 :]]


@pytest.mark.proves("I-2")
@quick(150)
@given(entropies, spaces, st.data())
def test_24_words_are_those_of_one_root_to_the_last_letter(
    entropy: bytes, space: str, data: st.DataObject
) -> None:
    words = words_from_entropy(entropy)
    assert words == plain.words(entropy)
    assert root_from_words(words).seed == plain.root_seed(entropy)
    phrase = space + space.join(data.draw(typed(words))) + space
    try:
        expected: Any = plain.root_seed(plain.entropy(phrase))
    except Refused as error:
        expected = error.code
    try:
        found: Any = root_from_words(phrase.split()).seed
    except BadWords as error:
        found = error.code
    assert found == expected


@pytest.mark.proves("I-17")
@quick(200)
@given(codes, st.sampled_from([" ", "-", " - ", "--", "\t", "\u00a0", "_", ",", "\u2010"]),
       st.data())  # fmt: skip
def test_a_code_has_six_words_of_the_list_however_they_are_parted(
    random: bytes, between: str, data: st.DataObject
) -> None:
    code = new_code(random)
    assert read_code(code.upper().replace(" ", "-")) == code
    text = between.join(data.draw(typed(code.split())))
    try:
        expected = plain_pairing.read_code(text)
    except Refused as error:
        expected = error.code
    try:
        found = read_code(text)
    except BadCode as error:
        found = error.code
    assert found == expected


@pytest.mark.proves("I-11")
@quick(100)
@given(codes, st.integers(0, 65))
def test_every_bit_of_66_counts_for_the_code(random: bytes, bit: int) -> None:
    code = new_code(random)
    assert plain_pairing.read_code(code) == code
    assert new_code(flip(random[::-1], bit)[::-1]) != code
