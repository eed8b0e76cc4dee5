"""Make text by strangers safe to show, count it as a person would, and find what it names.

Specified in protocol/04-bodies.md, section on text.  Pure.  Cleaning is for showing: what
is signed and stored stays as it was written.  Cleaned text holds no control character but
the line feed, no bidi control, nothing invisible except where an emoji or a script needs
it, no private or unassigned character, and no tower of combining marks; so it cannot move
the cursor, run anything, reorder what stands beside it, or hide a second text in itself.
"""

from __future__ import annotations

import re
import unicodedata

import regex

from p2pblog.core.limits import (
    LANG_BYTES_MAX,
    MARKS_PER_CHARACTER_MAX,
    MENTIONS_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
)

# Most text needs nothing but a look: Latin, Cyrillic, punctuation, kana, CJK, Hangul.
_HARMLESS = re.compile(
    "[\n -~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e"
    "\u3000-\u3029\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*"
)
_LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_BLANK_LINES = re.compile("\n{3,}")
# One try for each run of spaces: without the look behind, one for each space of it.
_SPACES_BEFORE_LINE_END = re.compile("(?<![ \u3000])[ \u3000]+(?=\n|$)")
_ODD_SPACE = regex.compile(r"[\p{Zs}--[ \u3000]]", regex.V1)

# Whole escape sequences go, so that coloured text stays readable; of a broken one only the
# control character goes, so that it cannot swallow what follows.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS
    r"|\x1b[ -/]*[0-Z\\^-~]"
)

# Scripts in which a zero-width non-joiner between two letters changes the reading.
_JOINING = (
    r"[\p{Arab}\p{Syrc}\p{Nkoo}\p{Mong}\p{Deva}\p{Beng}\p{Guru}\p{Gujr}\p{Orya}\p{Taml}\p{Telu}"
    r"\p{Knda}\p{Mlym}\p{Sinh}\p{Khmr}\p{Mymr}\p{Tibt}]"
)
_PICTURE = r"\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f)?"
_INVISIBLE = regex.compile(
    r"(?P<keep>\U0001f3f4[\U000e0061-\U000e007a]{1,6}\U000e007f"  # flags of regions
    rf"|{_PICTURE}(?:\u200d{_PICTURE}){{0,4}}"  # families, skin tones
    r"|[0-9#*]\ufe0f?\u20e3"  # keycaps
    rf"|(?<={_JOINING})\u200c(?={_JOINING})(?=\p{{L}})"
    r"|\p{Prepended_Concatenation_Mark})"
    r"|[[\p{Cc}--[\n]]\p{Cf}\p{Default_Ignorable_Code_Point}]",
    regex.V1,
)
_UNKNOWN = regex.compile(r"[\p{Cs}\p{Co}\p{Cn}]")
_TOWER = regex.compile(rf"(\p{{M}}{{{MARKS_PER_CHARACTER_MAX}}})\p{{M}}+")
_MARK_WITHOUT_BASE = regex.compile(r"(?m)^(?=\p{M})")

_GRAPHEME = regex.compile(r"\X")
_TAG = regex.compile(r"(?<![\w/&#])#(\w+)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_MENTION = regex.compile(r"(?<![\w/.@])@(\w(?:[\w.-]*\w)?)")


def clean(text: str) -> str:
    """Return `text` (several lines) as it may be shown.

    Lines end in a line feed; more than one blank line in a row becomes one; blank lines at
    the start and white space at the ends of lines are dropped.  Cleaning twice changes
    nothing more.
    Source: protocol/04-bodies.md, section on text.
    """
    if _HARMLESS.fullmatch(text) is None:
        text = _LINE_ENDS.sub("\n", text).replace("\t", "    ")
        text = _ESCAPE.sub("", text)
        text = _INVISIBLE.sub(_keep, text)
        text = _UNKNOWN.sub("\ufffd", text)
        text = _ODD_SPACE.sub(" ", text)
    text = _SPACES_BEFORE_LINE_END.sub("", text)
    text = _BLANK_LINES.sub("\n\n", text).strip("\n")
    if text.isascii():
        return text
    # Last, because what was dropped above may have held marks apart.
    text = _TOWER.sub(r"\1", text)
    return _MARK_WITHOUT_BASE.sub("\u25cc", text)


def clean_line(text: str) -> str:
    """Return `text` as it may be shown in one line, a name for example; perhaps empty.

    White space of every kind, and the braille blank, becomes one space.
    """
    line = " ".join(clean(text).replace("\u2800", " ").split())
    return _MARK_WITHOUT_BASE.sub("\u25cc", line)  # a mark that had a space for its base


def graphemes(text: str) -> int:
    """Return how many characters a person sees in `text` (extended grapheme clusters)."""
    if text.isascii() and "\r" not in text:
        return len(text)
    return sum(1 for _ in _GRAPHEME.finditer(text))


def tags(text: str) -> list[str]:
    """Return the hashtags in `text`, casefolded, without `#`, each once, in reading order.

    A tag is `#` at the start or after something that is neither a word nor part of an
    address, then word characters that are not all digits: at most 64, at most 32 tags.
    """
    if "#" not in text:
        return []
    found: dict[str, None] = {}
    for match in _TAG.finditer(clean(text)):
        tag = unicodedata.normalize("NFC", match[1].casefold())
        if len(tag) <= TAG_CHARS_MAX and not tag.isdecimal():
            found[tag] = None
            if len(found) == TAGS_MAX:
                break
    return list(found)


def is_language(tag: str) -> bool:
    """Tell whether `tag` has the shape of a language tag (BCP 47), such as en or pt-BR.

    Shape alone: whether there is such a language no list in here knows.
    """
    return len(tag.encode()) <= LANG_BYTES_MAX and _LANGUAGE.fullmatch(tag) is not None


def mention_tokens(text: str) -> list[str]:
    """Return what stands after `@` in `text`, as written, each once, at most 16.

    A token is a name, or the beginning of an identity's text form; which of the two, and
    whose, is for the caller to find out.  Mail addresses are not mentions.
    """
    if "@" not in text:
        return []
    found: dict[str, str] = {}
    for match in _MENTION.finditer(clean(text)):
        found.setdefault(match[1].casefold(), match[1])
        if len(found) == MENTIONS_MAX:
            break
    return list(found.values())


def _keep(match: regex.Match[str]) -> str:
    kept: str | None = match["keep"]
    return kept or ""
