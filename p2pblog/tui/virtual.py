"""A list that paints only what is in sight, whatever its length.

One widget, no widget a row: lines are laid out when they come into sight and kept in two
bounded caches, as laid out and as painted.  The reader's place is `Window`'s: an item and a
line of it.  The scroll bar is an estimate from the heights seen so far.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.strip import Strip
from textual.widget import Widget

from p2pblog.tui.here import here, with_keys
from p2pblog.tui.keys import LIST_BINDINGS
from p2pblog.tui.paint import COMPONENTS, CSS, MARGIN_CELLS, paint, styles_of
from p2pblog.tui.plain import LAID_OUT_CELLS, plain_lines, words
from p2pblog.tui.pointing import Pointing
from p2pblog.tui.rows import Line, fold
from p2pblog.tui.window import Window

Item = TypeVar("Item")

_WIDTH_MIN = 8
_NARROW_CELLS = 72
_LAYOUTS_KEPT = 512
_PAINTED_KEPT_MIN = 16  # few: a painted line is 60 objects for each collection of garbage
_NEAR_END_ITEMS = 15  # from here on, more is asked for


class VirtualList(Pointing, Generic[Item], can_focus=True):
    """A list of items that a subclass lays out; keys select, pages and ends scroll."""

    BINDINGS: ClassVar[list[BindingType]] = LIST_BINDINGS
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    DEFAULT_CSS = CSS

    class Opened(Message):
        """The selected item is to be opened."""

        def __init__(self, sender: VirtualList[Any]) -> None:
            super().__init__()
            self.list = sender

    class NearEnd(Message):
        """The end is near: load more, if there is more (coalesces)."""

        def __init__(self, sender: VirtualList[Any]) -> None:
            super().__init__()
            self.list = sender

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, VirtualList.NearEnd)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.rows: list[Item] = []
        self._placeholder: tuple[Line, ...] = ()
        self.place = Window(self.__len__, self._height)
        self._layouts: LRUCache[Hashable, tuple[Line, ...]] = LRUCache(_LAYOUTS_KEPT)
        self._painted: LRUCache[Hashable, list[Strip]] = LRUCache(_PAINTED_KEPT_MIN)
        self._styles_of: dict[str, Style] | None = None
        self._measured_lines = 0
        self._measured_items = 0

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        return True  # a widget is there even when its list is empty

    # --- for subclasses --------------------------------------------------------------

    def key_of(self, item: Item) -> Hashable:
        """Return what the layout of `item` depends on, besides the width."""
        raise NotImplementedError

    def lay_out(self, item: Item, width: int) -> Sequence[Line]:
        """Return the lines of `item`, at most `width` cells each, at least one line."""
        raise NotImplementedError

    # --- for owners ------------------------------------------------------------------

    @property
    def selected(self) -> Item | None:
        """The item that keys act on, or None in an empty list."""
        return self.rows[self.place.selected] if self.rows else None

    @property
    def placeholder(self) -> tuple[Line, ...]:
        """What an empty list says."""
        return self._placeholder

    @placeholder.setter
    def placeholder(self, lines: tuple[Line, ...]) -> None:
        self._placeholder = lines
        self.refresh()

    def replace_all(self, rows: list[Item]) -> None:
        """Show other items, from the start."""
        self.rows = rows
        self.place.start()
        self.changed()

    def splice(
        self, start: int, end: int, rows: Sequence[Item], same: Callable[[Item], Hashable]
    ) -> None:
        """Replace the items `start` to `end - 1`; the reader stays where they read.

        Args:
            same: what identifies an item from before with its newer version.
        """
        anchor, chosen = self._at(self.place.top), self._at(self.place.selected)
        skip = self.place.skip
        old = end - start
        self.rows[start:end] = rows
        found = {same(item): start + at for at, item in enumerate(rows)}
        for item, name in ((anchor, "top"), (chosen, "selected")):
            index = getattr(self.place, name)
            if item is None or index < start:
                continue
            if index >= end:
                setattr(self.place, name, index + len(rows) - old)
            elif (now := found.get(same(item))) is not None:
                setattr(self.place, name, now)
            else:
                setattr(self.place, name, min(index, start + len(rows)))
                if name == "top":
                    skip = 0
        self.place.skip = skip
        self.changed()

    def changed(self) -> None:
        """Repaint after the items, the place or the meaning of keys changed."""
        self.place.lines = max(1, self.size.height)
        self.place.settle()
        self._estimate()
        self.refresh()
        self.look_ahead()

    def look_ahead(self) -> None:
        """Ask for more if the end is near; enough where items came that are out of sight."""
        if self.place.top + self.place.lines + _NEAR_END_ITEMS >= len(self.rows):
            self.post_message(self.NearEnd(self))

    # --- layout and paint --------------------------------------------------------------

    @property
    def _text_width(self) -> int:
        room = self.size.width - MARGIN_CELLS - 1
        if here().settings.column == "narrow":
            room = min(room, _NARROW_CELLS)
        return max(_WIDTH_MIN, room)

    def _at(self, index: int) -> Item | None:
        return self.rows[index] if 0 <= index < len(self.rows) else None

    def _lines(self, index: int) -> tuple[Line, ...]:
        item = self.rows[index]
        key = (self.key_of(item), self._text_width)
        lines = self._layouts.get(key)
        if lines is None:
            lines = self.laid_out(item)
            self._layouts[key] = lines
            self._measured_lines += len(lines)
            self._measured_items += 1
        return lines

    def laid_out(self, item: Item) -> tuple[Line, ...]:
        """Return the lines of `item` as they are shown."""
        width = self._text_width
        if not here().settings.plain:
            return tuple(self.lay_out(item, width))
        return plain_lines(self.lay_out(item, max(width, LAID_OUT_CELLS)), width)

    def lines_of(self, index: int) -> tuple[Line, ...]:
        """See `Pointing`."""
        return self._lines(index)

    def _height(self, index: int) -> int:
        return len(self._lines(index))

    def render_line(self, y: int) -> Strip:
        """Return line `y` of the viewport."""
        place = self.place
        if not self.rows:
            return self._hint(y)
        index, line = place.top, place.skip + y
        while index < len(self.rows):
            height = self._height(index)
            if line < height:
                return self.labelled(self._strips(index)[line], y)
            index, line = index + 1, line - height
        return Strip.blank(self.size.width, self.rich_style)

    def _hint(self, y: int) -> Strip:
        hint = [tuple((with_keys(text), role) for text, role in line) for line in self._placeholder]
        if here().settings.plain:
            hint = [((words("".join(text for text, _ in line)), "text"),) for line in hint]
        lines = (part for line in hint for part in fold(line, self._text_width))
        line = next(islice(lines, y, None), ()) if y >= 0 else ()
        return self._paint(line, chosen=False)

    def _strips(self, index: int) -> list[Strip]:
        chosen = index == self.place.selected and self.has_focus
        key = (self.key_of(self.rows[index]), self.size.width, chosen)
        strips = self._painted.get(key)
        if strips is None:
            lines = self._lines(index)
            last = len(lines) - 1
            strips = [
                self._paint(line, chosen and (at < last or not last))  # the last one is blank
                for at, line in enumerate(lines)
            ]
            self._painted[key] = strips
        return strips

    def _paint(self, line: Line, chosen: bool) -> Strip:
        if self._styles_of is None:
            self._styles_of = styles_of(self)
        return paint(line, self._styles_of, self.size.width, chosen)

    def notify_style_update(self) -> None:
        """Forget what was painted with the old theme."""
        super().notify_style_update()
        self._styles_of = None
        self._painted.clear()

    def _estimate(self) -> None:
        """Give the scroll bar its best guess; the place itself never depends on it."""
        average = self._measured_lines / self._measured_items if self._measured_items else 4.0
        total = max(round(average * len(self.rows)), self.size.height)
        if not self.rows or self._all_in_sight():
            total = self.size.height
        self.virtual_size = Size(self.size.width, total)
        at = average * self.place.top + self.place.skip
        if self.place.last_visible() == len(self.rows) - 1:
            at = total - self.size.height
        self.set_reactive(Widget.scroll_y, min(at, max(0, total - self.size.height)))
        self.set_reactive(Widget.scroll_target_y, self.scroll_y)
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = self.scroll_y

    def _all_in_sight(self) -> bool:
        return (
            self.place.at_start()
            and len(self.rows) <= self.place.lines
            and self.place.last_visible() == len(self.rows) - 1
            and sum(1 for _ in self.place.visible()) < self.place.lines
        )

    # --- keys and mouse ------------------------------------------------------------------

    def action_step(self, by: int) -> None:
        """Select the next or the previous item."""
        self.place.step(by)
        self.changed()

    def action_page(self, by: float) -> None:
        """Scroll by a part of the viewport."""
        lines = max(1, round((self.place.lines - 1) * abs(by)))
        before = (self.place.top, self.place.skip)
        self.place.scroll(lines if by > 0 else -lines)
        if before == (self.place.top, self.place.skip):  # no farther: go to the very end
            self.place.select(len(self.rows) - 1 if by > 0 else 0)
        self.changed()

    def action_start(self) -> None:
        """Go to the first item."""
        self.place.start()
        self.changed()

    def action_end(self) -> None:
        """Go to the last item."""
        self.place.end()
        self.changed()

    def action_open(self) -> None:
        """Open the selected item."""
        if self.rows:
            self.post_message(self.Opened(self))

    def on_click(self, event: events.Click) -> None:
        """Select what was clicked; open it on the second click."""
        index = self.item_at(event.y)
        if index is None or self.clicked_link(event):
            return
        again = event.chain > 1
        self.place.selected = index
        self.changed()
        if again:
            self.action_open()

    def item_at(self, y: int) -> int | None:
        """Return the item on line `y` of the viewport."""
        for at, (index, _) in enumerate(self.place.visible()):
            if at == y:
                return index
        return None

    def on_scroll_to(self, message: ScrollTo) -> None:
        """Follow a drag of the scroll bar, to the item that is about there."""
        message.prevent_default().stop()
        if message.y is None or not self.rows:
            return
        total = max(1, self.virtual_size.height - self.size.height)
        part = min(1.0, max(0.0, message.y / total))
        if part >= 1.0:
            self.place.end()
        else:
            self.place.top, self.place.skip = int(part * (len(self.rows) - 1)), 0
            self.place.scroll(0)
        self.changed()

    def on_scroll_down(self, message: ScrollDown) -> None:
        """Page down: a click below the handle."""
        message.prevent_default().stop()
        self.action_page(1)

    def on_scroll_up(self, message: ScrollUp) -> None:
        """Page up: a click above the handle."""
        message.prevent_default().stop()
        self.action_page(-1)

    def on_resize(self) -> None:
        """Lay out anew for another width, with the same item at the top."""
        self._measured_lines = self._measured_items = 0
        self._styles_of = None
        self._painted = LRUCache(max(_PAINTED_KEPT_MIN, self.size.height))  # two viewports
        self.place.skip = 0
        self.changed()

    def on_focus(self) -> None:
        """The selection shows only where keys go."""
        self.refresh()

    def on_blur(self) -> None:
        """See `on_focus`."""
        self.refresh()
