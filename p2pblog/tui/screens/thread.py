"""A conversation in reading order, indented by depth, the entry that was asked for marked.

What it lacks, peers are asked for as soon as it is seen to lack it; the place says so, and after
a while that nobody has it.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from p2pblog.core.errors import P2PBlogError
from p2pblog.core.limits import THREAD_ENTRIES_MAX
from p2pblog.tui.context import Context
from p2pblog.tui.entries import EntryList
from p2pblog.tui.hints import HELP
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.shapes import Entry, read_entry
from p2pblog.tui.virtual import VirtualList

_ASKING = "· a post that has not arrived yet; asking peers for it"
_NOBODY = "· a post that nobody you are linked to has; {entry.reply} asks again"
_ALONE = "· a post that is not here, and you are linked to nobody; {entry.reply} asks again"


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
        self._found = False  # whether the entry that was asked for has been selected

    def body(self) -> Iterable[Widget]:
        """Yield the list."""
        entries = EntryList(self.context.clock, whole=True)
        entries.asked_for = self._entry_id
        entries.placeholder = ((("loading ...", "dim"),),)
        yield entries

    def on_mount(self) -> None:
        """Give the keys to the list."""
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
        if not self._found:
            self._found = entries.select_entry(self._entry_id)
        if any(row.missing and row.id not in entries.lacking for row in rows):
            self._seek()

    def _seek(self) -> None:
        """Have peers asked for everything that is not here."""
        entries = self.query_one(EntryList)
        entries.lacking = {row.id: _ASKING for row in entries.rows if row.missing}
        entries.changed()
        self.guard(self._await_sought, "seek", ends=True)

    async def _await_sought(self) -> None:
        try:
            found = await self.context.connection.call("thread.seek", entry=self._entry_id)
        except P2PBlogError:
            found = {}  # asked again once the node is back
        said = _NOBODY if found.get("peers") else _ALONE
        entries = self.query_one(EntryList)
        entries.lacking = {one: said for one in found.get("missing") or () if one}
        entries.changed()

    def on_entry_list_seek_asked(self, message: EntryList.SeekAsked) -> None:
        """Ask again."""
        message.stop()
        self._seek()

    def on_virtual_list_opened(self, message: VirtualList.Opened) -> None:
        """Enter on the entry asked for answers it; on another it opens that one's thread."""
        entry = message.list.selected
        if isinstance(entry, Entry) and entry.subject == self._entry_id:
            message.prevent_default().stop()  # or the screen's own handler has its turn as well
            self.query_one(EntryList).action_ask("reply")
