"""Conversations: threads by how many people answered in them lately.

Specified in docs/views.md and docs/api.md.  Everybody counts once in a thread; who began it does
not, nor does whom oneself mutes.  A conversation's place among the others is one number, its
rank: people first, then the newest answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from p2pblog.core.errors import BadRequest
from p2pblog.core.limits import ANSWERS_READ_MAX, PAGE_SCAN_MAX
from p2pblog.views.places import PLACE_END, first_place
from p2pblog.views.rows import entry
from p2pblog.views.schema import NAMED
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.timelines import limit_of
from p2pblog.views.trends import HOUR_MS

_CURSOR = re.compile(r"[0-9a-f]{1,20}")
_ROOTS_AT_ONCE = 500


@dataclass(slots=True)
class _Thread:
    """A thread with recent answers.

    Fields:
        newest: place and number of the newest answer.
        people: who answered (pids, or -lid while unknown).
        first: the number of its first entry, None where that is not here.
    """

    newest: tuple[int, int]
    people: set[int] = field(default_factory=set)
    answers: int = 0
    first: int | None = None

    @property
    def rank(self) -> int:
        return len(self.people) * PLACE_END + self.newest[0]


def conversations(
    s: Snapshot, *, now_ms: int, hours: int, limit: int, before: str | None
) -> dict[str, Any]:
    """Return {entries, next, hours}: what began each conversation, that of most people first.

    Each entry has `people`, `answers` (of the last `hours`), and `cursor` among conversations.
    Where the first entry is not here, the newest answer stands for it.

    Raises:
        BadRequest: a limit out of range, not a cursor.
    """
    checked = limit_of(limit)
    below = None if before is None else _rank(before)
    threads = _threads(s, _answers(s, first_place(now_ms - hours * HOUR_MS)))
    found = sorted(
        (one for one in threads if one.people and (below is None or one.rank < below)),
        key=lambda one: one.rank,
        reverse=True,
    )
    shown: list[dict[str, Any]] = []
    cursor = None
    for looked_at, one in enumerate(found):
        if len(shown) == checked or looked_at == PAGE_SCAN_MAX:
            return {"entries": shown, "next": cursor, "hours": hours}
        cursor = f"{one.rank:x}"
        row = entry(s, one.first if one.first is not None else one.newest[1])
        if row["filtered"] is None or row["filtered"]["warns"]:
            said = {"people": len(one.people), "answers": one.answers, "cursor": cursor}
            shown.append(row | said)
    return {"entries": shown, "next": None, "hours": hours}


def people_answering(s: Snapshot, entry_id: bytes, *, now_ms: int, hours: int) -> int:
    """Return how many people answered, in the last `hours`, in the thread of its first entry."""
    rows = s.conn.execute(
        "SELECT e.root, coalesce(l.person, -e.lid), e.place, e.n"
        " FROM refs r CROSS JOIN entries e INDEXED BY entries_root CROSS JOIN logs l"
        " WHERE r.id = ? AND e.root = r.rid AND e.place >= ? AND l.lid = e.lid"
        " ORDER BY e.place DESC LIMIT ?",
        (entry_id, first_place(now_ms - hours * HOUR_MS), ANSWERS_READ_MAX),
    )
    return sum(len(one.people) for one in _threads(s, rows))


def _answers(s: Snapshot, low: int) -> Iterable[tuple[int, int, int, int]]:
    """Yield (root, person, place, n) of recent answers, the newest first."""
    return s.conn.execute(
        "SELECT e.root, coalesce(l.person, -e.lid), e.place, e.n"
        " FROM entries e INDEXED BY entries_answer CROSS JOIN logs l"
        " WHERE e.root IS NOT NULL AND e.place IS NOT NULL AND e.place >= ? AND l.lid = e.lid"
        " ORDER BY e.place DESC LIMIT ?",
        (low, ANSWERS_READ_MAX),
    )


def _threads(s: Snapshot, answers: Iterable[tuple[int, int, int, int]]) -> Iterable[_Thread]:
    muted = s.muted()
    found: dict[int, _Thread] = {}
    for root, person, place, n in answers:
        if person not in muted:
            one = found.setdefault(root, _Thread((place, n)))
            one.people.add(person)
            one.answers += 1
    roots = list(found)
    for at in range(0, len(roots), _ROOTS_AT_ONCE):
        some = roots[at : at + _ROOTS_AT_ONCE]
        asked = ",".join("?" * len(some))
        rows = s.conn.execute(
            "SELECT r.rid, e.n, coalesce(l.person, -e.lid) FROM refs r CROSS JOIN entries e"  # noqa: S608
            " ON substr(e.id, 1, 8) = substr(r.id, 1, 8) AND e.id = r.id"
            f" CROSS JOIN logs l ON l.lid = e.lid WHERE r.rid IN ({asked})"
            f" AND (e.place IS NOT NULL OR e.kind >= {NAMED})",
            some,
        )
        for root, n, author in rows:
            found[root].first = n
            found[root].people.discard(author)
    return found.values()


def _rank(cursor: str) -> int:
    if not _CURSOR.fullmatch(cursor):
        raise BadRequest("not a cursor; use one that conversations have given")
    return int(cursor, 16)
