"""What every screen needs: the node, the clock, the drafts, and who we are."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from textual.message import Message

from p2pblog.tui.connection import Connection
from p2pblog.tui.drafts import Drafts
from p2pblog.tui.entries import Clock
from p2pblog.tui.shapes import Entry


@dataclass(slots=True)
class Context:
    """Shared by the app and its screens.

    Attributes:
        identity, name: who we are; "" until the node has said so.
        status: the newest answer to `status`, or empty.
        away: why the node cannot be reached, or "" while it is there.
    """

    connection: Connection
    clock: Clock
    drafts: Drafts
    chance: random.Random
    identity: str = ""
    name: str = ""
    status: dict[str, Any] = field(default_factory=dict)
    away: str = "starting"

    @property
    def ready(self) -> bool:
        """Whether there is a node with an identity to ask."""
        return not self.away and bool(self.identity)


class OpenThread(Message):
    """Show the conversation that an entry belongs to."""

    def __init__(self, entry_id: str) -> None:
        super().__init__()
        self.entry_id = entry_id


class OpenProfile(Message):
    """Show somebody's profile."""

    def __init__(self, identity: str) -> None:
        super().__init__()
        self.identity = identity


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
    """Open the composer, perhaps for a reply to an entry."""

    def __init__(self, reply_to: Entry | None = None) -> None:
        super().__init__()
        self.reply_to = reply_to


class Trouble(Message):
    """Something failed; say so in one line and go on."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
