"""The lines around the content: where one is, how one is connected, what one can press."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from p2pblog.tui.context import STARTING, Context, Go
from p2pblog.tui.here import here, hints_said, key_said, with_keys
from p2pblog.tui.hints import HELP, share
from p2pblog.tui.plain import words as plain_words
from p2pblog.tui.words import count, sayings
from p2pblog.tui.wrap import shorten

TABS = (
    ("home", "Home"),
    ("local", "Local"),
    ("mentions", "Notifications"),
    ("people", "People"),
)
_NARROW_CELLS = 56


class TopBar(Widget):
    """The main screens with the present one marked, or a title; and who one is."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $panel; color: $foreground; }
    """
    title: reactive[str] = reactive("")

    def __init__(self, context: Context, *, tab: str = "", title: str = "") -> None:
        super().__init__()
        self._shared = context
        self._tab = tab
        self.set_reactive(TopBar.title, title)

    def render(self) -> Text:
        """Return the line."""
        width = self.size.width
        if here().settings.plain:
            return self._plain(width)
        if self._tab and width >= _NARROW_CELLS:
            text = Text(" ", no_wrap=True)
            for tab, label in self._labels():
                chosen = tab == self._tab
                text.append(f" {label} ", "bold reverse" if chosen else "dim")
                text.append(" ")
        else:
            title = self.title or dict(TABS).get(self._tab, "")
            unseen = self._shared.unseen_said
            if self._tab and unseen:  # the tabs that would carry the mark have no room
                title += f" · {unseen} for you"
            text = Text(f"  {shorten(title, width - 12)}", "bold", no_wrap=True)
        name = shorten(self._shared.name, max(0, width - cell_len(text.plain) - 3))
        room = width - cell_len(text.plain) - cell_len(name) - 2
        if name and room > 0:
            text.append(" " * room + name, "dim")
        return text

    def _plain(self, width: int) -> Text:
        title = self.title or dict(TABS).get(self._tab, "")
        if self._tab and (unseen := self._shared.unseen_said):
            title += f", {count(int(unseen.rstrip('+')), 'notification')} for you"
        return Text(f"  {shorten(title, max(0, width - 2))}", no_wrap=True)

    def _labels(self) -> list[tuple[str, str]]:
        """Return the tabs as they are written, with the number of mentions not looked at yet."""
        unseen = self._shared.unseen_said
        return [
            (tab, f"{label} ({unseen})" if tab == "mentions" and unseen else label)
            for tab, label in TABS
        ]

    def on_click(self, event: events.Click) -> None:
        """Go to the tab that was clicked."""
        if not self._tab or self.size.width < _NARROW_CELLS or here().settings.plain:
            return
        at = 1
        for tab, label in self._labels():
            if at <= event.x < at + len(label) + 2:
                self.post_message(Go(tab))
            at += len(label) + 3


class NewsBar(Widget):
    """Says how many newer entries wait above; a click shows them.

    Its line is there always, so that the text below does not move when news comes.
    """

    DEFAULT_CSS = """
    NewsBar { height: 1; color: $accent; }
    NewsBar.some { background: $surface; }
    """
    number: reactive[int] = reactive(0)
    more: reactive[bool] = reactive(False)
    """Whether there are more than `number`."""

    class Pressed(Message):
        """The bar was clicked."""

    def on_click(self) -> None:
        """Show what waits."""
        self.post_message(self.Pressed())

    def watch_number(self, number: int) -> None:
        """Stand out only while something waits."""
        self.set_class(number > 0, "some")

    def render(self) -> Text:
        """Return the line."""
        if not self.number:
            return Text()
        up = "" if here().settings.plain else "↑ "
        key = key_said("entry.new") or with_keys("{list.previous}")
        them = "it" if self.number == 1 else "them"
        if self.more:
            return Text(f"  {up}more than {self.number:,} new: {key} shows the newest")
        return Text(f"  {up}{self.number:,} new: {key} shows {them}")


class StatusBar(Widget):
    """How well connected one is, in words; and the keys that matter here."""

    DEFAULT_CSS = """
    StatusBar { dock: bottom; height: 1; background: $panel; color: $foreground; }
    """
    tick: reactive[int] = reactive(0)
    """Counted up when the context has something new to say."""

    def __init__(self, context: Context, hints: Sequence[str]) -> None:
        super().__init__()
        self._shared = context
        self._hints = hints

    def show_hints(self, hints: Sequence[str]) -> None:
        """Show other keys, the most important first."""
        self._hints = hints
        self.refresh()

    def render(self) -> Text:
        """Return the line."""
        width = self.size.width
        context = self._shared
        if context.away:
            words, style = [context.away, "no node"], "" if context.away == STARTING else "bold"
        else:
            words, style = sayings(context.status), ""
        sign = "●" if context.status.get("peers") and not context.away else "○"
        shown = hints_said(self._hints)
        if here().settings.plain:
            return plain_status(words[0], shown, width)
        how, hints = share(words, shown, max(0, width - 4), with_keys(HELP))
        text = Text(f" {sign} {how}", style, no_wrap=True)
        if hints:
            room = width - cell_len(text.plain) - 1
            text.append(" " * (room - cell_len(hints)) + hints, "dim")
        return text


def plain_status(words: str, hints: Sequence[str], width: int) -> Text:
    """Return what the network is like in one line, and the keys in the next."""
    keys = shorten(", ".join(hints), max(0, width - 2))
    return Text(f"  {shorten(plain_words(words), max(0, width - 2))}\n  {keys}", no_wrap=True)
