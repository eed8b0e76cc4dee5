"""Break cleaned text into lines that fit a width in terminal cells.

Pure.  Words are kept whole where they fit; longer ones are cut between the characters a
person sees.  Widths are those of `rich.cells`, which Textual paints by.  A line that is
returned is never wider than asked for, whatever the text.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex
from rich.cells import cell_len

from p2pblog.content.patterns import GRAPHEME

_WORD = regex.compile(r"\S+|\s+")
ELLIPSIS = "…"


def wrap(text: str, width: int) -> list[str]:
    """Return the lines of `text`, each at most `width` (1 or more) cells wide."""
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= width and line.isascii():
            lines.append(line)
        else:
            lines.extend(_fold(line, width))
    return lines


def shorten(text: str, width: int) -> str:
    """Return one line of `text` that fits `width` cells, with an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    return next(_chunks(text, width - 1), "") + ELLIPSIS if width > 1 else ELLIPSIS


def _fold(line: str, width: int) -> Iterator[str]:
    current, used = "", 0
    for match in _WORD.finditer(line):
        word: str = match[0]
        size = cell_len(word)
        if used + size <= width:
            current, used = current + word, used + size
            continue
        if word.isspace():  # a break falls here: the space itself needs no room
            yield current.rstrip()
            current, used = "", 0
            continue
        if current.strip():
            yield current.rstrip()
            current, used = "", 0
        for chunk in _chunks(word, width):
            if current.strip():
                yield current
            current, used = chunk, cell_len(chunk)
    yield current.rstrip()


def _chunks(word: str, width: int) -> Iterator[str]:
    """Cut `word` into pieces of at most `width` cells, between graphemes where possible."""
    current, used = "", 0
    for piece in _pieces(word, width):
        size = cell_len(piece)
        if used + size > width and current:
            yield current
            current, used = "", 0
        current, used = current + piece, used + size
    if current:
        yield current


def _pieces(word: str, width: int) -> Iterator[str]:
    for match in GRAPHEME.finditer(word):
        piece: str = match[0]
        if cell_len(piece) <= width and cell_len(piece) <= 2:
            yield piece
        else:  # scripts in which one "character" may be as long as one likes
            yield from (char if cell_len(char) <= width else "?" for char in piece)
