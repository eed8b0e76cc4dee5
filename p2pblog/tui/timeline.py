"""A timeline: pages loaded as the reader goes down, and news that never moves what is read.

A reader at the very top, on the newest entry, reads what comes: it is put above at once, and
stays so until the entry they chose would leave the screen.  Everywhere else what is newer than
the newest entry shown waits in `news` until the reader asks for it, or goes up into it.  Where
that is more than is kept waiting, what lies between is read page by page as they go up.  What
changes elsewhere (counts, entries of the past that arrive late, entries that go) is read
again for the stretch in sight and fitted in around the reader's place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.message import Message
from textual.reactive import reactive

from p2pblog.core.limits import PAGE_ENTRIES_MAX
from p2pblog.tui.entries import Clock, EntryList
from p2pblog.tui.feeds import Feed, Page, fit
from p2pblog.tui.places import Place
from p2pblog.tui.shapes import Entry

_PAGE = 100
_AROUND = 5  # entries read again above and below those in sight
_WAITING_MAX = 5 * PAGE_ENTRIES_MAX  # of more, the oldest are read again when they are wanted
_NEAR_TOP_ITEMS = 15  # from here on, who goes up is given what lies above


class Timeline(EntryList):
    """The entries of a feed.

    Attributes:
        news: how many newer entries wait above (a number for the bar that says so).
        more_news: whether others lie between those and what is shown.
        loaded: whether the first page has come.
    """

    news: reactive[int] = reactive(0, repaint=False)
    more_news: reactive[bool] = reactive(False, repaint=False)
    loaded: reactive[bool] = reactive(False, repaint=False)

    class NearTop(Message):
        """The reader goes up to where something lies between: load it (coalesces)."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Timeline.NearTop)

    def __init__(self, feed: Feed, clock: Clock, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(clock, id=id)
        self.feed = feed
        self._waiting: list[Entry] = []
        self._going_up: Callable[[], None] | None = None  # what waits for the page above
        self._loading_above = False
        self._ended = False
        self._looked_down = self._looked_up = ""  # how far, where nothing was to be shown there
        self._loading = False
        self._catching_up = False
        self._again = False
        self.begin_at: Place | None = None  # where the first page begins; None: at the top
        self.keep: Callable[[Place | None], None] = lambda place: None
        self._left_at = 0  # where news that was put in moved the selection, the reader idle

    # --- loading ---------------------------------------------------------------------

    async def load(self) -> None:
        """Show the first page, from the start.

        Raises:
            P2PBlogError: what the node answered.
        """
        feed, place, self.begin_at = self.feed, self.begin_at, None
        page = await (feed.older(None, _PAGE) if place is None else feed.at(place.cursor, _PAGE))
        if feed is not self.feed:
            return  # the feed was changed meanwhile
        if place is not None and not page.entries:  # what was read there is gone
            await self.load()
            return
        self._begin(page)
        if place is not None:
            self.place.skip, self.place.selected = place.skip, place.selected
            self.place.settle()
            self.changed()
            await self._look_above()

    async def show(self, feed: Feed) -> None:
        """Show another feed (another search, for example), once it has answered.

        Raises:
            P2PBlogError: what the node answered; the one before stays.
        """
        page = await feed.older(None, _PAGE)
        self.feed = feed
        self._begin(page)

    def _begin(self, page: Page) -> None:
        self._wait_for([], more=False)
        self._mark_end(page)
        self._looked_up = ""
        self.loaded = True
        self.replace_all(list(page.entries))

    async def load_older(self) -> None:
        """Add the page after the last entry, unless all is here or it is on its way."""
        if self._loading or self._ended or not (self.rows or self._looked_down):
            return
        self._loading = True
        try:
            feed, last = self.feed, self._last_id
            page = await feed.older(self._looked_down or self.rows[-1].cursor, _PAGE)
            if feed is self.feed and self._last_id == last:
                known = {row.id for row in self.rows[-_PAGE:]}
                end_in_sight = self._end_in_sight()
                self.rows.extend(entry for entry in page.entries if entry.id not in known)
                self._mark_end(page)
                # A paint that shows nothing new would have the next key wait for the frame after.
                if page.entries and end_in_sight:
                    self.changed()
                elif page.entries:  # or the next key goes on
                    self.look_ahead()
        finally:
            self._loading = False

    def _end_in_sight(self) -> bool:
        return self.place.last_visible() >= len(self.rows) - 1

    @property
    def _last_id(self) -> str:
        return self.rows[-1].id if self.rows else ""

    def _mark_end(self, page: Page) -> None:
        """Remember where what follows the last row begins, and whether anything does."""
        self._ended = not page.more
        self._looked_down = "" if page.entries or page.next is None else page.next

    async def catch_up(self) -> None:
        """Take in what has changed at the node, without moving the reader."""
        if self._catching_up:
            self._again = True
            return
        self._catching_up = True
        try:
            self._again = True
            while self._again:
                self._again = False
                self._ended, self._looked_down = False, ""
                if not self.rows:
                    await self.load()
                    continue
                await self._look_above()
                self._admit()
                await self._freshen()
        finally:
            self._catching_up = False

    async def _look_above(self) -> None:
        feed, first = self.feed, self._waiting[0] if self._waiting else self.rows[0]
        page = await feed.newer(first.cursor, PAGE_ENTRIES_MAX)
        if feed is not self.feed or not page.entries:
            return
        known = {entry.id for entry in (*self._waiting, *self.rows[:PAGE_ENTRIES_MAX])}
        fresh = [entry for entry in page.entries if entry.id not in known]
        if page.more:  # what lies between is read when the reader goes up
            self._wait_for(fresh, more=True)
        else:
            self._wait_for(fresh + self._waiting, more=self.more_news)

    def _wait_for(self, waiting: list[Entry], *, more: bool) -> None:
        """Let these wait above; more: others lie between them and the first entry shown."""
        self._waiting = waiting[:_WAITING_MAX]
        self.news, self.more_news = len(self._waiting), more or len(waiting) > _WAITING_MAX

    async def load_above(self) -> None:
        """Put the page right above the first entry there, the reader staying where they read."""
        if self._loading_above or not self.more_news or not self.rows:
            return
        self._loading_above, go = True, None
        try:
            feed, first = self.feed, self.rows[0]
            page = await feed.above(self._looked_up or first.cursor, _PAGE)
            if feed is not self.feed or not self.rows or self.rows[0].id != first.id:
                return
            self._looked_up = "" if page.entries or page.next is None else page.next
            known = {row.id for row in self.rows[:_PAGE]}
            fresh = [entry for entry in page.entries if entry.id not in known]
            here = {entry.id for entry in page.entries}
            met = next((at for at, e in enumerate(self._waiting) if e.id in here), None)
            if met is not None:
                self._wait_for(self._waiting[:met], more=False)
            elif not page.more:  # what waited is gone; what is newer is looked for again
                self._wait_for([], more=False)
            self._put_above(fresh)
            go = self._going_up
        finally:
            self._loading_above, self._going_up = False, None
        if go is not None:
            go()
        if go is not None or self._end_in_sight():
            self.changed()

    async def _freshen(self) -> None:
        feed = self.feed
        start = max(0, self.place.top - _AROUND)
        before = self.rows[start - 1] if start else None
        first = self.rows[0]
        limit = min(self.place.last_visible() - start + _AROUND + 1, PAGE_ENTRIES_MAX)
        if before is None:
            page = await feed.at(first.cursor, limit)
        else:
            page = await feed.older(before.cursor, limit)
        if feed is not self.feed or not self.rows:
            return
        # Where the list was changed meanwhile, the next event brings us here again.
        if before is None and self.rows[0].id != first.id:
            return
        if before is not None and (start > len(self.rows) or self.rows[start - 1].id != before.id):
            return
        end, take = fit(self.rows, start, page)
        if list(page.entries[:take]) != self.rows[start:end]:
            self.splice(start, end, page.entries[:take], lambda entry: entry.id)

    def keep_place(self) -> None:
        """Tell where the reader is; None: at the top, with the newest entry selected."""
        top = self.place.top
        if not self.loaded or top >= len(self.rows):
            return
        at_top = not self._waiting and not self.more_news and top == self.place.selected == 0
        selected = self.place.selected - top
        place = None if at_top else Place(self.rows[top].cursor, self.place.skip, selected)
        self.keep(place)

    def on_unmount(self) -> None:
        """Tell for the last time."""
        self.keep_place()

    # --- news ------------------------------------------------------------------------

    async def show_news(self) -> None:
        """Put what waits above the rest, and go to the newest."""
        if self.more_news:
            await self.load()
            return
        self._take_in()
        self.place.start()
        self.changed()

    @property
    def newest(self) -> list[Entry]:
        """The newest entries that have come, waiting ones included."""
        return [*self._waiting, *self.rows[:_PAGE]]

    def _admit(self) -> None:
        """Show what waits at once, if the reader is at the newest and nothing is scrolled."""
        place = self.place
        if not self._waiting or self.more_news or not place.at_start():
            return
        if place.selected not in (0, self._left_at):
            return
        chosen = self.rows[place.selected].id
        room = place.lines - sum(self._height(at) for at in range(place.selected + 1))
        for entry in self._waiting:
            room -= len(self.laid_out(entry))
            if room < 0:
                return  # the chosen entry would leave the screen
        self._take_in()
        place.start()
        self.select_entry(chosen)
        self._left_at = place.selected

    def _take_in(self) -> None:
        waiting = self._waiting
        self._wait_for([], more=False)
        known = {row.id for row in self.rows[: len(waiting) + _PAGE]}
        self._put_above([entry for entry in waiting if entry.id not in known])

    def _put_above(self, entries: list[Entry]) -> None:
        self.rows[0:0] = entries
        self.place.inserted(0, len(entries))

    def _go_up(self, go: Callable[[], None], *, at_top: bool) -> None:
        """Let the reader go up, into the news from the very top.

        Args:
            go: moves the reader.
            at_top: nothing that is loaded lies above where they are.
        """
        if at_top and self.more_news:
            self._going_up = go
        else:
            if at_top and self._waiting:
                self._take_in()
            go()
        if self.more_news and self.place.top <= _NEAR_TOP_ITEMS:
            self.post_message(self.NearTop())

    def action_step(self, by: int) -> None:
        """Select the next or previous entry; going up from the first enters the news."""
        self._left_at = 0
        step = partial(super().action_step, by)
        if by < 0:
            self._go_up(step, at_top=self.place.selected == 0)
        else:
            step()

    def action_page(self, by: float) -> None:
        """Scroll by a part of the viewport; going up from the top enters the news."""
        page = partial(super().action_page, by)
        if by < 0:
            self._go_up(page, at_top=self.place.at_start())
        else:
            page()

    def wheel(self, lines: int) -> None:
        """Scroll by `lines`; going up from the top enters the news."""
        turn = partial(super().wheel, lines)
        if lines < 0:
            self._go_up(turn, at_top=self.place.at_start())
        else:
            turn()
