"""What every screen needs: the node, the clock, the drafts, and who we are."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from textual.message import Message

from p2pblog.core.limits import NOTICES_COUNTED_MAX
from p2pblog.tui.connection import Connection
from p2pblog.tui.drafts import Drafts
from p2pblog.tui.entries import Clock
from p2pblog.tui.opening import Opener, open_file
from p2pblog.tui.places import Places
from p2pblog.tui.shapes import Entry, Person

STARTING = "connecting to the node ..."


@dataclass(slots=True)
class Context:
    """Shared by the app and its screens.

    Attributes:
        identity, name: who we are; "" until the node has said so.
        status: the newest answer to `status`, or empty.
        away: why the node cannot be reached, or "" while it is there.
        unseen_count: how many of the newest notifications have not been looked at.
        requests_count: how many posts by strangers wait to be decided about.
        places: where one was in each timeline.
        opener: shows a file to the person.
    """

    connection: Connection
    clock: Clock
    drafts: Drafts
    chance: random.Random
    identity: str = ""
    name: str = ""
    status: dict[str, Any] = field(default_factory=dict)
    away: str = STARTING
    unseen_count: int = 0
    requests_count: int = 0
    places: Places = field(default_factory=Places)
    opener: Opener = open_file

    @property
    def ready(self) -> bool:
        """Whether there is a node with an identity to ask."""
        return not self.away and bool(self.identity)

    @property
    def unseen_said(self) -> str:
        """The number of notifications that wait to be looked at, or "" when none does."""
        return counted(self.unseen_count)


def counted(number: int) -> str:
    """Return a number of which it is known up to 100 only, or "" for none."""
    if number >= NOTICES_COUNTED_MAX:
        return f"{NOTICES_COUNTED_MAX - 1}+"
    return str(number or "")


class OpenThread(Message):
    """Show the conversation that an entry belongs to."""

    def __init__(self, entry_id: str) -> None:
        super().__init__()
        self.entry_id = entry_id


class CopyEntry(Message):
    """Copy the "text" of an entry, or its "id"."""

    def __init__(self, entry: Entry, what: str) -> None:
        super().__init__()
        self.entry = entry
        self.what = what


class OpenProfile(Message):
    """Show somebody's profile."""

    def __init__(self, identity: str) -> None:
        super().__init__()
        self.identity = identity


class OpenView(Message):
    """Show a timeline: a list's, a tag's."""

    def __init__(self, view: str, heading: str) -> None:
        super().__init__()
        self.view = view
        self.heading = heading


class OpenSearch(Message):
    """Show what a search finds."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query


class OpenPictures(Message):
    """Show the pictures of an entry."""

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry


class LookedAt(Message):
    """These notifications (by their marks) are in sight."""

    def __init__(self, marks: list[str]) -> None:
        super().__init__()
        self.marks = marks


class OpenPeople(Message):
    """Show whom a notification is about."""

    def __init__(self, notification: str) -> None:
        super().__init__()
        self.notification = notification


class EditProfile(Message):
    """Change one's own profile."""

    def __init__(self, person: Person) -> None:
        super().__init__()
        self.person = person


class Go(Message):
    """Show one of the main screens: "home", "local", "mentions", "people"."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode


class SetFollow(Message):
    """Follow, or no longer follow, somebody."""

    def __init__(self, identity: str, name: str, follow: bool) -> None:
        super().__init__()
        self.identity = identity
        self.name = name
        self.follow = follow


class Write(Message):
    """Open the composer: for a post, a reply to an entry, one that quotes it, or a new version."""

    def __init__(
        self,
        reply_to: Entry | None = None,
        *,
        quote: Entry | None = None,
        edit: Entry | None = None,
    ) -> None:
        super().__init__()
        self.reply_to = reply_to
        self.quote = quote
        self.edit = edit


class Trouble(Message):
    """Something failed; say so in one line and go on."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
