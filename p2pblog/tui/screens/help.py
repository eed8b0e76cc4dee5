"""Every key, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from p2pblog.tui.keys import table

_KEYS_CELLS = 22


def help_text(keymap: Mapping[str, str]) -> Text:
    """Return the keys and what they do, by where they work."""
    text = Text()
    for title, rows in table(keymap):
        text.append(f"{title}\n", "bold")
        for keys, description in rows:
            text.append(f"  {keys:<{_KEYS_CELLS}}")
            text.append(f"{description}\n", "dim")
        text.append("\n")
    text.append("Ctrl+P opens the palette: every command by name, and the themes.\n")
    text.append("The mouse works too: click selects, a second click opens.\n", "dim")
    return text


class HelpScreen(ModalScreen[None]):
    """The keys, scrollable."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,question_mark,enter", "dismiss", "close", id="help.close"),
        Binding("j", "scroll(1)", "down", show=False, id="help.down"),
        Binding("k", "scroll(-1)", "up", show=False, id="help.up"),
        Binding("space", "scroll(10)", "page down", show=False, id="help.page_down"),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 66; max-width: 100%; height: 90%;
        background: $surface; border: round $panel; border-title-color: $accent; padding: 0 2;
    }
    """

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """Show the table."""
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = "q closes"
            yield Static(help_text(self._keymap), markup=False)

    def action_scroll(self, lines: int) -> None:
        """Scroll the table."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    async def action_dismiss(self, result: None = None) -> None:
        """Close."""
        self.dismiss(result)
