"""Draw a screen as a small SVG: a rectangle for each background, a text for each style.

A cell is 10 units wide and 20 high.  Nothing depends on fonts, and numbers are whole, so that the
same screen is the same text everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby

from rich.cells import cell_len
from rich.color import blend_rgb
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_WIDE, _HIGH, _BASELINE = 10, 20, 15
_INK, _PAPER = ColorTriplet(213, 217, 222), ColorTriplet(20, 23, 26)
_FADED = 0.4  # how much of the paper shows through what is dim


def drawing(strips: Iterable[Strip]) -> str:
    """Return the SVG of lines of a screen."""
    lines = list(strips)
    cells = max(line.cell_length for line in lines)
    classes: dict[str, str] = {}
    drawn: list[str] = []
    for row, line in enumerate(lines):
        at = 0
        for (fill, look), run in groupby(line, _looks):
            text = "".join(segment.text for segment in run)
            length = cell_len(text)
            drawn += _rectangle(at, row, length, fill) if fill != _PAPER.hex else ()
            if text.strip():
                name = classes.setdefault(look, f"s{len(classes)}")
                drawn.append(_text(at, row, text, name))
            at += length
    styles = "\n".join(f".{name} {{ {look} }}" for look, name in classes.items())
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" '
            f'viewBox="0 0 {cells * _WIDE} {len(lines) * _HIGH}">',
            f"<style>\ntext {{ font: 16.61px 'DejaVu Sans Mono', monospace }}\n{styles}\n</style>",
            f'<rect width="100%" height="100%" fill="{_PAPER.hex}"/>',
            *drawn,
            "</svg>\n",
        )
    )


def _rectangle(at: int, row: int, cells: int, fill: str) -> Iterable[str]:
    yield (
        f'<rect x="{at * _WIDE}" y="{row * _HIGH}" width="{cells * _WIDE}" '
        f'height="{_HIGH}" fill="{fill}"/>'
    )


def _text(at: int, row: int, text: str, name: str) -> str:
    shown = text.strip()
    at += cell_len(text[: text.index(shown)])
    return (
        f'<text x="{at * _WIDE}" y="{row * _HIGH + _BASELINE}" class="{name}" '
        f'textLength="{cell_len(shown) * _WIDE}">{escape(shown, quote=False)}</text>'
    )


def _looks(segment: Segment) -> tuple[str, str]:
    """Return the colour behind a segment, and the CSS of its text."""
    style = segment.style or Style.null()
    ink, paper = (
        color.get_truecolor(foreground=at == 0) if color and not color.is_default else default
        for at, (color, default) in enumerate(((style.color, _INK), (style.bgcolor, _PAPER)))
    )
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        ink = blend_rgb(ink, paper, _FADED)
    lines = " ".join(
        name for name, on in (("underline", style.underline), ("line-through", style.strike)) if on
    )
    css = {
        "fill": ink.hex,
        "font-weight": "bold" if style.bold else "",
        "font-style": "italic" if style.italic else "",
        "text-decoration": lines,
    }
    return paper.hex, "; ".join(f"{name}: {value}" for name, value in css.items() if value)
