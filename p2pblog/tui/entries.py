"""A list of entries: how each looks, and what can be asked of it by key."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, Literal, TypeAlias

from textual.binding import BindingType
from textual.message import Message

from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import ENTRY_BINDINGS
from p2pblog.tui.notices import notice_lines
from p2pblog.tui.rows import Line, entry_lines
from p2pblog.tui.shapes import Entry, Mention
from p2pblog.tui.virtual import VirtualList
from p2pblog.tui.words import ends, time_said

Deed: TypeAlias = Literal[
    "reply",
    "quote",
    "repost",
    "like",
    "bookmark",
    "vote",
    "profile",
    "follow",
    "picture",
    "history",
    "edit",
    "pin",
    "erase",
    "lists",
    "mute",
    "block",
    "report",
    "why",
    "more",
]
Clock: TypeAlias = Callable[[], int]
"""Returns the present in milliseconds since 1970 UTC."""


class EntryList(VirtualList[Entry]):
    """Entries one below the other."""

    BINDINGS: ClassVar[list[BindingType]] = ENTRY_BINDINGS

    class Asked(Message):
        """Something is to be done with an entry."""

        def __init__(self, entry: Entry, deed: Deed) -> None:
            super().__init__()
            self.entry = entry
            self.deed = deed

    class SeekAsked(Message):
        """Peers are to be asked again for an entry that is not here."""

    class NewsAsked(Message):
        """What waits above is to be shown."""

    def __init__(self, clock: Clock, *, whole: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self._whole = whole
        self._revealed: set[str] = set()
        self.asked_for = ""  # the entry that a thread was opened for
        self.lacking: dict[str, str] = {}  # what is to be said of entries that are not here

    def key_of(self, item: Entry) -> Hashable:
        """See `VirtualList`."""
        when = time_said(item.time_ms, self._clock())
        said = self._ends(item), self.lacking.get(item.id)
        return item, when, said, item.id in self._revealed, item.id == self.asked_for

    def lay_out(self, item: Entry, width: int) -> Sequence[Line]:
        """See `VirtualList`."""
        if item.notice is not None and item.notice.people:
            return notice_lines(item, width, when=time_said(item.time_ms, self._clock()))
        return entry_lines(
            item,
            width,
            when=time_said(item.time_ms, self._clock()),
            ends=self._ends(item),
            revealed=item.id in self._revealed,
            whole=self._whole,
            focus=item.id == self.asked_for,
            lacking=self.lacking.get(item.id, ""),
        )

    def linked_text(self, index: int) -> str:
        """See `Pointing`."""
        entry = self.rows[index]
        return entry.text or (entry.target.text if entry.target else "")

    def mentioned(self, index: int) -> Sequence[Mention]:
        """See `Pointing`."""
        entry = self.rows[index]
        return entry.mentions or (entry.target.mentions if entry.target else ())

    def _ends(self, item: Entry) -> str:
        return "" if item.poll is None else ends(item.poll.until_ms, self._clock())

    def find(self, entry_id: str) -> int | None:
        """Return where the entry with this id stands."""
        return next((at for at, row in enumerate(self.rows) if row.id == entry_id), None)

    def select_entry(self, entry_id: str) -> bool:
        """Select the entry with this id if it is loaded."""
        at = self.find(entry_id)
        if at is not None:
            self.place.select(at)
            self.changed()
        return at is not None

    def action_ask(self, deed: Deed) -> None:
        """Ask for a deed on the selected entry."""
        entry = self.selected
        if entry is None:
            return
        if entry.missing:
            if deed == "reply" and entry.id in self.lacking:
                self.post_message(self.SeekAsked())
            elif deed == "bookmark" and entry.bookmarked:
                self.post_message(self.Asked(entry, deed))
            else:
                self.notify("This post is not here.", markup=False)
            return
        if deed == "vote" and entry.poll is None:
            self.notify("This post has no poll.", markup=False)
            return
        if deed == "history" and not entry.edited_ms:
            self.notify("This post has not been changed.", markup=False)
            return
        if deed == "picture":
            warning = entry.warning or (entry.target.warning if entry.target else "")
            if not entry.media:
                self.notify("This post has no picture.", markup=False)
                return
            if warning and entry.id not in self._revealed:
                self.notify(
                    with_keys(
                        "Its author hid it: {entry.reveal} shows it, then {entry.picture} opens it."
                    ),
                    markup=False,
                )
                return
        self.post_message(self.Asked(entry, deed))

    def action_reveal(self) -> None:
        """Show, or hide again, what stands behind a content warning."""
        if (entry := self.selected) is not None:
            self._revealed ^= {entry.id}
            self.changed()

    def action_show_new(self) -> None:
        """Ask for the news."""
        self.post_message(self.NewsAsked())
