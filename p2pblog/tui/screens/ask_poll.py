"""Make a poll: its answers, how long it goes on, whether several may be chosen."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Label, Static

from p2pblog.api.when import read_span
from p2pblog.content.text import graphemes
from p2pblog.core.errors import BadRequest
from p2pblog.core.limits import (
    POLL_OPTION_GRAPHEMES_MAX,
    POLL_OPTIONS_MAX,
    POLL_OPTIONS_MIN,
)
from p2pblog.tui.bounded import SAID_FULL, BoundedInput, Full
from p2pblog.tui.drafts import DRAFT_OPTION_BYTES_MAX, DRAFT_SHORT_BYTES_MAX
from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import EDIT_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.tick import TickBox
from p2pblog.tui.typed import after_typing


class Asked(NamedTuple):
    """A poll as it is typed; no options: there is none."""

    options: tuple[str, ...]
    span: str
    many: bool


class AskPollScreen(Dialog["Asked | None"]):
    """The result is the poll, or None: it stays as it was."""

    BINDINGS: ClassVar[list[BindingType]] = EDIT_BINDINGS
    DEFAULT_CSS = """
    AskPollScreen { align: center middle; background: $background 60%; }
    AskPollScreen #box {
        width: 62; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    AskPollScreen VerticalScroll { height: auto; max-height: 9; }
    AskPollScreen Input {
        border: none; height: 1; padding: 0; background: $panel; margin: 0 0 0 0;
        &:focus { border: none; background: $boost; }
    }
    AskPollScreen Label { width: 100%; }
    AskPollScreen Static { height: auto; color: $text-muted; }
    AskPollScreen #trouble { color: $error; display: none; }
    AskPollScreen #trouble.shown { display: block; }
    """

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self._asked = asked

    def compose(self) -> ComposeResult:
        """Show what is asked now."""
        with Vertical(id="box") as box:
            box.border_title = "Poll"
            yield Label(f"Answers, {POLL_OPTIONS_MIN} to {POLL_OPTIONS_MAX}; empty lines are none")
            with VerticalScroll(can_focus=False):
                for text in (*self._asked.options, *[""] * POLL_OPTIONS_MAX)[:POLL_OPTIONS_MAX]:
                    yield BoundedInput(
                        text,
                        bytes_max=DRAFT_OPTION_BYTES_MAX,
                        classes="answer",
                        select_on_focus=False,
                    )
            yield Label("How long: 30m, 12h, 7d ...")
            yield BoundedInput(
                self._asked.span,
                bytes_max=DRAFT_SHORT_BYTES_MAX,
                id="span",
                select_on_focus=False,
            )
            yield TickBox("several answers may be chosen", self._asked.many)
            yield Static(id="trouble", markup=False)
            leaves = "leaves it as it was" if self._asked.options else "leaves"
            keys = f"{{edit.save}} takes it  {{edit.leave}} {leaves}  Tab moves"
            yield Static(with_keys(keys), markup=False)

    def on_mount(self) -> None:
        """Begin in the first answer."""
        self.query(Input).first().focus()

    @on(Full)
    def _full(self) -> None:
        self._trouble(SAID_FULL)

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    def action_leave(self) -> None:
        """Leave it as it was."""
        self.dismiss(None)

    @after_typing
    def action_save(self) -> None:
        """Take it, if it can be asked."""
        said = [" ".join(one.value.split()) for one in self.query(".answer").results(Input)]
        options = [one for one in said if one]
        span = self.query_one("#span", Input).value
        if not options:
            self.dismiss(Asked((), span, False))
        elif len(options) < POLL_OPTIONS_MIN:
            self._trouble(f"A poll needs {POLL_OPTIONS_MIN} answers at least.")
        elif len(set(options)) < len(options):
            self._trouble("Each answer must be another one.")
        elif any(graphemes(one) > POLL_OPTION_GRAPHEMES_MAX for one in options):
            self._trouble(f"An answer has at most {POLL_OPTION_GRAPHEMES_MAX} characters.")
        else:
            try:
                read_span(span)
            except BadRequest as error:
                self._trouble(error.detail)
                return
            many = self.query_one(TickBox).value
            self.dismiss(Asked(tuple(options), span.strip(), many))

    def _trouble(self, text: str) -> None:
        trouble = self.query_one("#trouble", Static)
        trouble.set_class(True, "shown")
        trouble.update(Text(text))
