"""What the methods about devices need of the node: who lives here, and what to do for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from p2pblog.content.bodies import Body
from p2pblog.core.crypto import SigningKey
from p2pblog.log.entry import Entry
from p2pblog.node.config import Config
from p2pblog.node.home import Home, Identity
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.roster import Roster
from p2pblog.store.logs import LogStore


class Household(Protocol):
    """A node, as seen by its devices' methods."""

    @property
    def becoming(self) -> asyncio.Lock:
        """Held from seeing that nobody lives here until somebody does."""

    @property
    def home(self) -> Home: ...

    @property
    def config(self) -> Config: ...

    @property
    def store(self) -> LogStore: ...

    @property
    def roster(self) -> Roster: ...

    @property
    def own_logs(self) -> OwnLogs: ...

    @property
    def who(self) -> Identity | None:
        """Who lives here, None while nobody does."""

    @property
    def listening(self) -> list[str]:
        """Where links are accepted, as HOST:PORT."""

    async def check_may_write(self) -> Identity:
        """Return who lives here.

        Raises:
            NoIdentity: nobody does.
            Restoring: their history is not back yet.
            DeviceRevoked: this device is theirs no more.
        """

    async def name_here(self) -> str:
        """Return what the identity is called, "" while that is not known."""

    async def say(self, bodies: list[Body]) -> list[Entry]:
        """Append to this device's log, and wait until the views show it."""

    async def append_as(self, key: SigningKey, bodies: Iterable[Body]) -> list[Entry]:
        """Append to the log of another key of this person's, which is here: the root's."""

    async def become(self, who: Identity, key: SigningKey) -> None:
        """Take up an identity that the home has been told of, and go online."""

    async def connect_to(self, address: str) -> bytes:
        """Link to whoever is at `address`; errors as `Network.connect`."""
