"""What the sample's node answers about what is here: timelines, threads, searches, people.

Another part of `sample`: the methods of docs/api.md that only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from p2pblog.content.links import addresses
from p2pblog.content.text import tags
from p2pblog.core.errors import BadRequest

if TYPE_CHECKING:
    from p2pblog.tui.sample import SampleNode, Stored

Map = dict[str, Any]
_HOUR_MS = 3_600_000


Shown = TypeVar("Shown")


def paged(
    rows: Iterable[tuple[str, Shown | None]],
    limit: int,
    before: str | None,
    after: str | None,
    upward: bool,
    looks_max: int,
) -> tuple[list[Shown], str | None]:
    """Return what a page shows, newest first, and the cursor from which on others follow.

    Args:
        rows: each with its cursor; None stands for what a filter hides.
        upward: from the oldest on.
        looks_max: at so many rows it looks, however few it shows.
    """
    ordered = sorted(rows, key=lambda row: row[0], reverse=not upward)
    if before is not None:
        ordered = [row for row in ordered if row[0] < before]
    if after is not None:
        ordered = [row for row in ordered if row[0] > after]
    page: list[Shown] = []
    following: str | None = None
    for looked_at, (_, shown) in enumerate(ordered):
        if len(page) == limit or looked_at == looks_max:
            following = ordered[looked_at - 1][0]
            break
        if shown is not None:
            page.append(shown)
    return page[::-1] if upward else page, following


class SampleReading:
    """Reads for one sample node."""

    def __init__(self, node: SampleNode) -> None:
        self._node = node
        self.methods: dict[str, Callable[..., Map]] = {
            "timeline": self._timeline,
            "entry": lambda entry: self._node.shape(self._node.need(entry)),
            "thread": self._thread,
            "thread.seek": self._seek,
            "search": self._search,
            "trends": self._trends,
            "conversations": self._conversations,
            "why": self._why,
            "profile": self._profile,
            "people": self._people,
            "tags.used": self._used_tags,
        }

    def _timeline(
        self,
        view: str,
        limit: int = 40,
        before: str | None = None,
        after: str | None = None,
        upward: bool = False,
        **more: str,
    ) -> Map:
        if (start := more.get("from")) is not None:
            before = start + "~"  # after every cursor that begins so
        found = [e for e in self._node.entries if self._in_view(e, view)]
        shows_all = view.partition(":")[0] in ("user", "pinned", "bookmarks")
        page = self._page(found, limit, before, after, upward=upward, shows_all=shows_all)
        lowest = page["next"] is None and after is None and (before is None or before > "0")
        if view == "bookmarks" and lowest:
            gone = [one for one in self._node.kept.bookmarks if self._node.find(one) is None]
            page["entries"] += [
                {"id": one, "missing": True, "bookmarked": True, "cursor": "0"} for one in gone
            ]
        return page

    def _search(self, query: str, limit: int = 40, before: str | None = None) -> Map:
        words = query.casefold().replace('"', "").split()
        found = [e for e in self._node.entries if all(w in e.text.casefold() for w in words)]
        return self._page(found, limit, before, None)

    def _trends(self, hours: int = 24) -> Map:
        since_ms = self._node.now_ms - hours * _HOUR_MS
        recent = [e for e in self._node.entries if e.time_ms >= since_ms]
        uses: dict[str, list[str]] = {}
        for e in recent:
            for topic in (*(f"#{tag}" for tag in tags(e.text)), *addresses(e.text)):
                uses.setdefault(topic, []).append(e.author)
        ranked = sorted(uses, key=lambda topic: (-len(set(uses[topic])), topic))
        rows = [(one, {"people": len(set(uses[one])), "posts": len(uses[one])}) for one in ranked]
        return {
            "tags": [{"tag": one[1:], **said} for one, said in rows if one[0] == "#"],
            "links": [{"link": one, **said} for one, said in rows if one[0] != "#"],
            "hours": hours,
        }

    def _conversations(self, limit: int = 40, before: str | None = None) -> Map:
        answered: dict[str, set[str]] = {}
        for e in self._node.entries:
            root = self._root(e)
            if root is not e and root.author != e.author:
                answered.setdefault(root.id, set()).add(e.author)
        ranked = sorted(answered, key=lambda one: (-len(answered[one]), one))
        shapes = [self._node.shape(self._node.need(one)) for one in ranked]
        rows = [
            shape | {"people": len(answered[shape["id"]]), "cursor": f"{len(ranked) - at:09}"}
            for at, shape in enumerate(shapes)
        ]
        met = [
            (row["cursor"], row if self._node.kept.lets(self._node.need(row["id"])) else None)
            for row in rows
        ]
        page, following = paged(met, limit, before, None, False, self._node.looks_max)
        return {"entries": page, "next": following, "hours": 72}

    def _root(self, entry: Stored) -> Stored:
        while (above := self._node.find(entry.reply_to)) is not None:
            entry = above
        return entry

    def _why(self, entry: str, view: str = "") -> Map:
        found = self._node.need(entry)
        own, followed = found.author == self._node.me, self._is_followed(found.author)
        reasons: list[Map] = [{"why": "own" if own else "followed" if followed else "held"}]
        if view.startswith("tag:"):
            reasons.insert(0, {"why": "tag", "tags": [view[4:]], "followed": False})
        return {
            "entry": entry,
            "author": found.author,
            "name": self._node.names[found.author],
            "reasons": reasons,
        }

    def _page(
        self,
        found: Iterable[Stored],
        limit: int,
        before: str | None,
        after: str | None,
        *,
        upward: bool = False,
        shows_all: bool = False,
    ) -> Map:
        rows = [(e.cursor, e if shows_all or self._node.kept.lets(e) else None) for e in found]
        page, following = paged(rows, limit, before, after, upward, self._node.looks_max)
        return {"entries": [self._node.shape(e) for e in page], "next": following}

    def _in_view(self, entry: Stored, view: str) -> bool:
        name, _, rest = view.partition(":")
        match name:
            case "home":
                followed = entry.author == self._node.me or self._is_followed(entry.author)
                return followed or any(tag in self._node.kept.tags for tag in tags(entry.text))
            case "local":
                return True
            case "user":
                return entry.author.startswith(rest)
            case "tag":
                return rest in tags(entry.text)
            case "bookmarks":
                return entry.id in self._node.kept.bookmarks
            case "pinned":
                return entry.id in self._node.kept.pinned and entry.author.startswith(rest)
            case "list":
                return entry.author in self._node.kept.lists[rest]
            case "mentions":
                return self._node.attention.mentions_me(entry)
            case "requests":
                return self._node.attention.waits(entry)
            case _:
                raise BadRequest(view)

    def _thread(self, entry: str) -> Map:
        focus = self._node.need(entry)
        root = focus
        missing: str | None = None
        while root.reply_to is not None:
            above = self._node.find(root.reply_to)
            if above is None:
                missing = root.reply_to
                break
            root = above
        found: list[Map] = []
        if missing:
            found.append({"id": missing, "missing": True, "depth": 0})
        self._walk(root, 1 if missing else 0, found)
        return {"entries": found, "focus": focus.id, "next": None}

    def _seek(self, entry: str) -> Map:
        rows = self._thread(entry)["entries"]
        return {"missing": [row["id"] for row in rows if row.get("missing")], "peers": 1}

    def _walk(self, entry: Stored, depth: int, found: list[Map]) -> None:
        found.append(self._node.shape(entry) | {"depth": depth})
        replies = [e for e in self._node.entries if e.reply_to == entry.id]
        for reply in sorted(replies, key=lambda e: e.cursor):
            self._walk(reply, depth + 1, found)

    def _is_followed(self, identity: str) -> bool:
        return (self._node.me, identity) in self._node.follows

    def _profile(self, id: str) -> Map:  # noqa: A002  (the API's name)
        return self._node.person_shape(self._node.need_person(id))

    def _people(self, limit: int, near: bool = False, starts_with: str | None = None) -> Map:
        known = [one for one in self._node.names if one in self._node.near or not near]
        people = [self._node.person_shape(one) for one in known]
        people.sort(key=lambda p: (not p["near"], -(p["last_ms"] or 0)))
        if starts_with is not None:
            typed, names = starts_with.casefold(), list(self._node.names.values())
            people = [p for p in people if p["name"].casefold().startswith(typed) and not p["self"]]
            people.sort(key=lambda p: not p["followed"])
            for person in people:
                clear = person["name"].isidentifier() and names.count(person["name"]) == 1
                person["mention"] = person["name"] if clear else person["identity"][:10]
        return {"people": people[:limit]}

    def _used_tags(self, starts_with: str, limit: int) -> Map:
        latest = sorted(self._node.entries, key=lambda e: e.cursor, reverse=True)
        found = dict.fromkeys(tag for entry in latest for tag in tags(entry.text))
        return {"tags": [tag for tag in found if tag.startswith(starts_with.casefold())][:limit]}
