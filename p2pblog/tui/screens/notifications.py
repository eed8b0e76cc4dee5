"""What concerns us: answers, likes, followers, polls that ended; and whom a row is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from p2pblog.tui.context import Context, LookedAt, OpenPeople, OpenProfile, counted
from p2pblog.tui.entries import EntryList
from p2pblog.tui.feeds import Feed
from p2pblog.tui.here import with_keys
from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.notices import NoticeFeed
from p2pblog.tui.screens.people import PeopleScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.shapes import Entry, Notice
from p2pblog.tui.timeline import Timeline
from p2pblog.tui.virtual import VirtualList


class NoticeList(Timeline):
    """The timeline of notifications, which tells when others may have come into sight."""

    class Moved(Message):
        """The rows or the reader's place have changed (coalesces)."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, NoticeList.Moved)

    def changed(self) -> None:
        """See `VirtualList`."""
        super().changed()
        self.post_message(self.Moved())

    def in_sight(self) -> list[str]:
        """Return the marks of the rows of which something is in sight."""
        shown = dict.fromkeys(index for index, _ in self.place.visible())
        notices = (self.rows[index].notice for index in shown)
        return [notice.mark for notice in notices if notice is not None]


class NotificationsScreen(TimelineScreen):
    """The notifications, and how many strangers wait."""

    DEFAULT_CSS = """
    NotificationsScreen #waiting { height: auto; padding: 0 2; color: $accent; display: none; }
    NotificationsScreen #waiting.some { display: block; }
    """
    kind = NoticeList
    hints = (
        "{list.open} open", "{go} go", HELP, "{entry.reply} reply", "{entry.profile} who", MOVE,
    )  # fmt: skip

    def __init__(self, context: Context) -> None:
        self._feed = NoticeFeed(context.connection.call)
        super().__init__(context, "mentions")

    def feed(self) -> Feed:
        """See `TimelineScreen`."""
        return self._feed

    def body(self) -> Iterable[Widget]:
        """Yield the line about strangers above the timeline."""
        yield Static(id="waiting", markup=False)
        yield from super().body()

    def say_status(self) -> None:
        """See `BlogScreen`."""
        super().say_status()
        waiting = self.context.requests_count
        said = "posts by strangers wait: {go} {go.requests} shows them"
        if waiting == 1:
            said = "post by a stranger waits: {go} {go.requests} shows it"
        for line in self.query("#waiting").results(Static):
            line.set_class(waiting > 0, "some")
            line.update(with_keys(f"{counted(waiting)} {said}"))

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        await super().fresh()
        self.on_notice_list_moved()

    def on_notice_list_moved(self) -> None:
        """Have the node remember that what is in sight was looked at."""
        if not self.is_current:
            return
        for items in self.query(NoticeList):
            if marks := [mark for mark in items.in_sight() if mark in self._feed.unseen]:
                self._feed.unseen.difference_update(marks)  # they come again where that fails
                self.post_message(LookedAt(marks))

    def on_screen_suspend(self) -> None:
        """Take what was new as old when it is looked at again."""
        self._feed.leave()

    def on_entry_list_asked(self, message: EntryList.Asked) -> None:
        """Show who it was where a row is about people; else do what was asked with the post."""
        entry, notice = message.entry, message.entry.notice
        if message.deed == "profile" and notice is not None and notice.people:
            message.prevent_default().stop()
            self._show_people(notice)
        elif entry.kind == "notice":
            message.prevent_default().stop()
            self.notify(with_keys("That is no post: {list.open} shows who it was."), markup=False)

    def on_virtual_list_opened(self, message: VirtualList.Opened) -> None:
        """Open the post, or whom it is about where there is none."""
        entry = message.list.selected
        if isinstance(entry, Entry) and entry.kind == "notice" and entry.notice is not None:
            message.prevent_default().stop()
            self._show_people(entry.notice)

    def _show_people(self, notice: Notice) -> None:
        if notice.count == 1 and notice.people:
            self.post_message(OpenProfile(notice.people[0][1]))
        else:
            self.post_message(OpenPeople(notice.id))


class NotifiedScreen(PeopleScreen):
    """Whom one notification is about."""

    tab = ""
    heading = "Who it was"
    hints = ("{person.follow} follow", "{back} back", HELP, "{list.open} profile", MOVE)

    def __init__(self, context: Context, notification: str) -> None:
        super().__init__(context)
        self._notification = notification

    async def read(self) -> dict[str, Any]:
        """See `PeopleScreen`."""
        call = self.context.connection.call
        found: dict[str, Any] = await call("notifications.people", id=self._notification)
        return found
