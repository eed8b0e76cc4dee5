"""The Textual client as a whole: its screens, its keys, and its hold on the node.

It knows the local API (docs/api.md) and nothing else.  Screens post what the reader wants as
messages; this module carries out what concerns more than one screen.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import Screen

from p2pblog.api.homes import Homes, absolute
from p2pblog.core.errors import NodeUnreachable, P2PBlogError
from p2pblog.tui.connection import Connection, Dial
from p2pblog.tui.context import (
    Context,
    EditProfile,
    Go,
    OpenPeople,
    OpenPictures,
    OpenProfile,
    OpenSearch,
    OpenThread,
    OpenView,
    SetFollow,
    Trouble,
)
from p2pblog.tui.drafts import Drafts
from p2pblog.tui.entries import Clock
from p2pblog.tui.gallery import Gallery
from p2pblog.tui.here import here
from p2pblog.tui.keys import GLOBAL_BINDINGS
from p2pblog.tui.opening import Opener, opener_of
from p2pblog.tui.palette import Commands, Keys, offered
from p2pblog.tui.places import Places
from p2pblog.tui.plain import CSS as PLAIN_CSS
from p2pblog.tui.screens.adding import AddDeviceScreen
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.connect import ConnectScreen
from p2pblog.tui.screens.conversations import ConversationsScreen
from p2pblog.tui.screens.doors import RestoreScreen
from p2pblog.tui.screens.edit import EditProfileScreen
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.screens.homes import HomesScreen
from p2pblog.tui.screens.kept import KeptScreen
from p2pblog.tui.screens.leader import LeaderScreen
from p2pblog.tui.screens.notifications import NotificationsScreen, NotifiedScreen
from p2pblog.tui.screens.onboarding import (
    LeaveWordsScreen,
    PractiseScreen,
    WordsScreen,
)
from p2pblog.tui.screens.people import PeopleScreen
from p2pblog.tui.screens.profile import ProfileScreen
from p2pblog.tui.screens.requests import RequestsScreen
from p2pblog.tui.screens.search import SearchScreen
from p2pblog.tui.screens.state import StateScreen
from p2pblog.tui.screens.thread import ThreadScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.screens.trends import TrendsScreen
from p2pblog.tui.sending import Sending
from p2pblog.tui.sparing import spare_collections
from p2pblog.tui.theme import APP_CSS

DRAFTS_NAME = "drafts.json"
PLACES_NAME = "places.json"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class P2PBlogApp(Sending):
    """The client.

    Args:
        dial: connects to the node; called again whenever the node went away.
        clock: returns the present in milliseconds since 1970 UTC.
        drafts: where unsent texts are kept.
        chance: picks the words to practise.
        places: where one was in each timeline.
        opener: shows a file to the person; None: the program that they chose.
        homes: the homes of this person; None: those of the usual list.
        home, plain: see `Conventions`.

    Attributes:
        next_home: the home that is to be opened when this run has ended, or None.
    """

    TITLE = "p2pblog"
    DEFAULT_MODE: ClassVar[str] = "home"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (56, "-wide")]  # noqa: RUF012  (Textual's)
    BINDINGS: ClassVar[list[BindingType]] = GLOBAL_BINDINGS
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Commands, Keys}
    CSS = APP_CSS + PLAIN_CSS

    def __init__(
        self,
        dial: Dial,
        *,
        clock: Clock = _now_ms,
        drafts: Drafts | None = None,
        chance: random.Random | None = None,
        places: Places | None = None,
        opener: Opener | None = None,
        homes: Homes | None = None,
        home: Path | None = None,
        plain: bool = False,
    ) -> None:
        self.next_home: Path | None = None
        self._homes = homes

        def context(connection: Connection) -> Context:
            return Context(
                connection,
                clock,
                drafts or Drafts(),
                chance or random.SystemRandom(),
                places=places or Places(),
                opener=opener or opener_of(here().settings.opener),
            )

        super().__init__(dial, context, home=home, plain=plain)
        self._gallery = Gallery(self.context)
        self.add_mode("home", lambda: TimelineScreen(self.context, "home"))
        self.add_mode("local", lambda: TimelineScreen(self.context, "local"))
        self.add_mode("mentions", lambda: NotificationsScreen(self.context))
        self.add_mode("requests", lambda: RequestsScreen(self.context, "requests", "Requests"))
        self.add_mode("people", lambda: PeopleScreen(self.context))
        self.add_mode("bookmarks", lambda: TimelineScreen(self.context, "bookmarks", "Bookmarks"))
        self.add_mode("conversations", lambda: ConversationsScreen(self.context))
        self.add_mode("trends", lambda: TrendsScreen(self.context))
        self.add_mode("kept", lambda: KeptScreen(self.context))

    def on_unmount(self) -> None:
        """Leave no copies of pictures."""
        self._gallery.close()

    # --- what screens ask for ----------------------------------------------------------

    def on_trouble(self, message: Trouble) -> None:
        """Say what failed."""
        if not isinstance(message.error, NodeUnreachable):  # that is what the bottom line says
            self.trouble(message.error)

    def on_go(self, message: Go) -> None:
        """Switch to a main screen."""
        self.go(message.mode)

    def on_open_thread(self, message: OpenThread) -> None:
        """Show a thread."""
        self.push_screen(ThreadScreen(self.context, message.entry_id))

    def on_open_profile(self, message: OpenProfile) -> None:
        """Show a profile."""
        self.push_screen(ProfileScreen(self.context, message.identity))

    def on_open_people(self, message: OpenPeople) -> None:
        """Show whom a notification is about."""
        self.push_screen(NotifiedScreen(self.context, message.notification))

    def on_open_view(self, message: OpenView) -> None:
        """Show a timeline of its own."""
        self.push_screen(TimelineScreen(self.context, message.view, message.heading))

    def on_open_search(self, message: OpenSearch) -> None:
        """Show what a search finds."""
        self.push_screen(SearchScreen(self.context, message.query))

    def on_open_pictures(self, message: OpenPictures) -> None:
        """Open the pictures of an entry, or say where they are."""

        async def show() -> None:
            try:
                said, path = await self._gallery.show(message.entry, here=not self.is_web)
            except P2PBlogError as error:
                self.trouble(error)
                return
            if path:
                self.copy_to_clipboard(path)
            self.notify(f"{said}\nIts path is in the clipboard.", markup=False, timeout=10)

        self.run_worker(show(), group="pictures", exclusive=True)

    def on_edit_profile(self, message: EditProfile) -> None:
        """Change one's own profile; show it as it is then."""

        def saved(name: str | None) -> None:
            if name:
                self.context.name = name
                self.tell_screen()

        self.push_screen(EditProfileScreen(self.context, message.person), saved)

    def on_set_follow(self, message: SetFollow) -> None:
        """Follow somebody, or no longer."""

        async def change() -> None:
            method = "follow" if message.follow else "unfollow"
            try:
                await self.context.connection.call(method, id=message.identity)
            except P2PBlogError as error:
                self.trouble(error)
                return
            said = "You follow" if message.follow else "You no longer follow"
            self.notify(f"{said} {message.name}.", markup=False)
            self.tell_screen()

        self.run_worker(change())

    def go(self, mode: str) -> None:
        """Show a main screen, where one was in it; what had been opened from there is left."""
        if mode != self.current_mode:
            self.switch_mode(mode)
        while len(self.screen_stack) > 1:
            self.pop_screen()

    # --- keys and commands ---------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the global keys to screens that read; dialogs and onboarding have their own."""
        reading = ("leader", "compose", "search", "help", "back", "return", "jump", "take_back")
        if action in reading:
            if self._onboarding and action not in ("help", "back", "return"):
                return False  # there is nobody yet to read as, only homes to choose from
            return isinstance(self.screen, BlogScreen)
        return super().check_action(action, parameters)

    def action_leader(self) -> None:
        """Wait for the key after g."""

        def chosen(choice: str | None) -> None:
            if choice == "top":
                if (screen := self.reading()) is not None:
                    screen.go_top()
            elif choice == "me":
                self.action_me()
            elif choice == "homes":
                self.action_homes()
            elif choice:
                self.go(choice)

        self.push_screen(LeaderScreen(), chosen)

    def action_me(self) -> None:
        """Show one's own profile."""
        if self.context.identity:
            self.push_screen(ProfileScreen(self.context, self.context.identity))

    def action_homes(self) -> None:
        """Show one's homes."""
        if self._home is None or self.is_web:
            self.notify("Here is only this home.", markup=False)
        elif self._shows_words():
            self.notify("First put your words down: they are shown once.", markup=False)
        elif not isinstance(self.screen, HomesScreen):
            homes = self._homes or Homes()
            self.push_screen(HomesScreen(self.context, self._home, homes))

    async def on_homes_screen_switch(self, message: HomesScreen.Switch) -> None:
        """End this run in peace, and have the other home opened by the next."""
        await self._outbox.release()
        self.next_home = message.known.path
        self.exit()

    def action_search(self) -> None:
        """Search, or write in the line of the search again."""
        if isinstance(self.screen, SearchScreen):
            self.screen.edit()
        else:
            self.push_screen(SearchScreen(self.context))

    def action_help(self) -> None:
        """Show the keys."""
        first = self.screen.keys_first if isinstance(self.screen, BlogScreen) else ()
        self.push_screen(HelpScreen(self.keymap, first))

    def action_connect(self) -> None:
        """Connect to an address."""

        def linked(address: str | None) -> None:
            if address:
                self.notify(f"Linked to {address}.", markup=False)

        self.push_screen(ConnectScreen(self.context), linked)

    def action_state(self) -> None:
        """Show how the node is."""
        self.push_screen(StateScreen(self.context))

    def action_add_device(self) -> None:
        """Make another device one's own."""

        def answered(added: bool | None) -> None:
            if added:
                self.notify("Added: it is you as well from now on.", markup=False)

        self.push_screen(AddDeviceScreen(self.context), answered)

    def action_restore(self) -> None:
        """Go on fetching one's history, which was broken off."""

        def back(done: dict[str, Any] | None) -> None:
            if done is not None:
                self.notify("What you wrote is here; you can write again.", markup=False)
                self._ask_status()
                self.ask_name()

        self.push_screen(RestoreScreen(self.context), back)

    def action_return(self) -> bool:
        """Go back: to the screen before, or to home; return whether there was a way back."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.current_mode != "home":
            self.go("home")
        else:
            return False
        return True

    async def action_back(self) -> None:
        """Go back, and from the first screen out."""
        if not self.action_return():
            await self.action_quit()

    async def action_quit(self) -> None:
        """Leave; ask first where that would lose the words of the identity for good."""

        def asked(leave: bool | None) -> None:
            if leave:
                self.exit()

        if isinstance(self.screen, LeaveWordsScreen):
            return
        await self._outbox.release()
        if self._shows_words():
            self.push_screen(LeaveWordsScreen(), asked)
        else:
            self.exit()

    def _shows_words(self) -> bool:
        return any(isinstance(one, WordsScreen | PractiseScreen) for one in self.screen_stack)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield the commands of the palette, those one needs most first."""
        reads = isinstance(screen, BlogScreen) and not self._onboarding
        return offered(self, reads=reads)


def run(home: Path, *, plain: bool = False, client: Callable[..., P2PBlogApp] = P2PBlogApp) -> int:
    """Run the client on the node of `home`, and of those that the person switches to.

    Each home has its own settings, drafts and places, so each gets a client of its own; the node
    of the one before goes on as after any face that leaves.  Returns the process's exit status.

    Args:
        plain: whether the command line asked for plain text.
        client: makes the client, from what `P2PBlogApp` takes.
    """
    from p2pblog.api.client import NodeClient

    spare_collections()
    home = absolute(home)
    while True:
        dial = partial(NodeClient.connect, home)
        app = client(
            dial,
            drafts=Drafts(home / DRAFTS_NAME),
            places=Places(home / PLACES_NAME),
            home=home,
            plain=plain,
        )
        app.run(mouse=app.chosen.settings.mouse)
        if app.next_home is None:
            return app.return_code or 0
        home = app.next_home
