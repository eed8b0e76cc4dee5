"""Keeps up to date whose logs this node wants, and whose word counts about its own ones.

Both follow from whom a person follows and which devices are whose, as the views know them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain

from p2pblog.core.errors import ViewsDamaged
from p2pblog.node.home import Identity
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.reading import Reading
from p2pblog.sync.policy import Policy
from p2pblog.views.reader import Reader


class Wishes:
    """Asks the views whenever follows or devices have changed, and tells the policy."""

    def __init__(
        self,
        policy: Policy,
        own_logs: OwnLogs,
        reading: Reading,
        reader: Reader,
        on_change: Callable[[], None],
        *,
        restoring: Callable[[], bool],
    ) -> None:
        """Prepare to wish.

        Args:
            on_change: called when other logs are wanted than before.
            restoring: tells whether one's own history is still coming back, so that of one's
                own logs it has to be known what peers hold.
        """
        self._policy = policy
        self._own_logs = own_logs
        self._reading = reading
        self._reader = reader
        self._on_change = on_change
        self._restoring = restoring
        self._stale = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, who: Identity) -> None:
        """Tell the policy what `who` wants, and go on doing so."""
        try:
            await self._update(who)
        except ViewsDamaged:
            self._stale.set()  # they are being rebuilt
        self._task = asyncio.create_task(self._keep(who), name="wishes")

    def outdate(self) -> None:
        """Hear that follows or devices have changed."""
        self._stale.set()

    def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()

    async def _keep(self, who: Identity) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                await self._update(who)
            except ViewsDamaged:
                continue  # they are being rebuilt, and will tell

    async def _update(self, who: Identity) -> None:
        """Want the logs of oneself and of everybody followed."""
        own = await self._reading.ask(self._reader.logs_of, who.identity)
        logs_of = await self._reading.ask(self._reader.followed_logs, who.identity)
        self._own_logs.know(own, logs_of)
        followed = {*logs_of, *chain.from_iterable(logs_of.values())}
        mine = {*own, who.identity, who.device}
        if self._policy.want(mine | followed, mine if self._restoring() else ()):
            self._on_change()
