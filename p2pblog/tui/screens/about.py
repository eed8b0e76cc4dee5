"""All that somebody says of themselves: the whole text, every field, and where the links lead."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from textual.widget import Widget

from p2pblog.tui.context import Context
from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.links import Target, target_of
from p2pblog.tui.rows import LINK, Line, fitted, linked
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.screens.choose import Choice, ChooseScreen
from p2pblog.tui.shapes import Person, read_person
from p2pblog.tui.virtual import VirtualList
from p2pblog.tui.wrap import wrap

_LOADING: tuple[Line, ...] = ((("loading ...", "dim"),),)
_NOTHING: tuple[Line, ...] = ((("They say nothing of themselves.", "name"),),)
_SIGNS = {"tag": "#", "person": "@", "address": ""}


class Said(NamedTuple):
    """One thing that somebody says of themselves, and what it is called, if it is."""

    name: str
    text: str


def said_by(person: Person) -> list[Said]:
    """Return what a person says of themselves, the text first."""
    bio = [Said("", person.bio)] if person.bio else []
    return [*bio, *(Said(name, value) for name, value in person.fields)]


def targets_in(text: str) -> list[Target]:
    """Return where the links in a text lead, each once, in reading order."""
    found = (target_of(match[0]) for match in LINK.finditer(text))
    return list(dict.fromkeys(target for target in found if target is not None))


class SaidList(VirtualList[Said]):
    """What somebody says, one below the other; its links can be clicked and jumped to."""

    def key_of(self, item: Said) -> Hashable:
        """See `VirtualList`."""
        return item

    def lay_out(self, item: Said, width: int) -> Sequence[Line]:
        """See `VirtualList`."""
        name = [fitted([(item.name, "dim")], width)] if item.name else []
        return (*name, *(tuple(linked(line)) for line in wrap(item.text, width)), ())

    def linked_text(self, index: int) -> str:
        """See `Pointing`."""
        return self.rows[index].text


class AboutScreen(BlogScreen):
    """What one person says of themselves."""

    DEFAULT_CSS = "AboutScreen VirtualList { margin: 1 0 0 0; }"
    hints = ("{list.open} follow link", "{jump} jump", HELP, "{back} back", MOVE)

    def __init__(self, context: Context, person: Person) -> None:
        self.heading = f"About {person.called}"
        self._identity = person.identity
        super().__init__(context)

    def body(self) -> Iterable[Widget]:
        """Yield the list."""
        items = SaidList()
        items.placeholder = _LOADING
        yield items

    def on_mount(self) -> None:
        """Give the keys to the list."""
        self.query_one(SaidList).focus()

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        person = read_person(await self.context.connection.call("profile", id=self._identity))
        items = self.query_one(SaidList)
        if (rows := said_by(person)) != items.rows:
            items.splice(0, len(items.rows), rows, lambda said: said)
        items.placeholder = _NOTHING

    def on_virtual_list_opened(self, message: VirtualList.Opened) -> None:
        """Follow the link in what is selected, or one of several."""
        message.stop()
        said = message.list.selected
        targets = targets_in(said.text) if isinstance(said, Said) else []
        if not targets:
            self.notify("No link is in this.", markup=False)
        elif len(targets) == 1:
            self.post_message(VirtualList.LinkClicked(targets[0]))
        else:
            self.guard(lambda: self._choose(targets))

    async def _choose(self, targets: list[Target]) -> None:
        choices = [
            Choice(str(at), f"{_SIGNS[one.kind]}{one.value}") for at, one in enumerate(targets)
        ]
        chosen = await self.app.push_screen_wait(ChooseScreen("Follow a link", choices))
        if chosen:
            self.post_message(VirtualList.LinkClicked(targets[int(chosen)]))
