"""The homes of a person: whose each is, what waits there, and the way to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from p2pblog.api.homes import Homes, Known, folder_for, wrong_with_name
from p2pblog.content.text import clean_line
from p2pblog.core.errors import BadRequest
from p2pblog.tui.context import Context
from p2pblog.tui.here import here
from p2pblog.tui.hints import HELP
from p2pblog.tui.homes import Seen, look_at, with_here
from p2pblog.tui.keys import HOMES_BINDINGS
from p2pblog.tui.screens.ask_line import AskLineScreen
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.choose import Choice, ChooseScreen, step
from p2pblog.tui.shapes import short_id
from p2pblog.tui.wrap import shorten

_KINDS = (
    Choice("new", "a new one: to begin as somebody else, or to restore an identity"),
    Choice("there", "one that is on this machine already: you say its folder"),
)
_LOOK_EVERY_S = 5
_PATH_CELLS = 60


class HomesScreen(BlogScreen):
    """Every home that is known."""

    DEFAULT_CSS = """
    HomesScreen #damage { display: none; color: $warning; margin: 1 2 0 2; }
    HomesScreen OptionList {
        height: 1fr; border: none; margin: 1 0 0 0; background: $background;
        &:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = HOMES_BINDINGS
    keys_first = ("Among your homes",)
    hints = ("Enter switch", "{homes.new} new", HELP, "{homes.forget} forget", "{back} back")
    heading = "Homes"

    class Switch(Message):
        """Another home is to be opened."""

        def __init__(self, known: Known) -> None:
            super().__init__()
            self.known = known

    def __init__(self, context: Context, home: Path, homes: Homes) -> None:
        """Args: home is the folder of the home that is open."""
        super().__init__(context)
        self._home = home
        self._homes = homes
        self._rows: list[Seen] = []
        self._stale = self._looking = False

    def body(self) -> Iterable[Widget]:
        """Yield what is wrong with the list of them, if anything is, and the list."""
        yield Static(markup=False, id="damage")
        yield OptionList()

    def on_mount(self) -> None:
        """Give the keys to the list; look again now and then."""
        self.query_one(OptionList).focus()
        self.set_interval(_LOOK_EVERY_S, self.changed)

    def changed(self) -> None:
        """See `BlogScreen`; homes are there whether or not the node of this one is."""
        self._stale = True
        if self.is_mounted and not self._looking:
            self._looking = True
            self.guard(self._look)

    async def _look(self) -> None:
        try:
            while self._stale:
                self._stale = False
                await self.fresh()
        finally:
            self._looking = False

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        known = with_here(await asyncio.to_thread(self._homes.all), self._home)
        damage = clean_line(await asyncio.to_thread(self._homes.damage))
        looks = (asyncio.to_thread(look_at, one, self._homes) for one in known)
        rows = list(await asyncio.gather(*looks))
        if not (found := self.query(OptionList)):
            return  # the reader left meanwhile
        said = self.query_one("#damage", Static)
        said.update(damage)
        said.display = bool(damage)
        options, chosen = found.first(), self._chosen()
        self._rows = rows
        options.clear_options()
        options.add_options(Option(self._line(row)) for row in rows)
        paths = [row.known.path for row in rows]
        wanted = chosen.known.path if chosen is not None else self._home
        options.highlighted = paths.index(wanted) if wanted in paths else 0

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Open it."""
        known = self._rows[message.option_index].known
        if known.path == self._home:
            self.notify("This is the home that is open.", markup=False)
        else:
            self.post_message(self.Switch(known))

    def action_step(self, by: int) -> None:
        """Go to the next or previous one."""
        step(self.query_one(OptionList), by)

    def action_new(self) -> None:
        """Put another home on the list, and open it."""
        self.guard(self._new)

    def action_forget(self) -> None:
        """Take what is chosen off the list."""
        if (row := self._chosen()) is not None:
            self.guard(lambda: self._forget(row.known))

    async def _new(self) -> None:
        kind = await self.app.push_screen_wait(ChooseScreen("Another home", _KINDS))
        if not kind:
            return
        how = "What you call it, on this machine alone: work, for example"
        name = await self.app.push_screen_wait(AskLineScreen("Its name", how, "", self._wrong))
        if name is None:
            return
        path = folder_for(name.strip(), self._home)
        if kind == "there":
            typed = await self.app.push_screen_wait(
                AskLineScreen("Its folder", "Where it is", "", _no_folder)
            )
            if typed is None:
                return
            path = Path(typed.strip())
        self.post_message(self.Switch(await asyncio.to_thread(self._homes.add, name, path)))

    async def _forget(self, known: Known) -> None:
        if all(one.path != known.path for one in self._homes.all()):
            raise BadRequest("it is here because it is open, and not on the list")
        choices = [Choice("go", "take it off the list"), Choice("", "leave it there")]
        said = f"Nothing is deleted: its files stay in {known.path}"
        if await self.app.push_screen_wait(ChooseScreen(known.name, choices, said)):
            await asyncio.to_thread(self._homes.remove, str(known.path))
            self.changed()

    def _chosen(self) -> Seen | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def _wrong(self, typed: str) -> str:
        if wrong := wrong_with_name(typed):
            return f"{wrong[0].upper()}{wrong[1:]}."
        taken = self._homes.named(typed.strip()) is not None
        return "Another home is called that." if taken else ""

    def _line(self, row: Seen) -> Text:
        known = row.known
        facts = [
            row.called,
            short_id(known.identity),
            "open" if known.path == self._home else "runs" if row.running else "",
            f"{row.unread} new" if row.unread else "",
        ]
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(shorten(known.name, _PATH_CELLS), "bold")
        between = ", " if here().settings.plain else " · "
        text.append(f"  {between.join(filter(None, facts))}\n", "")
        text.append(f"  {known.path}", "dim")
        return text


def _no_folder(typed: str) -> str:
    is_there = Path(typed.strip()).expanduser().is_dir() if typed.strip() else False
    return "" if is_there else "There is no such folder."
