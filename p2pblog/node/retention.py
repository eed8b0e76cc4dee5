"""Let go of what strangers wrote, after its time: bodies by age, entries by number.

Implements protocol/10-replication.md section 10.  Which logs that concerns, and when, the policy
says.  Bodies are looked for in the order in which they came, a bounded number at a time with
pauses between, first some minutes after the start and then once a day.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from p2pblog.content.bodies import Edit, Post, Repost, parse
from p2pblog.core import limits
from p2pblog.core.errors import BadBody, LocalError, NotFound
from p2pblog.node.indexer import Indexer
from p2pblog.node.scrubbing import Scrubbing
from p2pblog.node.writer import Writer
from p2pblog.store.logs import LogStore
from p2pblog.store.scrubbing import Span
from p2pblog.sync.policy import Policy

logger = logging.getLogger(__name__)

_DAY_MS = 24 * 3600 * 1000


def is_passing(body: bytes) -> bool:
    """Tell whether a body goes after its time: texts do.

    Names, devices, likes and follows stay, for much else follows from them, and so do kinds of
    which this version does not know what follows.
    """
    try:
        said = parse(body)
    except BadBody:
        return True
    return isinstance(said, Post | Edit) or (isinstance(said, Repost) and said.outside is not None)


class _Kept(NamedTuple):
    """Logs whose bodies are kept equally long: what came up to `after` was looked at."""

    after: int
    logs: set[bytes]


class Retention:
    """Keeps what is held of strangers within bounds; lives on one event loop."""

    def __init__(
        self,
        store: LogStore,
        writer: Writer,
        indexer: Indexer,
        scrubbing: Scrubbing,
        policy: Policy,
        *,
        sure: Callable[[], bool],
        refresh: Callable[[], Awaitable[object]],
        on_less: Callable[[bytes], None],
        clock_ms: Callable[[], int],
    ) -> None:
        """Prepare to let go.

        Args:
            sure: tells whether the policy knows whom this node's owner follows; views that are
                being rebuilt do not, and who is followed would be taken for a stranger.
            refresh: has the policy told anew.
            on_less: called with a log of which less is held than before.
        """
        self._store = store
        self._writer = writer
        self._indexer = indexer
        self._scrubbing = scrubbing
        self._policy = policy
        self._sure = sure
        self._refresh = refresh
        self._on_less = on_less
        self._clock_ms = clock_ms
        self._kept: dict[int, _Kept] = {}
        self._long: set[bytes] = set()
        self._grown = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        self._tasks = [
            asyncio.create_task(self._keep_short(), name="trimming"),
            asyncio.create_task(self._keep_young(), name="retention"),
        ]

    async def close(self) -> None:
        """Stop; what is under way is finished another time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- entries -----------------------------------------------------------------------

    def grew(self, log: bytes) -> None:
        """Hear that more of a log is held."""
        if self._sure() and self._policy.surplus(log):
            self._long.add(log)
            self._grown.set()

    def review(self) -> None:
        """Hear that logs may have become those of strangers, or were not looked at before.

        A log of which too much is held takes nothing more, and would wait for growth for ever.
        """
        for log in tuple(self._store.logs):
            self.grew(log)

    async def _keep_short(self) -> None:
        while True:
            await self._grown.wait()
            self._grown.clear()
            with suppress(LocalError):  # a full disk, say: another time
                while self._long:
                    await self._trim(self._long.pop())
                await self._scrubbing.sweep()

    async def _trim(self, log: bytes) -> None:
        """Hold no more of a log than the policy says."""

        def forget() -> int:
            below = self._policy.surplus(log) if self._sure() else 0
            if below:
                self._store.forget(log, below)
            return below

        if below := await self._writer.run(forget):
            self._on_less(log)
            await self._indexer.forget({log: below})

    # --- bodies ------------------------------------------------------------------------

    async def _keep_young(self) -> None:
        await asyncio.sleep(limits.RETENTION_FIRST_S)
        while True:
            try:
                if gone := await self.run(self._clock_ms()):
                    logger.info("%d bodies have been let go of after their time", gone)
            except LocalError as error:
                logger.warning("bodies could not be let go of: %s", error)
            await asyncio.sleep(limits.RETENTION_EVERY_S)

    async def run(self, now_ms: int) -> int:
        """Let go of the bodies whose time is over; return how many went."""
        await self._refresh()
        if not self._sure():
            return 0
        by_days: defaultdict[int, set[bytes]] = defaultdict(set)
        for log in tuple(self._store.logs):
            if (days := self._policy.rule(log).body_days) is not None:
                by_days[days].add(log)
        gone = 0
        for days, logs in by_days.items():
            known = self._kept.get(days)
            if known is None or not logs <= known.logs:
                known = _Kept(0, logs)  # what came of a new one may have come long ago
            self._kept[days] = known._replace(logs=logs)
            gone += await self._let_go_until(now_ms - days * _DAY_MS, days)
        if gone:
            await self._scrubbing.run()
        return gone

    async def _let_go_until(self, last_ms: int, days: int) -> int:
        """Let go of the bodies that came before a time, of logs whose bodies are kept so long."""
        gone = 0
        while True:
            began_s = time.monotonic()
            kept = self._kept[days]
            due, after, done = await asyncio.to_thread(self._look, kept, last_ms)
            if due:
                gone += await self._let_go(due)
            self._kept[days] = kept._replace(after=after)
            if done:
                return gone
            await asyncio.sleep(limits.RETENTION_PAUSE_RATIO * (time.monotonic() - began_s))

    def _look(self, kept: _Kept, last_ms: int) -> tuple[dict[bytes, list[int]], int, bool]:
        """Look at some of what has not been looked at.

        Returns which entries are due (rising seqs, by log), up to which arrival number that is
        all, and whether nothing that came later is due.
        """
        due: defaultdict[bytes, set[int]] = defaultdict(set)
        after, read = kept.after, 0
        batches = self._store.batches(after, limits.RETENTION_BATCHES)
        for log, batch in batches:
            if batch.received_ms > last_ms or read >= limits.RETENTION_ENTRIES:
                break
            after = batch.arrival + batch.length - 1
            if log is None or log not in kept.logs:
                continue
            for entry in self._store.read(log, batch.first, batch.first + batch.length - 1):
                read += 1
                if entry.body is not None and is_passing(entry.body):
                    due[log].add(entry.seq)
        else:
            return _risen(due), after, len(batches) < limits.RETENTION_BATCHES
        return _risen(due), after, batch.received_ms > last_ms

    async def _let_go(self, due: Mapping[bytes, Sequence[int]]) -> int:
        """Drop bodies; return how many went."""
        # From what is shown first: if that is as far as it gets, it is done again another time.
        await self._indexer.withhold(due)
        await asyncio.to_thread(self._store.scrub.compact, self._spans(due))
        gone = 0
        for log, seqs in due.items():
            for at in range(0, len(seqs), limits.RETENTION_BODIES_MAX):
                part = seqs[at : at + limits.RETENTION_BODIES_MAX]
                with suppress(NotFound):  # the log is gone
                    gone += await self._writer.run(partial(self._store.let_go, log, part))
            self._policy.count(log)
        return gone

    def _spans(self, due: Mapping[bytes, Sequence[int]]) -> list[Span]:
        spans: list[Span] = []
        for log, seqs in due.items():
            with suppress(NotFound):
                spans.append(self._store.let_go_span(log, seqs))
        return spans


def _risen(due: Mapping[bytes, set[int]]) -> dict[bytes, list[int]]:
    return {log: sorted(seqs) for log, seqs in due.items()}
