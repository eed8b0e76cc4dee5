"""How many terminal cells a text takes, and how to break it into lines.  Pure.

Terminals disagree about joined emoji; where they do, the wider reading is taken, because a
line that ends early looks better than one that is torn.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def cells(text: str) -> int:
    """Return how many cells of a terminal `text` (cleaned, one line) takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, with "…" where something was cut off."""
    if cells(text) <= width:
        return text
    return _head(text, max(width - 1, 0)).rstrip() + "…" if width > 0 else ""


def wrap(text: str, width: int) -> list[str]:
    """Return `text` (cleaned, several lines) as lines of at most `width` cells.

    Breaks stand between words; a word longer than a line is cut where the line ends.
    """
    return [line for paragraph in text.split("\n") for line in _wrap_one(paragraph, max(width, 2))]


def _wrap_one(paragraph: str, width: int) -> Iterator[str]:
    if cells(paragraph) <= width:
        yield paragraph
        return
    line, used = "", 0
    for word in paragraph.split(" "):
        taken = cells(word)
        if line and used + 1 + taken > width:
            yield line
            line, used = word, taken
        elif line:
            line, used = f"{line} {word}", used + 1 + taken
        else:
            line, used = word, taken
        while used > width:
            head = _head(line, width)
            yield head
            line = line[len(head) :]
            used = cells(line)
    yield line


def _head(text: str, width: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += _cells_of(char)
        if used > width:
            return text[:index]
    return text
