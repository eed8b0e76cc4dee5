"""Choose the colours: each theme is shown while one is at it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import THEME_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.wrap import shorten

_CELLS = 50
_HINT = "{theme.keep} keep  {theme.leave} leave  {theme.next}/{theme.previous} move"


class ThemesScreen(Dialog[str]):
    """A list of themes; the result is the one to keep, or "" for the former one.

    Args:
        themes: names, and what each is like.
    """

    BINDINGS: ClassVar[list[BindingType]] = THEME_BINDINGS
    DEFAULT_CSS = """
    ThemesScreen { align: right top; background: transparent; }
    ThemesScreen Vertical {
        width: 60; max-width: 100%; height: auto; max-height: 70%; padding: 0 1; margin: 1 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    ThemesScreen OptionList {
        height: auto; max-height: 12; border: none; padding: 0; background: $surface;
        &:focus { border: none; background-tint: transparent; }
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, themes: list[tuple[str, str]]) -> None:
        super().__init__()
        self._themes = themes
        self._former = ""

    def compose(self) -> ComposeResult:
        """Show them."""
        with Vertical() as box:
            box.border_title = "Colours"
            yield OptionList(*(Option(self._line(*theme), id=theme[0]) for theme in self._themes))
            yield Static(
                with_keys(_HINT),
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin at the present one."""
        self._former = self.app.theme
        names = [name for name, _ in self._themes]
        chooser = self.query_one(OptionList)
        chooser.highlighted = names.index(self._former) if self._former in names else 0
        chooser.focus()

    @on(OptionList.OptionHighlighted)
    def _show(self, message: OptionList.OptionHighlighted) -> None:
        if message.option_id:
            self.app.theme = message.option_id

    @on(OptionList.OptionSelected)
    def _chosen(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(message.option_id or "")

    def action_step(self, by: int) -> None:
        """Go to the next or the previous one."""
        chooser = self.query_one(OptionList)
        if by > 0:
            chooser.action_cursor_down()
        else:
            chooser.action_cursor_up()

    def action_keep(self) -> None:
        """Keep the one that is shown."""
        at = self.query_one(OptionList).highlighted
        self.dismiss(self._themes[at][0] if at is not None else "")

    def action_leave(self) -> None:
        """Show the former one again."""
        self.app.theme = self._former
        self.dismiss("")

    def _line(self, name: str, about: str) -> Text:
        return Text.assemble(
            name, (f"  {shorten(about, _CELLS - len(name) - 2)}" if about else "", "dim")
        )
