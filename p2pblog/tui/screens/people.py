"""The people one can see: those on this network first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.widget import Widget

from p2pblog.core.limits import PAGE_ENTRIES_MAX
from p2pblog.tui.context import OpenProfile, SetFollow
from p2pblog.tui.hints import HELP, MOVE
from p2pblog.tui.people import PeopleList
from p2pblog.tui.rows import Line
from p2pblog.tui.screens.base import BlogScreen
from p2pblog.tui.shapes import Person, read_person
from p2pblog.tui.virtual import VirtualList

_EMPTY: tuple[Line, ...] = (
    (("Nobody has been met yet.", "name"),),
    (),
    (("Start p2pblog on another machine of this network: it shows up here by itself.", "text"),),
    (("{palette}", "accent"), ("  connect to an address you were given", "text")),
)


class PeopleScreen(BlogScreen):
    """Whom one can follow."""

    DEFAULT_CSS = "PeopleScreen VirtualList { margin: 1 0 0 0; }"
    tab = "people"
    keys_first = ("On a person",)
    hints = ("{person.follow} follow", "{go} go", HELP, "{list.open} profile", MOVE)

    def body(self) -> Iterable[Widget]:
        """Yield the list."""
        people = PeopleList(self.context.clock)
        people.placeholder = _EMPTY
        yield people

    def on_mount(self) -> None:
        """Give the keys to the list."""
        self.query_one(PeopleList).focus()

    async def read(self) -> dict[str, Any]:
        """Return what the node says of them."""
        call = self.context.connection.call
        found: dict[str, Any] = await call("people", near=False, limit=PAGE_ENTRIES_MAX)
        return found

    async def fresh(self) -> None:
        """See `BlogScreen`."""
        result = await self.read()
        found = result.get("people")
        rows = [
            read_person(value)
            for value in (found if isinstance(found, list) else [])[:PAGE_ENTRIES_MAX]
            if isinstance(value, dict)
        ]
        rows = [person for person in rows if not person.self]
        people = self.query_one(PeopleList)
        if rows != people.rows:
            people.splice(0, len(people.rows), rows, lambda person: person.identity)

    def on_people_list_follow_asked(self, message: PeopleList.FollowAsked) -> None:
        """Follow, or no longer."""
        message.stop()
        person = message.person
        self.post_message(SetFollow(person.identity, person.called, not person.followed))

    def on_virtual_list_opened(self, message: VirtualList.Opened) -> None:
        """Open the profile of the selected person."""
        message.stop()
        if isinstance(person := message.list.selected, Person):
            self.post_message(OpenProfile(person.identity))
