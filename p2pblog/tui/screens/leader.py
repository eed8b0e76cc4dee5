"""What `g` can be followed by, shown while it waits for the second key."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from p2pblog.tui.here import here, key_said, keys_of
from p2pblog.tui.hints import lines_of
from p2pblog.tui.keys import LEADER_BINDINGS
from p2pblog.tui.leaving import Dialog


class LeaderScreen(Dialog[str]):
    """One line of choices; any other key leaves. Its result is what was chosen, or ""."""

    BINDINGS: ClassVar[list[BindingType]] = LEADER_BINDINGS
    DEFAULT_CSS = """
    LeaderScreen { background: transparent; align: left bottom; }
    LeaderScreen Static {
        dock: bottom; height: auto; background: $panel; color: $accent; padding: 0 1;
    }
    """

    def compose(self) -> ComposeResult:
        """Leave room for the choices."""
        yield Static(markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Show the choices, in lines that break between them."""
        choices = [
            f"{key_said(binding.id, every=True)} {binding.description}"
            for binding in LEADER_BINDINGS
            if isinstance(binding, Binding) and binding.show and binding.id and keys_of(binding.id)
        ]
        width = 0 if here().settings.plain else event.size.width - 2
        self.query_one(Static).update("\n".join(lines_of(["go to", *choices], width)))

    def on_key(self, event: events.Key) -> None:
        """Leave on a key that means nothing here."""
        if event.key not in self.active_bindings:
            event.stop()
            # The key may have come before this screen was quite there: it cannot leave until it is.
            self.call_after_refresh(self._leave)

    def _leave(self) -> None:
        self.dismiss("")

    def on_click(self) -> None:
        """Leave."""
        self.dismiss("")

    def action_go(self, mode: str) -> None:
        """Choose a main screen."""
        self.dismiss(mode)

    def action_me(self) -> None:
        """Choose one's own profile."""
        self.dismiss("me")

    def action_homes(self) -> None:
        """Choose one's homes."""
        self.dismiss("homes")

    def action_top(self) -> None:
        """Choose the top of the list."""
        self.dismiss("top")

    async def action_dismiss(self, result: str | None = None) -> None:
        """Choose nothing."""
        self.dismiss(result or "")
