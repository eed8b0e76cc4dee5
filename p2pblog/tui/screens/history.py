"""What a post said before its author changed it, the newest version first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from p2pblog.content.text import clean, clean_line
from p2pblog.tui.entries import Clock
from p2pblog.tui.here import here, with_keys
from p2pblog.tui.keys import HISTORY_BINDINGS
from p2pblog.tui.leaving import Dialog
from p2pblog.tui.words import time_said


class HistoryScreen(Dialog[None]):
    """All versions of a post."""

    BINDINGS: ClassVar[list[BindingType]] = HISTORY_BINDINGS
    DEFAULT_CSS = """
    HistoryScreen { align: center middle; background: $background 60%; }
    HistoryScreen Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: round $primary; border-title-color: $primary;
    }
    HistoryScreen VerticalScroll { height: auto; max-height: 18; background: $surface; }
    HistoryScreen #hint { color: $text-muted; }
    """

    def __init__(self, found: Mapping[str, Any], clock: Clock) -> None:
        """Args: found is the answer to `versions`."""
        super().__init__()
        self._found = found
        self._clock = clock

    def compose(self) -> ComposeResult:
        """Show the versions."""
        with Vertical() as box:
            box.border_title = "What it said"
            with VerticalScroll(can_focus=True):
                yield Static(self._text())
            yield Static(with_keys("{history.leave} back"), id="hint", markup=False)

    def on_mount(self) -> None:
        """Let keys scroll."""
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)

    def _text(self) -> Text:
        text = Text()
        sign = "warning: " if here().settings.plain else "⚠ "
        versions = self._found.get("versions")
        for at, one in enumerate(versions if isinstance(versions, list) else ()):
            if at:
                text.append("\n\n")
            text.append(time_said(int(one.get("time_ms") or 0), self._clock()), "bold")
            if warning := clean_line(str(one.get("warning") or "")):
                text.append(f"\n{sign}{warning}")
            text.append("\n" + clean(str(one.get("text") or "")))
        return text
