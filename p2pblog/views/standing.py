"""Whether an entry stands: in timelines, in searches and in what is counted.

Specified in docs/views.md.  An entry is taken in once, but may stop counting later (its
device was revoked, its log forks), count again, or be erased.  Each of these undoes exactly
what the fold did for a row of `entries`; likes, follows and which repost of an entry is
shown are for `acts`.
"""

from __future__ import annotations

import sqlite3

from p2pblog.content.bodies import Edit, Post, Ref, Repost, parse
from p2pblog.core.errors import BadBody
from p2pblog.views import words
from p2pblog.views.home import Home
from p2pblog.views.notices import Notices
from p2pblog.views.numbers import Numbers
from p2pblog.views.places import first_place, free_place
from p2pblog.views.schema import EDIT, ERASED, POST, REPOST
from p2pblog.views.versions import Versions
from p2pblog.views.words import said_by_outside, said_by_post


class Standing:
    """Shows rows of `entries` and takes them out; for the one writer."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        numbers: Numbers,
        home: Home,
        versions: Versions,
        notices: Notices,
    ) -> None:
        self._conn = conn
        self._numbers = numbers
        self._home = home
        self._versions = versions
        self._notices = notices

    def show(self, n: int) -> int:
        """Put an entry into the timelines; return its place."""
        lid, time_ms, sort_ms, entry_id = self._conn.execute(
            "SELECT lid, time_ms, sort_ms, id FROM entries WHERE n = ?", (n,)
        ).fetchone()
        wanted = first_place(time_ms if sort_ms is None else sort_ms)
        place = free_place(wanted, n, self.newest_in)
        self._conn.execute("UPDATE entries SET place = ? WHERE n = ?", (place, n))
        if lid in self._home.lids:
            self._home.add([place])
        self._notices.shown(lid, entry_id)
        return place

    def hide(self, n: int) -> None:
        """Take an entry out of the timelines."""
        [(place, lid, entry_id)] = self._conn.execute(
            "SELECT place, lid, id FROM entries WHERE n = ?", (n,)
        ).fetchall()
        self._conn.execute("UPDATE entries SET place = NULL WHERE n = ?", (n,))
        self._home.remove(place)
        self._notices.hidden(lid, entry_id)

    def newest_in(self, low: int, high: int) -> int | None:
        """Return the largest place taken in [low, high), or None."""
        newest: int | None = self._conn.execute(
            "SELECT max(place) FROM entries WHERE place >= ? AND place < ?", (low, high)
        ).fetchone()[0]
        return newest

    def take_out(self, lid: int, first: int, end: int) -> None:
        """Let what a log shows with first <= seq < end count for nothing."""
        for n, kind, place, data in self._rows(lid, first, end, counted=True):
            self._withdraw(n, lid, kind, place, data)
            self._conn.execute("UPDATE entries SET kind = -kind WHERE n = ?", (n,))

    def put_back(self, lid: int, first: int, end: int) -> None:
        """Let what a log shows with first <= seq < end count again."""
        for n, kind, _, data in self._rows(lid, first, end, counted=False):
            self._conn.execute("UPDATE entries SET kind = -kind WHERE n = ?", (n,))
            match _body(data):
                case Post() as post:
                    self._count_post(lid, post, 1)
                    words.put(self._conn, self.show(n), lid, said_by_post(lid, post))
                    self._versions.arrived(self._id(n))
                case Repost(_, outside) if kind == -REPOST and outside is not None:
                    words.put(self._conn, self.show(n), lid, said_by_outside(lid, outside))
                case _:
                    pass  # a repost of an entry: its place is that of an act

    def strip(self, lid: int, seq: int, left: int) -> Ref | None:
        """Leave of an entry's row only that it was, as one of the kind `left` (ERASED, WITHHELD).

        Returns which entry it is, if it is here.
        """
        row = self._conn.execute(
            "SELECT e.n, e.kind, e.place, e.body, e.id, l.key"
            " FROM entries e JOIN logs l ON l.lid = e.lid WHERE e.lid = ? AND e.seq = ?",
            (lid, seq),
        ).fetchone()
        if row is None:
            return None
        n, kind, place, data, entry_id, log = row
        if kind > 0:
            self._withdraw(n, lid, kind, place, data)
        if abs(kind) == EDIT and left == ERASED:  # nobody asks for it by its id
            self._conn.execute("DELETE FROM entries WHERE n = ?", (n,))
        else:
            self._conn.execute(
                "UPDATE entries SET kind = ?, root = NULL, body = NULL WHERE n = ?",
                (left if kind > 0 else -left, n),
            )
        self._conn.execute("DELETE FROM polls WHERE n = ?", (n,))
        body = _body(data)
        for media in body.media if isinstance(body, Post | Edit) else ():
            self._conn.execute("DELETE FROM media WHERE blob = ? AND n = ?", (media.blob, n))
            self._conn.execute("INSERT OR IGNORE INTO unused VALUES (?)", (media.blob,))
        return Ref(log, seq, entry_id)

    def remove(self, lid: int, below: int) -> None:
        """Take the entries of a log below a seq out of everything, their rows too."""
        self.take_out(lid, 0, below)
        gone = "(SELECT n FROM entries WHERE lid = ? AND seq < ?)"
        for change in (
            f"INSERT OR IGNORE INTO unused SELECT blob FROM media WHERE n IN {gone}",  # noqa: S608
            f"DELETE FROM media WHERE n IN {gone}",  # noqa: S608
            f"DELETE FROM polls WHERE n IN {gone}",  # noqa: S608
            "DELETE FROM entries WHERE lid = ? AND seq < ?",
        ):
            self._conn.execute(change, (lid, below))

    def _rows(
        self, lid: int, first: int, end: int, *, counted: bool
    ) -> list[tuple[int, int, int | None, bytes | None]]:
        sign = ">" if counted else "<"
        return self._conn.execute(
            "SELECT n, kind, place, body FROM entries"  # noqa: S608
            f" WHERE lid = ? AND seq >= ? AND seq < ? AND kind {sign} 0 ORDER BY seq",
            (lid, first, end),
        ).fetchall()

    def _withdraw(self, n: int, lid: int, kind: int, place: int | None, data: bytes | None) -> None:
        """Take a row that counts out of timelines, searches and counts."""
        body = _body(data)
        if kind == POST and isinstance(body, Post):
            self._count_post(lid, body, -1)
            if place is not None:
                self._versions.take_out(n, lid, place, body)
        elif kind == EDIT:
            self._versions.withdraw(n)
        elif kind == REPOST and isinstance(body, Repost) and body.outside and place is not None:
            words.take_out(self._conn, place, said_by_outside(lid, body.outside))
        if place is not None:
            self.hide(n)

    def _id(self, n: int) -> bytes:
        entry_id: bytes = self._conn.execute("SELECT id FROM entries WHERE n = ?", (n,)).fetchone()[
            0
        ]
        return entry_id

    def _count_post(self, lid: int, post: Post, change: int) -> None:
        answered = post.reply or post.root
        if answered is not None:
            self._numbers.ref(answered.id, replies=change)
        self._conn.execute("UPDATE logs SET posts = posts + ? WHERE lid = ?", (change, lid))


def _body(data: bytes | None) -> Post | Repost | Edit | None:
    if data is None:
        return None
    try:
        body = parse(data)
    except BadBody:  # no row is made of one; a damaged file may hold one
        return None
    return body if isinstance(body, Post | Repost | Edit) else None
