"""Write a post or a reply. What was typed is never lost: it is a draft until it is sent."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from p2pblog.content.text import graphemes
from p2pblog.core.errors import P2PBlogError
from p2pblog.core.limits import (
    POST_GRAPHEMES_MAX,
    TEXT_BYTES_MAX,
    WARNING_BYTES_MAX,
)
from p2pblog.tui.context import Context
from p2pblog.tui.here import here, hints_said
from p2pblog.tui.hints import GAP_CELLS, fit_hints
from p2pblog.tui.keys import COMPOSE_BINDINGS
from p2pblog.tui.shapes import Entry, called
from p2pblog.tui.words import count
from p2pblog.tui.wrap import shorten

_NEARLY_FULL = 50
_CONTEXT_LINES = 2
_HINTS = (
    ("{compose.send} send", "{compose.keep} keep for later", "{compose.warning} warning"),
    ("{compose.send} send", "{compose.keep} keep", "{compose.warning} warn"),
)  # the fuller ones where there is room


class ComposeScreen(ModalScreen[str]):
    """The composer; its result is the id of the entry that was written, or "".

    Args:
        reply_to: the entry that is answered, if it is a reply.
    """

    BINDINGS: ClassVar[list[BindingType]] = COMPOSE_BINDINGS
    DEFAULT_CSS = """
    ComposeScreen { align: center middle; background: $background 60%; }
    ComposeScreen #box {
        width: 72; max-width: 100%; height: auto; max-height: 100%;
        background: $surface; border: round $primary; border-title-color: $primary; padding: 0 1;
    }
    ComposeScreen #context { height: auto; max-height: 3; color: $text-muted; }
    ComposeScreen TextArea {
        height: 8; max-height: 40vh; border: none; padding: 0; background: $surface;
        &:focus { border: none; }
    }
    ComposeScreen Input {
        display: none; border: none; height: 1; padding: 0; background: $panel;
        &:focus { border: none; }
    }
    ComposeScreen Input.shown { display: block; }
    ComposeScreen #line { height: 1; }
    ComposeScreen #hints { width: 1fr; color: $text-muted; }
    ComposeScreen #counter { width: auto; }
    ComposeScreen #trouble { height: auto; color: $error; display: none; }
    ComposeScreen #trouble.shown { display: block; }
    """

    def __init__(self, context: Context, reply_to: Entry | None = None) -> None:
        super().__init__()
        self._shared = context
        self._reply_to = reply_to
        self._about = reply_to.subject if reply_to else ""
        self._sending = False
        self._counter_cells = 0
        self._refused = ""  # the text that the trouble shown is about

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(id="box") as box:
            box.border_title = "Reply" if self._reply_to else "New post"
            if self._reply_to is not None:
                yield Static(self._said(self._reply_to), id="context", markup=False)
            yield Input(placeholder="content warning: what is it about?", id="warning")
            yield TextArea(
                self._shared.drafts.get(self._about),
                soft_wrap=True,
                show_line_numbers=False,
                tab_behavior="focus",
                highlight_cursor_line=False,
            )
            yield Static(id="trouble", markup=False)
            with Horizontal(id="line"):
                yield Static(id="hints", markup=False)
                yield Static(id="counter", markup=False)

    def on_mount(self) -> None:
        """Go on where the draft ended."""
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()
        self._count()

    @on(TextArea.Changed)
    def _count(self) -> None:
        text = self.query_one(TextArea).text
        self._shared.drafts.put(self._about, text)
        left = POST_GRAPHEMES_MAX - graphemes(text)
        if left < 0:
            said = Text(f"{-left:,} too many", "bold red")
        else:
            said = Text(f"{left:,} left", "" if left > _NEARLY_FULL else "bold yellow")
        self.query_one("#counter", Static).update(said)
        self._counter_cells = len(said.plain)
        self._lay_out_hints()
        if text != self._refused:
            self._trouble("")

    def on_resize(self) -> None:
        """Give the hints the room there is."""
        self.call_after_refresh(self._lay_out_hints)

    def _lay_out_hints(self) -> None:
        room = self.query_one("#line").size.width - self._counter_cells - GAP_CELLS
        rows = [hints_said(row) for row in _HINTS]
        rows.append([hint.replace("Ctrl+", "^") for hint in rows[-1]])
        hints = next(
            (row for row in rows if cell_len((" " * GAP_CELLS).join(row)) <= room), rows[-1]
        )
        self.query_one("#hints", Static).update(fit_hints(hints, max(0, room)))

    def action_warn(self) -> None:
        """Write a content warning, or go back to the text; an empty one goes away."""
        warning = self.query_one(Input)
        if warning.has_focus or (warning.has_class("shown") and not warning.value):
            warning.set_class(bool(warning.value.strip()), "shown")
            self.query_one(TextArea).focus()
        else:
            warning.add_class("shown")
            warning.focus()

    @on(Input.Submitted)
    def _to_text(self) -> None:
        self.query_one(TextArea).focus()

    def action_keep(self) -> None:
        """Close; the draft is there next time."""
        if self.query_one(TextArea).text.strip():
            self.notify("Kept as a draft: it is there when you write again.", markup=False)
        self.dismiss("")

    def action_send(self) -> None:
        """Send what is written, if it can be sent."""
        text = self.query_one(TextArea).text.strip()
        warning = self.query_one(Input).value.strip()
        over = graphemes(text) - POST_GRAPHEMES_MAX
        if self._sending:
            return
        if not text:
            self._trouble("There is nothing to send yet.")
        elif over > 0:
            self._trouble(f"{count(over, 'character')} too many: shorten it, or make it two posts.")
        elif len(text.encode()) > TEXT_BYTES_MAX or len(warning.encode()) > WARNING_BYTES_MAX:
            self._trouble("That takes more bytes than a post may have: shorten it.")
        else:
            self._sending = True
            self.run_worker(self._send(text, warning))

    async def _send(self, text: str, warning: str) -> None:
        try:
            result = await self._shared.connection.call(
                "post",
                text=text,
                reply_to=self._about or None,
                warning=warning or None,
                lang=here().settings.language or None,
            )
        except P2PBlogError as error:
            self._trouble(f"Not sent, kept as a draft. {error}")
            return
        finally:
            self._sending = False
        self._shared.drafts.put(self._about, "")
        self.dismiss(str(result.get("id") or ""))

    def _trouble(self, text: str) -> None:
        self._refused = self.query_one(TextArea).text if text else ""
        trouble = self.query_one("#trouble", Static)
        trouble.set_class(bool(text), "shown")
        trouble.update(Text(text))

    def _said(self, entry: Entry) -> Text:
        inner = entry.target
        author = inner.author if inner else entry.author
        name = inner.name if inner else entry.name
        warning = inner.warning if inner else entry.warning
        text = Text("to ", no_wrap=True)
        text.append(called(name, author), "bold")
        sign = "warning: " if here().settings.plain else "⚠ "
        body = f"{sign}{warning}" if warning else entry.text or (inner.text if inner else "")
        for line in body.split("\n")[:_CONTEXT_LINES]:
            text.append("\n▏ " + shorten(line, 60))
        return text
