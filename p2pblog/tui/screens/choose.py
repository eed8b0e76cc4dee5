"""Choose one thing of a few, with a line on each: what to do, whom, which answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import CHOOSE_BINDINGS
from p2pblog.tui.leaving import Dialog


class Choice(NamedTuple):
    """What can be chosen: what it is called inside, to a person, and by which key (or "")."""

    id: str
    said: str
    key: str = ""


def step(options: OptionList, by: int) -> None:
    """Go to the next choice, or with a negative `by` to the previous one."""
    if by > 0:
        options.action_cursor_down()
    else:
        options.action_cursor_up()


class ChooseScreen(Dialog[str]):
    """A list of choices; the result is the id of the chosen one, or ""."""

    BINDINGS: ClassVar[list[BindingType]] = CHOOSE_BINDINGS
    DEFAULT_CSS = """
    ChooseScreen { align: center middle; background: $background 60%; }
    ChooseScreen Vertical {
        width: 60; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    ChooseScreen OptionList {
        height: auto; max-height: 16; border: none; background: $surface;
        &:focus { border: none; }
    }
    ChooseScreen Static { height: auto; color: $text-muted; }
    """

    def __init__(self, title: str, choices: Sequence[Choice], said: str = "") -> None:
        """Args: said stands below: what is to be known before one chooses."""
        super().__init__()
        self._title = title
        self._choices = choices
        self._said = said

    def compose(self) -> ComposeResult:
        """Show the choices."""
        with Vertical() as box:
            box.border_title = Text(self._title)
            yield OptionList(*(Option(self._line(one), id=one.id) for one in self._choices))
            if self._said:
                yield Static(self._said, markup=False)
            yield Static(with_keys("Enter chooses  {choose.leave} leaves"), markup=False)

    def on_mount(self) -> None:
        """Begin with the first."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Leave with what was chosen."""
        self.dismiss(message.option_id or "")

    def action_step(self, by: int) -> None:
        """Go to the next or previous choice."""
        step(self.query_one(OptionList), by)

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss("")

    def _line(self, choice: Choice) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        if any(one.key for one in self._choices):
            text.append(f"{choice.key:<4}", "bold")
        text.append(choice.said)
        return text
