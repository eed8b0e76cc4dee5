"""The Textual client as a whole: its screens, its keys, and its hold on the node.

It knows the local API (docs/api.md) and nothing else.  Screens post what the reader wants as
messages; this module carries out what concerns more than one screen.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from p2pblog.content.text import clean_line
from p2pblog.core.errors import NodeUnreachable, NoIdentity, P2PBlogError
from p2pblog.tui.connection import Connection, Dial
from p2pblog.tui.context import (
    Context,
    Go,
    OpenProfile,
    OpenThread,
    SetFollow,
    Trouble,
    Write,
)
from p2pblog.tui.drafts import Drafts
from p2pblog.tui.entries import Clock
from p2pblog.tui.keys import GLOBAL_BINDINGS
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.compose import ComposeScreen
from p2pblog.tui.screens.connect import ConnectScreen
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.screens.leader import LeaderScreen
from p2pblog.tui.screens.onboarding import onboard
from p2pblog.tui.screens.people import PeopleScreen
from p2pblog.tui.screens.profile import ProfileScreen
from p2pblog.tui.screens.search import SearchScreen
from p2pblog.tui.screens.thread import ThreadScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.theme import DARK, THEMES

DRAFTS_NAME = "drafts.json"
_STATUS_EVERY_S = 5


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class P2PBlogApp(App[None]):
    """The client.

    Args:
        dial: connects to the node; called again whenever the node went away.
        clock: returns the present in milliseconds since 1970 UTC.
        drafts: where unsent texts are kept.
        chance: picks the words to practise.
    """

    TITLE = "p2pblog"
    DEFAULT_MODE: ClassVar[str] = "home"
    BINDINGS: ClassVar[list[BindingType]] = GLOBAL_BINDINGS
    CSS = "Toast { max-width: 60; }"

    def __init__(
        self,
        dial: Dial,
        *,
        clock: Clock = _now_ms,
        drafts: Drafts | None = None,
        chance: random.Random | None = None,
    ) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name
        self.keymap: dict[str, str] = {}
        connection = Connection(dial, self._on_node_event, self._on_node_state)
        self.context = Context(
            connection, clock, drafts or Drafts(), chance or random.SystemRandom()
        )
        self._onboarding = False
        self.add_mode("home", lambda: TimelineScreen(self.context, "home"))
        self.add_mode("local", lambda: TimelineScreen(self.context, "local"))
        self.add_mode("mentions", lambda: TimelineScreen(self.context, "mentions"))
        self.add_mode("people", lambda: PeopleScreen(self.context))

    def on_mount(self) -> None:
        """Find the node."""
        self.run_worker(self.context.connection.run(), group="connection")
        self.set_interval(_STATUS_EVERY_S, self._ask_status)

    # --- the node --------------------------------------------------------------------

    def _on_node_event(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "status":
            self._ask_status()
        elif name == "changed":
            for key in ("arrival", "indexed"):
                if isinstance(data.get(key), int):
                    self.context.status[key] = data[key]
            self._tell_screen()

    def _on_node_state(self, error: P2PBlogError | None) -> None:
        if error is None:
            self.context.away = ""
            self.run_worker(self._meet(), group="meet", exclusive=True)
        else:
            gone = isinstance(error, NodeUnreachable)
            self.context.away = "the node is away, connecting again ..." if gone else str(error)
            self.context.status = {}
            self._say_status()

    async def _meet(self) -> None:
        call = self.context.connection.call
        try:
            try:
                me = await call("whoami")
            except NoIdentity:
                if self._onboarding:
                    return  # the screens that ask are already there
                self._onboarding = True
                try:
                    me = await onboard(self.context, self.push_screen_wait)
                finally:
                    self._onboarding = False
            self.context.identity = str(me.get("identity") or "")
            self.context.name = clean_line(str(me.get("name") or ""))
            self.context.status = await call("status")
        except P2PBlogError as error:
            self._trouble(error)
            return
        self._tell_screen()

    def _ask_status(self) -> None:
        async def ask() -> None:
            try:
                self.context.status = await self.context.connection.call("status")
            except P2PBlogError:
                return  # its going away is told by the connection
            self._say_status()

        if self.context.ready:
            self.run_worker(ask(), group="status", exclusive=True)

    def _say_status(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, BlogScreen) and screen.is_mounted:
                screen.say_status()

    def _tell_screen(self) -> None:
        """Let what is in sight (beneath a dialog, perhaps) take in what is new."""
        self._say_status()
        if (screen := self._reading()) is not None:
            screen.changed()

    def _reading(self) -> BlogScreen | None:
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BlogScreen):
                return screen
        return None

    def _trouble(self, error: Exception) -> None:
        self.notify(clean_line(str(error)), severity="error", markup=False)

    # --- what screens ask for ----------------------------------------------------------

    def on_trouble(self, message: Trouble) -> None:
        """Say what failed."""
        if not isinstance(message.error, NodeUnreachable) or not self.context.away:
            self._trouble(message.error)

    def on_go(self, message: Go) -> None:
        """Switch to a main screen."""
        self.go(message.mode)

    def on_open_thread(self, message: OpenThread) -> None:
        """Show a thread."""
        self.push_screen(ThreadScreen(self.context, message.entry_id))

    def on_open_profile(self, message: OpenProfile) -> None:
        """Show a profile."""
        self.push_screen(ProfileScreen(self.context, message.identity))

    def on_write(self, message: Write) -> None:
        """Open the composer."""
        self.write(message)

    def on_set_follow(self, message: SetFollow) -> None:
        """Follow somebody, or no longer."""

        async def change() -> None:
            method = "follow" if message.follow else "unfollow"
            try:
                await self.context.connection.call(method, id=message.identity)
            except P2PBlogError as error:
                self._trouble(error)
                return
            said = "You follow" if message.follow else "You no longer follow"
            self.notify(f"{said} {message.name}.", markup=False)
            self._tell_screen()

        self.run_worker(change())

    def write(self, message: Write) -> None:
        """Open the composer; show what was sent."""

        def sent(entry_id: str | None) -> None:
            if entry_id and (screen := self._reading()) is not None:
                screen.reach_entry(entry_id)

        if self.context.identity:
            self.push_screen(ComposeScreen(self.context, message.reply_to), sent)

    def go(self, mode: str) -> None:
        """Show a main screen as it was left; from within itself, its first screen."""
        if mode == self.current_mode:
            while len(self.screen_stack) > 1:
                self.pop_screen()
        else:
            self.switch_mode(mode)

    # --- keys and commands ---------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the global keys to screens that read; dialogs and onboarding have their own."""
        if action in ("leader", "compose", "search", "help", "back"):
            return isinstance(self.screen, BlogScreen)
        return super().check_action(action, parameters)

    def action_leader(self) -> None:
        """Wait for the key after g."""

        def chosen(choice: str | None) -> None:
            if choice == "top":
                if (screen := self._reading()) is not None:
                    screen.go_top()
            elif choice == "me":
                self.action_me()
            elif choice:
                self.go(choice)

        self.push_screen(LeaderScreen(), chosen)

    def action_me(self) -> None:
        """Show one's own profile."""
        if self.context.identity:
            self.push_screen(ProfileScreen(self.context, self.context.identity))

    def action_compose(self) -> None:
        """Write a post."""
        self.write(Write())

    def action_search(self) -> None:
        """Search, or write in the line of the search again."""
        if isinstance(self.screen, SearchScreen):
            self.screen.edit()
        else:
            self.push_screen(SearchScreen(self.context))

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(HelpScreen(self.keymap))

    def action_connect(self) -> None:
        """Connect to an address."""

        def linked(address: str | None) -> None:
            if address:
                self.notify(f"Linked to {address}.", markup=False)

        self.push_screen(ConnectScreen(self.context), linked)

    async def action_back(self) -> None:
        """Go back: to the screen before, to home, and from there out."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.current_mode != "home":
            self.go("home")
        else:
            self.exit()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return the commands of the palette: ours, then Textual's."""
        if isinstance(screen, BlogScreen):
            yield SystemCommand("Home", "What the people you follow write", lambda: self.go("home"))
            yield SystemCommand("Local", "What is written nearby", lambda: self.go("local"))
            yield SystemCommand(
                "Notifications", "Answers and mentions", lambda: self.go("mentions")
            )
            yield SystemCommand("People", "Whom you can follow", lambda: self.go("people"))
            yield SystemCommand("My profile", "How others see you", self.action_me)
            yield SystemCommand("Write", "Write a post", self.action_compose)
            yield SystemCommand("Search", "Find posts by what they say", self.action_search)
            yield SystemCommand("Connect", "Link to a node by its address", self.action_connect)
            yield SystemCommand("Keys", "Every key", self.action_help)
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Quit", "Screenshot"):
                yield command


def run(home: Path) -> int:
    """Run the client on the node of `home`; return the exit status of the process."""
    from p2pblog.api.client import NodeClient

    async def dial() -> NodeClient:
        return await NodeClient.connect(home)

    app = P2PBlogApp(dial, drafts=Drafts(home / DRAFTS_NAME))
    app.run()
    return app.return_code or 0
