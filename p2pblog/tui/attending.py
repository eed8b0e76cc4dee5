"""Attend to the node: what the client does when it comes, goes, or has something to say.

The part of the app that listens; `app` is the one that is asked for things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textual.app import App

from p2pblog.content.text import clean_line
from p2pblog.core.errors import NodeUnreachable, NoIdentity, P2PBlogError, Restoring
from p2pblog.core.limits import NOTICES_COUNTED_MAX
from p2pblog.tui.connection import Connection, Dial
from p2pblog.tui.context import Context, LookedAt
from p2pblog.tui.here import with_keys
from p2pblog.tui.notices import count_new, newest_notices
from p2pblog.tui.palette import BRING_BACK
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.onboarding import onboard
from p2pblog.tui.shapes import Entry

_STATUS_EVERY_S = 5
_COUNT_AFTER_S = 0.5  # changes within this time are one look at the notifications
_COUNT_EVERY_S = 60  # polls end though nothing changes


class Attending(App[None]):
    """An app that keeps its context true to the node.

    Args:
        dial: connects to the node; called again whenever the node went away.
        context: makes what the screens share, around the connection.
    """

    def __init__(self, dial: Dial, context: Callable[[Connection], Context]) -> None:
        super().__init__()
        self.context = context(Connection(dial, self._on_node_event, self._on_node_state))
        self._onboarding = False
        self._stopped = False  # somebody told the node to end
        self._count_wanted = False

    def on_mount(self) -> None:
        """Find the node."""
        self.run_worker(self.context.connection.run(), group="connection")
        self.set_interval(_STATUS_EVERY_S, self._ask_status)
        self.set_interval(_COUNT_EVERY_S, self._count_notifications)

    def _on_node_event(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "status":
            self._ask_status()
        elif name == "changed":
            for key in ("arrival", "indexed"):
                if isinstance(data.get(key), int):
                    self.context.status[key] = data[key]
            self.tell_screen()
            self._count_notifications()
            if data.get("own") is True or not self.context.name:
                self.ask_name()
        elif name == "stopping":
            self._stopped = True

    def _on_node_state(self, error: P2PBlogError | None) -> None:
        if error is None:
            self.context.away = ""
            if self._stopped:
                self._stopped = False
                self.notify("The node was stopped; a new one was started.", markup=False)
            self.run_worker(self._meet(), group="meet", exclusive=True)
        else:
            if not isinstance(error, NodeUnreachable):
                self.context.away = clean_line(str(error))
            elif self._stopped:
                self.context.away = "the node was stopped, starting a new one ..."
            else:
                self.context.away = "the node is away, connecting again ..."
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
        except NodeUnreachable:
            return  # the bottom line says so, and its coming back leads here again
        except P2PBlogError as error:
            self.trouble(error)
            return
        self.tell_screen()
        self._count_notifications()

    def _count_notifications(self) -> None:
        """Look soon how many notifications wait to be looked at (coalesces)."""

        async def ask() -> None:
            call = self.context.connection.call
            try:
                entries, waiting = await newest_notices(call, NOTICES_COUNTED_MAX)
            except P2PBlogError:
                return  # it is asked again with the next change
            self.heard(entries)
            self.context.unseen_count = count_new(entries)
            self.context.requests_count = waiting
            self._say_status()

        def begin() -> None:
            self._count_wanted = False
            self.run_worker(ask(), group="notifications", exclusive=True)

        if self.context.ready and not self._count_wanted:
            self._count_wanted = True
            self.set_timer(_COUNT_AFTER_S, begin)

    def heard(self, entries: Sequence[Entry]) -> None:
        """Take in the newest notifications (for subclasses)."""

    def looked(self) -> None:
        """Take in that the person looks at the notifications (for subclasses)."""

    def on_looked_at(self, message: LookedAt) -> None:
        """Take those in sight as looked at."""

        async def tell() -> None:
            try:
                await self.context.connection.call("notifications.seen", marks=message.marks)
            except P2PBlogError:
                return  # they are in sight again when the node is back
            self._count_notifications()

        self.looked()
        self.run_worker(tell(), group="looked")

    def ask_name(self) -> None:
        """Look what one is called, which comes with one's history, or from another device."""

        async def ask() -> None:
            try:
                me = await self.context.connection.call("whoami")
            except P2PBlogError:
                return  # it is asked again with the next change
            self.context.name = clean_line(str(me.get("name") or ""))
            self._say_status()

        if self.context.ready:
            self.run_worker(ask(), group="name", exclusive=True)

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

    def tell_screen(self) -> None:
        """Let what is in sight (beneath a dialog, perhaps) take in what is new."""
        self._say_status()
        if (screen := self.reading()) is not None:
            screen.changed()

    def reading(self) -> BlogScreen | None:
        """Return the screen that is read, beneath a dialog perhaps."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BlogScreen):
                return screen
        return None

    def trouble(self, error: Exception | str) -> None:
        """Say in one line what failed."""
        said = self.restoring_said if isinstance(error, Restoring) else clean_line(str(error))
        self.notify(said, severity="error", markup=False)

    @property
    def restoring_said(self) -> str:
        """Why nothing can be written while one's history is not back, and how to go on."""
        how = f"{{palette}}, {BRING_BACK}, goes on with it."
        return with_keys(f"Nothing can be written until your history is back: {how}")
