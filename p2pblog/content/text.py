"""Make text by strangers safe to show, count it as a person would, and find what it names.

Specified in protocol/04-bodies.md section 7.  Pure.  Cleaning is for showing: what
is signed and stored stays as it was written.  Cleaned text holds no control character but
the line feed, no bidi control, nothing invisible except where an emoji or a script needs
it, no private or unassigned character, and no tower of combining marks; so it cannot move
the cursor, run anything, reorder what stands beside it, or hide a second text in itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING

from p2pblog.core.limits import (
    LANG_BYTES_MAX,
    MENTIONS_MAX,
    TAG_CHARS_MAX,
    TAGS_MAX,
)

if TYPE_CHECKING:
    import regex

# Most text needs nothing but a look: Latin, Cyrillic, punctuation, kana, CJK, Hangul;
# without a combining mark.
_HARMLESS = re.compile(
    "[\n -~\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e"
    "\u3000-\u3029\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff5e]*"
)
_LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_BLANK_LINES = re.compile("\n{3,}")
# One try for each run of spaces: without the look behind, one for each space of it.
_SPACES_BEFORE_LINE_END = re.compile("(?<![ \u3000])[ \u3000]+(?=\n|$)")

# Whole escape sequences go, so that coloured text stays readable; of a broken one only the
# control character goes, so that it cannot swallow what follows.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS
    r"|\x1b[ -/]*[0-Z\\^-~]"
)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def clean(text: str) -> str:
    """Return `text` (several lines) as it may be shown.

    Lines end in a line feed; more than one blank line in a row becomes one; blank lines at
    the start and white space at the ends of lines are dropped.  Cleaning twice changes
    nothing more.
    Source: protocol/04-bodies.md section 7.
    """
    if _is_harmless(text):
        return _without_idle_space(text)
    return _with_bases(_without_idle_space(_seen(text)))


def clean_typed(text: str) -> str:
    """Return `text`, which a person types or pastes, as `clean` would, but with all its spaces.

    So what stands in a field is what will be shown of it.
    """
    return text if _is_harmless(text) else _with_bases(_seen(text))


def clean_line(text: str) -> str:
    """Return `text` as it may be shown in one line, a name for example; perhaps empty.

    White space of every kind, and the braille blank, becomes one space.
    """
    line = " ".join(clean(text).replace("\u2800", " ").split())
    if _is_harmless(line):
        return line
    from p2pblog.content.patterns import MARK_WITHOUT_BASE

    return MARK_WITHOUT_BASE.sub("\u25cc", line)  # a mark that had a space for its base


def graphemes(text: str) -> int:
    """Return how many characters a person sees in `text` (extended grapheme clusters)."""
    if text.isascii() and "\r" not in text:
        return len(text)
    from p2pblog.content.patterns import GRAPHEME

    return sum(1 for _ in GRAPHEME.finditer(text))


def tags(text: str) -> list[str]:
    """Return the hashtags in `text`, casefolded, without `#`, each once, in reading order.

    A tag is `#` at the start or after something that is neither a word nor part of an
    address, then word characters, of which the first is no mark and one at least no digit:
    at most 64, at most 32 tags.
    Source: protocol/04-bodies.md section 7.
    """
    if "#" not in text:
        return []
    from p2pblog.content.patterns import TAG

    found: dict[str, None] = {}
    for match in TAG.finditer(clean(text)):
        tag = unicodedata.normalize("NFC", match[1].casefold())
        if len(tag) <= TAG_CHARS_MAX and not tag.isdecimal():
            found[tag] = None
            if len(found) == TAGS_MAX:
                break
    return list(found)


def typed_tag(typed: str) -> str | None:
    """Return the tag that a person typed, `#` included and nothing beside it, or None."""
    if not typed.startswith("#"):
        return None
    from p2pblog.content.patterns import TAG

    found = tags(typed) if TAG.fullmatch(clean(typed)) else []
    return found[0] if found else None


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
    from p2pblog.content.patterns import MENTION

    found: dict[str, str] = {}
    for match in MENTION.finditer(clean(text)):
        found.setdefault(match[1].casefold(), match[1])
        if len(found) == MENTIONS_MAX:
            break
    return list(found.values())


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Return a cleaned text in which people are called by their names.

    Args:
        names: what is to stand after `@`, by what stands there now (casefolded).
    """
    if not names:
        return text
    from p2pblog.content.patterns import MENTION_OR_ADDRESS

    def called(match: regex.Match[str]) -> str:
        name = names.get((match[1] or "").casefold())
        return match[0] if name is None else f"@{name}"

    return MENTION_OR_ADDRESS.sub(called, text)


def _is_harmless(text: str) -> bool:
    return _HARMLESS.fullmatch(text) is not None


def _seen(text: str) -> str:
    from p2pblog.content import patterns

    text = _LINE_ENDS.sub("\n", text).replace("\t", "    ")
    text = _ESCAPE.sub("", text)
    text = patterns.INVISIBLE.sub(_keep, text)
    text = patterns.UNKNOWN.sub("\ufffd", text)
    return patterns.ODD_SPACE.sub(" ", text)


def _with_bases(text: str) -> str:
    """Bound towers of marks and give a base to each; last, since marks may have been held apart."""
    if text.isascii():
        return text
    from p2pblog.content import patterns

    text = patterns.TOWER.sub(r"\1", text)
    return patterns.MARK_WITHOUT_BASE.sub("\u25cc", text)


def _without_idle_space(text: str) -> str:
    text = _SPACES_BEFORE_LINE_END.sub("", text)
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def _keep(match: regex.Match[str]) -> str:
    kept: str | None = match["keep"]
    return kept or ""
