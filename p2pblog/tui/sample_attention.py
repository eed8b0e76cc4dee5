"""What concerns the sample's person: notifications, strangers who wait, reports.

Another part of `sample`: the methods of docs/api.md for these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from p2pblog.core.errors import NotFound
from p2pblog.tui.sample_reading import paged

if TYPE_CHECKING:
    from p2pblog.tui.sample import SampleNode, Stored

Map = dict[str, Any]
_PEOPLE_SHOWN = 8


class Said(NamedTuple):
    """Somebody likes or reposts a post (its id), or follows (""); at one time a row each."""

    what: str
    about: str
    who: str
    time_ms: int


class SampleAttention:
    """Tells for one sample node."""

    def __init__(self, node: SampleNode) -> None:
        self._node = node
        self.said: list[Said] = []
        self.seen: set[str] = set()
        self.welcome: set[str] = set()
        self.dismissed: dict[str, int] = {}
        self.kept: list[Map] = []
        self.methods: dict[str, Callable[..., Map]] = {
            "notifications": self._notifications,
            "notifications.people": self._people,
            "notifications.seen": self._look,
            "requests.accept": self._accept,
            "requests.dismiss": self._dismiss,
            "requests.accepted": lambda: {"accepted": [self._named(one) for one in self.welcome]},
            "report": self._report,
            "reports": lambda: {"reports": self.kept[::-1]},
            "reports.drop": self._drop,
        }

    def say(self, what: str, who: str, about: str = "", ago_ms: int = 0) -> None:
        """Have somebody like or repost a post of the person, or follow them."""
        self.said.append(Said(what, about, who, self._node.now_ms - ago_ms))
        self._node.tell()

    def mentions_me(self, entry: Stored) -> bool:
        """Tell whether an entry answers one of the person's."""
        answered = self._node.find(entry.reply_to)
        me = self._node.me
        return answered is not None and answered.author == me and entry.author != me

    def waits(self, entry: Stored) -> bool:
        """Tell whether an entry by a stranger waits to be decided about."""
        strange = not self._is_known(entry.author) and self._node.kept.filter_of(entry) is None
        late = entry.time_ms > self.dismissed.get(entry.author, 0)
        return self.mentions_me(entry) and strange and late

    def _is_known(self, identity: str) -> bool:
        me, follows = self._node.me, self._node.follows
        near = {other for one, other in follows if one == me}
        return identity in near | self.welcome or any((one, identity) in follows for one in near)

    # --- methods -----------------------------------------------------------------------

    def _rows(self) -> Iterator[Map]:
        for entry in self._node.entries:
            if self.mentions_me(entry) and self._is_known(entry.author):
                yield self._row("reply", f"post:{entry.id}", entry.time_ms, entry)
            elif self._has_ended_for_me(entry):
                until_ms = (entry.poll or {})["until_ms"]
                yield self._row("poll", f"poll:{entry.id}", until_ms, entry)
        for what, about in dict.fromkeys((one.what, one.about) for one in self.said):
            group = self._group(what, about)
            name = f"{what}:{about}:1" if about else f"{what}:1"
            row = self._row(what, name, group[0].time_ms, self._node.find(about))
            yield row | {
                "mark": f"{name}:{group[0].time_ms:x}",
                "seen": f"{name}:{group[0].time_ms:x}" in self.seen,
                "people": [self._named(one.who) for one in group[:_PEOPLE_SHOWN]],
                "count": len(group),
                "rings": any(self._is_known(one.who) for one in group),
            }

    def _has_ended_for_me(self, entry: Stored) -> bool:
        me, poll = self._node.me, entry.poll
        concerns = entry.author == me or bool(entry.votes.get(me))
        return poll is not None and poll["until_ms"] <= self._node.now_ms and concerns

    def _group(self, what: str, about: str) -> list[Said]:
        found = [one for one in self.said if (one.what, one.about) == (what, about)]
        return sorted(found, key=lambda one: -one.time_ms)

    def _row(self, what: str, name: str, time_ms: int, entry: Stored | None) -> Map:
        return {
            "what": what,
            "id": name,
            "mark": name,
            "seen": name in self.seen,
            "time_ms": time_ms,
            "cursor": f"{time_ms:016}.{name}",
            "entry": None if entry is None else self._node.shape(entry),
            "people": [],
            "count": 0,
            "rings": True,
        }

    def _notifications(
        self,
        limit: int = 40,
        before: str | None = None,
        after: str | None = None,
        upward: bool = False,
        **more: str,
    ) -> Map:
        if (start := more.get("from")) is not None:
            before = start + "~"
        rows = [(row["cursor"], row if _is_shown(row) else None) for row in self._rows()]
        page, following = paged(rows, limit, before, after, upward, self._node.looks_max)
        waiting = sum(map(self.waits, self._node.entries))
        return {"notifications": page, "next": following, "requests": waiting}

    def _people(self, id: str) -> Map:  # noqa: A002  (the API's name)
        what, *about = id.split(":")
        group = self._group(what, about[0] if len(about) > 1 else "")
        return {"people": [self._node.person_shape(one.who) for one in group]}

    def _look(self, marks: list[str]) -> Map:
        changed = not self.seen.issuperset(marks)
        self.seen.update(marks)
        return {"changed": changed}

    def _accept(self, id: str, undo: bool = False) -> Map:  # noqa: A002
        changed = (id in self.welcome) == undo
        (self.welcome.discard if undo else self.welcome.add)(id)
        self._node.tell(own=True)
        return {"changed": changed, "identity": id}

    def _dismiss(self, id: str) -> Map:  # noqa: A002
        self.dismissed[id] = self._node.now_ms
        self._node.tell(own=True)
        return {"changed": True, "identity": id}

    def _report(self, target: str, reason: str, note: str = "") -> Map:
        entry = self._node.need(target)
        about = {"id": len(self.kept) + 1, "entry": entry.id, "reason": reason, "note": note}
        self.kept.append({**self._named(entry.author), **about})
        return self.kept[-1]

    def _drop(self, id: int) -> Map:  # noqa: A002
        for one in self.kept:
            if one["id"] == id:
                self.kept.remove(one)
                return one
        raise NotFound(str(id))

    def _named(self, identity: str) -> Map:
        name, likeness = self._node.names[identity], self._node.looks_like(identity)
        return {"identity": identity, "name": name, "looks_like": likeness}


def _is_shown(row: Map) -> bool:
    """Tell whether no filter hides what answers."""
    met = row["entry"] and row["entry"]["filtered"]
    return not met or (row["what"] != "reply") or bool(met["warns"])
