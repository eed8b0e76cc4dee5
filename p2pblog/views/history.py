"""What a post says, and what it said before its author changed it.

Specified in docs/views.md and docs/api.md.
"""

from __future__ import annotations

from typing import Any

from p2pblog.content.bodies import Edit, Post, Ref
from p2pblog.core.errors import BadRequest
from p2pblog.core.limits import LOGS_PER_QUERY_MAX, VERSIONS_MAX
from p2pblog.core.textform import Kind
from p2pblog.views.rows import body_of, picture
from p2pblog.views.schema import EDIT, EDITS
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.versions import edit_in

_ROW = (
    "SELECT e.lid, l.person, e.id, e.kind, e.time_ms, e.body, l.key, e.seq"
    " FROM entries e JOIN logs l ON l.lid = e.lid WHERE e.n = ?"
)


def versions(s: Snapshot, n: int) -> list[dict[str, Any]]:
    """Return {id, time_ms, text, warning, lang, media} of each, the newest first.

    Raises:
        BadRequest: it is no post.
    """
    _, _, entry_id, kind, time_ms, data, _, _ = s.conn.execute(_ROW, (n,)).fetchone()
    first = body_of(kind, data)
    if not isinstance(first, Post):
        raise BadRequest("that is no post")
    found = [_version(s, entry_id, time_ms, first)]
    for _, _, edit_id, _, edited_ms, edit_data, _, _ in _edits(s, n):
        if (edit := edit_in(edit_data)) is not None:
            found.append(_version(s, edit_id, edited_ms, edit))
    return found[::-1]


def with_versions(s: Snapshot, n: int) -> list[Ref]:
    """Return the references to an entry and to all versions of it."""
    rows = [s.conn.execute(_ROW, (n,)).fetchone(), *_edits(s, n)]
    return [Ref(log, seq, entry_id) for _, _, entry_id, _, _, _, log, seq in rows]


def _edits(s: Snapshot, n: int) -> list[tuple[Any, ...]]:
    """Return the rows of the edits that an entry's author made of it, the oldest first."""
    lid, pid, entry_id, *_ = s.conn.execute(_ROW, (n,)).fetchone()
    lids = [lid] if pid is None else s.lids_of(pid)[:LOGS_PER_QUERY_MAX]
    found: list[tuple[Any, ...]] = []
    for by in lids:
        # What it said last about the post, and what it said before.
        numbers = s.conn.execute(
            "SELECT a.n FROM refs r JOIN acts a ON a.subject = r.rid"
            " WHERE r.id = ?1 AND a.kind = ?2 AND a.actor = ?3 AND a.lid = ?4"
            " UNION SELECT d.n FROM refs r JOIN said d ON d.subject = r.rid"
            " WHERE r.id = ?1 AND d.kind = ?2 AND d.lid = ?4",
            (entry_id, EDITS, -lid if pid is None else pid, by),
        )
        rows = (s.conn.execute(_ROW, number).fetchone() for number in numbers.fetchall())
        found += [row for row in rows if row is not None and row[3] == EDIT]
    return sorted(found, key=lambda row: (row[4], row[6], row[7]))[-VERSIONS_MAX:]


def _version(s: Snapshot, entry_id: bytes, time_ms: int, said: Post | Edit) -> dict[str, Any]:
    return {
        "id": s.text(Kind.ENTRY, entry_id),
        "time_ms": time_ms,
        "text": said.text,
        "warning": said.warning,
        "lang": said.lang,
        "media": [picture(s, media) for media in said.media],
    }
