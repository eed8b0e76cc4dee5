"""The commands of the palette, in the order in which one looks for them, and every key by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from textual.app import SystemCommand
from textual.command import DiscoveryHit, Hit, Hits, Provider

from p2pblog.tui.here import key_said, with_keys
from p2pblog.tui.keymap import BINDINGS

BRING_BACK = "Bring my history back"


class Commands(Provider):
    """The commands of the app, unsorted: Textual's own provider puts them by the alphabet."""

    async def discover(self) -> Hits:
        """Yield every command, before anything is typed."""
        for title, about, callback, shown in self.app.get_system_commands(self.screen):
            if shown:
                yield DiscoveryHit(title, callback, help=with_keys(about))

    async def search(self, query: str) -> Hits:
        """Yield the commands whose name, or else whose explanation, matches `query`."""
        matcher = self.matcher(query)
        for title, about, callback, _ in self.app.get_system_commands(self.screen):
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), callback, help=with_keys(about))
            elif (score := matcher.match(about)) > 0:
                yield Hit(score / 2, title, callback, help=with_keys(about))


class Keys(Provider):
    """What can be done where the palette was opened, by key or, where one is unbound, without."""

    async def search(self, query: str) -> Hits:
        """Yield the bindings whose description matches `query`, with their keys."""
        matcher = self.matcher(query)
        for name, run in self._here():
            about = BINDINGS[name].description
            if (score := matcher.match(about)) > 0:
                keys = key_said(name, every=True)
                said = f"key: {keys}" if keys else "no key"
                yield Hit(score * 0.75, matcher.highlight(about), run, help=f"{said}   {name}")

    def _here(self) -> Iterator[tuple[str, Callable[[], Awaitable[object]]]]:
        """Yield each binding that works here, and what carries it out."""
        seen: set[str] = set()
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            name = binding.id or ""
            if not enabled or name in seen or name not in BINDINGS or name == "palette":
                continue
            seen.add(name)

            async def run(action: str = binding.action, node: object = node) -> None:
                await self.app.run_action(action, node)  # type: ignore[arg-type]

            yield name, run


def offered(app: Any, *, reads: bool) -> Iterator[SystemCommand]:
    """Yield the commands of the client, those one needs most first.

    Args:
        app: what carries them out, a `P2PBlogApp`.
        reads: whether a screen is in front that is read, not a dialog.
    """
    if reads:
        yield SystemCommand("Write a post", "Signed and public   {compose}", app.action_compose)
        yield SystemCommand("Search", "Find posts by what they say   {search}", app.action_search)
        yield SystemCommand(
            "Home", "What the people you follow write   {go} {go.home}", lambda: app.go("home")
        )
        yield SystemCommand(
            "Local", "What is written nearby   {go} {go.local}", lambda: app.go("local")
        )
        yield SystemCommand(
            "Notifications",
            "Answers, likes, followers   {go} {go.notifications}",
            lambda: app.go("mentions"),
        )
        yield SystemCommand(
            "Requests",
            "Mentions by strangers wait here   {go} {go.requests}",
            lambda: app.go("requests"),
        )
        yield SystemCommand(
            "People", "Whom you can follow   {go} {go.people}", lambda: app.go("people")
        )
        yield SystemCommand(
            "Conversations",
            "What many people answer   {go} {go.conversations}",
            lambda: app.go("conversations"),
        )
        yield SystemCommand(
            "What people speak of",
            "Tags and links of the day   {go} {go.trends}",
            lambda: app.go("trends"),
        )
        yield SystemCommand(
            "Bookmarks", "Posts you keep   {go} {go.bookmarks}", lambda: app.go("bookmarks")
        )
        yield SystemCommand(
            "Lists, filters, mutes, later, reports",
            "Whom you mute, tags, posts scheduled for later   {go} {go.kept}",
            lambda: app.go("kept"),
        )
        if drafts := app.drafts():
            yield SystemCommand(
                "Drafts", f"What you began to write: {len(drafts)}", app.action_drafts
            )
        yield SystemCommand("My profile", "How others see you   {go} {go.me}", app.action_me)
        yield SystemCommand("Connect", "Link to a node by its address", app.action_connect)
        yield SystemCommand("How this node is", "Its status: peers, your address", app.action_state)
        yield SystemCommand("Add a device", "Another one that is you", app.action_add_device)
        if app.context.status.get("restoring"):
            yield SystemCommand(
                BRING_BACK, "Restore what you wrote, by the 24 words", app.action_restore
            )
        yield SystemCommand("Keys", "Every key   {help}", app.action_help)
    yield SystemCommand(
        "Homes", "Switch to another identity of yours   {go} {go.homes}", app.action_homes
    )
    yield SystemCommand(
        "Colours", "Choose other colours, and see them at once", app.action_change_theme
    )
    yield SystemCommand(
        "Settings", "Where client.toml is, and what stands in it", app.action_settings
    )
    yield SystemCommand("Leave", "Close the client   {quit}", app.action_quit)
