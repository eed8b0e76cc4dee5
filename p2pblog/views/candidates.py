"""What somebody may mean who has typed the beginning of a name or of a tag.

Specified in docs/views.md.  People whom one follows come first, then the others that are here,
of both the most recently active first; tags come by their latest use.  Nothing here counts how
many people follow somebody, or use a tag.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from p2pblog.content.text import mention_tokens, tags
from p2pblog.core.errors import Ambiguous, BadRequest, BadTextForm, NotFound
from p2pblog.core.limits import PAGE_SCAN_MAX, TAG_CHARS_MAX
from p2pblog.core.textform import Kind, prefix_bounds
from p2pblog.views import lookup, rows
from p2pblog.views.marks import beginning_with, tag_mark
from p2pblog.views.names import folded
from p2pblog.views.people import person
from p2pblog.views.schema import FOLLOWS
from p2pblog.views.snapshot import Snapshot
from p2pblog.views.timelines import everything, limit_of, matching, span_of

Item = TypeVar("Item", int, str)

_SHORT_CHARS = 10


def people(s: Snapshot, typed: str, *, near: bool, limit: int) -> dict[str, Any]:
    """Return {people}: others whose name or identity begins with `typed`, each with `mention`.

    `mention` is what a text says after `@` to mean exactly them.
    """
    found = islice(_once(_people(s, folded(typed), near=near)), limit_of(limit))
    shown = [person(s, pid) for pid in found]
    return {"people": [row | {"mention": _mention(s, row)} for row in shown]}


def used_tags(s: Snapshot, typed: str, limit: int) -> dict[str, Any]:
    """Return {tags}: those that begin with `typed`, without `#`, the latest used first.

    Of many uses only the latest are looked at.
    """
    most = limit_of(limit)
    typed = unicodedata.normalize("NFC", typed.removeprefix("#").casefold())
    if len(typed) > TAG_CHARS_MAX:
        return {"tags": []}
    span = span_of(None, None)
    numbers = matching(s, beginning_with(tag_mark(typed)), span) if typed else everything(s, span)
    found = _once(
        tag
        for n in islice(numbers, PAGE_SCAN_MAX)
        for tag in _tags_of(s, n)
        if tag.startswith(typed)
    )
    return {"tags": list(islice(found, most))}


def _people(s: Snapshot, typed: str, *, near: bool) -> Iterator[int]:
    """Yield people (pids), the likeliest first, some more than once."""
    only = "AND p.near" if near else ""
    within = (typed, typed + lookup.LAST)
    followed = s.conn.execute(
        "SELECT DISTINCT p.pid FROM acts a INDEXED BY acts_actor"  # noqa: S608
        " JOIN people p ON p.pid = a.subject"
        f" WHERE a.actor = ? AND a.kind = ? AND p.folded >= ? AND p.folded < ? {only}"
        " ORDER BY p.last_ms DESC, p.key",
        (s.self_pid, FOLLOWS, *within),
    )
    for (pid,) in followed:
        if pid != s.self_pid and s.said_by_self(FOLLOWS, pid):
            yield pid
    seen = s.conn.execute(
        "SELECT p.pid FROM people p WHERE p.folded >= ? AND p.folded < ?"  # noqa: S608
        f" AND p.last_ms IS NOT NULL AND p.pid IS NOT ? {only} ORDER BY p.last_ms DESC, p.key",
        (*within, s.self_pid),
    )
    yield from (pid for (pid,) in seen)
    try:
        low, high = prefix_bounds(Kind.IDENTITY, typed)
    except BadTextForm:
        return
    keyed = s.conn.execute(
        "SELECT p.pid FROM people p WHERE p.key BETWEEN ? AND ?"  # noqa: S608
        f" AND p.last_ms IS NOT NULL AND p.pid IS NOT ? {only} ORDER BY p.key",
        (low, high, s.self_pid),
    )
    yield from (pid for (pid,) in keyed)


def _once(items: Iterable[Item]) -> Iterator[Item]:
    seen: set[Item] = set()
    for item in items:
        if item not in seen:
            seen.add(item)
            yield item


def _mention(s: Snapshot, row: dict[str, Any]) -> str:
    """Return the shortest of name, beginning of the identity and whole of it that is clear."""
    identity: str = row["identity"]
    for said in (row["name"], identity[:_SHORT_CHARS]):
        if said and mention_tokens(f"@{said} ") == [said] and _means(s, said, identity):
            return said
    return identity


def _means(s: Snapshot, said: str, identity: str) -> bool:
    try:
        return s.text(Kind.IDENTITY, lookup.person_key(s, said)) == identity
    except (NotFound, Ambiguous, BadTextForm):
        return False


def _tags_of(s: Snapshot, n: int) -> list[str]:
    try:
        return tags(rows.shown_post(s, n).text)
    except BadRequest:
        return []
