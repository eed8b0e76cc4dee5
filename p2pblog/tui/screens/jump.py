"""Wait for the letters of what is to be jumped to; in plain mode, list it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeAlias

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from p2pblog.tui.here import here, with_keys
from p2pblog.tui.jumping import Place
from p2pblog.tui.keys import JUMP_BINDINGS
from p2pblog.tui.leaving import Dialog

Jump: TypeAlias = tuple[Place, bool]
"""Where to, and whether to open it at once."""


class JumpScreen(Dialog[Jump | None]):
    """Takes letters until they are a label; the list below paints the labels meanwhile.

    Args:
        labels: what can be jumped to.
        names: how each is called, for plain mode.
        show: paints the labels that what was typed is the beginning of; None: no labels any more.
    """

    BINDINGS: ClassVar[list[BindingType]] = JUMP_BINDINGS
    DEFAULT_CSS = """
    JumpScreen { background: transparent; align: left bottom; }
    JumpScreen > * {
        dock: bottom; height: auto; max-height: 100%; background: $panel; color: $accent;
        padding: 0 1;
    }
    """

    def __init__(
        self,
        labels: dict[str, Place],
        names: dict[str, str],
        show: Callable[[str | None], None],
    ) -> None:
        super().__init__()
        self._labels = labels
        self._names = names
        self._show = show
        self._typed = ""

    def compose(self) -> ComposeResult:
        """Say what to type."""
        text = with_keys("Jump: type a label, as a capital to open at once; {jump.leave} leaves")
        if here().settings.plain:
            lines = [f"{label}: {name}" for label, name in self._names.items()]
            text = "\n".join([text, *lines])
        with VerticalScroll(can_focus=False):
            yield Static(text, markup=False)

    def on_mount(self) -> None:
        """Show the labels."""
        self._show("")

    def on_unmount(self) -> None:
        """Show them no longer."""
        self._show(None)

    def on_key(self, event: events.Key) -> None:
        """Take a letter; any other key that means nothing here leaves."""
        if event.key in self.active_bindings:
            return
        event.stop()
        typed = self._typed + (event.character or "").lower()
        if not event.is_printable or not any(one.startswith(typed) for one in self._labels):
            # The key may have come before this screen was quite there.
            self.call_after_refresh(self._done, None)
        elif (place := self._labels.get(typed)) is not None:
            opens = (event.character or "").isupper()
            self.call_after_refresh(self._done, (place, opens))
        else:
            self._typed = typed
            self._show(typed)

    def _done(self, jump: Jump | None) -> None:
        self.dismiss(jump)

    def on_click(self) -> None:
        """Leave."""
        self.dismiss(None)

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)
