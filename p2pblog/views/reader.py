"""Ask the views: the questions of the local API, answered in its shapes.

Specified in docs/views.md and docs/api.md.  Every question sees one whole state, takes a
bounded time, and returns bounded results.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from types import TracebackType
from typing import Any, Self

from p2pblog.content.bodies import Post, Ref
from p2pblog.core.errors import BadRequest
from p2pblog.core.limits import CONVERSATION_HOURS, PAGE_ENTRIES, TREND_HOURS
from p2pblog.views import (
    attention,
    candidates,
    circles,
    conversations,
    forgetting,
    history,
    looked,
    lookup,
    people,
    rows,
    search,
    threads,
    timelines,
    trends,
    why,
)
from p2pblog.views.connections import Connections, Source
from p2pblog.views.strangers import imitated

Row = dict[str, Any]


class Reader:
    """Asks the views; safe from any thread, up to four questions at once.

    Every method may raise BadRequest (a wrong parameter, or a question that would take too
    long) and ViewsDamaged (let the writer call `Views.rebuild`).
    """

    def __init__(self, source: Source) -> None:
        self._connections = Connections(source)
        self._snapshot = self._connections.snapshot

    def close(self) -> None:
        """Close this reader's connections, once questions under way are answered."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- entries -----------------------------------------------------------------------

    def timeline(
        self,
        view: str,
        limit: int = PAGE_ENTRIES,
        *,
        before: str | None = None,
        after: str | None = None,
        start: str | None = None,
        upward: bool = False,
    ) -> Row:
        """Return {entries, next} of a view; see `timelines.timeline`."""
        with self._snapshot() as s:
            return timelines.timeline(s, view, limit, before, after, start, upward=upward)

    def notifications(
        self,
        limit: int = PAGE_ENTRIES,
        *,
        now_ms: int,
        before: str | None = None,
        after: str | None = None,
        start: str | None = None,
        upward: bool = False,
    ) -> Row:
        """Return {notifications, next, requests}; see `attention.notifications`."""
        with self._snapshot() as s:
            return attention.notifications(s, limit, before, after, start, now_ms, upward=upward)

    def places_of_marks(self, marks: Iterable[str]) -> tuple[list[int], int]:
        """Return where the notifications of these marks stand, and the arrival number reached."""
        with self._snapshot() as s:
            return looked.places(s, marks)

    def notified_people(self, notification: str) -> Row:
        """Return {people} of one notification (its id), the latest first."""
        with self._snapshot() as s:
            return attention.notified_people(s, notification)

    def search(
        self,
        query: str,
        limit: int = PAGE_ENTRIES,
        *,
        now_ms: int,
        before: str | None = None,
        zone: tzinfo | None = None,
    ) -> Row:
        """Return {entries, next} of what answers `query`, newest first; see `search.search`."""
        with self._snapshot() as s:
            return search.search(s, query, limit, before, now_ms=now_ms, zone=zone)

    def trends(self, *, now_ms: int, hours: int = TREND_HOURS) -> Row:
        """Return {tags, links, hours}: what people used in the last `hours`; see `trends`."""
        with self._snapshot() as s:
            return trends.trends(s, now_ms=now_ms, hours=hours)

    def conversations(
        self,
        limit: int = PAGE_ENTRIES,
        *,
        now_ms: int,
        hours: int = CONVERSATION_HOURS,
        before: str | None = None,
    ) -> Row:
        """Return {entries, next, hours}: what many people answered; see `conversations`."""
        with self._snapshot() as s:
            return conversations.conversations(
                s, now_ms=now_ms, hours=hours, limit=limit, before=before
            )

    def why(self, entry: str, *, now_ms: int, view: str = "") -> Row:
        """Return {entry, author, name, reasons}: why an entry (id or prefix) is read; see `why`."""
        with self._snapshot() as s:
            n = lookup.entry(s, entry)
            return why.why(s, n, view=view, now_ms=now_ms, hours=CONVERSATION_HOURS)

    def thread(self, entry: str) -> Row:
        """Return {entries, focus, next}: the thread of an entry (id or prefix)."""
        with self._snapshot() as s:
            return threads.thread(s, entry)

    def entry(self, entry: str) -> Row:
        """Return one entry by its id or a prefix of it.

        Raises:
            NotFound, Ambiguous, BadTextForm: nothing, or several, begin like that.
        """
        with self._snapshot() as s:
            return rows.entries(s, [lookup.entry(s, entry)])[0]

    def versions(self, entry: str) -> list[Row]:
        """Return what a post (id or prefix) says and said before, the newest first."""
        with self._snapshot() as s:
            return history.versions(s, lookup.entry(s, entry))

    def shown_post(self, entry: str) -> Post:
        """Return a post (id or prefix) as it is shown now.

        Raises:
            BadRequest: it is none.
        """
        with self._snapshot() as s:
            return rows.shown_post(s, lookup.entry(s, entry))

    def with_versions(self, entry: str) -> list[Ref]:
        """Return the references to an entry (id or prefix) and to all versions of it."""
        with self._snapshot() as s:
            return history.with_versions(s, lookup.entry(s, entry))

    def refs(self, entry: str) -> tuple[Ref, Ref]:
        """Return the reference to an entry (id or prefix), and to the first of its thread.

        That is what a reply to it says in `reply` and `root`.
        """
        with self._snapshot() as s:
            return lookup.refs(s, entry)

    def known_origins(self, source: str, account: str, ids: Iterable[str]) -> dict[str, Ref]:
        """Return which outside ids oneself has imported already, and as what."""
        with self._snapshot() as s:
            return lookup.known_origins(s, source, account, ids)

    # --- people ------------------------------------------------------------------------

    def profile(self, person: str) -> Row:
        """Return a person by id, prefix or unambiguous name."""
        with self._snapshot() as s:
            return people.person(s, lookup.person(s, person))

    def people(self, *, near: bool = False, limit: int = PAGE_ENTRIES) -> Row:
        """Return {people}: others, those met on the LAN first, then the most recently active.

        near: only those met on the LAN.
        """
        with self._snapshot() as s:
            return people.people(s, near=near, limit=limit)

    def people_starting(self, typed: str, *, near: bool = False, limit: int = PAGE_ENTRIES) -> Row:
        """Return {people} whose name or identity begins with `typed`, with their `mention`."""
        with self._snapshot() as s:
            return candidates.people(s, typed, near=near, limit=limit)

    def used_tags(self, typed: str, limit: int = PAGE_ENTRIES) -> Row:
        """Return {tags} that begin with `typed`, the latest used first."""
        with self._snapshot() as s:
            return candidates.used_tags(s, typed, limit)

    def identity(self, person: str) -> bytes:
        """Return the identity (root key) that an id, prefix or unambiguous name means."""
        with self._snapshot() as s:
            return lookup.person_key(s, person)

    def other(self, person: str) -> bytes:
        """Return as `identity` does whom something is to be done to that nobody does to oneself.

        Raises:
            BadRequest: it is oneself.
        """
        with self._snapshot() as s:
            found = lookup.person_key(s, person)
            if found == s.self_key:
                raise BadRequest("that is yourself")
            return found

    def logs_of(self, identity: bytes) -> list[bytes]:
        """Return the logs (keys) of an identity that are known: its root's and devices'."""
        with self._snapshot() as s:
            return circles.logs_of(s, identity)

    def claimed_by(self, identity: bytes) -> list[bytes]:
        """Return the logs (keys) of an identity, shown as another one's or not."""
        with self._snapshot() as s:
            return circles.claimed_by(s, identity)

    def identity_of(self, log: bytes) -> bytes | None:
        """Return the identity (root key) that a log belongs to, or None while unknown."""
        with self._snapshot() as s:
            row = s.conn.execute(
                "SELECT p.key FROM logs l JOIN people p ON p.pid = l.person WHERE l.key = ?",
                (log,),
            ).fetchone()
            return None if row is None else row[0]

    def names_of(self, logs: Iterable[bytes]) -> dict[bytes, Row]:
        """Return {name, looks_like} of those whose logs these are; who is unknown is left out."""
        select = (
            "SELECT p.pid, p.name FROM logs l JOIN people p ON p.pid = l.person"
            " WHERE l.key = ? AND p.name IS NOT NULL"
        )
        with self._snapshot() as s:
            found = {log: s.conn.execute(select, (log,)).fetchone() for log in logs}
            return {
                log: {"name": row[1], "looks_like": imitated(s, *row)}
                for log, row in found.items()
                if row is not None
            }

    def followed(self, identity: bytes) -> set[bytes]:
        """Return the identities (root keys) that an identity follows."""
        return set(self.followed_logs(identity))

    def followed_logs(self, identity: bytes) -> dict[bytes, list[bytes]]:
        """Return whom an identity follows, each with the logs (keys) known of them."""
        with self._snapshot() as s:
            return circles.first(s, identity)

    def second_logs(self, identity: bytes) -> dict[bytes, list[bytes]]:
        """Return whom those follow that an identity follows, but not itself, with their logs.

        Those come first whom most of them follow; a bounded number.
        """
        with self._snapshot() as s:
            return circles.second(s, identity)

    def remembered(self, logs: Iterable[bytes]) -> list[bytes]:
        """Return those of these logs (keys) of which the views know something."""
        with self._snapshot() as s:
            return forgetting.remembered(s.conn, logs)

    def erased(self) -> list[Ref]:
        """Return everything that was erased, here or not."""
        with self._snapshot() as s:
            rows = s.conn.execute(
                "SELECT l.key, d.seq, d.id FROM erased d JOIN logs l ON l.lid = d.lid"
            )
            return [Ref(*row) for row in rows]

    def unused_blobs(self) -> list[bytes]:
        """Return the pictures of erased posts that no other post here shows."""
        with self._snapshot() as s:
            rows = s.conn.execute(
                "SELECT blob FROM unused u"
                " WHERE NOT EXISTS (SELECT 1 FROM media m WHERE m.blob = u.blob)"
            )
            return [blob for (blob,) in rows]

    # --- the views themselves ------------------------------------------------------------

    def kinds(self) -> dict[str, int]:
        """Return how many entries of each kind were folded, "bad-body" and unknown ones too."""
        with self._snapshot() as s:
            return dict(s.conn.execute("SELECT name, entries FROM kinds ORDER BY name").fetchall())
