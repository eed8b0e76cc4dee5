"""Which version of a post is shown: the last that its author has made of it.

Specified in docs/views.md.  An `edit` is kept as an act on its post (acts.py), so that every order
of arrival ends the same.  Here stands which one the search index holds; what was indexed can only
be taken out by saying again what it was.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from p2pblog.content.bodies import Edit, Post, parse
from p2pblog.core.errors import BadBody
from p2pblog.views import words
from p2pblog.views.acts import latest
from p2pblog.views.numbers import Numbers
from p2pblog.views.schema import EDITS, POST
from p2pblog.views.words import said_by_post

_SHORT = 8  # bytes of an id in its index


def merged(post: Post, edit: Edit) -> Post:
    """Return a post as its new version says it."""
    return replace(
        post,
        text=edit.text,
        warning=edit.warning,
        lang=edit.lang,
        mentions=edit.mentions,
        media=edit.media,
    )


class Versions:
    """Keeps the table `versions`, and the index of words in line with it; for the one writer."""

    def __init__(self, conn: sqlite3.Connection, numbers: Numbers) -> None:
        self._conn = conn
        self._numbers = numbers
        self._edited: set[bytes] | None = None
        self._due: set[int] = set()

    def forget(self) -> None:
        """Drop what is remembered; after a rollback the tables alone know."""
        self._edited = None
        self._due.clear()

    def revise(self, rid: int) -> None:
        """Hear that an author has made, or taken back, a version of a referred-to entry."""
        self._due.add(rid)
        if self._edited is not None:  # one too many, where it was taken back, does no harm
            [(entry_id,)] = self._conn.execute("SELECT id FROM refs WHERE rid = ?", (rid,))
            self._edited.add(entry_id)

    def arrived(self, entry_id: bytes) -> None:
        """Hear that a post is here, or stands again: there may be versions of it already."""
        if self._edited is None:
            rows = self._conn.execute(
                "SELECT DISTINCT r.id FROM acts a JOIN refs r ON r.rid = a.subject"
                " WHERE a.kind = ?",
                (EDITS,),
            )
            self._edited = {known for (known,) in rows}
        if entry_id in self._edited:
            self._due.add(self._numbers.ref(entry_id))

    def moved(self, lids: set[int]) -> None:
        """Hear that these logs belong to another identity than before."""
        if lids:
            rows = self._conn.execute(
                "SELECT DISTINCT a.subject, e.lid FROM acts a JOIN refs r ON r.rid = a.subject"
                " JOIN entries e ON substr(e.id, 1, 8) = substr(r.id, 1, 8) AND e.id = r.id"
                " WHERE a.kind = ?",
                (EDITS,),
            )
            self._due |= {rid for rid, lid in rows if lid in lids}

    def settle(self) -> None:
        """Show of every post concerned the version that counts; its words must be in the index."""
        due, self._due = self._due, set()
        for rid in due:
            [(entry_id,)] = self._conn.execute("SELECT id FROM refs WHERE rid = ?", (rid,))
            row = self._conn.execute(
                "SELECT n, lid, place, body FROM entries"
                " WHERE substr(id, 1, 8) = ? AND id = ? AND kind = ? AND place IS NOT NULL",
                (entry_id[:_SHORT], entry_id, POST),
            ).fetchone()
            if row is None:
                continue
            n, lid, place, data = row
            post = _post(data)
            act = latest(self._conn, EDITS, rid, self._numbers.actor(lid))
            wanted = act.n if act is not None else None
            if post is None or wanted == self._edit_of(n):
                continue
            words.take_out(self._conn, place, said_by_post(lid, self.shown(n, post)))
            self._conn.execute("DELETE FROM versions WHERE n = ?", (n,))
            if wanted is not None and self._edit(wanted) is not None:
                self._conn.execute("INSERT INTO versions VALUES (?, ?)", (n, wanted))
            words.put(self._conn, place, lid, said_by_post(lid, self.shown(n, post)))

    def shown(self, n: int, post: Post) -> Post:
        """Return a post, the entry `n`, as the index has it."""
        edit = self._edit(self._edit_of(n))
        return post if edit is None else merged(post, edit)

    def take_out(self, n: int, lid: int, place: int, post: Post) -> None:
        """Take the words of a post out of the index, whichever version of it they are of."""
        words.take_out(self._conn, place, said_by_post(lid, self.shown(n, post)))
        self._conn.execute("DELETE FROM versions WHERE n = ?", (n,))

    def withdraw(self, n: int) -> None:
        """Show the entry `n`, a version of a post, no longer: its text is about to go."""
        rows = self._conn.execute(
            "SELECT v.n, e.lid, e.place, e.body, e.id FROM versions v JOIN entries e ON e.n = v.n"
            " WHERE v.edit = ?",
            (n,),
        ).fetchall()
        for target, lid, place, data, entry_id in rows:
            if (post := _post(data)) is not None and place is not None:
                self.take_out(target, lid, place, post)
                words.put(self._conn, place, lid, said_by_post(lid, post))
                self._due.add(self._numbers.ref(entry_id))

    def _edit_of(self, n: int) -> int | None:
        row = self._conn.execute("SELECT edit FROM versions WHERE n = ?", (n,)).fetchone()
        return None if row is None else row[0]

    def _edit(self, n: int | None) -> Edit | None:
        row = self._conn.execute("SELECT body FROM entries WHERE n = ?", (n,)).fetchone()
        return None if row is None else edit_in(row[0])


def edit_in(data: bytes | None) -> Edit | None:
    """Return the new version in a body, or None where there is none to read."""
    if data is None:
        return None
    try:
        body = parse(data)
    except BadBody:  # no row is made of one; a damaged file may hold one
        return None
    return body if isinstance(body, Edit) else None


def _post(data: bytes | None) -> Post | None:
    if data is None:
        return None
    try:
        body = parse(data)
    except BadBody:
        return None
    return body if isinstance(body, Post) else None
