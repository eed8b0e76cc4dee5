"""Behave as people expect of any program in a terminal, and as the person set it.

Settings, keys, colours, plain text, the clipboard, alerts, jumping, and links.

The part of the app that looks after the person; `attending` looks after the node, `sending`
after what is written, and `app` shows what is asked for.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual.driver import Driver
from textual.events import DescendantFocus, Event, Key, Paste, Resize
from textual.filter import Monochrome, NoColor
from textual.geometry import Size

from p2pblog.content.text import clean_line, clean_typed
from p2pblog.core.errors import P2PBlogError
from p2pblog.tui import alerts, clipboard
from p2pblog.tui.attending import Attending
from p2pblog.tui.connection import Connection, Dial
from p2pblog.tui.context import Context, CopyEntry, OpenProfile
from p2pblog.tui.entries import EntryList
from p2pblog.tui.here import HERE, Here
from p2pblog.tui.jumping import Place, labelled
from p2pblog.tui.keymap import for_textual, read_keymap
from p2pblog.tui.links import Target
from p2pblog.tui.opening import open_address
from p2pblog.tui.plain import Unboxed
from p2pblog.tui.pointing import Pointing
from p2pblog.tui.saving import save_setting
from p2pblog.tui.screens.address import AddressScreen, Answer
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.jump import Jump, JumpScreen
from p2pblog.tui.screens.themes import ThemesScreen
from p2pblog.tui.screens.timeline import TimelineScreen
from p2pblog.tui.settings import CLIENT_NAME, Chosen, read_chosen
from p2pblog.tui.shapes import Entry
from p2pblog.tui.sparing import LOOK_EVERY_S, Sparing
from p2pblog.tui.terminal import TerminalDriver
from p2pblog.tui.theme_files import FOLDER_NAME, read_themes
from p2pblog.tui.themes import OURS, SAID, VARIABLES
from p2pblog.tui.virtual import VirtualList

_WIDTH_MIN, _HEIGHT_MIN = 12, 4  # cells
_TROUBLES_SHOWN = 4
_TROUBLE_S = 15


class Conventions(Attending):
    """An app that behaves as the person set it.

    Args:
        dial, context: see `Attending`.
        home: where client.toml, themes and the like are; None: nowhere, the defaults hold.
        plain: whether the command line asked for plain text.
    """

    def __init__(
        self,
        dial: Dial,
        context: Callable[[Connection], Context],
        *,
        home: Path | None = None,
        plain: bool = False,
    ) -> None:
        path = None if home is None else home / CLIENT_NAME
        self.chosen: Chosen = read_chosen(path, os.environ, plain=plain)
        self.keymap, wrong_keys = read_keymap(self.chosen.keys, self.chosen.source)
        HERE.set(Here(self.chosen.settings, self.keymap))
        super().__init__(dial, context)
        self._home = home
        self._sparing = Sparing()
        self.troubles = [*self.chosen.troubles, *wrong_keys]
        self.alerts = alerts.Alerts()
        self.tell_desktop = alerts.tell_desktop
        self.monotonic: Callable[[], float] = time.monotonic
        self.copier = clipboard.copier_here(os.environ, sys.platform)
        self.set_keymap(for_textual(self.keymap))
        self._dress()

    def get_driver_class(self) -> type[Driver]:
        """Return what reads the terminal: ours for Textual's, unless another is asked for."""
        found = super().get_driver_class()
        return TerminalDriver if found.__name__ == "LinuxDriver" else found

    # --- colours -------------------------------------------------------------------------

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours of ours that a theme may leave unsaid."""
        return VARIABLES

    def _dress(self) -> None:
        for theme in OURS:
            self.register_theme(theme)
        if self._home is not None:
            themes, wrong = read_themes(self._home / FOLDER_NAME, self.available_themes)
            for theme in themes:
                self.register_theme(theme)
            self.troubles += wrong
        name = self.chosen.settings.theme
        if name not in self.available_themes:
            self.troubles.append(f'{CLIENT_NAME}: there is no theme "{clean_line(name)}"')
            name = OURS[0].name
        self.theme = name
        # Set to nothing it asks for nothing; and shades of grey are colours as well, since nobody
        # knows what the terminal's own background is.
        self.no_color = bool(os.environ.get("NO_COLOR"))
        others = [one for one in self._filters if not isinstance(one, Monochrome | NoColor)]
        self._filters[:] = [NoColor()] if self.no_color else others
        if self.chosen.settings.plain:
            self.add_class("-plain")
            self.animation_level = "none"
            self._filters.append(Unboxed())

    def action_change_theme(self) -> None:
        """Choose other colours."""
        ours = [theme.name for theme in OURS]
        others = sorted(set(self.available_themes) - set(ours))
        themes = [(name, SAID.get(name, "")) for name in (*ours, *others)]

        def kept(name: str | None) -> None:
            if name:
                self.theme = name
                self._keep("theme", name)

        self.push_screen(ThemesScreen(themes), kept)

    def _keep(self, name: str, value: str) -> None:
        if self._home is None:
            return
        try:
            save_setting(self._home / CLIENT_NAME, name, value)
        except (OSError, ValueError) as error:
            said = clean_line(str(error))
            self.notify(
                f"For this time only: {CLIENT_NAME} cannot be changed ({said}).",
                severity="warning",
                markup=False,
            )

    def action_settings(self) -> None:
        """Say where the settings are."""
        if self._home is None:
            self.notify("There are no settings here.", markup=False)
            return
        path = self._home / CLIENT_NAME
        there = "" if path.exists() else " (not there yet: you may begin it)"
        self.notify(
            f"Settings and keys stand in {path}{there}; docs/settings.md lists them. "
            "They are read when the client starts.",
            markup=False,
            timeout=_TROUBLE_S,
        )

    # --- at the start ----------------------------------------------------------------------

    def on_mount(self) -> None:
        """Say what is wrong with what the person set, and collect garbage between keys."""
        self.set_interval(LOOK_EVERY_S, lambda: self._sparing.look(self.monotonic()))
        for trouble in self.troubles[:_TROUBLES_SHOWN]:
            self.notify(trouble, severity="warning", markup=False, timeout=_TROUBLE_S)
        if (more := len(self.troubles) - _TROUBLES_SHOWN) > 0:
            self.notify(f"... and {more} more of the kind.", markup=False, timeout=_TROUBLE_S)

    async def on_event(self, event: Event) -> None:
        """Let garbage wait while keys are pressed, and none of what is typed be unseen.

        Whatever field has the focus, it gets what will be shown of a text: otherwise somebody who
        pastes would say what they never saw.  And of a terminal that is too small for anything,
        which would end Textual, a corner of a larger screen is shown.
        """
        if isinstance(event, Key):
            self._sparing.heard(self.monotonic())
            if not event.is_forwarded and event.is_printable and _is_unseen(event.character or ""):
                return
        elif isinstance(event, Paste) and not event.is_forwarded:
            event = Paste(clean_typed(event.text))
        elif isinstance(event, Resize):
            size = Size(max(event.size.width, _WIDTH_MIN), max(event.size.height, _HEIGHT_MIN))
            event = Resize(size, size, size, event.pixel_size)
        await super().on_event(event)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Keep the cursor still in plain mode."""
        if self.chosen.settings.plain and hasattr(event.widget, "cursor_blink"):
            event.widget.cursor_blink = False

    # --- alerts --------------------------------------------------------------------------

    def heard(self, entries: Sequence[Entry]) -> None:
        """See `Attending`."""
        self.alerts.heard(entries)
        self._alert()

    def looked(self) -> None:
        """See `Attending`."""
        self.alerts.looked()

    def _alert(self) -> None:
        due = self.alerts.due(self.monotonic())
        if isinstance(due, float):
            self.set_timer(due, self._alert, name="alert")
        elif due is not None:
            self.run_worker(self._tell(due), group="alerts")

    async def _tell(self, alert: alerts.Alert) -> None:
        how = self.chosen.settings.alerts
        if how == "none":
            return
        if how == "desktop" and alerts.has_bus(os.environ) and await self.tell_desktop(alert):
            return
        self.bell()

    # --- the clipboard ---------------------------------------------------------------------

    def copy(self, text: str, what: str) -> None:
        """Copy `text`, and say where it is.

        Args:
            what: what it is, as a sentence begins.
        """

        async def work() -> None:
            said = await clipboard.copy(text, what, self.copier, self._home)
            self.notify(said, markup=False)

        self.copy_to_clipboard(text)
        self.run_worker(work(), group="copy", exclusive=True)

    def action_copy_entry(self, what: str) -> None:
        """Copy the text of the selected post, or its id."""
        entry = self.focused.selected if isinstance(self.focused, EntryList) else None
        if entry is not None and not entry.missing:
            self._copy_of(entry, what)

    def on_copy_entry(self, message: CopyEntry) -> None:
        """Copy the text of a post, or its id."""
        self._copy_of(message.entry, message.what)

    def _copy_of(self, entry: Entry, what: str) -> None:
        if what == "id":
            self.copy(entry.subject, "The id of the post (p2pblog thread ID opens it)")
        elif text := entry.text or (entry.target.text if entry.target else ""):
            self.copy(text, "The text of the post")
        else:
            self.notify("This post has no text.", markup=False)

    # --- jumping and links -------------------------------------------------------------------

    def action_jump(self) -> None:
        """Label what is in sight, and go where the next letter says."""
        if not isinstance(screen := self.screen, BlogScreen):
            return
        for found in screen.query(VirtualList):
            self._jump_in(found)
            return

    def _jump_in(self, items: VirtualList[Any]) -> None:
        labels = labelled(items.places())
        if not labels:
            return

        def chosen(jump: Jump | None) -> None:
            if jump is not None:
                self._jump(items, *jump)

        names = {label: items.place_name(place) for label, place in labels.items()}
        self.push_screen(
            JumpScreen(labels, names, lambda typed: items.show_labels(labels, typed)), chosen
        )

    def _jump(self, items: VirtualList[Any], place: Place, opens: bool) -> None:
        items.focus()
        items.select_at(place.index)
        if place.target is not None:
            self.follow_link(place.target)
        elif opens:
            items.action_open()

    def on_pointing_link_clicked(self, message: Pointing.LinkClicked) -> None:
        """Go where a link leads."""
        self.follow_link(message.target)

    def follow_link(self, target: Target) -> None:
        """Show a tag or a person; ask before an address is opened."""
        match target.kind:
            case "tag":
                heading = f"#{target.value}"
                self.push_screen(TimelineScreen(self.context, f"tag:{target.value}", heading))
            case "person":
                self.run_worker(self._find_person(target.value), group="link", exclusive=True)
            case "address":
                self._ask_address(target.value)

    async def _find_person(self, name: str) -> None:
        try:
            person = await self.context.connection.call("profile", id=name)
        except P2PBlogError as error:
            self.notify(f"@{name}: {clean_line(str(error))}", severity="warning", markup=False)
            return
        self.post_message(OpenProfile(clean_line(str(person.get("identity") or ""))))

    def _ask_address(self, address: str) -> None:
        async def show() -> None:
            if self.is_web:
                self.open_url(address)
            elif not await open_address(address, self.chosen.settings.opener):
                self.copy(address, "Nothing opens addresses here. The address")

        def answered(answer: Answer | None) -> None:
            if answer == "open":
                self.run_worker(show(), group="link", exclusive=True)
            elif answer == "copy":
                self.copy(address, "The address")

        self.push_screen(AddressScreen(address), answered)


def _is_unseen(char: str) -> bool:
    """Tell whether a key types what is not shown; what makes an emoji of a sign is a part of it."""
    return char != "\ufe0f" and not clean_typed("x" + char).startswith("x" + char)
