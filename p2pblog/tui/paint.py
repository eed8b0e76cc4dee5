"""Turn laid-out lines into strips of the theme's colours.

A line's pieces bear roles; a list has a component class (`list--ROLE`) for each, so themes and
style sheets reach them.  The selected item has a bar at its left, which shows without colour.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from p2pblog.tui.here import here
from p2pblog.tui.rows import ROLES, Line

MARGIN_CELLS = 2  # the bar of the selected item, and a space
COMPONENTS = frozenset(f"list--{role}" for role in (*ROLES, "bar", "selected"))
CSS = """
VirtualList {
    height: 1fr;
    overflow-x: hidden;
    overflow-y: scroll;
    scrollbar-size-vertical: 1;
    scrollbar-gutter: stable;
    background: $background;
    & > .list--text { color: $foreground; }
    & > .list--name { color: $foreground; text-style: bold; }
    & > .list--dim { color: $faint; }
    &:ansi > .list--dim, &:nocolor > .list--dim { text-style: dim; }
    & > .list--accent { color: $accent; }
    & > .list--mine { color: $secondary; }
    & > .list--warning { color: $warning; }
    & > .list--link { color: $primary; }
    & > .list--quote { color: $foreground 80%; }
    & > .list--focus { color: $accent; text-style: bold; }
    & > .list--bar { color: $accent; }
    & > .list--selected { background: $surface; }
}
"""


def styles_of(widget: Widget) -> dict[str, Style]:
    """Return the style of each role, of the "bar", of a "plain" line and a "selected" one."""
    found = {"plain": widget.rich_style}
    found["selected"] = widget.get_component_rich_style("list--selected")
    for role in (*ROLES, "bar"):
        style = widget.get_component_rich_style(f"list--{role}")
        # The background is the line's: a selected one has its own.
        found[role] = Style(color=style.color, bold=style.bold, italic=style.italic, dim=style.dim)
    return found


def paint(line: Line, styles: Mapping[str, Style], width: int, chosen: bool) -> Strip:
    """Return `line` as a strip of exactly `width` cells, with the bar when it is chosen."""
    base = styles["selected"] if chosen else styles["plain"]
    bar = "> " if here().settings.plain else "▌ "
    segments = [Segment(bar if chosen else "  ", base + styles["bar"])]
    used = MARGIN_CELLS
    for text, role in line:
        segments.append(Segment(text, base + styles[role]))
        used += cell_len(text)
    if used < width:
        segments.append(Segment(" " * (width - used), base))
    return Strip(segments).adjust_cell_length(width, base)
