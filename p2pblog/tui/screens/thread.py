"""A conversation in reading order, indented by depth, the entry that was asked for marked."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from p2pblog.core.limits import THREAD_ENTRIES_MAX
from p2pblog.tui.context import Context
from p2pblog.tui.entries import EntryList
from p2pblog.tui.hints import HELP
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.shapes import Entry, read_entry
from p2pblog.tui.virtual import VirtualList


class ThreadScreen(BlogScreen):
    """The thread of one entry."""

    DEFAULT_CSS = "ThreadScreen VirtualList { margin: 1 0 0 0; }"
    hints = (
        "{entry.reply} reply", "{back} back", HELP, "{entry.like} like", "{entry.repost} repost",
        "{entry.profile} profile", "{entry.picture} picture",
    )  # fmt: skip
    heading = "Thread"

    def __init__(self, context: Context, entry_id: str) -> None:
        super().__init__(context)
        self._entry_id = entry_id
        self._wanted = entry_id

    def body(self) -> Iterable[Widget]:
        """Yield the list."""
        entries = EntryList(self.context.clock, whole=True)
        entries.asked_for = self._entry_id
        entries.placeholder = ((("loading ...", "dim"),),)
        yield entries

    def on_mount(self) -> None:
        """Give the keys to the list."""
        super().on_mount()
        self.query_one(EntryList).focus()

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        result = await self.context.connection.call("thread", entry=self._entry_id)
        found = result.get("entries")
        rows = [
            read_entry(value)
            for value in (found if isinstance(found, list) else [])[:THREAD_ENTRIES_MAX]
            if isinstance(value, dict)
        ]
        entries = self.query_one(EntryList)
        if rows != entries.rows:
            entries.splice(0, len(entries.rows), rows, lambda entry: entry.id)
        if self._wanted and entries.select_entry(self._wanted):
            self._wanted = ""

    def reach_entry(self, entry_id: str) -> None:
        """See `BlogScreen`."""
        self._wanted = entry_id
        self.changed()

    def on_virtual_list_opened(self, message: VirtualList.Opened) -> None:
        """Enter on the entry asked for answers it; on another it opens that one's thread."""
        entry = message.list.selected
        if isinstance(entry, Entry) and entry.subject == self._entry_id:
            message.stop()
            self.query_one(EntryList).action_ask("reply")
            return
        super().on_virtual_list_opened(message)
