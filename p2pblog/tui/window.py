"""Keep the reader's place in a list of items of differing heights.

Pure: no widgets.  The place is an item and a line of it, never a line number of the whole,
so nothing above needs to be measured, and nothing that arrives elsewhere moves the reader.
Heights are asked for only of items that come into sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


class Window:
    """A viewport over `count()` items whose heights in lines `height(index)` tells.

    Attributes:
        top: the item at the upper edge of the viewport.
        skip: how many of its lines are above the edge.
        selected: the item that keys act on.
        lines: the height of the viewport.
    """

    def __init__(self, count: Callable[[], int], height: Callable[[int], int]) -> None:
        self._count = count
        self._height = height
        self.top = 0
        self.skip = 0
        self.selected = 0
        self.lines = 1

    # --- reading -------------------------------------------------------------------

    def visible(self) -> Iterator[tuple[int, int]]:
        """Yield (item, line of it) for every line of the viewport that has one."""
        index, line, left = self.top, self.skip, self.lines
        while index < self._count() and left > 0:
            height = self._height(index)
            while line < height and left > 0:
                yield index, line
                line, left = line + 1, left - 1
            index, line = index + 1, 0

    def last_visible(self) -> int:
        """Return the last item of which a line is in sight (-1 when there is none)."""
        return max((index for index, _ in self.visible()), default=-1)

    def at_start(self) -> bool:
        """Tell whether the first line of all is in sight."""
        return self.top == 0 and self.skip == 0

    # --- moving --------------------------------------------------------------------

    def scroll(self, lines: int) -> None:
        """Move the viewport by `lines`, down when positive; selection stays in sight."""
        self._shift(lines)
        self.settle()
        self._select_in_sight()

    def select(self, index: int) -> None:
        """Select an item and move the viewport as little as shows it."""
        self.selected = max(0, min(index, self._count() - 1))
        self.reveal()

    def step(self, by: int) -> None:
        """Select the next (1) or previous (-1) item; one too tall is scrolled through first."""
        start, end = self._span(self.selected)
        if (
            by > 0
            and end > self.lines
            and start <= 0
            and self._height_of(self.selected) > self.lines
        ):
            self._shift(min(end - self.lines, max(1, self.lines // 2)))
            return
        if by < 0 and start < 0 and self._height_of(self.selected) > self.lines:
            self._shift(-min(-start, max(1, self.lines // 2)))
            return
        wanted = max(0, min(self.selected + by, self._count() - 1))
        if wanted == self.selected:
            return
        self.select(wanted)
        if by < 0 and self._height_of(self.selected) > self.lines:
            self._shift(self._height_of(self.selected) - self.lines)  # enter it from below

    def start(self) -> None:
        """Go to the first item."""
        self.top = self.skip = self.selected = 0

    def end(self) -> None:
        """Go to the last item."""
        self.selected = max(0, self._count() - 1)
        self.top, self.skip = self._lowest()

    def reveal(self) -> None:
        """Bring the selected item into sight, moving as little as does it."""
        if self.selected <= self.top:
            if self.selected < self.top or self.skip:
                self.top, self.skip = self.selected, 0
        else:
            # Farther away than a viewport: no need to measure all that lies between.
            if self.selected - self.top > self.lines:
                self.top, self.skip = self.selected, 0
                self._shift(self._height_of(self.selected) - self.lines)
            start, end = self._span(self.selected)
            if end > self.lines:
                self._shift(min(end - self.lines, start))
        self.settle()

    def settle(self) -> None:
        """Pull the place back into what there is: never past the last line."""
        count = self._count()
        if count == 0:
            self.top = self.skip = self.selected = 0
            return
        self.selected = max(0, min(self.selected, count - 1))
        if self.top >= count:
            self.top, self.skip = count - 1, 0
        self.skip = max(0, min(self.skip, self._height(self.top) - 1))
        lowest = self._lowest_if_near()
        if lowest is not None and (self.top, self.skip) > lowest:
            self.top, self.skip = lowest

    # --- changes of the list ---------------------------------------------------------

    def inserted(self, at: int, number: int) -> None:
        """Follow the insertion of `number` items before item `at`."""
        if at <= self.top:
            self.top += number
        if at <= self.selected:
            self.selected += number

    # --- inner -----------------------------------------------------------------------

    def _height_of(self, index: int) -> int:
        return self._height(index) if 0 <= index < self._count() else 0

    def _span(self, index: int) -> tuple[int, int]:
        """Return where an item at or near the viewport starts and ends, in its lines."""
        line = -self.skip
        if index < self.top:
            for at in range(index, self.top):
                line -= self._height(at)
        else:
            for at in range(self.top, index):
                line += self._height(at)
        return line, line + self._height_of(index)

    def _shift(self, lines: int) -> None:
        count = self._count()
        self.skip += lines
        while self.skip < 0 and self.top > 0:
            self.top -= 1
            self.skip += self._height(self.top)
        self.skip = max(0, self.skip)
        while self.top < count - 1 and self.skip >= self._height(self.top):
            self.skip -= self._height(self.top)
            self.top += 1

    def _lowest_if_near(self) -> tuple[int, int] | None:
        """Return the lowest place allowed, or None when the end is out of sight anyway."""
        if self._count() - self.top > self.lines:
            return None  # an item has at least one line
        return self._lowest()

    def _lowest(self) -> tuple[int, int]:
        left, index = self.lines, self._count()
        while index > 0 and left > 0:
            index -= 1
            left -= self._height(index)
        return index, max(0, -left)

    def _select_in_sight(self) -> None:
        start, end = self._span(self.selected) if self._near(self.selected) else (0, 0)
        if self._near(self.selected) and end > 0 and start < self.lines:
            return
        if self.selected < self.top or end <= 0:
            whole = self.top if self.skip == 0 else self.top + 1
            self.selected = max(0, min(whole, self.last_visible()))
        else:
            self.selected = max(self.top, self.last_visible())

    def _near(self, index: int) -> bool:
        return self.top <= index <= self.top + self.lines
