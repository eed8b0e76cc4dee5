"""Which entries are erased, and what that leaves of them.

Implements protocol/04-bodies.md section 8 on tables.  An `erase` counts for entries of the
same identity, by log and seq.  It may come before its target, and before anybody knows
whose logs both are; it waits until then, so that every order of arrival ends the same.
What was erased stays erased, whatever is learned later of the device that wanted it.
"""

from __future__ import annotations

import sqlite3

from p2pblog.content.bodies import Body, DeviceAdd, DeviceRevoke, Erase, Ref
from p2pblog.views.acts import Acts
from p2pblog.views.numbers import Numbers
from p2pblog.views.owners import Owners
from p2pblog.views.schema import ERASED
from p2pblog.views.standing import Standing


def is_spared(body: Body) -> bool:
    """Tell whether an entry cannot be erased: who an identity's devices are would depend on it."""
    return isinstance(body, DeviceAdd | DeviceRevoke | Erase)


class Erasing:
    """Keeps `erases` and `erased`; for the one writer."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        numbers: Numbers,
        standing: Standing,
        acts: Acts,
        owners: Owners,
    ) -> None:
        self._conn = conn
        self._numbers = numbers
        self._standing = standing
        self._acts = acts
        self._owners = owners
        self.forget()

    def forget(self) -> None:
        """Drop what is remembered; after a rollback the tables alone know."""
        self._any: bool | None = None
        self._due: set[int] = set()
        self._found: dict[Ref, None] = {}
        self._touched = False

    def take_in(self, lid: int, seq: int, body: Erase) -> None:
        """Take in an `erase` that stands in the log `lid`."""
        for target in body.targets:
            row = (self._numbers.log(target.log), target.seq, target.id, lid, seq)
            self._conn.execute("INSERT OR IGNORE INTO erases VALUES (?, ?, ?, ?, ?)", row)
        self._due.add(lid)

    def reconsider(self, lid: int) -> None:
        """Look again, by the end of the batch, at what concerns this log."""
        self._due.add(lid)

    def is_erased(self, lid: int, seq: int) -> bool:
        """Tell whether that entry, here or not, was erased by its identity."""
        if self._any is None:
            self._any = self._conn.execute("SELECT 1 FROM erased LIMIT 1").fetchone() is not None
        if not self._any:
            return False
        where = "SELECT 1 FROM erased WHERE lid = ? AND seq = ?"
        return self._conn.execute(where, (lid, seq)).fetchone() is not None

    def report(self, ref: Ref) -> None:
        """Remember that an erased entry arrived with its body, which has to go."""
        self._found[ref] = None

    def finish(self) -> set[int]:
        """Erase what may be by now; return the logs (lids) that lost something here."""
        due, self._due = self._due, set()
        lost: set[int] = set()
        for lid in due:
            rows = self._conn.execute(
                "SELECT lid, seq, id, by_lid, by_seq FROM erases WHERE by_lid = ?1"
                " UNION SELECT lid, seq, id, by_lid, by_seq FROM erases WHERE lid = ?1",
                (lid,),
            ).fetchall()
            for target_lid, seq, entry_id, by_lid, by_seq in rows:
                if self._may(by_lid, by_seq, target_lid) and self._mark(target_lid, seq, entry_id):
                    self._erase(target_lid, seq, entry_id)
                    lost.add(target_lid)
        return lost

    def take_found(self) -> tuple[Ref, ...]:
        """Return what was erased since the last call, in that order."""
        found, self._found = tuple(self._found), {}
        return found

    def take_touched(self) -> bool:
        """Tell whether text was deleted since the last call, and may stand in the file yet."""
        touched, self._touched = self._touched, False
        return touched

    def _may(self, by_lid: int, by_seq: int, target_lid: int) -> bool:
        if by_seq >= self._numbers.void(by_lid):
            return False
        actor = self._numbers.actor(by_lid)
        if actor < 0 or actor != self._numbers.actor(target_lid):
            return False
        # The root's log says whose devices are whose: no thief may hide a revocation.
        return self._numbers.person_key(actor) != self._numbers.log_key(target_lid)

    def _mark(self, lid: int, seq: int, entry_id: bytes) -> bool:
        marked = self._conn.execute(
            "INSERT OR IGNORE INTO erased VALUES (?, ?, ?)", (lid, seq, entry_id)
        ).rowcount
        return marked > 0

    def _erase(self, lid: int, seq: int, entry_id: bytes) -> None:
        self._any = True
        self._touched = True
        actor, void = self._numbers.actor(lid), self._numbers.void(lid)
        self._acts.drop(lid, actor, seq, void)
        self._owners.unsay(lid, seq)
        ref = self._standing.strip(lid, seq, ERASED)
        ref = ref or Ref(self._numbers.log_key(lid), seq, entry_id)
        self._found[ref] = None
