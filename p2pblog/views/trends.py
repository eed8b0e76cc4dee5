"""What the people one can see speak of: tags and links, by how many people used them lately.

Specified in docs/views.md and docs/api.md.  Everybody counts once, however much they write and
whoever follows them; those whom oneself mutes do not count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from p2pblog.core.limits import TREND_USES_MAX, TRENDS_MAX
from p2pblog.views.places import first_place
from p2pblog.views.snapshot import Snapshot

HOUR_MS = 3600 * 1000


@dataclass(slots=True)
class _Topic:
    """Who used it (pids, or -lid while unknown), in how many posts, and the newest place."""

    people: set[int] = field(default_factory=set)
    posts: int = 0
    newest: int = 0


def trends(s: Snapshot, *, now_ms: int, hours: int) -> dict[str, Any]:
    """Return {tags, links, hours}: what most people used in the last `hours`, the most first.

    Of as many people, what was used last comes first.  Of a very busy time, the latest
    TREND_USES_MAX uses are counted.
    """
    muted = s.muted()
    rows = s.conn.execute(
        "SELECT t.topic, coalesce(l.person, -t.lid), t.place FROM topics t"
        " JOIN logs l ON l.lid = t.lid WHERE t.place >= ? ORDER BY t.place DESC LIMIT ?",
        (first_place(now_ms - hours * HOUR_MS), TREND_USES_MAX),
    )
    found: dict[str, _Topic] = {}
    for topic, person, place in rows:
        if person not in muted:
            one = found.setdefault(topic, _Topic(newest=place))
            one.people.add(person)
            one.posts += 1
    ranked = sorted(found, key=lambda name: (-len(found[name].people), -found[name].newest, name))
    shown = [name for name in ranked if not s.lens.filters.hides_topic(name)]
    return {
        "tags": [
            {"tag": name[1:], **_counts(found[name])} for name in shown if name.startswith("#")
        ][:TRENDS_MAX],
        "links": [
            {"link": name, **_counts(found[name])} for name in shown if not name.startswith("#")
        ][:TRENDS_MAX],
        "hours": hours,
    }


def _counts(topic: _Topic) -> dict[str, int]:
    return {"people": len(topic.people), "posts": topic.posts}
