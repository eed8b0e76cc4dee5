"""Choose any number of a few things."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static

from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import CHOOSE_BINDINGS, CHOOSE_MANY_BINDINGS
from p2pblog.tui.screens.choose import Choice


class ChooseManyScreen(ModalScreen["list[str] | None"]):
    """Choices to tick; the result is the ids of those ticked, None: leave it as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [*CHOOSE_BINDINGS, *CHOOSE_MANY_BINDINGS]
    DEFAULT_CSS = """
    ChooseManyScreen { align: center middle; background: $background 60%; }
    ChooseManyScreen Vertical {
        width: 60; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    ChooseManyScreen SelectionList {
        height: auto; max-height: 16; border: none; background: $surface;
        &:focus { border: none; }
    }
    ChooseManyScreen Static { height: auto; color: $text-muted; }
    """

    def __init__(
        self, title: str, choices: Sequence[Choice], before: Collection[str], said: str = ""
    ) -> None:
        """Args: before are those ticked at first; said stands below."""
        super().__init__()
        self._title = title
        self._choices = choices
        self._before = before
        self._said = said

    def compose(self) -> ComposeResult:
        """Show the choices."""
        with Vertical() as box:
            box.border_title = Text(self._title).markup
            yield SelectionList[str](
                *((Text(one.said), one.id, one.id in self._before) for one in self._choices)
            )
            if self._said:
                yield Static(self._said, markup=False)
            yield Static(
                with_keys("Space ticks  {choose.done} is done  {choose.leave} leaves it as it was"),
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin with the first."""
        self.query_one(SelectionList).focus()

    def action_step(self, by: int) -> None:
        """Go to the next or previous choice."""
        choices = self.query_one(SelectionList)
        if by > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def action_done(self) -> None:
        """Leave with what is ticked."""
        self.dismiss([str(one) for one in self.query_one(SelectionList).selected])

    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)
