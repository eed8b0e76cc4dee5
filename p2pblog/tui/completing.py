"""Decide what of a text is being completed, and what stands there once it is.

Pure.  What begins with `@` or `#` right before the cursor, as `content.text` reads mentions and
tags, and in a search what follows `from:` as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from p2pblog.content.text import clean_line
from p2pblog.tui.shapes import read_person, short_id

CANDIDATES_MAX = 5
_TYPED_CHARS_MAX = 64
_BEGUN = re.compile(r"(?:(?<![\w/&#])(?P<tag>#)|(?<![\w/.@])(?P<person>@))(?P<typed>[\w.-]*)$")
_FROM = re.compile(r"(?<!\w)from:@?(?P<typed>[\w.-]*)$", re.IGNORECASE)


class Begun(NamedTuple):
    """Something that was begun in a line of text: whether a tag or a person, and how it begins.

    start, end: where it stands in the line, from behind its sign to the cursor.
    """

    is_tag: bool
    typed: str
    start: int
    end: int


class Candidate(NamedTuple):
    """What may be meant: what is written then, and what is said of it in the list."""

    written: str
    said: str
    more: str = ""


def begun_at(line: str, at: int, *, search: bool = False) -> Begun | None:
    """Return what is being written before the cursor at index `at` of a line, or None.

    Args:
        search: the line is a search, where `from:` is followed by a person.
    """
    before = line[:at][-2 * _TYPED_CHARS_MAX :]
    found = (_FROM.search(before) if search else None) or _BEGUN.search(before)
    if found is None or len(found["typed"]) > _TYPED_CHARS_MAX:
        return None
    is_tag = bool(found.groupdict().get("tag"))
    return Begun(is_tag, found["typed"], at - len(found["typed"]), at)


def candidates(begun: Begun, answer: Mapping[str, Any]) -> list[Candidate]:
    """Return what the node answered as what can be chosen; what stands there already goes first.

    Each person's row has the beginning of their key, by which those of one name differ.
    """
    values = answer.get("tags" if begun.is_tag else "people")
    read = _tag if begun.is_tag else _person
    read_all = map(read, values if isinstance(values, list) else ())
    found = [one for one in read_all if one is not None]
    found.sort(key=lambda one: not is_written(begun, one))
    return found[:CANDIDATES_MAX]


def is_written(begun: Begun, candidate: Candidate) -> bool:
    """Tell whether a candidate is what stands there."""
    return candidate.written.casefold() == begun.typed.casefold()


def completed(line: str, begun: Begun, candidate: Candidate) -> tuple[str, int]:
    """Return what stands instead of what was begun, and where the cursor goes behind it."""
    space = "" if line[begun.end : begun.end + 1].isspace() else " "
    return candidate.written + space, begun.start + len(candidate.written) + 1


def _tag(value: Any) -> Candidate | None:
    said = clean_line(value) if isinstance(value, str) else ""
    return Candidate(said, f"#{said}") if said else None


def _person(value: Any) -> Candidate | None:
    match value:
        case {"mention": str(mention)}:
            person = read_person(value)
            key = short_id(person.identity)
            more = f"{key} · followed" if person.followed else key
            return Candidate(clean_line(mention), person.called, more)
    return None
