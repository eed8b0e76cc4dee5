"""Keys and ids as text: mistyped ones are refused (protocol/01-encoding.md section 5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.errors import BadTextForm
from p2pblog.core.textform import TEXT_FORM_CHARS, Kind, from_text, prefix_bounds, to_text
from tests.plain import textform as plain

keys = st.binary(min_size=32, max_size=32)
kinds = st.sampled_from(Kind)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


@pytest.mark.proves("E-16")
@given(kinds, keys)
def test_a_key_survives_its_text_form(kind: Kind, key: bytes) -> None:
    text = to_text(kind, key)
    assert len(text) == TEXT_FORM_CHARS
    assert from_text(kind, text) == from_text(kind, f" {text.upper()}\n") == key


@pytest.mark.proves("E-15")
@given(kinds, keys)
def test_a_text_form_is_written_in_lower_case(kind: Kind, key: bytes) -> None:
    text = to_text(kind, key)
    assert set(text) <= set(LETTERS)
    assert text == text.lower() == plain.write(kind.value, key)


@pytest.mark.proves("E-17")
@given(kinds, keys, st.integers(1, TEXT_FORM_CHARS - 1), st.sampled_from(LETTERS))
def test_one_wrong_character_is_refused(kind: Kind, key: bytes, at: int, char: str) -> None:
    text = to_text(kind, key)
    if text[at] != char:
        with pytest.raises(BadTextForm):
            from_text(kind, text[:at] + char + text[at + 1 :])


@given(keys, st.integers(1, TEXT_FORM_CHARS - 2))
def test_two_swapped_characters_are_refused(key: bytes, at: int) -> None:
    text = to_text(Kind.IDENTITY, key)
    if text[at] != text[at + 1]:
        with pytest.raises(BadTextForm):
            swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            from_text(Kind.IDENTITY, swapped)


@pytest.mark.proves("E-17")
@given(keys)
def test_a_device_is_no_identity(key: bytes) -> None:
    with pytest.raises(BadTextForm):
        from_text(Kind.IDENTITY, to_text(Kind.DEVICE, key))
    # Even with the letter changed: it is part of the checksum.
    with pytest.raises(BadTextForm):
        from_text(Kind.IDENTITY, "i" + to_text(Kind.DEVICE, key)[1:])


@given(keys, keys, st.integers(4, TEXT_FORM_CHARS))
def test_a_prefix_bounds_exactly_the_keys_that_begin_with_it(
    key: bytes, other: bytes, length: int
) -> None:
    prefix = to_text(Kind.ENTRY, key)[:length]
    low, high = prefix_bounds(Kind.ENTRY, prefix)
    assert low <= key <= high
    # Past the value's own 256 bits a prefix also holds a part of the checksum.
    if length <= 52:
        assert to_text(Kind.ENTRY, other).startswith(prefix) == (low <= other <= high)


@pytest.mark.parametrize("text", ["", "e", "eab", "iabcdef", "eabc1", "eabc-", "e" * 58, "e" * 57])
def test_no_prefix(text: str) -> None:
    with pytest.raises(BadTextForm):
        prefix_bounds(Kind.ENTRY, text)


@pytest.mark.proves("E-16", "E-17")
def test_a_foreign_letter_is_not_taken_for_the_one_it_becomes_in_lower_case() -> None:
    text = next(text for n in range(100) if "k" in (text := to_text(Kind.ENTRY, n.to_bytes(32))))
    with pytest.raises(BadTextForm):
        from_text(Kind.ENTRY, text.replace("k", "\u212a", 1))
