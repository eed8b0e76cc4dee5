"""What the screens share: bars around a list, and how they hear that something changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from textual.app import ComposeResult
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widget import Widget

from p2pblog.core.errors import P2PBlogError
from p2pblog.tui.bars import StatusBar, TopBar
from p2pblog.tui.context import Context, OpenThread, Trouble
from p2pblog.tui.deeds import Deeds
from p2pblog.tui.entries import EntryList
from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.shapes import Entry
from p2pblog.tui.virtual import VirtualList

_FRESH_AFTER_S = 0.15  # changes within this time are taken in together
_CLOCK_S = 20  # how often "3 min" is looked at again


class BlogScreen(Screen[None]):
    """A screen with a top bar, a body, and the status bar."""

    hints: tuple[str, ...] = (
        "{compose} write", "{go} go", HELP, "{list.open} open", "{search} search", MOVE,
    )  # fmt: skip
    keys_first: tuple[str, ...] = ()
    """Titles of the groups of keys that the help begins with here."""
    tab = ""
    heading = ""
    view = ""
    """The timeline of the node that this screen shows, if it shows one."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._fresh_wanted = False
        self._fresh_once = False
        self._deeds = Deeds(self, context, self.done_to, self.view)

    def compose(self) -> ComposeResult:
        """Put the bars around the body."""
        yield TopBar(self.context, tab=self.tab, title=self.heading)
        yield from self.body()
        yield StatusBar(self.context, self.hints)

    def on_mount(self) -> None:
        """Keep relative times right, and begin to read."""
        self.set_interval(_CLOCK_S, self._tick)
        self.call_later(self.changed)  # once the screen is whole

    def on_screen_resume(self) -> None:
        """Take in what changed while another screen was in front."""
        self.say_status()
        self.changed()

    # --- for subclasses --------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """Yield the widgets between the bars."""
        raise NotImplementedError

    async def fresh(self) -> None:
        """Read again what is shown, without moving the reader."""

    # --- for the app -----------------------------------------------------------------

    def changed(self) -> None:
        """Say that the node has something new (coalesces)."""
        if not self.context.ready or self._fresh_wanted or not self.is_mounted:
            return
        if not self._fresh_once:  # nothing is shown yet: there is nothing to wait for
            self._fresh_once = True
            self._freshen()
        else:
            self._fresh_wanted = True
            self.set_timer(_FRESH_AFTER_S, self._freshen)

    def say_status(self) -> None:
        """Show the context's newest status."""
        for bar in self.query(StatusBar):
            bar.tick += 1
        for top in self.query(TopBar):
            top.refresh()

    def go_top(self) -> None:
        """Go to the first item of the list."""
        for found in self.query(VirtualList):
            found.action_start()

    def done_to(self, entry_id: str) -> None:
        """Show what one has just done to an entry, or written; the reader stays where they are."""
        self.changed()

    # --- inner -----------------------------------------------------------------------

    def _freshen(self) -> None:
        self._fresh_wanted = False
        self.guard(self.fresh)

    def guard(
        self, work: Callable[[], Awaitable[Any]], group: str = "default", *, ends: bool = False
    ) -> None:
        """Run `work` beside everything else; what fails is said in one line.

        Args:
            ends: whether what else is under way in `group` ends for it.
        """
        run = said_or_gone(self, work)
        self.run_worker(run, group=group, exclusive=ends, exit_on_error=True)

    def _tick(self) -> None:
        for found in self.query(VirtualList):
            found.refresh()

    def on_entry_list_asked(self, message: EntryList.Asked) -> None:
        """Carry out what a key asked of an entry."""
        message.stop()
        self.guard(lambda: self._deeds.do(message.entry, message.deed))

    def on_virtual_list_opened(self, message: VirtualList.Opened) -> None:
        """Open the thread of the selected entry."""
        entry = message.list.selected
        if isinstance(entry, Entry) and not entry.missing:
            message.stop()
            self.post_message(OpenThread(entry.subject))


async def said_or_gone(screen: Screen[Any], work: Callable[[], Awaitable[Any]]) -> None:
    """Do `work` for a screen, which may be left before the answer comes."""
    try:
        await work()
    except P2PBlogError as error:
        screen.post_message(Trouble(error))
    except NoMatches:
        # Nothing is there to be filled where the reader left before the answer came;
        # a screen that goes loses its children one after the other.
        if screen.is_current and screen.children:
            raise
