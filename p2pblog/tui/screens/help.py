"""Every key, from the bindings themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from p2pblog.tui.here import here, plain_keys, with_keys
from p2pblog.tui.keys import HELP_BINDINGS, table
from p2pblog.tui.wrap import wrap

_KEYS_CELLS = 22
_KEYS_NARROW_CELLS = 8  # only one key of each then
_NARROW_CELLS = 56
_INDENT_CELLS = 2
_BOX_CELLS = 68
_FRAME_CELLS = 6  # border, padding and scroll bar


def help_text(keymap: Mapping[str, str], width: int, first: Sequence[str] = ()) -> Text:
    """Return the keys and what they do, by where they work, in lines of at most `width` cells.

    In narrow ones only one key of each is named; what does not fit goes on beneath itself.
    The groups named `first` come first.
    """
    narrow = width < _NARROW_CELLS
    column = _KEYS_NARROW_CELLS if narrow else _KEYS_CELLS
    indent = 0 if narrow else _INDENT_CELLS
    text = Text()
    for title, rows in table(keymap, first):
        text.append(f"{title}\n", "bold")
        for keys, description in rows:
            if here().settings.plain:
                text.append(f"{plain_keys(keys)}: {description}\n")
                continue
            shown = _short(keys) if narrow else keys
            said = wrap(description, max(8, width - indent - column))
            text.append(" " * indent + f"{shown:<{column - 1}} ")
            text.append(f"\n{' ' * (indent + column)}".join(said) + "\n", "dim")
        text.append("\n")
    text.append(with_keys("{palette} opens the palette: every command by name, and the colours.\n"))
    text.append(
        "Other keys: docs/keys.md says how; they stand in client.toml of the home.\n", "dim"
    )
    text.append(
        "The mouse works too: click selects, a second click opens; a link leads on.\n", "dim"
    )
    return text


def _short(keys: str) -> str:
    """Return the first key that fits the column of a narrow help."""
    names = keys.split(" ")
    return next((name for name in names if len(name) < _KEYS_NARROW_CELLS), names[0])


class HelpScreen(ModalScreen[None]):
    """The keys, scrollable.

    Args:
        keymap: keys by the ids of bindings, for those that are not the default.
        first: titles of the groups to begin with, those of where one is.
    """

    BINDINGS: ClassVar[list[BindingType]] = HELP_BINDINGS
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 68; max-width: 100%; height: 90%;
        background: $surface; border: round $primary; padding: 0 1 0 2;
        border-title-color: $accent; border-subtitle-color: $foreground;
        scrollbar-size-vertical: 1;
    }
    HelpScreen Static { width: 1fr; }
    """

    def __init__(self, keymap: Mapping[str, str], first: Sequence[str] = ()) -> None:
        super().__init__()
        self._keymap = keymap
        self._first = first

    def compose(self) -> ComposeResult:
        """Show the table."""
        with VerticalScroll() as box:
            box.border_title = "Keys"
            box.border_subtitle = with_keys("{help.close} closes")
            yield Static(markup=False)

    def on_mount(self) -> None:
        """Lay the table out for the width there is."""
        self._lay_out()

    def on_resize(self) -> None:
        """Lay the table out again."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = min(self.app.size.width, _BOX_CELLS) - _FRAME_CELLS
        self.query_one(Static).update(help_text(self._keymap, width, self._first))

    def action_scroll(self, lines: int) -> None:
        """Scroll the table."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_end(self, last: bool) -> None:
        """Scroll to the end, or to the start."""
        box = self.query_one(VerticalScroll)
        if last:
            box.scroll_end(animate=False)
        else:
            box.scroll_home(animate=False)

    async def action_dismiss(self, result: None = None) -> None:
        """Close."""
        self.dismiss(result)
