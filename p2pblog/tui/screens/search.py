"""Search: a line to type in, and what was found below it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input, Static

from p2pblog.core.limits import QUERY_CHARS_MAX
from p2pblog.tui.candidates import Candidates, CompletingScreen, InputField
from p2pblog.tui.context import Context
from p2pblog.tui.feeds import SearchFeed
from p2pblog.tui.hints import HELP
from p2pblog.tui.keys import CANDIDATE_BINDINGS, ONWARD_BINDINGS
from p2pblog.tui.rows import Line
from p2pblog.tui.screens.asked import TouchedScreen
from p2pblog.tui.timeline import Timeline
from p2pblog.tui.virtual import VirtualList

_HOW: tuple[Line, ...] = (
    (("words", "accent"), ("              all of them must be there", "text")),
    (('"a phrase"', "accent"), ("         these words side by side", "text")),
    (("#tag", "accent"), ("               a tag", "text")),
    (("from:mia", "accent"), ("           written by somebody", "text")),
    (("list:friends", "accent"), ("       by people on a list of yours; in:lists, on any", "text")),
    (("before:2026-11", "accent"), ("     earlier than a year, a month or a day", "text")),
    (("after:2026-11-28", "accent"), ("   later than that; after:7d, in the last 7 days", "text")),
    (("has:media", "accent"), ("          with a picture; has:link, has:poll", "text")),
    (("lang:pt", "accent"), ("            in a language", "text")),
    (("in:bookmarks", "accent"), ("       of what you keep; in:likes, of what you like", "text")),
    (("-", "accent"), ("                  before any of these: the contrary", "text")),
    (),
    (
        (
            "Enter searches; {list.next}/{list.previous} move; {search} goes to the line again.",
            "dim",
        ),
    ),
)
_HOW_NARROW: tuple[Line, ...] = (
    *(
        ((f"{what:<17}", "accent"), (said, "text"))
        for what, said in (
            ("words", "all of them"),
            ('"a phrase"', "side by side"),
            ("#tag", "a tag"),
            ("from:mia", "by somebody"),
            ("list:friends", "by your list"),
            ("before:2026-11", "earlier"),
            ("after:7d", "in 7 days"),
            ("has:media", "a picture"),
            ("has:link", "or has:poll"),
            ("lang:pt", "a language"),
            ("in:bookmarks", "or in:likes"),
            ("-bread", "without"),
        )
    ),
    (),
    (("Enter searches;", "dim"),),
    (("{search} goes to the line again.", "dim"),),
)
_HOW_CELLS = 72  # from which on the longer one has room
_SEARCHES = "search"  # may go on for many pages; leaving the screen ends them, too
_OPERATORS = "from: list: before: after:7d has:media lang: in:bookmarks; -not"
_NOTHING: tuple[Line, ...] = ((("Nothing found among what is here.", "name"),),)


class SearchScreen(TouchedScreen, CompletingScreen):
    """Find entries by what they say."""

    BINDINGS: ClassVar[list[BindingType]] = [*CANDIDATE_BINDINGS, *ONWARD_BINDINGS]
    hints = ("Enter search", "{return} back", HELP, "{search} edit")
    heading = "Search"
    DEFAULT_CSS = """
    SearchScreen Input { height: 3; }
    SearchScreen #operators { height: 1; padding: 0 2; color: $text-muted; }
    SearchScreen VirtualList { margin: 1 0 0 0; }
    """

    def __init__(self, context: Context, query: str = "") -> None:
        super().__init__(context)
        self._query = query

    def body(self) -> Iterable[Widget]:
        """Yield the line and the list."""
        yield Input(
            self._query,
            placeholder='words, "a phrase", #tag, -without any of these',
            max_length=QUERY_CHARS_MAX,
            select_on_focus=False,
        )
        yield Static(_OPERATORS, id="operators", markup=False)
        timeline = Timeline(SearchFeed(self.context.connection.call, ""), self.context.clock)
        timeline.placeholder = self._how()
        yield timeline
        yield Candidates(self.context.connection.call, search=True)

    def on_mount(self) -> None:
        """Begin in the line, or search at once for what was given."""
        field = self.query_one(Input)
        field.focus()
        self.watch(field, "selection", lambda: self._look(field), init=False)
        if self._query:
            self._begin(self._query)

    def on_resize(self) -> None:
        """Say how to search in as many words as there is room for."""
        for timeline in self.query(Timeline):
            if timeline.placeholder in (_HOW, _HOW_NARROW):
                timeline.placeholder = self._how()

    def _how(self) -> tuple[Line, ...]:
        return _HOW if self.app.size.width >= _HOW_CELLS else _HOW_NARROW

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Search."""
        query = message.value.strip()
        if query:
            self._begin(query)

    def _look(self, field: Input) -> None:
        if field.has_focus:
            self.query_one(Candidates).look(InputField(field))

    def edit(self) -> None:
        """Write in the line again."""
        self.query_one(Input).focus()

    def _begin(self, query: str) -> None:
        """Search; what was looked for before is not looked for any longer."""
        self.guard(lambda: self._search(query), _SEARCHES, ends=True)

    async def _search(self, query: str) -> None:
        timeline = self.query_one(Timeline)
        await timeline.show(SearchFeed(self.context.connection.call, query))
        timeline.placeholder = _NOTHING
        if timeline.rows:
            timeline.focus()

    def on_virtual_list_near_end(self, message: VirtualList.NearEnd) -> None:
        """Load more."""
        message.stop()
        if self.context.ready:
            self.guard(self.query_one(Timeline).load_older, _SEARCHES)
