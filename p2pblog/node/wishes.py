"""Keep the policy in line with whom this node's person follows, and with their devices.

Whose word counts about one's own logs follows from the same, so it is told here as well.

The views say both.  But they may be behind by a whole sync, so the devices that a followed
identity's root log names are wanted as soon as that log is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from p2pblog.core.errors import ViewsDamaged
from p2pblog.node.home import Identity
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.reading import Reading
from p2pblog.node.roster import Roster
from p2pblog.sync.policy import Policy
from p2pblog.views.reader import Reader


class Wishes:
    """Tells the policy which logs are wanted whole; lives on one event loop."""

    def __init__(
        self,
        policy: Policy,
        own_logs: OwnLogs,
        reading: Reading,
        reader: Reader,
        roster: Roster,
        *,
        restoring: Callable[[], bool],
    ) -> None:
        """Prepare to wish.

        Args:
            restoring: tells whether one's own history is still coming back, so that of one's
                own logs it has to be known what peers hold.
        """
        self._policy = policy
        self._own_logs = own_logs
        self._restoring = restoring
        self._reading = reading
        self._reader = reader
        self._roster = roster
        self._roots: frozenset[bytes] = frozenset()
        self._mine: frozenset[bytes] = frozenset()
        self._shown: frozenset[bytes] = frozenset()  # the logs wanted by what the views say
        self._named: dict[bytes, set[bytes]] = {}
        self._grown: set[bytes] = set()
        self._unread = True  # the views may say something new
        self._stale = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, who: Identity, on_change: Callable[[], None]) -> None:
        """Wish for what `who` wants, now and from now on.

        Args:
            on_change: called when other logs are wanted than before.
        """
        await self._renew(who, on_change)
        self._task = asyncio.create_task(self._keep(who, on_change), name="wishes")

    def review(self) -> None:
        """Ask the views again: they say something new of follows or devices."""
        self._unread = True
        self._stale.set()

    def log_grew(self, log: bytes) -> None:
        """Hear that more of a log is here."""
        if log in self._roots:
            self._grown.add(log)
            self._stale.set()

    def close(self) -> None:
        """Wish for nothing new."""
        if self._task is not None:
            self._task.cancel()

    async def _keep(self, who: Identity, on_change: Callable[[], None]) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            await self._renew(who, on_change)

    async def _renew(self, who: Identity, on_change: Callable[[], None]) -> None:
        if self._unread:
            self._unread = False
            try:
                await self._read_views(who)
            except ViewsDamaged:
                return  # they are being rebuilt, and will tell
        grown, self._grown = self._grown, set()
        for root in grown & self._roots:
            self._named[root] = await asyncio.to_thread(self._roster.named, root)
        named = (self._named[root] for root in self._roots & self._named.keys())
        sought = self._mine if self._restoring() else ()
        if self._policy.want(self._shown.union(*named), sought):
            on_change()

    async def _read_views(self, who: Identity) -> None:
        own = await self._reading.ask(self._reader.logs_of, who.identity)
        logs_of = await self._reading.ask(self._reader.followed_logs, who.identity)
        self._own_logs.know(own, logs_of)
        self._roots = frozenset((who.identity, *logs_of))
        self._mine = frozenset((who.identity, who.device, *own))
        self._shown = self._roots.union(self._mine, *logs_of.values())
