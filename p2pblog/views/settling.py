"""Let follow, once a batch is in, what it means for entries folded before.

Specified in docs/views.md.  Who owns which log decides what counts of it, and that decides what
is erased.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Set as AbstractSet

from p2pblog.views.acts import Acts
from p2pblog.views.erasing import Erasing
from p2pblog.views.notices import Notices
from p2pblog.views.numbers import Numbers
from p2pblog.views.owners import Owners
from p2pblog.views.schema import END
from p2pblog.views.standing import Standing
from p2pblog.views.versions import Versions


class Settling:
    """Settles batches; for the one writer, within its transaction."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        numbers: Numbers,
        standing: Standing,
        acts: Acts,
        owners: Owners,
        erasing: Erasing,
        versions: Versions,
        notices: Notices,
    ) -> None:
        self._conn = conn
        self._numbers = numbers
        self._standing = standing
        self._acts = acts
        self._owners = owners
        self._erasing = erasing
        self._versions = versions
        self._notices = notices

    def settle(self, batch: AbstractSet[int]) -> set[int]:
        """Let everything follow; return the identities (pids) that gained or lost a log.

        Args:
            batch: the logs (lids) that it had entries of.
        """
        attributed = self._owners.settle()
        touched: set[int] = set()
        for lid, void in self._owners.voids():
            self._set_void(lid, void)
            touched.add(lid)
        moved = self._owners.take_moved()
        for lid in touched | moved.keys():
            self._erasing.reconsider(lid)
        self._versions.moved(set(moved))
        self._notices.moved(moved)
        self._versions.settle()
        lost = self._erasing.finish()
        self._versions.settle()
        for lid in touched | lost | batch:
            dated = lid in touched or self._numbers.void(lid) < END
            if dated:
                self._date(lid)
            if dated or lid in lost:
                self._owners.refresh_later(lid)
        self._owners.refresh()
        return attributed

    def _set_void(self, lid: int, void: int) -> None:
        """Let the entries of a log from seq `void` on count for nothing, and those below count."""
        old = self._numbers.void(lid)
        self._numbers.set_void(lid, void)
        actor = self._numbers.actor(lid)
        if void > old:
            self._standing.put_back(lid, old, void)
        self._acts.judge(lid, actor, min(old, void), void)
        if void < old:
            self._standing.take_out(lid, void, old)

    def _date(self, lid: int) -> None:
        """Find the newest of what a log shows, where not everything of it counts."""
        self._conn.execute(
            "UPDATE logs SET last_ms = (SELECT coalesce(sort_ms, time_ms) FROM entries"
            " WHERE lid = ?1 AND place IS NOT NULL ORDER BY place DESC LIMIT 1) WHERE lid = ?1",
            (lid,),
        )
