"""How the node is: who it is linked to, where others reach it, how much it holds."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from p2pblog.tui.context import Context
from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import STATE_BINDINGS
from p2pblog.tui.screens.base import said_or_gone
from p2pblog.tui.words import state_said

_LOOK_EVERY_S = 5


class StateScreen(ModalScreen[None]):
    """The node's own account of itself, in sentences."""

    BINDINGS: ClassVar[list[BindingType]] = STATE_BINDINGS
    DEFAULT_CSS = """
    StateScreen { align: center middle; background: $background 60%; }
    StateScreen Vertical {
        width: 66; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    StateScreen VerticalScroll { height: auto; max-height: 18; background: $surface; }
    StateScreen Static { height: auto; }
    StateScreen #hint { color: $text-muted; }
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._shared = context

    def compose(self) -> ComposeResult:
        """Show what was known last."""
        with Vertical() as box:
            box.border_title = "How this node is"
            with VerticalScroll(can_focus=True):
                yield Static(self._text(self._shared.status), id="said")
            yield Static(with_keys("{state.leave} back"), id="hint", markup=False)

    def on_mount(self) -> None:
        """Let keys scroll, and ask again from time to time."""
        self.query_one(VerticalScroll).focus()
        self._look()
        self.set_interval(_LOOK_EVERY_S, self._look)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)

    def _look(self) -> None:
        self.run_worker(said_or_gone(self, self._ask), group="state", exclusive=True)

    async def _ask(self) -> None:
        status = await self._shared.connection.call("status")
        self.query_one("#said", Static).update(self._text(status))

    def _text(self, status: dict[str, Any]) -> Text:
        if self._shared.away:
            return Text(self._shared.away)
        return Text("\n\n".join(state_said(status)))
