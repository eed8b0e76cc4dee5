"""The list of candidates under the line of the cursor, while a name or a tag is being written.

It never takes the keys away: the field keeps the focus, and writing goes on while the node is
asked, after a pause in typing; what comes too late for what stands there then is let go of.
"""

from __future__ import annotations

from typing import Any, Protocol

from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Offset
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, OptionList, TextArea
from textual.widgets.option_list import Option

from p2pblog.core.errors import P2PBlogError
from p2pblog.tui.completing import (
    CANDIDATES_MAX,
    Begun,
    Candidate,
    begun_at,
    candidates,
    completed,
    is_written,
)
from p2pblog.tui.connection import Call
from p2pblog.tui.wrap import shorten

_ASK_AFTER_S = 0.12  # without a key
_WIDTH_MAX = 44


class Field(Protocol):
    """A field in which names and tags are written."""

    def line(self) -> tuple[str, int]:
        """Return the line of the cursor, and where in it the cursor is."""

    def put(self, start: int, end: int, text: str, cursor: int) -> None:
        """Write `text` instead of a part of that line, and place the cursor in it."""

    def cursor(self) -> Offset:
        """Return where on the screen the cursor is."""


class AreaField:
    """A text of several lines as a `Field`."""

    def __init__(self, area: TextArea) -> None:
        self._area = area

    def line(self) -> tuple[str, int]:
        """See `Field`."""
        row, column = self._area.cursor_location
        return self._area.document.get_line(row), column

    def put(self, start: int, end: int, text: str, cursor: int) -> None:
        """See `Field`."""
        row, _ = self._area.cursor_location
        self._area.replace(text, (row, start), (row, end))
        self._area.move_cursor((row, cursor))

    def cursor(self) -> Offset:
        """See `Field`."""
        return self._area.cursor_screen_offset


class InputField:
    """A line to type in as a `Field`."""

    def __init__(self, field: Input) -> None:
        self._field = field

    def line(self) -> tuple[str, int]:
        """See `Field`."""
        return self._field.value, self._field.cursor_position

    def put(self, start: int, end: int, text: str, cursor: int) -> None:
        """See `Field`."""
        self._field.replace(text, start, end)
        self._field.cursor_position = cursor

    def cursor(self) -> Offset:
        """See `Field`."""
        return self._field.cursor_screen_offset


class Candidates(OptionList, can_focus=False):
    """What may be meant; hidden while nothing is being completed.

    Args:
        call: asks the node.
        search: the field is a search.
    """

    DEFAULT_CSS = """
    Candidates {
        display: none; overlay: screen; constrain: inside inflect;
        width: auto; height: auto; max-height: 5; border: none; padding: 0; margin: 1 0 0 0;
        background: $panel; scrollbar-size: 0 0;
        &:focus { border: none; }
    }
    Candidates.shown { display: block; }
    """

    def __init__(self, call: Call, *, search: bool = False) -> None:
        super().__init__()
        self._call = call
        self._search = search
        self._field: Field | None = None
        self._begun: Begun | None = None
        self._found: list[Candidate] = []
        self._asking: Timer | None = None
        self._left: Begun | None = None  # what the person wants no candidates for

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose from."""
        return self.has_class("shown")

    def takes(self, deed: object) -> bool:
        """Tell whether a deed of a key ("take", "next", "previous", "leave") is possible now."""
        return self.is_open and (deed != "take" or self.highlighted is not None)

    def do(self, deed: str) -> None:
        """Carry out the deed of a key."""
        match deed:
            case "take":
                self._take()
            case "leave":
                self._left = self._begun
                self._hide()
            case "next":
                self.action_cursor_down()
            case _:
                self.action_cursor_up()

    def look(self, field: Field) -> None:
        """Ask, soon, for candidates for what is being written in `field`, if it is any."""
        self._field = field
        begun = begun_at(*field.line(), search=self._search)
        if self._asking is not None:
            self._asking.stop()
        if begun is None or (self._left and self._left.start != begun.start):
            self._left = None
        if begun is None or self._left is not None:
            self._hide()
            return
        if begun == self._begun and self.is_open:
            return
        self._begun = begun
        if self.is_open:  # narrowed at once, and asked about behind
            typed = begun.typed.casefold()
            self._show([one for one in self._found if one.written.casefold().startswith(typed)])
        self._asking = self.set_timer(
            _ASK_AFTER_S,
            lambda: self.run_worker(self._ask(begun), group="candidates", exclusive=True),
        )

    def _take(self) -> None:
        """Write what is chosen."""
        if self._field is None or self._begun is None or self.highlighted is None:
            return
        begun, one = self._begun, self._found[self.highlighted]
        self._hide()
        text, cursor = completed(self._field.line()[0], begun, one)
        self._left = begun
        self._field.put(begun.start, begun.end, text, cursor)

    async def _ask(self, begun: Begun) -> None:
        method = "tags.used" if begun.is_tag else "people"
        try:
            answer = await self._call(method, starts_with=begun.typed, limit=CANDIDATES_MAX)
        except P2PBlogError:
            return  # a help that is not there hinders nobody
        if self._begun == begun and self.is_mounted:
            self._show(candidates(begun, answer))

    def _show(self, found: list[Candidate]) -> None:
        begun = self._begun
        if begun is None or self._field is None:
            return
        if not found or (len(found) == 1 and is_written(begun, found[0])):
            self._close()
            return
        self._found = found
        self.clear_options()
        self.add_options(Option(_row(one)) for one in found)
        # What is whole already is left alone until the person chooses.
        self.highlighted = None if is_written(begun, found[0]) else 0
        self.add_class("shown")
        self.call_after_refresh(self.place)

    def place(self) -> None:
        """Stand under the word, also where the field has moved."""
        if self._field is not None and self._begun is not None and self.is_open:
            behind = Offset(cell_len(self._begun.typed) + 1, 0)
            self.absolute_offset = self._field.cursor() - behind
            self.refresh(layout=True)

    def _hide(self) -> None:
        self._begun = None
        self._close()

    def _close(self) -> None:
        self._found = []
        self.remove_class("shown")

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Write what was clicked."""
        message.stop()
        self.highlighted = message.option_index
        self._take()


class CompletingScreen(Screen[Any]):
    """A screen with such a list, for which it hears the keys: `CANDIDATE_BINDINGS`."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Give keys to the list of candidates only where that has a use for them."""
        if action == "candidate":
            return any(one.takes(parameters[0]) for one in self.query(Candidates))
        return super().check_action(action, parameters)

    def action_candidate(self, deed: str) -> None:
        """Choose among candidates."""
        self.query_one(Candidates).do(deed)


def _row(one: Candidate) -> Text:
    text = Text(f" {shorten(one.said, _WIDTH_MAX - cell_len(one.more) - 4)}", no_wrap=True)
    text.append(f"  {one.more} " if one.more else " ", "dim")
    return text
