"""Which identity a log belongs to, what of it counts, and what that identity is called.

Implements protocol/05-identity.md on tables: the rule is that of `p2pblog.log.identity`,
followed as entries come, in any order.  A `device.add` extends the set at once; what can
shrink it (a `device.revoke`, a fork) has the whole set found again at the end of the batch.
A device that consented to several identities (an honest one never does) is shown as the
one's with the smallest key.
"""

from __future__ import annotations

import sqlite3
from functools import lru_cache

from p2pblog.content.bodies import DeviceAdd, DeviceRevoke, Profile
from p2pblog.core.encoding import encode
from p2pblog.core.limits import ROOTS_PER_LOG_MAX
from p2pblog.log.identity import has_consent
from p2pblog.views.acts import Acts
from p2pblog.views.names import folded
from p2pblog.views.numbers import Numbers
from p2pblog.views.schema import END
from p2pblog.views.strangers import renamed


class Owners:
    """Keeps `adds`, `revokes`, `owners`, `profiles`, and the people that follow from them.

    Fields:
        self_root: the identity that uses this node; its root log is its own from the start.
    """

    def __init__(self, conn: sqlite3.Connection, numbers: Numbers, acts: Acts) -> None:
        self._conn = conn
        self._numbers = numbers
        self._acts = acts
        self.self_root: bytes | None = None
        self.forget()

    def forget(self) -> None:
        """Drop what is still to be done, after a rollback."""
        self._attributed: set[int] = set()
        self._moved: dict[int, int] = {}
        self._stale: set[int] = set()
        self._uncertain: set[int] = set()
        self._unjudged: set[int] = set()

    def add(self, lid: int, seq: int, body: DeviceAdd) -> None:
        """Take in a `device.add` that stands in the log `lid`."""
        row = (lid, seq, body.device, body.consent)
        self._conn.execute("INSERT OR IGNORE INTO adds VALUES (?, ?, ?, ?)", row)
        roots = {self._numbers.log_key(lid)}
        roots.update(self._numbers.person_key(pid) for pid in self._roots(lid))
        for root in roots:
            if seq < self._end(root, lid) and _agreed(root, body.device, body.consent):
                self.own(root, root)
                self.own(root, body.device)

    def revoke(self, lid: int, seq: int, body: DeviceRevoke) -> None:
        """Take in a `device.revoke` that stands in the log `lid`."""
        row = (lid, body.device, body.seq, seq)
        self._conn.execute("INSERT OR IGNORE INTO revokes VALUES (?, ?, ?, ?)", row)
        self._unjudged.add(self._numbers.log(body.device))
        self._doubt(lid)

    def fork(self, lid: int, seq: int) -> None:
        """Take in that a log forks at entry `seq`, or below where it was known to."""
        self._conn.execute("UPDATE logs SET fork = min(fork, ?) WHERE lid = ?", (seq, lid))
        rows = self._conn.execute("SELECT DISTINCT device FROM revokes WHERE lid = ?", (lid,))
        self._unjudged.update(self._numbers.log(device) for (device,) in rows.fetchall())
        self._unjudged.add(lid)
        self._uncertain |= self._roots(lid)

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
            queue += self._added(root, lid)

    def say(self, lid: int, seq: int, time_ms: int, body: Profile) -> None:
        """Take in what entry `seq` of a log says about its identity's name."""
        fields = encode([list(one) for one in body.fields])
        row = (lid, seq, time_ms, body.name, body.bio, fields)
        self._conn.execute("INSERT OR IGNORE INTO profiles VALUES (?, ?, ?, ?, ?, ?)", row)
        self.refresh_later(lid)

    def unsay(self, lid: int, seq: int) -> None:
        """Take back for good what an entry, now erased, said about a name."""
        self._conn.execute("DELETE FROM profiles WHERE lid = ? AND seq = ?", (lid, seq))
        self.refresh_later(lid)

    def lose(self, lid: int, below: int) -> None:
        """Take back for good what the entries of a log below a seq said about devices and names.

        Of a log that is gone as a whole, nothing is known of a fork either.
        """
        gone = (lid, below)
        revoked = self._conn.execute("SELECT device FROM revokes WHERE lid = ? AND seq < ?", gone)
        self._unjudged.update(self._numbers.log(device) for (device,) in revoked.fetchall())
        for table in ("profiles", "adds", "revokes"):
            self._conn.execute(f"DELETE FROM {table} WHERE lid = ? AND seq < ?", gone)  # noqa: S608
        if below == END:
            self._conn.execute("UPDATE logs SET fork = ? WHERE lid = ?", (END, lid))
        self._unjudged.add(lid)
        self._uncertain |= self._roots(lid)
        self.refresh_later(lid)

    def settle(self) -> set[int]:
        """Find the doubtful device sets again; return the pids that gained or lost a log."""
        for pid in self._uncertain:
            self._find_again(pid)
        self._uncertain = set()
        changed, self._attributed = self._attributed, set()
        return changed

    def voids(self) -> list[tuple[int, int]]:
        """Return the logs (lids) of which another part counts now, with its new end."""
        unjudged, self._unjudged = self._unjudged, set()
        found = []
        for lid in sorted(unjudged):
            actor = self._numbers.actor(lid)
            root = self._numbers.person_key(actor) if actor > 0 else None
            end = self._fork(lid) if root is None else self._end(root, lid)
            if end != self._numbers.void(lid):
                found.append((lid, end))
        return found

    def take_moved(self) -> dict[int, int]:
        """Return the logs (lids) whose identity has changed since the last call, with the old one.

        The old one is an actor: a pid, or -lid where it was unknown.
        """
        moved, self._moved = self._moved, {}
        return moved

    def refresh_later(self, lid: int) -> None:
        """Add the log's identity up again when `refresh` is called."""
        pid = self._numbers.actor(lid)
        if pid > 0:
            self._stale.add(pid)

    def refresh(self) -> None:
        """Add the changed people up again."""
        for pid in self._stale:
            self._refresh(pid)
        self._stale = set()

    def _roots(self, lid: int) -> set[int]:
        rows = self._conn.execute("SELECT pid FROM owners WHERE lid = ?", (lid,))
        return {pid for (pid,) in rows}

    def _doubt(self, lid: int) -> None:
        """Find the identity's devices again, where `lid` is its root log."""
        key = self._numbers.log_key(lid)
        self._uncertain |= {pid for pid in self._roots(lid) if self._numbers.person_key(pid) == key}

    def _fork(self, lid: int) -> int:
        row = self._conn.execute("SELECT fork FROM logs WHERE lid = ?", (lid,)).fetchone()
        return int(row[0])

    def _end(self, root: bytes, lid: int) -> int:
        """Return the first seq of a log that counts for nothing, as a log of `root`."""
        root_lid = self._numbers.log(root)
        pin = self._conn.execute(
            "SELECT pin FROM revokes WHERE lid = ? AND device = ? AND seq < ? ORDER BY pin LIMIT 1",
            (root_lid, self._numbers.log_key(lid), self._fork(root_lid)),
        ).fetchone()
        return min(self._fork(lid), END if pin is None else pin[0] + 1)

    def _added(self, root: bytes, lid: int) -> list[bytes]:
        """Return the devices that a log of `root` has added with their consent."""
        rows = self._conn.execute(
            "SELECT device, consent FROM adds WHERE lid = ? AND seq < ?",
            (lid, self._end(root, lid)),
        ).fetchall()
        return [device for device, consent in rows if _agreed(root, device, consent)]

    def _find_again(self, pid: int) -> None:
        """Walk the whole set of an identity's logs, which may have shrunk or grown."""
        root = self._numbers.person_key(pid)
        root_lid = self._numbers.log(root)
        first = self._added(root, root_lid)
        logs = {root_lid} if first or root == self.self_root else set()
        queue = first
        while queue:
            lid = self._numbers.log(queue.pop())
            if lid not in logs:
                logs.add(lid)
                queue += self._added(root, lid)
        rows = self._conn.execute("SELECT lid FROM owners WHERE pid = ?", (pid,)).fetchall()
        known = {lid for (lid,) in rows}
        for lid in known - logs:
            self._conn.execute("DELETE FROM owners WHERE lid = ? AND pid = ?", (lid, pid))
            self._attribute(lid)
        for lid in logs - known:
            if len(self._roots(lid)) < ROOTS_PER_LOG_MAX:
                self._conn.execute("INSERT INTO owners VALUES (?, ?)", (lid, pid))
                self._attribute(lid)

    def _attribute(self, lid: int) -> None:
        """Show the log as the identity's with the smallest key of those that own it."""
        old = self._numbers.actor(lid)
        row = self._conn.execute(
            "SELECT p.pid FROM owners o JOIN people p ON p.pid = o.pid WHERE o.lid = ?"
            " ORDER BY p.key LIMIT 1",
            (lid,),
        ).fetchone()
        new = -lid if row is None else int(row[0])
        if new == old:
            return
        self._numbers.attribute(lid, new if new > 0 else None)
        self._acts.move(lid, old, new)
        changed = {pid for pid in (old, new) if pid > 0}
        self._stale |= changed
        self._attributed |= changed
        self._moved.setdefault(lid, old)
        self._unjudged.add(lid)

    def _refresh(self, pid: int) -> None:
        """Add an identity's row up again from its logs."""
        posts, last_ms, near = self._conn.execute(
            "SELECT coalesce(sum(posts), 0), max(last_ms), coalesce(max(near), 0)"
            " FROM logs WHERE person = ?",
            (pid,),
        ).fetchone()
        name, bio, fields = self._conn.execute(
            "SELECT r.name, r.bio, r.fields FROM logs l JOIN profiles r"
            " ON r.lid = l.lid AND r.seq ="
            " (SELECT max(seq) FROM profiles WHERE lid = l.lid AND seq < l.void)"
            " WHERE l.person = ? ORDER BY r.time_ms DESC, l.key DESC LIMIT 1",
            (pid,),
        ).fetchone() or (None, None, None)
        self._conn.execute(
            "UPDATE people SET posts = ?, last_ms = ?, near = ?, name = ?, folded = ?, bio = ?,"
            " fields = ? WHERE pid = ?",
            (posts, last_ms, near, name, folded(name) if name else None, bio, fields, pid),
        )
        renamed(self._conn, pid)


@lru_cache(maxsize=4096)
def _agreed(root: bytes, device: bytes, consent: bytes) -> bool:
    return has_consent(root, DeviceAdd(device, consent))
