"""Screens of what is asked for once: while it is read, nothing in it moves by itself.

What one does to an entry shows there as anywhere else: that entry is read again by itself.
"""

from __future__ import annotations

from dataclasses import replace

from p2pblog.core.errors import NotFound, P2PBlogError
from p2pblog.tui.connection import Call
from p2pblog.tui.context import Context
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.shapes import Entry, read_entry
from p2pblog.tui.timeline import Timeline

_TOUCHED_MAX = 8


class AskedScreen(BlogScreen):
    """Asks when one comes here and at the top (`g g`); what failed is asked again."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._asks = True

    async def ask(self) -> None:
        """Ask, and show what has come (for subclasses)."""
        raise NotImplementedError

    def may_ask(self) -> bool:
        """Tell whether the reader is where nothing is taken from under their eyes."""
        return True

    def on_screen_resume(self) -> None:
        """Ask again when one comes back."""
        self._asks = True

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        if not self._asks or not self.may_ask():
            return
        self._asks = False
        try:
            await self.ask()
        except P2PBlogError:
            self._asks = True  # with the next change, or when the node is back
            raise

    def ask_again(self) -> None:
        """Ask now."""
        self._asks = True
        self.changed()

    def go_top(self) -> None:
        """Go to the first, as they stand now."""
        super().go_top()
        self.ask_again()


class TouchedScreen(BlogScreen):
    """A timeline that is asked for once, in which the entries one does something to are fresh.

    The node has done what it was told before its views show it, so the latest few are read again
    with every change.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._touched: dict[str, None] = {}

    def done_to(self, entry_id: str) -> None:
        """See `BlogScreen`."""
        self._touched.pop(entry_id, None)
        self._touched[entry_id] = None
        while len(self._touched) > _TOUCHED_MAX:
            self._touched.pop(next(iter(self._touched)))
        super().done_to(entry_id)

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        await super().fresh()
        timeline, call = self.query_one(Timeline), self.context.connection.call
        for row in [row for row in timeline.rows if {row.id, row.subject} & set(self._touched)]:
            now = await _read_again(call, row)
            at = timeline.find(row.id)
            if at is not None and now != [row]:
                timeline.splice(at, at + 1, now, lambda entry: entry.id)


async def _read_again(call: Call, row: Entry) -> list[Entry]:
    """Return what stands now for a row of a list: the entry as it is, or nothing."""
    try:
        entry = read_entry(await call("entry", entry=row.id))
    except NotFound:
        return []
    if entry.erased or (entry.target is not None and entry.target.erased):
        return []
    return [replace(entry, cursor=row.cursor, people=row.people)]
