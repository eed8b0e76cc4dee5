"""What stands of an identity once entries have come: whose logs, what counts, what is erased.

Implements the operation `identity.said` of protocol/conformance.md section 3, over the views of a
node in a temporary folder, so that what is checked is what people are shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from p2pblog.conformance.values import Fields, Json, unhex
from p2pblog.content.bodies import Post, parse
from p2pblog.core.crypto import digest
from p2pblog.core.encoding import decode
from p2pblog.core.errors import BadBody
from p2pblog.log.entry import Entry
from p2pblog.store.logs import Arrived
from p2pblog.views import acts, polls, schema, timelines
from p2pblog.views.database import Views
from p2pblog.views.erasing import is_spared
from p2pblog.views.lens import Lens
from p2pblog.views.rows import body_of
from p2pblog.views.snapshot import Snapshot

_RECEIVED_MS = 1 << 50  # after every time that an entry may claim and have counted


def identity_said(f: Fields) -> Json:
    here: dict[tuple[bytes, int], bytes | None] = {}
    with TemporaryDirectory(prefix="p2pblog-said-") as folder:
        path = Path(folder) / "views.sqlite"
        with closing(Views(path, epoch=bytes(16))) as views:
            for one in f["arrivals"]:
                log = unhex(one["log"])
                if "forked" in one:
                    views.mark_forked(log, one["forked"])
                    continue
                entry = _entry(log, one)
                here[log, entry.seq] = entry.body
                views.apply([Arrived(views.indexed + 1, _RECEIVED_MS, entry)])
        with closing(schema.open_reader(path)) as conn:
            return _standing(conn, unhex(f["root"]), here)


def _entry(log: bytes, one: Fields) -> Entry:
    body = None if one["body"] is None else unhex(one["body"])
    # What else the header says plays no part here.
    return Entry(
        log, one["seq"], None, one["time_ms"], 1, digest(body or b""), unhex(one["entry_id"]), body
    )


def _standing(
    conn: sqlite3.Connection, root: bytes, here: dict[tuple[bytes, int], bytes | None]
) -> Json:
    row = conn.execute(
        "SELECT pid, name, bio, fields FROM people WHERE key = ?", (root,)
    ).fetchone()
    pid, name, bio, fields = row or (0, None, None, None)
    logs = conn.execute("SELECT key, void FROM logs WHERE person = ? ORDER BY key", (pid,))
    posts = conn.execute(
        "SELECT e.id FROM entries e JOIN logs l ON l.lid = e.lid WHERE l.person = ? AND e.kind = ?",
        (pid, schema.POST),
    )
    erased = conn.execute(
        "SELECT l.key, d.seq FROM erased d JOIN logs l ON l.lid = d.lid WHERE l.person = ?", (pid,)
    )
    people = dict(conn.execute("SELECT pid, key FROM people"))
    return {
        "logs": [[key.hex(), None if end == schema.END else end - 1] for key, end in logs],
        "posts": sorted(entry_id.hex() for (entry_id,) in posts),
        "versions": _versions(conn, pid),
        "votes": _votes(conn, root, pid),
        "pinned": sorted(entry_id.hex() for _, _, entry_id in timelines.pinned(conn, pid)),
        "likes": _subjects(conn, schema.LIKES, pid),
        "reposts": _subjects(conn, schema.REPOSTS, pid),
        "follows": sorted(people[one].hex() for one in acts.followed(conn, pid)),
        "name": name,
        "bio": bio,
        "fields": None if fields is None else decode(fields),
        "erased": [
            [log.hex(), seq]
            for log, seq in sorted(erased)
            if (log, seq) in here and not _spared(here[log, seq])
        ],
    }


def _versions(conn: sqlite3.Connection, pid: int) -> list[list[str]]:
    """Return the posts of an identity that are shown as an edit says them, and that edit."""
    rows = conn.execute(
        "SELECT e.id, x.id FROM versions v JOIN entries e ON e.n = v.n"
        " JOIN entries x ON x.n = v.edit JOIN logs l ON l.lid = e.lid WHERE l.person = ?",
        (pid,),
    )
    return sorted([post.hex(), edit.hex()] for post, edit in rows)


def _votes(conn: sqlite3.Connection, root: bytes, pid: int) -> list[list[Json]]:
    """Return the answers that an identity is shown to have chosen, of every poll."""
    reader = Snapshot(conn, root, pid, lambda _: False, Lens())
    found: list[list[Json]] = []
    for entry_id, kind, data in conn.execute(
        "SELECT id, kind, body FROM entries WHERE kind = ? ORDER BY id", (schema.POST,)
    ):
        post = body_of(kind, data)
        if isinstance(post, Post) and post.poll is not None:
            options = polls.shown(reader, entry_id, post.poll)["options"]
            if choices := [at for at, option in enumerate(options) if option["chosen"]]:
                found.append([entry_id.hex(), choices])
    return found


def _subjects(conn: sqlite3.Connection, kind: int, pid: int) -> list[str]:
    """Return the ids of the entries that an identity likes, or passes on."""
    rows = conn.execute(
        "SELECT DISTINCT r.id, r.rid FROM acts a JOIN refs r ON r.rid = a.subject"
        " WHERE a.kind = ? AND a.actor = ?",
        (kind, pid),
    ).fetchall()
    said = {entry_id: acts.latest(conn, kind, rid, pid) for entry_id, rid in rows}
    return sorted(entry_id.hex() for entry_id, act in said.items() if act and act.active)


def _spared(body: bytes | None) -> bool:
    if body is None:
        return False
    try:
        return is_spared(parse(body))
    except BadBody:
        return False


SAYING: dict[str, Callable[[Fields], Json]] = {"identity.said": identity_said}
