"""Say in plain lines what is otherwise drawn: for screen readers, braille, simple terminals.

Pure.  Works on laid-out lines, whatever laid them out: what stands side by side goes one below
the other, signs become words, guides and bars go.  What strangers wrote stays as they wrote it.
`Unboxed` is the last resort for widgets that are not ours: it paints blanks for whatever draws
boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from p2pblog.tui.rows import Line, Piece, linked
from p2pblog.tui.wrap import wrap

LAID_OUT_CELLS: Final = 240  # at least, so that nothing is cut short for standing side by side
THEIRS: Final = frozenset({"text", "link", "name"})  # roles of what people wrote
_SIDE_BY_SIDE: Final = frozenset({"dim", "accent", "mine", "warning", "focus"})
_GUIDE = re.compile(r"^(?:│ ?)+ *")
_WORDS: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"^[↩] ?(?=[\d,])", "replies: "),
        (r"^[↻] ?(?=[\d,])", "reposts: "),
        (r"^♥ ?(?=[\d,])", "likes, with yours: "),
        (r"^♡ ?(?=[\d,])", "likes: "),
        (r"^[↻↩♥♡▣●○·] ?", ""),
        (r"^⚠ ?", "warning: "),
        (r"^✓ ?", ""),
        (r"^◂ ?", "this is the post you asked for"),
        (r"^▏ ?…", "quoted: and so on"),
        (r"^▏ ?", "quoted: "),
        (r" · ", ", "),
        (r"…", "..."),
        (r"↑ ", ""),
        (r"[\u2190-\u21ff\u2500-\u27bf]", ""),  # whatever else is drawn
    )
)
_BLOCKS: Final = dict.fromkeys(range(0x2500, 0x25A0), " ")  # box drawing and block elements
_SIGNS: Final = _BLOCKS | {ord(sign): char for sign, char in zip("●○▶▼◂▸", "  >v<>", strict=True)}

CSS: Final = """
.-plain * { border: none; outline: none; scrollbar-size: 0 0; hatch: none; }
.-plain ModalScreen, .-plain CommandPalette { background: $background; }
.-plain ModalScreen > *, .-plain WelcomeScreen > *, .-plain WordsScreen > *,
.-plain PractiseScreen > * { border: blank; max-height: 100%; }
.-plain Horizontal { layout: vertical; height: auto; }
.-plain Horizontal > Static, .-plain Horizontal > Button { width: 1fr; }
.-plain Button { height: 1; text-align: left; content-align: left middle; padding: 0; margin: 0; }
.-plain Input { height: 1; padding: 0; }
.-plain StatusBar { height: 2; }
.-plain LoadingIndicator { display: none; }
"""
"""What no widget draws in plain mode; dialogs hide what is behind them."""


def words(text: str) -> str:
    """Return `text` (the client's own) with words for its signs."""
    if text.isascii():
        return text
    for pattern, said in _WORDS:
        text = pattern.sub(said, text)
    return text


def plain_lines(lines: Sequence[Line], width: int) -> tuple[Line, ...]:
    """Return laid-out lines, one thing on each, none wider than `width`, without signs."""
    found: list[Line] = []
    level = 0
    for line in lines:
        guide, line = _without_guide(line)
        level = max(level, guide)
        if not any(text.strip() for text, _ in line):
            found.append(())
            continue
        for thing in _things(line):
            found.extend(_fitted(thing, width))
    if level and found:
        said = f"level {level} of the conversation"
        found[1:1] = _fitted(((said, "dim"),), width)
    return tuple(found)


def _without_guide(line: Line) -> tuple[int, Line]:
    if line and line[0][1] == "dim" and (guide := _GUIDE.match(line[0][0])):
        rest = line[0][0][guide.end() :]
        return guide[0].count("│"), ((rest, "dim"), *line[1:]) if rest else line[1:]
    return 0, line


def _things(line: Line) -> Iterator[Line]:
    """Yield what stands side by side in `line`: each piece of ours is a thing of its own."""
    thing: list[Piece] = []
    for text, role in line:
        if role in THEIRS and text.strip():
            if thing and thing[-1][1] not in THEIRS and not thing[-1][0].endswith(": "):
                yield tuple(thing)
                thing = []
            thing.append((text, role))
            continue
        said = words(text.strip()) + " " * text.endswith(": ")
        if not said.strip(" ,"):
            if thing and text and thing[-1][1] in THEIRS and len(text) == 1:
                thing.append((text, role))
            continue
        said = said.strip(", ") if not said.endswith(": ") else said
        if thing and not (thing[-1][0].endswith(": ")):
            yield tuple(thing)
            thing = []
        thing.append((said, role))
    if thing:
        yield tuple(thing)


def _fitted(thing: Line, width: int) -> Iterator[Line]:
    """Yield a thing in lines of at most `width` cells."""
    text = "".join(part for part, _ in thing)
    lines = wrap(text, width)
    if len(lines) == 1:
        yield thing
        return
    roles = {role for _, role in thing}
    for line in lines:
        yield tuple(linked(line)) if roles <= {"text", "link"} else ((line, thing[-1][1]),)


class Unboxed(LineFilter):
    """Paints blanks for box drawing and blocks, and plain characters for a few other signs."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """See `LineFilter`."""
        return [
            Segment(text if text.isascii() else _unboxed(text), style, control)
            for text, style, control in segments
        ]


@lru_cache(1024)
def _unboxed(text: str) -> str:
    return text.translate(_SIGNS)
