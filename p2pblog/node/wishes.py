"""Keep the policy in line with whom this node's person follows, and with their devices.

Whom those follow in turn, and whom the person has blocked, counts as well; and whose word counts
about one's own logs follows from the same, so it is told here, too.

The views say all that.  But they may be behind by a whole sync, so the devices that a followed
identity's root log names are wanted as soon as that log is here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from p2pblog.core.errors import ViewsDamaged
from p2pblog.core.limits import WISHES_PAUSE_RATIO
from p2pblog.node.home import Identity
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.reading import Reading
from p2pblog.node.roster import Roster
from p2pblog.node.writer import Writer
from p2pblog.store.logs import LogStore
from p2pblog.sync.policy import Policy
from p2pblog.views.reader import Reader


class _Shown(NamedTuple):
    """Logs by what the views say; `roots` name the devices of oneself and of whom one follows."""

    roots: frozenset[bytes] = frozenset()
    mine: frozenset[bytes] = frozenset()
    followed: frozenset[bytes] = frozenset()
    second: frozenset[bytes] = frozenset()


class Wishes:
    """Tells the policy whose logs are how far away; lives on one event loop."""

    def __init__(
        self,
        policy: Policy,
        own_logs: OwnLogs,
        reading: Reading,
        reader: Reader,
        roster: Roster,
        store: LogStore,
        writer: Writer,
        *,
        restoring: Callable[[], bool],
        complete: Callable[[], bool],
    ) -> None:
        """Prepare to wish.

        Args:
            restoring: tells whether one's own history is still coming back, so that of one's
                own logs it has to be known what peers hold.
            complete: tells whether the views know what was stored before they were begun.
        """
        self._policy = policy
        self._own_logs = own_logs
        self._reading = reading
        self._reader = reader
        self._roster = roster
        self._store = store
        self._writer = writer
        self._restoring = restoring
        self._complete = complete
        self.sure = False
        """Whether the policy was told by views that were complete."""
        self._doubts = 0
        self._who: Identity | None = None
        self._on_change: Callable[[], None] = lambda: None
        self.on_told: Callable[[], None] = lambda: None
        """Called when the policy was told of other wishes, or by views that it can be sure of."""
        self._shown = _Shown()
        self._named: dict[bytes, set[bytes]] = {}
        self._turn = asyncio.Lock()
        self._unread = asyncio.Event()  # the views may say something new
        self._grown: set[bytes] = set()
        self._grew = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, who: Identity, on_change: Callable[[], None]) -> None:
        """Wish for what `who` wants, now and from now on.

        Args:
            on_change: called when other logs are wanted than before.
        """
        self._who, self._on_change = who, on_change
        with suppress(ViewsDamaged):  # they are being rebuilt, and will tell
            await self.refresh()
        self._tasks = [
            asyncio.create_task(self._keep_with_views(), name="wishes"),
            asyncio.create_task(self._keep_with_roots(), name="wishes of roots"),
        ]

    def review(self) -> None:
        """Ask the views again: they say something new of follows or devices."""
        self._unread.set()

    def doubt(self) -> None:
        """Hear that the views have been begun anew."""
        self.sure = False
        self._doubts += 1
        self._unread.set()

    def log_grew(self, log: bytes) -> None:
        """Hear that more of a log is here."""
        if log in self._shown.roots:
            self._grown.add(log)
            self._grew.set()

    def close(self) -> None:
        """Wish for nothing new."""
        for task in self._tasks:
            task.cancel()

    async def refresh(self) -> bool:
        """Tell the policy now what the views say; False while nobody lives here.

        Raises:
            ViewsDamaged: they are being rebuilt.
        """
        if self._who is None:
            return False
        async with self._turn:
            complete, doubts = self._complete(), self._doubts
            await self._read_views(self._who)
            told = await self._tell(self._who)
            # Views that were begun anew meanwhile may have said nothing of most people.
            if complete and doubts == self._doubts:
                told, self.sure = told or not self.sure, True
        if told:
            self.on_told()
        return True

    async def _keep_with_views(self) -> None:
        while True:
            await self._unread.wait()
            self._unread.clear()
            began_s = time.monotonic()
            with suppress(ViewsDamaged):  # they are being rebuilt, and will tell
                await self.refresh()
            # Whoever follows and unfollows all day must not keep the views busy.
            await asyncio.sleep(WISHES_PAUSE_RATIO * (time.monotonic() - began_s))

    async def _keep_with_roots(self) -> None:
        while True:
            await self._grew.wait()
            self._grew.clear()
            async with self._turn:
                told = self._who is not None and await self._tell(self._who)
            if told:
                self.on_told()

    async def _read_views(self, who: Identity) -> None:
        own = await self._reading.ask(self._reader.logs_of, who.identity)
        followed = self._allowed(await self._reading.ask(self._reader.followed_logs, who.identity))
        second = self._allowed(await self._reading.ask(self._reader.second_logs, who.identity))
        self._own_logs.know(own, followed)
        self._shown = _Shown(
            roots=frozenset((who.identity, *followed)),
            mine=frozenset((who.identity, who.device, *own)),
            followed=_logs_of(followed),
            second=_logs_of(second),
        )

    async def _tell(self, who: Identity) -> bool:
        """Tell the policy what the views said last, and what root logs name by now.

        Returns whether it wants something else than before.
        """
        shown = self._shown
        grown, self._grown = self._grown, set()
        for root in grown & shown.roots:
            self._named[root] = await asyncio.to_thread(self._roster.named, root)
        named = {root: self._named[root] for root in shown.roots & self._named.keys()}
        own = shown.mine.union(named.get(who.identity, ()))
        whole = own.union(shown.followed, *named.values())
        changed = self._policy.want(
            whole,
            shown.mine if self._restoring() else (),
            own=own,
            second=shown.second,
            blocked=self._store.blocks.logs,
        )
        if await self._recall(whole) or changed:
            self._on_change()
        return changed

    async def _recall(self, logs: Collection[bytes]) -> bool:
        """Want bodies again that were let go of; tell whether there were any."""
        gone = [log for log in tuple(self._store.let_go_of) if log in logs]
        for log in gone:
            await self._writer.run(partial(self._store.recall, log))
        return bool(gone)

    def _allowed(self, people: Mapping[bytes, list[bytes]]) -> dict[bytes, list[bytes]]:
        blocked = self._store.blocks.identities
        return {person: logs for person, logs in people.items() if person not in blocked}


def _logs_of(people: Mapping[bytes, list[bytes]]) -> frozenset[bytes]:
    return frozenset(people).union(*people.values())
