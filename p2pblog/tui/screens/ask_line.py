"""Ask for one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import LINE_BINDINGS


class AskLineScreen(ModalScreen["str | None"]):
    """The result is the line, or None: it stays as it was."""

    BINDINGS: ClassVar[list[BindingType]] = LINE_BINDINGS
    DEFAULT_CSS = """
    AskLineScreen { align: center middle; background: $background 60%; }
    AskLineScreen Vertical {
        width: 62; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    AskLineScreen Input {
        border: none; height: 1; padding: 0; background: $panel;
        &:focus { border: none; }
    }
    AskLineScreen Static { height: auto; color: $text-muted; }
    AskLineScreen #trouble { color: $error; display: none; }
    AskLineScreen #trouble.shown { display: block; }
    """

    def __init__(self, title: str, said: str, value: str, wrong: Callable[[str], str]) -> None:
        """Args: wrong tells what is wrong with a line, "" if nothing is."""
        super().__init__()
        self._title = title
        self._said = said
        self._value = value
        self._wrong = wrong

    def compose(self) -> ComposeResult:
        """Show the line."""
        with Vertical() as box:
            box.border_title = Text(self._title).markup
            yield Static(self._said, markup=False)
            yield Input(self._value, select_on_focus=False)
            yield Static(id="trouble", markup=False)
            leaves = "leaves it as it was" if self._value else "leaves"
            yield Static(with_keys(f"Enter takes it  {{line.leave}} {leaves}"), markup=False)

    def on_mount(self) -> None:
        """Begin in the line."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _take(self, message: Input.Submitted) -> None:
        if wrong := self._wrong(message.value):
            trouble = self.query_one("#trouble", Static)
            trouble.set_class(True, "shown")
            trouble.update(Text(wrong))
        else:
            self.dismiss(message.value)

    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)
