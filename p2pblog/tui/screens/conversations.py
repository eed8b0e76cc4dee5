"""Conversations: what many people answer, that of most people first."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from p2pblog.tui.feeds import ConversationFeed
from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.rows import Line
from p2pblog.tui.screens.asked import AskedScreen, TouchedScreen
from p2pblog.tui.timeline import Timeline
from p2pblog.tui.virtual import VirtualList

_LOADING: tuple[Line, ...] = ((("loading ...", "dim"),),)
_NONE: tuple[Line, ...] = (
    (("Nobody you can see has answered anybody in the last days.", "name"),),
    (),
    (("{entry.reply}", "accent"), ("      on a post answers it", "text")),
    (("{go} {go.home}", "accent"), ("    back home", "text")),
)


class ConversationsScreen(TouchedScreen, AskedScreen):
    """What began each conversation."""

    DEFAULT_CSS = "ConversationsScreen VirtualList { margin: 1 0 0 0; }"
    hints = (
        "{list.open} read", "{go} go", HELP, "{entry.why} why here", "{entry.reply} reply", MOVE,
    )  # fmt: skip
    heading = "Conversations, by how many people answered"
    view = "conversations"

    def body(self) -> Iterable[Widget]:
        """Yield the list."""
        timeline = Timeline(ConversationFeed(self.context.connection.call), self.context.clock)
        timeline.placeholder = _LOADING
        yield timeline

    def on_mount(self) -> None:
        """Give the keys to the list."""
        self.query_one(Timeline).focus()

    def may_ask(self) -> bool:
        """Read again where one has read nothing yet."""
        place = self.query_one(Timeline).place
        return place.at_start() and place.selected == 0

    async def ask(self) -> None:
        """See `AskedScreen`."""
        timeline = self.query_one(Timeline)
        await timeline.load()
        timeline.placeholder = _NONE

    def on_virtual_list_near_end(self, message: VirtualList.NearEnd) -> None:
        """Load more."""
        message.stop()
        if self.context.ready:
            self.guard(self.query_one(Timeline).load_older)
