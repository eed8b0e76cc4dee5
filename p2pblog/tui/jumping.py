"""Label what is in sight of a list, so that a letter or two lead there.

Pure.  An item gets a label at the cell where its bar would be, a link one at its first cell.
Labels are letters near the resting fingers first; there are at most as many as two letters make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from p2pblog.tui.links import Target

LETTERS: Final = "asdfghjklqwertyuiopzxcvbnm"


@dataclass(frozen=True, slots=True)
class Place:
    """Something to jump to.

    Fields:
        y, x: where its label is painted, in cells of the list.
        index: the item.
        target: where its link leads, or None for the item itself.
    """

    y: int
    x: int
    index: int
    target: Target | None = None


def labels(count: int) -> list[str]:
    """Return `count` labels, none of which begins another, the shortest first in reading order."""
    total = len(LETTERS)
    count = min(count, total * total)
    if count <= total:
        return list(LETTERS[:count])
    # Letters at the end stand before a second one.
    doubled = -(-(count - total) // (total - 1))
    single = list(LETTERS[: total - doubled])
    pairs = [first + second for first in LETTERS[total - doubled :] for second in LETTERS]
    return (single + pairs)[:count]


def labelled(places: Sequence[Place]) -> dict[str, Place]:
    """Return the places by their labels."""
    return dict(zip(labels(len(places)), places, strict=False))


def overlay(strip: Strip, y: int, labels: dict[str, Place], typed: str, style: Style) -> Strip:
    """Return line `y` of a list, painted over with the labels that begin with `typed`."""
    here = sorted(
        ((place.x, label) for label, place in labels.items() if place.y == y), reverse=True
    )
    for x, label in here:
        if label.startswith(typed):
            rest = label[len(typed) :]
            parts = strip.divide([x, x + len(rest), strip.cell_length])
            strip = Strip.join([parts[0], Strip([Segment(rest, style)]), parts[2]])
    return strip
