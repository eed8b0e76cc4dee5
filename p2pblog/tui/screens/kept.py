"""What one keeps for oneself: lists, followed tags, filters, mutes, posts for later, reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from rich.text import Text
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from p2pblog.api.when import said_time
from p2pblog.content.text import clean_line
from p2pblog.core.errors import NotFound, P2PBlogError
from p2pblog.tui.context import Context, OpenProfile, OpenThread, OpenView, Write
from p2pblog.tui.filtering import ask_how
from p2pblog.tui.here import with_keys
from p2pblog.tui.hints import HELP
from p2pblog.tui.keys import KEPT_BINDINGS
from p2pblog.tui.letters import kept_under, waited
from p2pblog.tui.screens.ask_line import AskLineScreen
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.choose import Choice, ChooseScreen, step
from p2pblog.tui.shapes import Entry, called, filter_name, read_entry
from p2pblog.tui.words import count, ends

_KINDS = (
    Choice("list", "a list of people"),
    Choice("tag", "a tag to follow: its posts come to Home"),
    Choice("filter", "a filter: a word, a phrase or a #tag to hide"),
)


_LET_GO = {
    "list": "delete the list; nobody on it is told",
    "tag": "follow it no longer",
    "person": "mute them no longer",
    "accepted": "ask about them again, where they mention you",
    "report": "delete the report",
    "later": "delete it: it is not published",
}
_UNFILTER = "filter it no longer"


class Row(NamedTuple):
    """Something that is kept: what it is, what it is called inside, and how it is said."""

    kind: str
    value: Any
    said: str
    more: str = ""


class KeptScreen(BlogScreen):
    """Everything of it in one list."""

    DEFAULT_CSS = """
    KeptScreen OptionList {
        height: 1fr; border: none; margin: 1 0 0 0; background: $background;
        &:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = KEPT_BINDINGS
    hints = ("Enter open", "{kept.new} new", HELP, "{kept.let_go} let go", "{back} back")
    heading = "Lists, filters, mutes, later, reports"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._rows: list[Row] = []

    def body(self) -> Iterable[Widget]:
        """Yield the list."""
        yield OptionList()

    def on_mount(self) -> None:
        """Give the keys to the list."""
        self.query_one(OptionList).focus()

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        self._rows = await self._read()
        options = self.query_one(OptionList)
        at = options.highlighted
        options.clear_options()
        options.add_options(Option(_line(row)) for row in self._rows)
        if not self._rows:
            options.add_option(Option(_nothing(), disabled=True))
        else:
            options.highlighted = min(at or 0, len(self._rows) - 1)

    async def _read(self) -> list[Row]:
        call, now_ms = self.context.connection.call, self.context.clock()
        rows: list[Row] = []
        for one in (await call("lists")).get("lists") or ():
            people = count(len(one["members"]), "person", "people")
            rows.append(Row("list", one["name"], clean_line(one["name"]), people))
        tags = (await call("tags")).get("tags") or ()
        rows += [Row("tag", tag, f"#{clean_line(tag)}", "followed") for tag in tags]
        for one in (await call("filters")).get("filters") or ():
            how = "shown behind a line" if one["warns"] else "hidden"
            if one["what"] == "person":
                how = "muted, shown behind a line" if one["warns"] else "muted"
            until = f", {ends(one['until_ms'], now_ms)}" if one["until_ms"] else ""
            kind = "tagged" if one["what"] == "tag" else one["what"]  # a followed one is "tag"
            rows.append(Row(kind, one["value"], filter_name(one), how + until))
        for one in (await call("requests.accepted")).get("accepted") or ():
            said = called(clean_line(one["name"]), one["identity"])
            rows.append(Row("accepted", one["identity"], said, "mentions let through"))
        for one in (await call("reports")).get("reports") or ():
            whom = called(clean_line(one["name"]), one["identity"] or "")
            said = f"report of {whom}: {one['reason']}"
            rows.append(Row("report", one, said, clean_line(one["note"])))
        for one in (await call("later")).get("later") or ():
            said = clean_line(one["warning"] or one["text"])
            rows.append(Row("later", one["id"], said, f"for later: {said_time(one['at_ms'])}"))
        return rows

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Open what is chosen."""
        if message.option_index < len(self._rows):
            row = self._rows[message.option_index]
            self.guard(lambda: self._open(row))

    async def _open(self, row: Row) -> None:
        match row.kind:
            case "list" | "tag":
                self.post_message(OpenView(f"{row.kind}:{row.value}", row.said))
            case "person" | "accepted":
                self.post_message(OpenProfile(row.value))
            case "post":
                await self._open_post(row.value)
            case "report":
                await self._open_post(row.value["entry"], row.value["identity"])
            case "later":
                await self._take_back(row.value)
            case _:
                how = await ask_how(self.app, f"Filter {row.said}", self.context.clock())
                if how is not None:
                    await self._call("filter", what=_what(row), value=row.value, **how)

    async def _open_post(self, entry: str | None, author: str | None = None) -> None:
        """Show a post in its thread, or else who wrote it."""
        if entry and await self._found(entry) is not None:
            self.post_message(OpenThread(entry))
        elif author:
            self.post_message(OpenProfile(author))
        else:
            self.notify("This post is not here.", markup=False)

    async def _found(self, entry: str) -> Entry | None:
        try:
            return read_entry(await self.context.connection.call("entry", entry=entry))
        except NotFound:
            return None

    async def _take_back(self, later: str) -> None:
        """Open a post for later in the composer; until it is sent again it is a draft."""
        call, drafts = self.context.connection.call, self.context.drafts
        waiting = (await call("later")).get("later") or ()
        one = next((one for one in waiting if one["id"] == later), None)
        if one is None:
            self.changed()
            return
        if one["media"]:
            self.notify("It has a picture, which the composer cannot keep.", markup=False)
            return
        about: list[Entry | None] = [
            (await self._found(ref) or Entry(ref)) if (ref := one.get(name)) else None
            for name in ("reply_to", "quote")
        ]
        write = Write(about[0], quote=about[1])
        if drafts.get(kept_under(write)) is not None:
            self.notify("You have begun another text: send that, or empty it, first.", markup=False)
            return
        drafts.put(kept_under(write), waited(one, self.context.clock()))
        try:
            await self._call("later.drop", id=later)
        except P2PBlogError:
            drafts.put(kept_under(write), None)
            raise
        self.notify("Taken back: it is a draft until you send it again.", markup=False)
        self.post_message(write)

    def action_step(self, by: int) -> None:
        """Go to the next or previous one."""
        step(self.query_one(OptionList), by)

    def action_new(self) -> None:
        """Begin a list, follow a tag, make a filter."""
        self.guard(self._new)

    def action_let_go(self) -> None:
        """Let go of what is chosen."""
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._rows):
            row = self._rows[at]
            self.guard(lambda: self._let_go(row))

    async def _new(self) -> None:
        kind = await self.app.push_screen_wait(ChooseScreen("New", _KINDS))
        if not kind:
            return
        said = {"list": "What the list is called", "tag": "The tag", "filter": "What to hide"}
        screen = AskLineScreen("New", said[kind], "", _is_blank)
        typed = await self.app.push_screen_wait(screen)
        if typed is None:
            return
        typed = typed.strip()
        match kind:
            case "list":
                await self._call("list.put", name=typed)
            case "tag":
                await self._call("tag.follow", tag=typed)
            case _:
                what = "tag" if typed.startswith("#") else "word"
                how = await ask_how(self.app, f"Filter {typed}", self.context.clock())
                if how is not None:
                    await self._call("filter", what=what, value=typed, **how)

    async def _let_go(self, row: Row) -> None:
        choices = [Choice("go", _LET_GO.get(row.kind, _UNFILTER)), Choice("", "leave it")]
        if not await self.app.push_screen_wait(ChooseScreen(row.said, choices)):
            return
        match row.kind:
            case "list":
                await self._call("list.drop", name=row.value)
            case "later":
                await self._call("later.drop", id=row.value)
            case "accepted":
                await self._call("requests.accept", id=row.value, undo=True)
            case "report":
                await self._call("reports.drop", id=row.value["id"])
            case "tag":
                await self._call("tag.follow", tag=row.value, undo=True)
            case _:
                await self._call("filter", what=_what(row), value=row.value, undo=True)

    async def _call(self, method: str, **params: Any) -> None:
        await self.context.connection.call(method, **params)
        self.changed()


def _what(row: Row) -> str:
    """Return what a filter is about, as the API calls it."""
    return "tag" if row.kind == "tagged" else row.kind


def _line(row: Row) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(row.said, "bold")
    text.append(f"  {row.more}", "dim")
    return text


def _nothing() -> Text:
    return Text(
        with_keys("Nothing here yet: {kept.new} begins a list, follows a tag, or makes a filter.")
    )


def _is_blank(typed: str) -> str:
    return "" if typed.strip() else "Type something first."
