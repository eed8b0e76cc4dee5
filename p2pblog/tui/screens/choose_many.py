"""Choose any number of a few things."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import CHOOSE_BINDINGS, CHOOSE_MANY_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.screens.choose import Choice, step


class ChooseManyScreen(Dialog["list[str] | None"]):
    """Choices to tick; the result is the ids of those ticked, None: leave it as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [*CHOOSE_BINDINGS, *CHOOSE_MANY_BINDINGS]
    DEFAULT_CSS = """
    ChooseManyScreen { align: center middle; background: $background 60%; }
    ChooseManyScreen Vertical {
        width: 60; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    ChooseManyScreen OptionList {
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
        self._ticked = {choice.id for choice in choices if choice.id in before}
        self._said = said

    def compose(self) -> ComposeResult:
        """Show the choices."""
        with Vertical() as box:
            box.border_title = Text(self._title)
            yield OptionList(*(Option(self._line(one), id=one.id) for one in self._choices))
            if self._said:
                yield Static(self._said, markup=False)
            yield Static(
                with_keys("{choose.tick} ticks  Enter is done  {choose.leave} leaves it as it was"),
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin with the first."""
        options = self.query_one(OptionList)
        options.highlighted = 0
        options.focus()

    def action_step(self, by: int) -> None:
        """Go to the next or previous choice."""
        step(self.query_one(OptionList), by)

    def action_tick(self) -> None:
        """Tick the choice, or tick it no longer."""
        options = self.query_one(OptionList)
        if (at := options.highlighted) is not None:
            choice = self._choices[at]
            self._ticked ^= {choice.id}
            options.replace_option_prompt(choice.id, self._line(choice))

    def on_option_list_option_selected(self) -> None:
        """Leave with what is ticked."""
        self.dismiss([one.id for one in self._choices if one.id in self._ticked])

    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)

    def _line(self, choice: Choice) -> Text:
        # In signs, not in colour alone.
        sign = "[x] " if choice.id in self._ticked else "[ ] "
        return Text(sign + choice.said, no_wrap=True, overflow="ellipsis")
