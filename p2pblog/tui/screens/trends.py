"""What people speak of: tags and links, by how many people used them lately."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from rich.text import Text
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from p2pblog.content.text import clean_line
from p2pblog.core.limits import RECENT_HOURS_MAX, TREND_HOURS, TRENDS_MAX
from p2pblog.tui.bars import TopBar
from p2pblog.tui.context import Context, OpenSearch, OpenView
from p2pblog.tui.here import with_keys
from p2pblog.tui.hints import HELP
from p2pblog.tui.keys import TRENDS_BINDINGS
from p2pblog.tui.links import query_for
from p2pblog.tui.screens.asked import AskedScreen
from p2pblog.tui.screens.choose import step
from p2pblog.tui.words import count

_NAME_CELLS = 40  # of a tag or a link, before who used it
_SPANS = {TREND_HOURS: "a day", RECENT_HOURS_MAX: "a week"}


class _Row(NamedTuple):
    """A tag (`kind` is "tag") or a link: its name, how it is said, and who used it."""

    kind: str
    name: str
    said: str
    people: int
    posts: int


class TrendsScreen(AskedScreen):
    """Tags first, then links."""

    DEFAULT_CSS = """
    TrendsScreen OptionList {
        height: 1fr; border: none; margin: 1 0 0 0; background: $background;
        &:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = TRENDS_BINDINGS
    keys_first = ("Among tags and links",)
    hints = ("Enter read", "{trends.span} day, week", HELP, "{go} go", "{back} back")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._hours = TREND_HOURS
        self._rows: list[_Row] = []
        self.heading = _heading(TREND_HOURS)

    def body(self) -> Iterable[Widget]:
        """Yield the list."""
        yield OptionList()

    def on_mount(self) -> None:
        """Give the keys to the list."""
        self.query_one(OptionList).focus()

    async def ask(self) -> None:
        """See `AskedScreen`."""
        hours = self._hours
        found = await self.context.connection.call("trends", hours=hours)
        if hours != self._hours:
            return  # others were asked for meanwhile
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        chosen = self._rows[at].name if at < len(self._rows) else ""
        self._rows = [*_rows(found, "tag"), *_rows(found, "link")]
        options.clear_options()
        options.add_options(Option(_line(row)) for row in self._rows)
        if not self._rows:
            options.add_option(Option(self._nothing(), disabled=True))
        else:
            names = [row.name for row in self._rows]
            options.highlighted = names.index(chosen) if chosen in names else 0

    def go_top(self) -> None:
        """Go to the first, as they stand now."""
        self.query_one(OptionList).highlighted = 0
        super().go_top()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Show who used it."""
        if message.option_index < len(self._rows):
            row = self._rows[message.option_index]
            if row.kind == "tag":
                self.post_message(OpenView(f"tag:{row.name}", row.said))
            else:
                self.post_message(OpenSearch(query_for(row.name)))

    def action_step(self, by: int) -> None:
        """Go to the next or previous one."""
        step(self.query_one(OptionList), by)

    def action_span(self) -> None:
        """Look at a week instead of a day, or the reverse."""
        self._hours = next(hours for hours in _SPANS if hours != self._hours)
        self.query_one(TopBar).title = _heading(self._hours)
        self.ask_again()

    def _nothing(self) -> Text:
        said = f"Nobody you can see has used a tag or a link in {_SPANS[self._hours]}."
        return Text(said + with_keys(" {trends.span}: of a day, or of a week."))


def _heading(hours: int) -> str:
    return f"What people spoke of in {_SPANS[hours]}"


def _rows(found: Mapping[str, Any], kind: str) -> Iterator[_Row]:
    listed = found.get(f"{kind}s")
    for one in (listed if isinstance(listed, list) else ())[:TRENDS_MAX]:
        name = str(one.get(kind) or "")
        said = ("#" if kind == "tag" else "") + clean_line(name)
        yield _Row(kind, name, said, int(one.get("people") or 0), int(one.get("posts") or 0))


def _line(row: _Row) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(row.said, "bold")
    text.truncate(_NAME_CELLS, overflow="ellipsis", pad=True)
    people = count(row.people, "person", "people")
    text.append(f"  {people}, {count(row.posts, 'post')}", "dim")
    return text
