"""Fold entries, in whatever order they arrive, into the tables.

Specified in docs/views.md.  One entry costs a parse, one row, one line of the search index,
and little else: what can be found out when a page is read (names, counts of what is not
here, quotes) is left until then, since a page has forty entries and a log has thousands.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from p2pblog.content.bodies import (
    KINDS,
    Body,
    DeviceAdd,
    DeviceRevoke,
    Edit,
    Erase,
    Follow,
    Like,
    Origin,
    Pin,
    Post,
    Profile,
    Ref,
    Repost,
    Unfollow,
    Unknown,
    Vote,
    parse,
)
from p2pblog.core.errors import BadBody
from p2pblog.log.entry import Entry
from p2pblog.store.erasing import is_erasable
from p2pblog.store.logs import Arrived
from p2pblog.views.acts import Acts
from p2pblog.views.erasing import Erasing, is_spared
from p2pblog.views.forgetting import Forgetting
from p2pblog.views.home import Home
from p2pblog.views.marks import origin_hash
from p2pblog.views.notices import Notices
from p2pblog.views.numbers import Numbers
from p2pblog.views.owners import Owners
from p2pblog.views.places import first_place, free_place
from p2pblog.views.schema import (
    EDIT,
    EDITS,
    ERASED,
    FOLLOWS,
    LIKES,
    PINS,
    POST,
    REPOST,
    REPOSTS,
    UNKNOWN,
    VOTES,
    WITHHELD,
)
from p2pblog.views.settling import Settling
from p2pblog.views.standing import Standing
from p2pblog.views.tally import Tally
from p2pblog.views.versions import Versions
from p2pblog.views.words import said_by_outside, said_by_post

_INSERT = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Fold:
    """Takes batches of entries in; for the one writer, within its transaction."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self.numbers = Numbers(conn)
        self.home = Home(conn)
        self._versions = Versions(conn, self.numbers)
        self.notices = Notices(conn, self.numbers)
        self._standing = Standing(conn, self.numbers, self.home, self._versions, self.notices)
        self.acts = Acts(
            conn,
            self._standing.show,
            self._standing.hide,
            self._versions.revise,
            self.notices.said,
        )
        self.owners = Owners(conn, self.numbers, self.acts)
        about = (conn, self.numbers, self._standing, self.acts, self.owners)
        self.erasing = Erasing(*about)
        self.forgetting = Forgetting(*about)
        self._settling = Settling(*about, self.erasing, self._versions, self.notices)
        self._tally = Tally()

    def forget(self) -> None:
        """Drop everything remembered; after a rollback the tables alone know."""
        self.numbers.forget()
        self.home.forget()
        self.owners.forget()
        self.erasing.forget()
        self._versions.forget()
        self.acts.take_followers()
        self._tally = Tally()

    def belongs_to(self, identity: bytes | None) -> None:
        """Say whose views these are (a root key)."""
        self.owners.self_root = self.numbers.self_root = identity

    def take_in(self, items: Iterable[Arrived]) -> set[int]:
        """Fold entries that have not been folded before; return their logs (lids)."""
        self._tally = Tally()
        for run in _runs(items):
            self._take_in_run(run)
        self._tally.write(self._conn, self.numbers, self.home)
        return set(self._tally.last_ms)

    def settle(self) -> set[int]:
        """Let follow what the batch means for entries folded before; see `Settling.settle`."""
        batch, self._tally = self._tally.last_ms.keys(), Tally()
        return self._settling.settle(batch)

    def _take_in_run(self, run: Sequence[Arrived]) -> None:
        """Fold entries that follow each other in one log."""
        first, last = run[0].entry, run[-1].entry
        lid = self.numbers.log(first.log)
        self.notices.received_ms = run[-1].received_ms
        newest_ms = max(min(entry.time_ms, received_ms) for _, received_ms, entry in run)
        tally = self._tally
        tally.last_ms[lid] = max(newest_ms, tally.last_ms.get(lid, 0))
        # One question for all of them: nearly always, none is known.
        known = self._conn.execute(
            "SELECT seq, n, kind FROM entries WHERE lid = ? AND seq BETWEEN ? AND ?",
            (lid, first.seq, last.seq),
        ).fetchall()
        rows = {seq: (n, kind) for seq, n, kind in known}
        for arrival, received_ms, entry in run:
            if rows and not self._is_new(entry, rows.get(entry.seq)):
                continue
            erased = self.erasing.is_erased(lid, entry.seq)
            if entry.body is None:
                self._bare(arrival, entry, lid, ERASED if erased else WITHHELD)
                continue
            try:
                body = parse(entry.body)
            except BadBody:
                tally.kinds["bad-body"] += 1
                if erased:
                    self.erasing.report(Ref(entry.log, entry.seq, entry.id))
                continue
            tally.kinds[KINDS.get(type(body)) or f"unknown: {getattr(body, 'kind', '')}"] += 1
            if erased and not is_spared(body):
                self._erased(arrival, entry, lid, body)
            else:
                self._take_in(arrival, received_ms, entry, lid, body)

    def _take_in(self, arrival: int, received_ms: int, entry: Entry, lid: int, body: Body) -> None:
        match body:
            case Post():
                self._post(arrival, received_ms, entry, lid, body)
            case Repost():
                self._repost(arrival, received_ms, entry, lid, body)
            case Edit():
                self._edit(arrival, entry, lid, body)
            case Like(target, undo):
                subject = self.numbers.ref(target.id)
                self._act(LIKES, subject, arrival, entry, lid, active=not undo)
            case Vote(target, choices):
                chosen = sum(1 << choice for choice in choices)
                self._act(VOTES, self.numbers.ref(target.id), arrival, entry, lid, active=chosen)
            case Pin(target, undo):
                subject = self.numbers.ref(target.id)
                self._act(PINS, subject, arrival, entry, lid, active=not undo)
            case Follow(identity) | Unfollow(identity):
                subject = self.numbers.person(identity)
                active = type(body) is Follow
                self._act(FOLLOWS, subject, arrival, entry, lid, active=active)
            case Profile():
                self.owners.say(lid, entry.seq, entry.time_ms, body)
            case DeviceAdd():
                self.owners.add(lid, entry.seq, body)
            case DeviceRevoke():
                self.owners.revoke(lid, entry.seq, body)
            case Erase():
                self.erasing.take_in(lid, entry.seq, body)
            case Unknown():
                self._bare(arrival, entry, lid, UNKNOWN)
            case _:
                pass  # an import mark: nothing is shown of it

    def _is_new(self, entry: Entry, row: tuple[int, int] | None) -> bool:
        """Tell whether an entry says something yet unheard; what it was without body goes.

        An entry whose body was withheld arrives once more when somebody else gave it, also if it
        was taken for erased meanwhile and cannot be.
        `row` is the number and kind of the entry's row, if there is one.
        """
        if row is None:
            return True
        n, kind = row
        if entry.body is None or abs(kind) not in (WITHHELD, ERASED):
            return False
        if abs(kind) == ERASED and is_erasable(entry.body):
            return False
        self._conn.execute("DELETE FROM entries WHERE n = ?", (n,))
        return True

    def _bare(self, arrival: int, entry: Entry, lid: int, kind: int) -> None:
        """Keep that an entry is here of which there is nothing to read."""
        if not self._counts(entry, lid):
            kind = -kind
        row = (arrival, entry.id, lid, entry.seq, kind, None, entry.time_ms, None, None, None)
        self._conn.execute(_INSERT, row)

    def _erased(self, arrival: int, entry: Entry, lid: int, body: Body) -> None:
        """Take in an entry that came with its body though it was erased before."""
        if isinstance(body, Post | Unknown) or (isinstance(body, Repost) and not body.undo):
            self._bare(arrival, entry, lid, ERASED)
            if isinstance(body, Post | Repost):
                self._origin(arrival, lid, body.origin)
        self.erasing.report(Ref(entry.log, entry.seq, entry.id))

    def _counts(self, entry: Entry, lid: int) -> bool:
        return entry.seq < self.numbers.void(lid)

    # --- entries that stand in timelines -------------------------------------------------

    def _post(self, arrival: int, received_ms: int, entry: Entry, lid: int, body: Post) -> None:
        root = None
        counts = self._counts(entry, lid)
        answered, first = body.reply or body.root, body.root or body.reply
        if answered is not None and first is not None:
            rid = self.numbers.ref(answered.id, replies=int(counts))
            root = rid if first.id == answered.id else self.numbers.ref(first.id)
        place = self._insert(arrival, received_ms, entry, lid, POST, body.origin, root)
        for media in body.media:
            self._conn.execute("INSERT OR IGNORE INTO media VALUES (?, ?)", (media.blob, arrival))
        if body.poll is not None:
            row = (arrival, lid, body.poll.until_ms)
            self._conn.execute("INSERT INTO polls VALUES (?, ?, ?)", row)
        if counts:
            self._versions.arrived(entry.id)
            self._tally.posts[lid] += 1
            self._tally.say(place, lid, said_by_post(lid, body))

    def _edit(self, arrival: int, entry: Entry, lid: int, body: Edit) -> None:
        """Take in a new version of a post; it stands in no timeline itself."""
        kind = EDIT if self._counts(entry, lid) else -EDIT
        head = (arrival, entry.id, lid, entry.seq, kind)
        self._conn.execute(_INSERT, (*head, None, entry.time_ms, None, None, entry.body))
        for media in body.media:
            self._conn.execute("INSERT OR IGNORE INTO media VALUES (?, ?)", (media.blob, arrival))
        subject = self.numbers.ref(body.target.id)
        self._act(EDITS, subject, arrival, entry, lid, active=True)

    def _repost(self, arrival: int, received_ms: int, entry: Entry, lid: int, body: Repost) -> None:
        if body.target is not None:
            if not body.undo:
                # Not shown before it is known to be what its identity said last.
                self._insert(
                    arrival, received_ms, entry, lid, REPOST, body.origin, None, shown=False
                )
            subject = self.numbers.ref(body.target.id)
            self._act(REPOSTS, subject, arrival, entry, lid, active=not body.undo)
        elif body.outside is not None and not body.undo:
            place = self._insert(arrival, received_ms, entry, lid, REPOST, body.origin, None)
            if self._counts(entry, lid):
                self._tally.say(place, lid, said_by_outside(lid, body.outside))

    def _act(
        self, kind: int, subject: int, arrival: int, entry: Entry, lid: int, *, active: int
    ) -> None:
        if not self._counts(entry, lid):
            self.acts.put_by(
                kind,
                subject,
                lid=lid,
                seq=entry.seq,
                time_ms=entry.time_ms,
                active=active,
                n=arrival,
            )
            return
        self.acts.put(
            kind,
            subject,
            lid=lid,
            actor=self.numbers.actor(lid),
            seq=entry.seq,
            time_ms=entry.time_ms,
            active=active,
            n=arrival,
        )

    def _insert(
        self,
        arrival: int,
        received_ms: int,
        entry: Entry,
        lid: int,
        kind: int,
        origin: Origin | None,
        root: int | None,
        *,
        shown: bool = True,
    ) -> int:
        time_ms = entry.time_ms
        if origin is not None:
            time_ms = origin.time_ms
            self._origin(arrival, lid, origin)
        # Nobody stays on top by claiming a time to come.
        sort_ms = None if time_ms <= received_ms else received_ms
        place = first_place(time_ms if sort_ms is None else sort_ms)
        counts = self._counts(entry, lid)
        head = (arrival, entry.id, lid, entry.seq, kind if counts else -kind)
        tail = (time_ms, sort_ms, root, entry.body)
        if not (shown and counts):
            self._conn.execute(_INSERT, (*head, None, *tail))
            return place
        try:
            self._conn.execute(_INSERT, (*head, place, *tail))
        except sqlite3.IntegrityError:
            place = free_place(place, arrival, self._standing.newest_in)
            self._conn.execute(_INSERT, (*head, place, *tail))
        if lid in self.home.lids:
            self._tally.home.append(place)
            self.notices.shown(lid, entry.id)
        return place

    def _origin(self, arrival: int, lid: int, origin: Origin | None) -> None:
        if origin is not None:
            row = (lid, origin_hash(origin), arrival)
            self._conn.execute("INSERT OR IGNORE INTO origins VALUES (?, ?, ?)", row)


def _runs(items: Iterable[Arrived]) -> Iterator[list[Arrived]]:
    """Yield the items in parts whose entries follow each other in one log."""
    run: list[Arrived] = []
    log, seq = b"", 0
    for item in items:
        entry = item.entry
        if run and (entry.seq != seq or entry.log != log):
            yield run
            run = []
        run.append(item)
        log, seq = entry.log, entry.seq + 1
    if run:
        yield run
