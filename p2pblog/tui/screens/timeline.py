"""Home, local, notifications and tags: a timeline between the bars."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from textual.widget import Widget

from p2pblog.content.text import clean_line
from p2pblog.tui.bars import NewsBar
from p2pblog.tui.context import Context
from p2pblog.tui.feeds import Feed, ViewFeed
from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.rows import Line
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.shapes import called
from p2pblog.tui.timeline import Timeline
from p2pblog.tui.virtual import VirtualList

_EMPTY: dict[str, tuple[Line, ...]] = {
    "home": (
        (("Nothing here yet: home shows what the people you follow write.", "name"),),
        (),
        (("{go} {go.people}", "accent"), ("     see the people near you, and follow some", "text")),
        (("{go} {go.local}", "accent"), ("     read what is written nearby", "text")),
        (("{compose}", "accent"), ("       write your first post", "text")),
        (("{palette}", "accent"), ("  connect to an address you were given", "text")),
        (),
        (("Moving here? In a shell: p2pblog import twitter ARCHIVE", "dim"),),
    ),
    "local": (
        (("Nobody nearby has written anything yet.", "name"),),
        (),
        (("{compose}", "accent"), ("       be the first", "text")),
        (("{go} {go.people}", "accent"), ("     see who is on this network", "text")),
        (("{palette}", "accent"), ("  connect to an address you were given", "text")),
    ),
    "mentions": (
        (("Nothing concerns you yet: answers, likes and followers come here.", "name"),),
        (),
        (("{compose}", "accent"), ("    write something they can answer", "text")),
        (("{go} {go.home}", "accent"), ("  back home", "text")),
    ),
}
_RESTORING: tuple[Line, ...] = (
    (("Your history is not back yet; until it is, you can read, and not write.", "name"),),
    (),
    (("It comes from those who have it: somebody who follows you must be", "text"),),
    (("within reach, on this network or by an address.", "text"),),
    (),
    (("{palette}", "accent"), ("  Bring my history back: goes on, by your 24 words", "text")),
    (("{go} {go.people}", "accent"), ("     see the people near you", "text")),
)
_EMPTY_OTHERS: dict[str, tuple[Line, ...]] = {
    "requests": (
        (("No stranger waits.", "name"),),
        (),
        (("Posts that mention you wait here when neither you nor anybody", "text"),),
        (("you follow follows their author; nobody learns what you decide.", "text"),),
    ),
    "bookmarks": (
        (("You have bookmarked nothing yet.", "name"),),
        (),
        (("{entry.bookmark}", "accent"), ("    on a post bookmarks it, for you alone", "text")),
        (("{go} {go.home}", "accent"), ("  back home", "text")),
    ),
}
_NAMED = 3  # of those on a list whom one mutes
_KEEP_PLACE_S = 2
_LOADING: tuple[Line, ...] = ((("loading ...", "dim"),),)
_AWAY: tuple[Line, ...] = ((("this is read as soon as the node is there ...", "dim"),),)
_NONE: tuple[Line, ...] = ((("Nothing here yet.", "name"),),)
_NOBODY: tuple[Line, ...] = (
    (("Nobody is on this list yet.", "name"),),
    (),
    (("{entry.lists}", "accent"), ("    on a post puts its author on your lists", "text")),
)
_UNMUTE: tuple[Line, ...] = (
    (),
    (("{go} {go.kept}", "accent"), ("  shows whom you mute, and takes it back", "text")),
)


class TimelineScreen(BlogScreen):
    """One timeline of the node."""

    kind: type[Timeline] = Timeline
    hints: tuple[str, ...] = (
        "{compose} write", "{go} go", HELP, "{entry.reply} reply", "{entry.like} like",
        "{list.open} thread", "{search} search", MOVE,
    )  # fmt: skip

    def __init__(self, context: Context, view: str, heading: str = "") -> None:
        self.view = view
        self.tab = view if view in _EMPTY else ""
        self.heading = heading
        super().__init__(context)

    def body(self) -> Iterable[Widget]:
        """Yield the bar of news and the timeline."""
        yield NewsBar()
        timeline = self.kind(self.feed(), self.context.clock)
        timeline.begin_at = self.context.places.get(self.view)
        timeline.keep = partial(self.context.places.put, self.view)
        timeline.placeholder = _LOADING
        yield timeline

    def feed(self) -> Feed:
        """Return where the entries come from."""
        return ViewFeed(self.context.connection.call, self.view)

    @property
    def timeline(self) -> Timeline:
        """The timeline of this screen."""
        return self.query_one(Timeline)

    def on_mount(self) -> None:
        """Tie the bar to the timeline."""
        bar = self.query_one(NewsBar)
        self.watch(self.timeline, "news", lambda number: setattr(bar, "number", number))
        self.watch(self.timeline, "more_news", lambda more: setattr(bar, "more", more))
        self.watch(self.timeline, "loaded", self._say_empty)
        self.timeline.focus()
        self.set_interval(_KEEP_PLACE_S, self.timeline.keep_place)

    def say_status(self) -> None:
        """See `BlogScreen`; while nothing has come, say what it waits for."""
        super().say_status()
        for timeline in self.query(Timeline):
            if not timeline.loaded:
                timeline.placeholder = _AWAY if self.context.away else _LOADING
            elif self.view == "home":  # whether one's history is back may have changed
                self._say_empty(True)

    def _say_empty(self, loaded: bool) -> None:
        if loaded and self.view == "home" and self.context.status.get("restoring"):
            self.timeline.placeholder = _RESTORING
        elif loaded:
            self.timeline.placeholder = (_EMPTY | _EMPTY_OTHERS).get(self.view, _NONE)

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        await self.timeline.catch_up()
        if self.view.startswith("list:") and self.timeline.loaded and not self.timeline.rows:
            self.timeline.placeholder = await self._why_empty(self.view.removeprefix("list:"))

    async def _why_empty(self, name: str) -> tuple[Line, ...]:
        """Return why nothing by the people on a list is shown."""
        call = self.context.connection.call
        lists = (await call("lists")).get("lists") or ()
        members: list[Any] = next((one["members"] for one in lists if one["name"] == name), [])
        if not members:
            return _NOBODY
        hidden = {
            one["value"]
            for one in (await call("filters")).get("filters") or ()
            if one["what"] == "person" and not one["warns"]
        }
        muted = [
            called(clean_line(one["name"] or ""), one["identity"])
            for one in members
            if one["identity"] in hidden
        ]
        if not muted:
            return _NONE
        more = [f"{len(muted) - _NAMED:,} more"] if len(muted) > _NAMED else []
        who = ", ".join((*muted[:_NAMED], *more))
        return ((("What they write is hidden here: you mute ", "text"), (who, "name")), *_UNMUTE)

    def go_top(self) -> None:
        """Go to the newest, news included."""
        if self.timeline.news:
            self.guard(self.timeline.show_news)
        else:
            self.timeline.action_start()

    def on_entry_list_news_asked(self) -> None:
        """Show the news."""
        if self.timeline.news:
            self.guard(self.timeline.show_news)

    def on_news_bar_pressed(self) -> None:
        """Show the news."""
        self.go_top()

    def on_virtual_list_near_end(self, message: VirtualList.NearEnd) -> None:
        """Load more."""
        message.stop()
        if self.context.ready:
            self.guard(self.timeline.load_older)

    def on_timeline_near_top(self, message: Timeline.NearTop) -> None:
        """Load what lies right above."""
        message.stop()
        if self.context.ready:
            self.guard(self.timeline.load_above)
