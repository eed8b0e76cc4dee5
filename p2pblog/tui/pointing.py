"""Point at what a list shows: by mouse at the links in it, by labels at whatever is in sight.

The half of `virtual` that knows which cell of the screen is what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.style import Style
from textual import events
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from p2pblog.tui.here import here
from p2pblog.tui.jumping import Place, overlay
from p2pblog.tui.links import Placed, Target, placed
from p2pblog.tui.paint import MARGIN_CELLS
from p2pblog.tui.rows import Line
from p2pblog.tui.shapes import Mention
from p2pblog.tui.window import Window

_NAME_CHARS = 60
_WHEEL_LINES = 3
_LABEL = Style(bold=True, reverse=True)


class Pointing(ScrollView):
    """A list of items, in which the links can be pointed at."""

    place: Window

    class LinkClicked(Message):
        """A link in an item was clicked."""

        def __init__(self, target: Target) -> None:
            super().__init__()
            self.target = target

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._labels: Mapping[str, Place] = {}
        self._typed = ""

    # --- for subclasses --------------------------------------------------------------

    def lines_of(self, index: int) -> tuple[Line, ...]:
        """Return the laid-out lines of an item."""
        raise NotImplementedError

    def linked_text(self, index: int) -> str:
        """Return the text of an item in which its links are, "" where it has none."""
        return ""

    def mentioned(self, index: int) -> Sequence[Mention]:
        """Return whom an item calls by a name where its text has a key."""
        return ()

    def changed(self) -> None:
        """Repaint after the items, the place or the meaning of keys changed."""
        raise NotImplementedError

    # --- the mouse ---------------------------------------------------------------------

    def link_at(self, x: int, y: int) -> Target | None:
        """Return where the link at a cell of the viewport leads, if one is there."""
        for at, (index, line) in enumerate(self.place.visible()):
            if at == y:
                for found in self._links(index):
                    if found.line == line and found.x <= x < found.x + found.cells:
                        return found.target
        return None

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll without moving through the approximate scroll position."""
        event.prevent_default().stop()
        self.wheel(_WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up."""
        event.prevent_default().stop()
        self.wheel(-_WHEEL_LINES)

    def wheel(self, lines: int) -> None:
        """Scroll by `lines`, down when positive."""
        self.place.scroll(lines)
        self.changed()

    def clicked_link(self, event: events.Click) -> bool:
        """Follow the link that was clicked; return whether there was one."""
        target = self.link_at(event.x, event.y)
        if target is not None:
            self.post_message(self.LinkClicked(target))
        return target is not None

    def _links(self, index: int) -> Sequence[Placed]:
        text = self.linked_text(index)
        mentions = self.mentioned(index)
        return list(placed(self.lines_of(index), text, MARGIN_CELLS, mentions)) if text else ()

    # --- labels ------------------------------------------------------------------------

    def places(self) -> list[Place]:
        """Return what is in sight: items by their first line there, and the links in them."""
        found: list[Place] = []
        before = -1
        for y, (index, line) in enumerate(self.place.visible()):
            if index != before and self.lines_of(index)[line:] != ((),):  # more than its blank end
                found.append(Place(y, 0, index))
            before = index
            found += [
                Place(y, link.x, index, link.target)
                for link in self._links(index)
                if link.line == line
            ]
        return found

    def place_name(self, place: Place) -> str:
        """Return in words what a place is."""
        if place.target is not None:
            sign = {"tag": "#", "person": "@"}.get(place.target.kind, "")
            return f"{sign}{place.target.shown or place.target.value}"[:_NAME_CHARS]
        lines = ("".join(text for text, _ in line).strip() for line in self.lines_of(place.index))
        return ", ".join(line for line in lines if line)[:_NAME_CHARS]

    def show_labels(self, labels: Mapping[str, Place], typed: str | None) -> None:
        """Paint the labels that `typed` is the beginning of, or, with None, none any more."""
        self._labels = labels if typed is not None else {}
        self._typed = typed or ""
        self.refresh()

    def select_at(self, index: int) -> None:
        """Select an item that is in sight, without scrolling."""
        self.place.selected = index
        self.changed()

    def labelled(self, strip: Strip, y: int) -> Strip:
        """Return line `y` with the labels that stand in it."""
        if not self._labels or here().settings.plain:  # where a list of them is shown
            return strip
        return overlay(strip, y, dict(self._labels), self._typed, _LABEL)
