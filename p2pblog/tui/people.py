"""A list of people."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from p2pblog.tui.entries import Clock
from p2pblog.tui.keys import PERSON_BINDINGS
from p2pblog.tui.rows import Line, person_lines
from p2pblog.tui.shapes import Person
from p2pblog.tui.virtual import VirtualList
from p2pblog.tui.words import time_ago


class PeopleList(VirtualList[Person]):
    """People one below the other."""

    BINDINGS: ClassVar[list[BindingType]] = PERSON_BINDINGS

    class FollowAsked(Message):
        """Somebody is to be followed, or no longer."""

        def __init__(self, person: Person) -> None:
            super().__init__()
            self.person = person

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def key_of(self, item: Person) -> Hashable:
        """See `VirtualList`."""
        return item, time_ago(item.last_ms, self._clock())

    def lay_out(self, item: Person, width: int) -> Sequence[Line]:
        """See `VirtualList`."""
        return person_lines(item, width, when=time_ago(item.last_ms, self._clock()))

    def action_ask_follow(self) -> None:
        """Ask to follow the selected person, or no longer to."""
        if (person := self.selected) is not None and not person.self:
            self.post_message(self.FollowAsked(person))
