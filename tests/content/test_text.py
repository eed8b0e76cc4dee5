"""What cleaning promises about every text, and what tags and mentions are."""

from __future__ import annotations

import time
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.text import clean, clean_line, clean_typed, graphemes, mention_tokens, tags
from p2pblog.core import limits

# Near misses: pieces that are dangerous, harmless, or dangerous only side by side.
_PIECES = st.sampled_from(
    [
        *(
            "a",
            "B ",
            "7",
            "#",
            "@",
            "\n",
            "\r",
            "\t",
            "\x1b",
            "\x1b[",
            "31m",
            "\x9b",
            "]0;t",
            "\x07",
        ),
        *(
            "\x1b]8;;http://x\x1b\\",
            "\x1b[2J",
            "\x00",
            "\x7f",
            "\x85",
            "\u2028",
            "\u00a0",
            "\u3000",
        ),
        *("\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\u200c", "\u200d", "\ufeff", "\u00ad"),
        *("\u0301", "\u0301" * 7, "\u20e3", "\ufe0f", "\U000e0101", "\U000e0062", "\U000e007f"),
        *("\U0001f469", "\U0001f3fd", "\u2764", "\U0001f3f4", "\u0645", "\u0915\u094d", "\u0600"),
        *(
            "\u180b",
            "\u1820",
            "\u1160",
            "\u3164",
            "\ue000",
            "\U000fffff",
            "\u0378",
            "\ud800",
            "\u6f22",
            "\u2800",
            "[b]",
        ),
    ]
)
_TEXTS = st.lists(_PIECES | st.text(max_size=3), max_size=30).map("".join)


@pytest.mark.proves("B-12")
@given(_TEXTS)
def test_cleaned_text_holds_nothing_that_moves_the_cursor_or_reorders(text: str) -> None:
    shown = clean(text)
    for char in shown:
        category = unicodedata.category(char)
        assert char == "\n" or category not in ("Cc", "Cs", "Co", "Zl", "Zp"), ascii(char)
        assert unicodedata.bidirectional(char) not in (
            *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"),
        )


@given(_TEXTS)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    line = clean_line(text)
    assert clean_line(line) == line
    assert "\n" not in line


@given(_TEXTS)
def test_invisible_characters_stay_only_inside_emoji_and_joining_scripts(text: str) -> None:
    shown = clean(text)
    for at, char in enumerate(shown):
        if char == "\ufe0f":
            assert regex.match(r"\p{Emoji}", shown[at - 1]), ascii(shown)
        elif char in "\u200c\u200d":
            joins = regex.match(r"[\p{M}\p{Arab}\p{Deva}]", shown[at - 1])
            emoji = char == "\u200d" and regex.match(r"[\p{Emoji}\ufe0f]", shown[at - 1])
            assert joins or emoji, ascii(shown)
        else:
            assert char not in "\u200b\u2060\ufeff\u00ad\u200e\u200f\u061c\u3164\u1160\u180e"


@given(_TEXTS)
def test_no_tower_of_marks_and_no_mark_without_a_base(text: str) -> None:
    shown = clean(text)
    assert regex.search(rf"\p{{M}}{{{limits.MARKS_PER_CHARACTER_MAX + 1}}}", shown) is None
    assert regex.search(r"(?m)^\p{M}", shown) is None


@given(st.text(alphabet="abc äöü мир 漢字 かな —“”…", max_size=40))
def test_ordinary_words_are_left_as_they_are(text: str) -> None:
    assert clean(text).split() == text.split()


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468",  # kiss
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
        "1\ufe0f\u20e3",  # keycap
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian with a non-joiner
        "\u0939\u093f\u0928\u094d\u0926\u0940",  # Hindi
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sinhala: the Sri of Sri Lanka
        "\u09b0\u200d\u09cd\u09af\u09be\u09ac",  # Bengali: a ra that keeps its shape
        "\u06f2\u06f0\u200c\u0633\u0627\u0644\u0647",  # Persian: a number and what follows it
        "\u0633\u064e\u200c\u0645",  # Persian with a vowel mark
        "e\u0301",
    ],
)
def test_what_emoji_and_scripts_need_survives(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x07", "click"),
        ("\x1b]0;never closed", "]0;never closed"),
        ("\x1b\x1b[0m[31m", "[31m"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("pay\u200bpal", "paypal"),
        ("1\u200d2", "12"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a \n\n \n\n\nb\n\n", "a\n\nb"),
        ("\u0301x", "\u25cc\u0301x"),
        ("\ue000\U0010ffff", "\ufffd\ufffd"),
        ("[red]not markup[/]", "[red]not markup[/]"),
        (
            "\U0001f600" + "\u200d\U0001f600" * 7,
            "\u200d".join("\U0001f600" * 5) + "\u200d".join("\U0001f600" * 3),
        ),
    ],
)
def test_tricks_are_neutralised(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_the_short_way_through_harmless_text_ends_where_the_long_one_does() -> None:
    for number in (*range(0xD800), *range(0xE000, 0x11000)):
        char = chr(number)
        for text in (char, f"a {char}\n"):
            # A soft hyphen is dropped, and harmless text holds none.
            assert clean(text) == clean(f"\xad{text}"), hex(number)
            assert clean_line(text) == clean_line(f"\xad{text}"), hex(number)


def test_a_name_of_blanks_is_empty() -> None:
    assert clean_line(" \u2800\u3164\u200b\t\n ") == ""


@pytest.mark.parametrize("space", [" ", "\t", "\u2800", "\n \u3000"])
def test_a_mark_that_loses_its_space_combines_with_nothing_before_the_line(space: str) -> None:
    assert clean_line(f"{space}\u0301a") == "\u25cc\u0301a"


def test_a_full_body_of_combining_marks_is_cleaned_to_one_small_character() -> None:
    assert len(clean("z" + "\u0301" * 3000)) == 1 + limits.MARKS_PER_CHARACTER_MAX


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("abc", 3),
        ("\U0001f469\u200d\U0001f469\u200d\U0001f467", 1),
        ("\U0001f1e9\U0001f1ea", 1),
        ("e\u0301a", 2),
        ("a\r\nb", 3),
    ],
)
def test_graphemes_are_what_a_person_counts(text: str, count: int) -> None:
    assert graphemes(text) == count


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#One two #ONE #zwei", ["one", "zwei"]),
        ("#Straße", ["strasse"]),
        ("#caf\u00e9 #cafe\u0301", ["caf\u00e9"]),
        ("#123 #4ever #1_000", ["4ever", "1_000"]),
        ("c#sharp x/#part &#39; ##", []),
        ("(#brackets), “#quotes”", ["brackets", "quotes"]),
        ("#हिन्दी", ["हिन्दी"]),
        ("#pay\u200bpal", ["paypal"]),
        ("#" + "x" * limits.TAG_CHARS_MAX, ["x" * limits.TAG_CHARS_MAX]),
        ("#" + "x" * (limits.TAG_CHARS_MAX + 1), []),
        ("#" + "ß" * 33, []),  # 66 characters once casefolded
    ],
)
def test_tags(text: str, found: list[str]) -> None:
    assert tags(text) == found


def test_tags_and_mentions_are_bounded() -> None:
    many = " ".join(f"#tag{n} @name{n}" for n in range(100))
    assert len(tags(many)) == limits.TAGS_MAX
    assert len(mention_tokens(many)) == limits.MENTIONS_MAX


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@mia and @Mia, (@ida)", ["mia", "ida"]),
        ("mail me@example.org or see x/@path", []),
        ("@bob-x. @a.b", ["bob-x", "a.b"]),
        ("@ @- @@twice", []),
        ("@i2abcdef", ["i2abcdef"]),
    ],
)
def test_mention_tokens(text: str, found: list[str]) -> None:
    assert mention_tokens(text) == found


@pytest.mark.parametrize(
    "shape", [" x", "#a ", "\u3000", "@a.", "\x1b[", "\x1b]", "a\u0301", "\n "]
)
def test_no_shape_of_text_costs_more_than_its_length(shape: str) -> None:
    def cost_s(length: int) -> float:
        text = "#a" + (shape[0] * (length - len(shape)) + shape)[:length] + "x"
        best = float("inf")
        for _ in range(3):
            begin_s = time.thread_time()
            clean(text), tags(text), mention_tokens(text)
            best = min(best, time.thread_time() - begin_s)
        return best

    # Eight times the text may cost thrice eight times as much; squared it would be 64 times.
    assert cost_s(16_000) < 24 * cost_s(2_000) + 0.005


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_what_is_typed_is_what_will_be_shown_and_keeps_its_spaces(text: str) -> None:
    typed = clean_typed(text)
    assert clean(typed) == clean(clean(text)) == clean(text)
    assert clean_typed(typed) == typed
    assert clean_typed("  a  \n\n\n b ") == "  a  \n\n\n b "
