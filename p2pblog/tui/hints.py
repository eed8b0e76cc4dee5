"""Share the bottom line between the words about the network and the keys that matter here.

Pure.  The most important keys always have a place: the words are said shorter for them, then
the least important keys go, from the right.  Help stands last and leads to all the rest.
Hints name keys by their bindings, `{help}`; `here` puts the keys there.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from p2pblog.tui.wrap import shorten

GAP_CELLS = 2  # between two hints
HELP = "{help} help"
MOVE = "{list.next}/{list.previous} move"
_APART_CELLS = 2  # between the words and the hints, at the least
_KEPT = 3  # the most important hints, for which the words are shortened


def fit_hints(hints: Sequence[str], room: int, last: str = HELP) -> str:
    """Return as many `hints`, the most important first, as fit `room` cells, in one text.

    What does not fit ends the list, so that never a lesser hint stands for a greater one.
    Help is shown last wherever it stands in the order.

    Args:
        last: the hint that is about help.
    """
    kept: list[str] = []
    for hint in hints:
        if cell_len((" " * GAP_CELLS).join([*kept, hint])) > room:
            break
        kept.append(hint)
    kept.sort(key=lambda hint: hint == last)
    return (" " * GAP_CELLS).join(kept)


def lines_of(choices: Sequence[str], width: int) -> list[str]:
    """Return lines of at most `width` cells that break between choices, never within one."""
    lines: list[str] = []
    for choice in choices:
        longer = f"{lines[-1]}{' ' * GAP_CELLS}{choice}" if lines else ""
        if lines and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(choice)
    return lines


def share(
    sayings: Sequence[str], hints: Sequence[str], width: int, last: str = HELP
) -> tuple[str, str]:
    """Return what is said, and the hints, so that both fit a line of `width` cells.

    Args:
        sayings: the words, from the fullest to the shortest; at least one.
        hints: what keys do, the most important first.
        last: the hint that is about help.
    """
    need = cell_len((" " * GAP_CELLS).join(hints[:_KEPT])) + _APART_CELLS
    said = next((words for words in sayings if cell_len(words) + need <= width), sayings[-1])
    said = shorten(said, width)
    return said, fit_hints(hints, width - cell_len(said) - _APART_CELLS, last)
