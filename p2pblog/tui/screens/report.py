"""Report a post: all that can be done about it now, in one place, and what cannot."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from p2pblog.core.limits import REPORT_NOTE_CHARS_MAX
from p2pblog.tui.here import with_keys
from p2pblog.tui.keys import REPORT_BINDINGS
from p2pblog.tui.tick import TickBox
from p2pblog.tui.typed import after_typing

REASONS = {
    "spam": "spam",
    "abuse": "abuse: it attacks or threatens somebody",
    "deceit": "deceit: it pretends to be somebody, or lies to harm",
    "illegal": "it breaks the law",
    "other": "something else",
}
_NOBODY = (
    "Nobody receives a report yet: there are no moderators who could. It is kept on this device,"
    " for you to hand on ({go} {go.kept} shows it), without what the other one wrote."
)


class Reported(NamedTuple):
    """What is to be done."""

    reason: str
    note: str
    hides: bool
    mutes: bool
    blocks: bool
    keeps: bool

    def said(self, name: str) -> str:
        """Return what was done."""
        done = [
            "the post is hidden" if self.hides else "",
            f"{name} is blocked" if self.blocks else f"{name} is muted" if self.mutes else "",
            "the report is kept on this device, and nobody has received it" if self.keeps else "",
        ]
        sentence = "; ".join(filter(None, done)) or "nothing was done"
        return f"{sentence[0].upper()}{sentence[1:]}."


class ReportScreen(ModalScreen["Reported | None"]):
    """The result is what is to be done, or None: nothing."""

    BINDINGS: ClassVar[list[BindingType]] = REPORT_BINDINGS
    DEFAULT_CSS = """
    ReportScreen { align: center middle; background: $background 60%; }
    ReportScreen VerticalScroll {
        width: 66; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    ReportScreen OptionList {
        height: auto; border: none; background: $surface;
        &:focus { border: none; }
    }
    ReportScreen Label { width: 100%; }
    ReportScreen TickBox { width: 1fr; }
    ReportScreen Input {
        border: none; height: 1; padding: 0; background: $panel;
        &:focus { border: none; background: $boost; }
    }
    ReportScreen Static { height: auto; color: $text-muted; }
    """

    def __init__(self, name: str, *, known: bool = True) -> None:
        """Take whose post it is.

        Args:
            name: what its author is called.
            known: whether it is known who that is; nobody else can be muted or blocked.
        """
        super().__init__()
        self._known = known
        self._name = name
        self._reason = next(iter(REASONS))

    def compose(self) -> ComposeResult:
        """Show the reasons, what can be done, and what becomes of it."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = Text(f"Report a post by {self._name}").markup
            yield OptionList(*(Option(self._line(reason), id=reason) for reason in REASONS))
            yield Label("What there is to say about it, for those who decide one day")
            yield Input(id="note", max_length=REPORT_NOTE_CHARS_MAX)
            yield TickBox("hide this post here", True, id="hides")
            if self._known:
                yield TickBox("mute its author", False, id="mutes")
                yield TickBox("block its author: all of theirs goes", False, id="blocks")
            yield TickBox("keep a report of it", True, id="keeps")
            yield Static(with_keys(_NOBODY), markup=False)
            keys = "{report.done} does what is ticked  {report.leave} leaves it  Tab moves"
            yield Static(with_keys(keys), markup=False)

    def on_mount(self) -> None:
        """Begin with the reasons."""
        reasons = self.query_one(OptionList)
        reasons.highlighted = 0
        reasons.focus()

    @on(OptionList.OptionHighlighted)
    def _chosen(self, message: OptionList.OptionHighlighted) -> None:
        """Say in signs which reason it is."""
        before, self._reason = self._reason, message.option_id or self._reason
        for reason in (before, self._reason):
            message.option_list.replace_option_prompt(reason, self._line(reason))

    def _line(self, reason: str) -> Text:
        sign = "(x) " if reason == self._reason else "( ) "
        return Text(sign + REASONS[reason], no_wrap=True, overflow="ellipsis")

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)

    @after_typing
    def action_done(self) -> None:
        """Leave with what is to be done."""
        ticked = {box.id: box.value for box in self.query(TickBox)}
        self.dismiss(
            Reported(
                self._reason,
                self.query_one(Input).value.strip(),
                ticked["hides"],
                ticked.get("mutes", False),
                ticked.get("blocks", False),
                ticked["keeps"],
            )
        )
