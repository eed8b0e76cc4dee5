"""Which identity a log belongs to, and what that identity is called.

Implements protocol/02-identity.md on tables: the rule is that of `p2pblog.log.identity`,
followed as entries come, in any order.  A device that consented to several identities (an
honest one never does) is shown as the one's with the smallest key.
"""

from __future__ import annotations

import sqlite3

from p2pblog.content.bodies import DeviceAdd, Profile
from p2pblog.core.limits import ROOTS_PER_LOG_MAX
from p2pblog.log.identity import has_consent
from p2pblog.views.acts import Acts
from p2pblog.views.names import folded
from p2pblog.views.numbers import Numbers


class Owners:
    """Keeps `adds`, `owners`, `profiles`, and the people that follow from them."""

    def __init__(self, conn: sqlite3.Connection, numbers: Numbers, acts: Acts) -> None:
        self._conn = conn
        self._numbers = numbers
        self._acts = acts
        self._attributed: set[int] = set()
        self._stale: set[int] = set()

    def finish(self) -> set[int]:
        """Add the changed people up; return those (pids) that gained or lost a log."""
        for pid in self._stale:
            self._refresh(pid)
        changed = self._attributed
        self.forget()
        return changed

    def forget(self) -> None:
        """Drop what `finish` has to do, after a rollback."""
        self._stale = set()
        self._attributed = set()

    def add(self, lid: int, body: DeviceAdd) -> None:
        """Take in a `device.add` that stands in the log `lid`."""
        self._conn.execute(
            "INSERT OR IGNORE INTO adds VALUES (?, ?, ?)", (lid, body.device, body.consent)
        )
        roots = {self._numbers.log_key(lid)}
        roots.update(self._numbers.person_key(pid) for pid in self._roots(lid))
        for root in roots:
            if has_consent(root, body):
                self.own(root, root)
                self.own(root, body.device)

    def own(self, root: bytes, device: bytes) -> None:
        """Take in that `device`, or the root log itself, is one of the identity `root`.

        Whatever devices that one has added follow, and theirs.
        """
        pid = self._numbers.person(root)
        queue = [device]
        while queue:
            lid = self._numbers.log(queue.pop())
            roots = self._roots(lid)
            # The bound makes attribution depend on the order, for logs of attackers only.
            if pid in roots or len(roots) >= ROOTS_PER_LOG_MAX:
                continue
            self._conn.execute("INSERT INTO owners VALUES (?, ?)", (lid, pid))
            self._attribute(lid)
            rows = self._conn.execute(
                "SELECT device, consent FROM adds WHERE lid = ?", (lid,)
            ).fetchall()
            for added, consent in rows:
                if has_consent(root, DeviceAdd(added, consent)):
                    queue.append(added)

    def say(self, lid: int, seq: int, time_ms: int, body: Profile) -> None:
        """Take in what entry `seq` of a log says about its identity's name."""
        changed = self._conn.execute(
            "INSERT INTO profiles VALUES (?, ?, ?, ?, ?) ON CONFLICT(lid) DO UPDATE SET"
            " seq = excluded.seq, time_ms = excluded.time_ms, name = excluded.name,"
            " bio = excluded.bio WHERE excluded.seq > seq",
            (lid, seq, time_ms, body.name, body.bio),
        ).rowcount
        pid = self._numbers.actor(lid)
        if changed and pid > 0:
            self._stale.add(pid)

    def _roots(self, lid: int) -> set[int]:
        rows = self._conn.execute("SELECT pid FROM owners WHERE lid = ?", (lid,))
        return {pid for (pid,) in rows}

    def _attribute(self, lid: int) -> None:
        """Show the log as the identity's with the smallest key of those that own it."""
        old = self._numbers.actor(lid)
        new: int = self._conn.execute(
            "SELECT p.pid FROM owners o JOIN people p ON p.pid = o.pid WHERE o.lid = ?"
            " ORDER BY p.key LIMIT 1",
            (lid,),
        ).fetchone()[0]
        if new == old:
            return
        self._numbers.attribute(lid, new)
        self._acts.move(lid, old, new)
        moved = {pid for pid in (old, new) if pid > 0}
        self._stale |= moved
        self._attributed |= moved

    def _refresh(self, pid: int) -> None:
        """Add an identity's row up again from its logs."""
        posts, last_ms, near = self._conn.execute(
            "SELECT coalesce(sum(posts), 0), max(last_ms), coalesce(max(near), 0)"
            " FROM logs WHERE person = ?",
            (pid,),
        ).fetchone()
        name, bio = self._conn.execute(
            "SELECT r.name, r.bio FROM logs l JOIN profiles r ON r.lid = l.lid"
            " WHERE l.person = ? ORDER BY r.time_ms DESC, l.key DESC LIMIT 1",
            (pid,),
        ).fetchone() or (None, None)
        self._conn.execute(
            "UPDATE people SET posts = ?, last_ms = ?, near = ?, name = ?, folded = ?, bio = ?"
            " WHERE pid = ?",
            (posts, last_ms, near, name, folded(name) if name else None, bio, pid),
        )
