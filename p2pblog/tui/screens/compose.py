"""Write a post or a reply. What was typed is never lost: it is a draft until it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, Static, TextArea

from p2pblog.api.when import HOW_TIMES_ARE_TYPED, read_time, said_time
from p2pblog.content.text import graphemes, is_language
from p2pblog.core.errors import P2PBlogError
from p2pblog.core.limits import (
    POST_GRAPHEMES_MAX,
    TEXT_BYTES_MAX,
    WARNING_BYTES_MAX,
)
from p2pblog.tui.bounded import SAID_FULL, BoundedArea, BoundedInput, Full
from p2pblog.tui.candidates import AreaField, Candidates, CompletingScreen
from p2pblog.tui.context import Context, Write
from p2pblog.tui.drafts import DRAFT_TEXT_BYTES_MAX, DRAFT_WARNING_BYTES_MAX
from p2pblog.tui.here import here, hints_said
from p2pblog.tui.hints import GAP_CELLS, fit_hints
from p2pblog.tui.keys import CANDIDATE_BINDINGS, COMPOSE_BINDINGS, ONWARD_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.letters import (
    Letter,
    begun,
    kept_sent,
    kept_under,
    keys_in,
    letter,
    new_token,
    wrong_time,
)
from p2pblog.tui.screens.ask_line import AskLineScreen
from p2pblog.tui.screens.ask_poll import Asked, AskPollScreen
from p2pblog.tui.screens.base import said_or_gone
from p2pblog.tui.screens.help import HelpScreen
from p2pblog.tui.shapes import Entry, read_person
from p2pblog.tui.typed import after_typing
from p2pblog.tui.words import count
from p2pblog.tui.wrap import shorten

_NEARLY_FULL = 50
_GUESS_AFTER_S = 0.8  # without a key
_GUESSED_CHARS = 2000  # of the text; more makes no guess better
_CONTEXT_LINES = 2
_HINTS = (
    ("{compose.send} send", "{compose.keep} keep", "{compose.warning} warning"),
    ("{compose.send} send", "{compose.keep} keep", "{compose.warning} warn"),
)  # the fuller ones where there is room
_MORE = (
    ("{compose.poll} poll", "{compose.at} later", "{compose.language} language"),
    ("{compose.poll} poll", "{compose.at} later", "{compose.language} lang"),
)  # what a second line of them says
_MORE_EDITED = (("{compose.language} language",),)
_KEYS = "{compose.help} keys"
_MORE_FROM_LINES = 16  # of the terminal; with fewer the text needs them


class ComposeScreen(Dialog[Letter | None], CompletingScreen):
    """The composer; its result is what is to be sent, or None.

    Args:
        write: what is written: a post, a reply, a post that quotes, a new version.
        about: under which the draft is kept; None: what that is usually.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *CANDIDATE_BINDINGS,
        *ONWARD_BINDINGS,
        *COMPOSE_BINDINGS,
    ]
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
    ComposeScreen #more { height: 1; color: $text-muted; }
    ComposeScreen #extras { height: auto; color: $accent; display: none; }
    ComposeScreen #extras.shown { display: block; }
    ComposeScreen #trouble { height: auto; color: $error; display: none; }
    ComposeScreen #trouble.shown { display: block; }
    """

    def __init__(self, context: Context, write: Write, about: str | None = None) -> None:
        super().__init__()
        self._shared = context
        self._write = write
        self._about = kept_under(write) if about is None else about
        self._draft = context.drafts.get(self._about) or begun(write)
        self._guessed = ""
        self._meant: dict[str, str] = {}  # names by the keys that stand in the text
        self._guessing: Timer | None = None
        self._counter_cells = 0
        self._refused = ""  # the text that the trouble shown is about

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(id="box") as box:
            box.border_title = _title(self._write)
            if (other := self._write.reply_to or self._write.quote) is not None:
                how = "to" if self._write.reply_to else "quoting"
                yield Static(_said(other, how), id="context", markup=False)
            yield BoundedInput(
                self._draft.warning,
                bytes_max=DRAFT_WARNING_BYTES_MAX,
                placeholder="content warning: what is it about?",
                id="warning",
                classes="shown" if self._draft.warning else "",
            )
            yield BoundedArea(
                self._draft.text,
                bytes_max=DRAFT_TEXT_BYTES_MAX,
                soft_wrap=True,
                show_line_numbers=False,
                tab_behavior="focus",
                highlight_cursor_line=False,
            )
            yield Static(id="extras", markup=False)
            yield Static(id="trouble", markup=False)
            with Horizontal(id="line"):
                yield Static(id="hints", markup=False)
                yield Static(id="counter", markup=False)
            yield Static(id="more", markup=False)
        yield Candidates(self._shared.connection.call)

    def on_mount(self) -> None:
        """Go on where the draft ended."""
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()
        self._count()

    @on(TextArea.Changed)
    def _count(self) -> None:
        text = self.query_one(TextArea).text
        self._keep(text=text)
        left = POST_GRAPHEMES_MAX - graphemes(text)
        if left < 0:
            said = Text(f"{-left:,} too many", "bold red")
        else:
            said = Text(f"{left:,} left", "" if left > _NEARLY_FULL else "bold yellow")
        self.query_one("#counter", Static).update(said)
        self._counter_cells = len(said.plain)
        self._lay_out_hints()
        self._say_extras()
        self._look_whom(text)
        if text != self._refused:
            self._trouble("")
        if self._guessing is not None:
            self._guessing.stop()
        if self._draft.lang is None and text.strip():
            self._guessing = self.set_timer(_GUESS_AFTER_S, self._guess)

    @on(Full)
    def _full(self) -> None:
        self._trouble(SAID_FULL)

    @on(TextArea.SelectionChanged)
    def _look(self) -> None:
        area = self.query_one(TextArea)
        if area.has_focus:
            self.query_one(Candidates).look(AreaField(area))

    @on(Input.Changed)
    def _warned(self, message: Input.Changed) -> None:
        self._keep(warning=message.value)

    def _keep(self, **changed: Any) -> None:
        """Change the draft, on disk as well."""
        before, self._draft = self._draft, replace(self._draft, **changed)
        if before != self._draft:
            if self._shared.drafts.get(self._about) not in (None, before):
                # Another client of this home writes there: each goes on with its own.
                self._about = kept_sent(self._about, new_token(self._shared.chance))
            kept = self._shared.drafts.put(self._about, self._draft)
            if kept is not None and kept != self._draft:
                self._draft = kept
                self._trouble("That is longer than a draft may be: its end is cut off.")
            if said := self._shared.drafts.trouble():
                self.notify(said, severity="warning", markup=False)
            self._say_extras()

    def on_resize(self) -> None:
        """Give the hints the room there is."""
        self.call_after_refresh(self._lay_out_hints)

    def _lay_out_hints(self) -> None:
        room = self.query_one("#line").size.width - self._counter_cells - GAP_CELLS
        self.query_one("#hints", Static).update(_fitting(_HINTS, room))
        more = self.query_one("#more", Static)
        more.display = self.app.size.height >= _MORE_FROM_LINES
        rows = _MORE_EDITED if self._write.edit else _MORE
        more.update(_fitting([(*row, _KEYS) for row in rows], self.query_one("#line").size.width))

    def action_warn(self) -> None:
        """Write a content warning, or go back to the text; an empty one goes away."""
        warning = self.query_one(Input)
        if warning.has_focus or (warning.has_class("shown") and not warning.value):
            warning.set_class(bool(warning.value.strip()), "shown")
            self.set_focus(self.query_one(TextArea))
        else:
            warning.add_class("shown")
            self.set_focus(warning)  # at once: the next key may be there already

    @on(Input.Submitted)
    def _to_text(self) -> None:
        self.query_one(TextArea).focus()

    def action_poll(self) -> None:
        """Ask something."""

        def asked(poll: Asked | None) -> None:
            if poll is not None:
                self._keep(options=poll.options, span=poll.span, many=poll.many)

        if self._write.edit is None:
            draft = self._draft
            before = Asked(draft.options, draft.span, draft.many)
            self.app.push_screen(AskPollScreen(before), asked)

    def action_at(self) -> None:
        """Say when it is to be published."""

        def said(at: str | None) -> None:
            if at is not None:
                self._keep(at=at.strip())

        if self._write.edit is None:
            how = f"When to publish it: {HOW_TIMES_ARE_TYPED}. Empty: at once."
            screen = AskLineScreen("For later", how, self._draft.at, self._wrong_time)
            self.app.push_screen(screen, said)

    def action_language(self) -> None:
        """Say what language it is in."""

        def said(lang: str | None) -> None:
            if lang is not None:
                self._keep(lang=lang.strip())

        how = "The language of what you write: en, de, pt-BR ... Empty: not said."
        self.app.push_screen(AskLineScreen("Language", how, self._lang, _wrong_language), said)

    def action_help(self) -> None:
        """Show the keys, those of writing first."""
        self.app.push_screen(HelpScreen(here().keymap, ("While writing",)))

    @property
    def _lang(self) -> str:
        if self._draft.lang is not None:
            return self._draft.lang
        return here().settings.language or self._guessed

    @after_typing
    def action_keep(self) -> None:
        """Close; the draft is there next time."""
        if self.query_one(TextArea).text.strip() and self._write.edit is None:
            self.notify("Kept as a draft: it is there when you write again.", markup=False)
        self.dismiss(None)

    @after_typing
    def action_send(self) -> None:
        """Send what is written, if it can be sent."""
        text = self.query_one(TextArea).text.strip()
        warning = self.query_one(Input).value.strip()
        over = graphemes(text) - POST_GRAPHEMES_MAX
        if not text and not (self._write.edit and self._write.edit.media):
            self._trouble("There is nothing to send yet.")
        elif over > 0:
            self._trouble(f"{count(over, 'character')} too many: shorten it, or make it two posts.")
        elif len(text.encode()) > TEXT_BYTES_MAX or len(warning.encode()) > WARNING_BYTES_MAX:
            self._trouble("That takes more bytes than a post may have: shorten it.")
        elif wrong := self._wrong_time(self._draft.at):
            self._trouble(wrong)
        else:
            token = self._draft.token or new_token(self._shared.chance)
            draft = replace(self._draft, text=text, warning=warning, token=token)
            now_ms = self._shared.clock()
            sent = letter(self._about, self._write, draft, lang=self._lang, now_ms=now_ms)
            self.dismiss(sent)

    def _wrong_time(self, typed: str) -> str:
        return wrong_time(typed, self._shared.clock())

    def _say_extras(self) -> None:
        draft = self._draft
        sure = draft.lang is not None or bool(here().settings.language)
        guessed = "" if sure else " (guessed)"
        later = draft.at and not self._wrong_time(draft.at)
        whom = dict.fromkeys(filter(None, map(self._meant.get, keys_in(draft.text))))
        said = [
            f"to {', '.join(whom)}" if whom else "",
            f"poll: {', '.join(draft.options)}; {draft.span}" if draft.options else "",
            f"later: {said_time(read_time(draft.at, self._shared.clock()))}" if later else "",
            f"language: {self._lang}{guessed}" if self._lang else "",
        ]
        extras = self.query_one("#extras", Static)
        text = "   ".join(filter(None, said))
        extras.set_class(bool(text), "shown")
        extras.update(Text(text))
        for found in self.query(Candidates):
            self.call_after_refresh(found.place)

    def _look_whom(self, text: str) -> None:
        """Find out whom the keys in the text mean, of whom the writer knows the names."""

        async def look() -> None:
            for key in unknown:
                try:
                    found = read_person(await self._shared.connection.call("profile", id=key))
                except P2PBlogError:
                    continue  # asked again with the next change
                self._meant[key] = found.called
            self._say_extras()

        if unknown := [key for key in keys_in(text) if key not in self._meant]:
            self.run_worker(said_or_gone(self, look), group="whom", exclusive=True)

    def _guess(self) -> None:
        async def guess() -> None:
            text = self.query_one(TextArea).text[:_GUESSED_CHARS]
            try:
                found = await self._shared.connection.call("language", text=text)
            except P2PBlogError:
                return  # nothing is said then
            self._guessed = str(found.get("lang") or "")
            self._say_extras()

        self.run_worker(said_or_gone(self, guess), group="language", exclusive=True)

    def _trouble(self, text: str) -> None:
        self._refused = self.query_one(TextArea).text if text else ""
        trouble = self.query_one("#trouble", Static)
        trouble.set_class(bool(text), "shown")
        trouble.update(Text(text))


def _fitting(choices: Sequence[Sequence[str]], room: int) -> str:
    """Return the fullest of some lists of hints that fits `room` cells."""
    rows = [hints_said(row) for row in choices]
    rows.append([hint.replace("Ctrl+", "^") for hint in rows[-1]])
    hints = next((row for row in rows if cell_len((" " * GAP_CELLS).join(row)) <= room), rows[-1])
    return fit_hints(hints, max(0, room))


def _title(write: Write) -> str:
    if write.edit is not None:
        return "Change your post"
    return "Reply" if write.reply_to else "Quote" if write.quote else "New post"


def _wrong_language(typed: str) -> str:
    typed = typed.strip()
    return "" if not typed or is_language(typed) else "Write a code like en or pt-BR."


def _said(entry: Entry, how: str) -> Text:
    inner = entry.target
    warning = inner.warning if inner else entry.warning
    text = Text(f"{how} ", no_wrap=True)
    text.append(entry.subject_called, "bold")
    sign = "warning: " if here().settings.plain else "⚠ "
    body = f"{sign}{warning}" if warning else entry.said
    for line in body.split("\n")[:_CONTEXT_LINES]:
        text.append("\n▏ " + shorten(line, 60))
    return text
