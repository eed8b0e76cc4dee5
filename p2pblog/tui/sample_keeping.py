"""What the sample's person keeps and changes: bookmarks, lists, filters, polls, new versions.

Another part of `sample`: the methods of docs/api.md for what is not plain posts and people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from p2pblog.core.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from p2pblog.tui.sample import SampleNode, Stored

Map = dict[str, Any]


class SampleKeeping:
    """Keeps for one sample node."""

    def __init__(self, node: SampleNode) -> None:
        self._node = node
        self.bookmarks: dict[str, int] = {}
        self.lists: dict[str, list[str]] = {}
        self.tags: list[str] = []
        self.filters: dict[tuple[str, str], Map] = {}
        self.later: list[Map] = []
        self.pinned: list[str] = []
        self.blocked: set[str] = set()
        self.methods: dict[str, Callable[..., Map]] = {
            "bookmark": self._bookmark,
            "lists": lambda: {"lists": [self._list(name) for name in sorted(self.lists)]},
            "list.put": self._put_list,
            "list.drop": self._drop_list,
            "list.member": self._member,
            "tags": lambda: {"tags": sorted(self.tags)},
            "tag.follow": self._follow_tag,
            "filters": lambda: {"filters": list(self.filters.values())},
            "filter": self._filter,
            "edit": self._edit,
            "versions": self._versions,
            "vote": self._vote,
            "pin": self._pin,
            "erase": self._erase,
            "block": self._block,
            "post.later": self._put_later,
            "later": lambda: {"later": self.later},
            "later.drop": self._drop_later,
            "language": lambda text: {"lang": "en" if text.isascii() and len(text) > 12 else ""},
        }

    def filter_of(self, entry: Stored) -> Map | None:
        """Return the filter that an entry meets."""
        for (what, value), one in self.filters.items():
            words = entry.text.casefold().split()
            person = what == "person" and entry.author == value
            post = what == "post" and entry.id == value
            if entry.author != self._node.me and (person or post or value.casefold() in words):
                return {"what": what, "value": value, "warns": one["warns"]}
        return None

    def lets(self, entry: Stored) -> bool:
        """Tell whether the filters let an entry stand in a timeline, behind a line perhaps."""
        met = self.filter_of(entry)
        return met is None or bool(met["warns"])

    def poll_of(self, entry: Stored) -> Map | None:
        """Return the poll of an entry with its votes."""
        if entry.poll is None:
            return None
        options = entry.poll["options"]
        mine = entry.votes.get(self._node.me, ())
        return {
            "options": [
                {
                    "text": text,
                    "votes": sum(at in chosen for chosen in entry.votes.values()),
                    "chosen": at in mine,
                }
                for at, text in enumerate(options)
            ],
            "voters": sum(bool(chosen) for chosen in entry.votes.values()),
            "until_ms": entry.poll["until_ms"],
            "many": entry.poll.get("many", False),
        }

    def _done(self, changed: bool, **more: Any) -> Map:
        self._node.tell(own=True)
        return {"changed": changed, **more}

    def _bookmark(self, entry: str, undo: bool = False) -> Map:
        if entry not in self.bookmarks:  # what is kept need not be here any more
            self._node.need(entry)
        changed = (entry in self.bookmarks) == undo
        self.bookmarks.pop(entry, None)
        if not undo:
            self.bookmarks[entry] = len(self.bookmarks)
        return self._done(changed, entry=entry)

    def _list(self, name: str) -> Map:
        members = [
            {"identity": one, "name": self._node.names.get(one, "")} for one in self.lists[name]
        ]
        return {"name": name, "members": members}

    def _put_list(self, name: str) -> Map:
        changed = name not in self.lists
        self.lists.setdefault(name, [])
        return self._done(changed, name=name)

    def _drop_list(self, name: str) -> Map:
        del self.lists[name]
        return self._done(True, name=name)

    def _member(self, name: str, id: str, undo: bool = False) -> Map:  # noqa: A002
        members = self.lists[name]
        changed = (id in members) == undo
        if changed:
            (members.remove if undo else members.append)(id)
        return self._done(changed, name=name, identity=id)

    def _follow_tag(self, tag: str, undo: bool = False) -> Map:
        changed = (tag in self.tags) == undo
        if changed:
            (self.tags.remove if undo else self.tags.append)(tag)
        return self._done(changed, tag=tag)

    def _filter(
        self,
        what: str,
        value: str,
        warns: bool = False,
        until_ms: int | None = None,
        undo: bool = False,
    ) -> Map:
        known = self.filters.pop((what, value), None)
        name = self._node.names.get(value, "")
        one = {"what": what, "value": value, "name": name, "warns": warns, "until_ms": until_ms}
        if not undo:
            self.filters[what, value] = one
        return self._done(known is not None if undo else known != one, **one)

    def _edit(
        self, entry: str, text: str, warning: str = "", lang: str = "", token: str = ""
    ) -> Map:
        found = self._node.need(entry)
        if found.author != self._node.me:
            raise BadRequest("you can only change what you wrote yourself")
        found.before.insert(0, {"time_ms": found.edited_ms or found.time_ms, "text": found.text})
        found.text, found.warning, found.edited_ms = text, warning, self._node.now_ms
        return self._done(True, entry=found.id)

    def _versions(self, entry: str) -> Map:
        found = self._node.need(entry)
        now = {"time_ms": found.edited_ms or found.time_ms, "text": found.text}
        return {"versions": [{"warning": "", **one} for one in (now, *found.before)]}

    def _vote(self, entry: str, choices: list[int]) -> Map:
        found = self._node.need(entry)
        changed = list(found.votes.get(self._node.me, ())) != choices
        found.votes[self._node.me] = tuple(choices)
        return self._done(changed, entry=found.id)

    def _pin(self, entry: str, undo: bool = False) -> Map:
        changed = (entry in self.pinned) == undo
        if changed:
            (self.pinned.remove if undo else self.pinned.append)(entry)
        return self._done(changed, entry=entry)

    def _erase(self, entry: str) -> Map:
        found = self._node.need(entry)
        self._node.entries.remove(found)
        return self._done(True, erased=found.id)

    def _block(self, id: str) -> Map:  # noqa: A002
        self.blocked.add(id)
        self._node.entries = [one for one in self._node.entries if one.author != id]
        return self._done(True, identity=id)

    def _put_later(
        self, at_ms: int, text: str, warning: str = "", token: str = "", **more: Any
    ) -> Map:
        one = {"id": str(len(self.later) + 1), "at_ms": at_ms, "text": text, "warning": warning}
        self.later.append({"media": 0, "poll": None, **more, **one})
        return {"id": one["id"], "at_ms": at_ms}

    def _drop_later(self, id: str) -> Map:  # noqa: A002
        for one in self.later:
            if one["id"] == id:
                self.later.remove(one)
                return one
        raise NotFound(id)
