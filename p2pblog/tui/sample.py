"""A small neighbourhood in memory that answers the local API, for pictures and tests.

It implements docs/api.md for real (paging, threads, follows, posts, counts) over a list of
entries, with no log, key or link behind it, and the same every time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from p2pblog.content.links import addresses
from p2pblog.content.text import tags
from p2pblog.core.errors import (
    BadRequest,
    NodeUnreachable,
    NoIdentity,
    NotFound,
    Unreachable,
)
from p2pblog.core.textform import Kind, to_text
from p2pblog.tui.connection import OnProgress
from p2pblog.tui.sample_attention import SampleAttention
from p2pblog.tui.sample_doors import SampleDoors
from p2pblog.tui.sample_keeping import SampleKeeping

Map = dict[str, Any]
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
PRESENT_MS = 1_765_360_800_000  # when the sample plays: 10 December 2025, 10:00 UTC

_FOR_ANYBODY = {
    "whoami", "init", "restore", "device.join", "device.joined", "status", "subscribe",
}  # fmt: skip


def key(kind: Kind, name: str) -> str:
    """Return a valid text form that `name` always gives."""
    return to_text(kind, blake2b(name.encode(), digest_size=32).digest())


@dataclass(slots=True)
class Stored:
    """An entry of the neighbourhood."""

    id: str
    author: str
    seq: int
    time_ms: int
    text: str
    reply_to: str | None = None
    quote: str | None = None
    target: str | None = None
    outside: str = ""
    warning: str = ""
    imported: str = ""
    media: list[Map] = field(default_factory=list)
    poll: Map | None = None
    votes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    edited_ms: int = 0
    before: list[Map] = field(default_factory=list)
    likes: set[str] = field(default_factory=set)
    reposts: set[str] = field(default_factory=set)


class SampleNode:
    """The node; `connect` makes clients of it, as many as one likes.

    Args:
        name: whose node it is, or "" for one that has no identity yet.
    """

    def __init__(self, name: str = "") -> None:
        self.names: dict[str, str] = {}
        self.bios: dict[str, str] = {}
        self.fields: dict[str, list[Map]] = {}
        self.near: set[str] = set()
        self.follows: set[tuple[str, str]] = set()
        self.entries: list[Stored] = []
        self.peers: list[Map] = []
        self.me = ""
        self.now_ms = PRESENT_MS
        self.down = False
        self.files: dict[str, str] = {}  # where pictures are, by their blob
        self.calls: list[tuple[str, Map]] = []
        self.held_up: dict[str, asyncio.Event] = {}  # answers that wait for something, by method
        self.kept = SampleKeeping(self)
        self.attention = SampleAttention(self)
        self.imitated: dict[str, str] = {}  # whose name somebody's looks like
        self._clients: list[SampleClient] = []
        self._methods: dict[str, Callable[..., Map]] = {
            "whoami": self.whoami,
            "status": self._status,
            "timeline": self._timeline,
            "thread": self._thread,
            "thread.seek": self._seek,
            "search": self._search,
            "trends": self._trends,
            "conversations": self._conversations,
            "why": self._why,
            "profile": self._profile,
            "people": self._people,
            "tags.used": self._used_tags,
            "post": self._post,
            "like": self._like,
            "repost": self._repost,
            "follow": self._follow,
            "unfollow": self._unfollow,
            "connect": self._connect,
            "set_profile": self._set_profile,
            "media": self._media,
            "subscribe": dict,
            **self.kept.methods,
            **SampleDoors(self).methods,
            **self.attention.methods,
        }
        if name:
            self.me = self.person(name)

    # --- setting up --------------------------------------------------------------------

    def person(self, name: str, bio: str = "", *, near: bool = False) -> str:
        """Add somebody; return their identity."""
        identity = key(Kind.IDENTITY, f"{name} {len(self.names)}")
        self.names[identity] = name
        self.bios[identity] = bio
        if near:
            self.near.add(identity)
        return identity

    def write(self, author: str, text: str, ago_ms: int = 0, **fields: Any) -> str:
        """Add an entry, `ago_ms` old; tell the clients; return its id."""
        number = len(self.entries)
        entry = Stored(
            key(Kind.ENTRY, f"entry {number}"), author, number, self.now_ms - ago_ms, text, **fields
        )
        self.entries.append(entry)
        self.tell(own=author == self.me)
        return entry.id

    def tell(self, event: str = "changed", **data: Any) -> None:
        """Send an event to the clients that listen."""
        counts = {"arrival": len(self.entries), "indexed": len(self.entries)}
        for client in self._clients:
            if client.listening and not client.events.full():
                client.events.put_nowait({"event": event, "data": counts | data})

    async def connect(self) -> SampleClient:
        """Return a client, as `NodeClient.connect` does."""
        if self.down:
            raise NodeUnreachable
        client = SampleClient(self)
        self._clients.append(client)
        return client

    def crash(self) -> None:
        """End every connection, and let none in until `down` is False again."""
        self.down = True
        for client in self._clients:
            client.closed.set()
        self._clients.clear()

    def answer(self, method: str, params: Map) -> Map:
        """Return the result of a method, or raise its error."""
        self.calls.append((method, params))
        if method not in self._methods:
            raise BadRequest(method)
        if not self.me and method not in _FOR_ANYBODY:
            raise NoIdentity
        try:
            return self._methods[method](**params)
        except TypeError as error:
            raise BadRequest(str(error)) from error

    # --- methods -----------------------------------------------------------------------

    def whoami(self) -> Map:
        """Return whose node this is."""
        if not self.me:
            raise NoIdentity
        name = self.names[self.me]
        return {"identity": self.me, "device": key(Kind.DEVICE, name), "name": name}

    def _status(self) -> Map:
        return {
            "listening": ["192.168.1.7:4114"],
            "peers": self.peers,
            "logs": len(self.names),
            "entries": len(self.entries),
            "indexed": len(self.entries),
            "arrival": len(self.entries),
            "lan": True,
            "looking": [],
            "counters": {},
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
        found = [e for e in self.entries if self._in_view(e, view)]
        if view.partition(":")[0] not in ("user", "pinned", "bookmarks"):
            met = ((e, self.kept.filter_of(e)) for e in found)
            found = [e for e, one in met if one is None or one["warns"]]
        return self._page(found, limit, before, after, upward=upward)

    def _search(self, query: str, limit: int = 40, before: str | None = None) -> Map:
        words = query.casefold().replace('"', "").split()
        found = [e for e in self.entries if all(w in e.text.casefold() for w in words)]
        return self._page(found, limit, before, None)

    def _trends(self, hours: int = 24) -> Map:
        recent = [e for e in self.entries if e.time_ms >= self.now_ms - hours * HOUR_MS]
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
        for e in self.entries:
            root = self._root(e)
            if root is not e and root.author != e.author:
                answered.setdefault(root.id, set()).add(e.author)
        ranked = sorted(answered, key=lambda one: (-len(answered[one]), one))
        rows = [
            self.shape(self.need(one)) | {"people": len(answered[one]), "cursor": str(at)}
            for at, one in enumerate(ranked)
        ]
        start = 0 if before is None else int(before) + 1
        return {
            "entries": rows[start : start + limit],
            "next": str(start + limit - 1) if len(rows) > start + limit else None,
            "hours": 72,
        }

    def _root(self, entry: Stored) -> Stored:
        while (above := self.find(entry.reply_to)) is not None:
            entry = above
        return entry

    def _why(self, entry: str, view: str = "") -> Map:
        found = self.need(entry)
        kind = "own" if found.author == self.me else "followed"
        kind = kind if kind == "own" or (self.me, found.author) in self.follows else "held"
        reasons: list[Map] = [{"why": kind}]
        if view.startswith("tag:"):
            reasons.insert(0, {"why": "tag", "tags": [view[4:]], "followed": False})
        return {
            "entry": entry,
            "author": found.author,
            "name": self.names[found.author],
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
    ) -> Map:
        ordered = sorted(found, key=_cursor, reverse=True)
        if before is not None:
            ordered = [e for e in ordered if _cursor(e) < before]
        if after is not None:
            ordered = [e for e in ordered if _cursor(e) > after]
        page = ordered[-limit:] if upward else ordered[:limit]
        last = page[0 if upward else -1] if len(ordered) > limit else None
        return {
            "entries": [self.shape(e) for e in page],
            "next": None if last is None else _cursor(last),
        }

    def _in_view(self, entry: Stored, view: str) -> bool:
        name, _, rest = view.partition(":")
        match name:
            case "home":
                followed = entry.author == self.me or (self.me, entry.author) in self.follows
                return followed or any(tag in self.kept.tags for tag in tags(entry.text))
            case "local":
                return True
            case "user":
                return entry.author.startswith(rest)
            case "tag":
                return rest in tags(entry.text)
            case "bookmarks":
                return entry.id in self.kept.bookmarks
            case "pinned":
                return entry.id in self.kept.pinned and entry.author.startswith(rest)
            case "list":
                return entry.author in self.kept.lists[rest]
            case "mentions":
                return self.attention.mentions_me(entry)
            case "requests":
                return self.attention.waits(entry)
            case _:
                raise BadRequest(view)

    def _thread(self, entry: str) -> Map:
        focus = self.need(entry)
        root = focus
        missing: str | None = None
        while root.reply_to is not None:
            above = self.find(root.reply_to)
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
        found.append(self.shape(entry) | {"depth": depth})
        for reply in sorted((e for e in self.entries if e.reply_to == entry.id), key=_cursor):
            self._walk(reply, depth + 1, found)

    def _profile(self, id: str) -> Map:  # noqa: A002  (the API's name)
        for identity in self.names:
            if identity.startswith(id):
                return self.person_shape(identity)
        raise NotFound(id)

    def _people(self, limit: int, near: bool = False, starts_with: str | None = None) -> Map:
        people = [self.person_shape(i) for i in self.names if i in self.near or not near]
        people.sort(key=lambda p: (not p["near"], -(p["last_ms"] or 0)))
        if starts_with is not None:
            typed, names = starts_with.casefold(), list(self.names.values())
            people = [p for p in people if p["name"].casefold().startswith(typed) and not p["self"]]
            people.sort(key=lambda p: not p["followed"])
            for person in people:
                clear = person["name"].isidentifier() and names.count(person["name"]) == 1
                person["mention"] = person["name"] if clear else person["identity"][:10]
        return {"people": people[:limit]}

    def _used_tags(self, starts_with: str, limit: int) -> Map:
        latest = sorted(self.entries, key=_cursor, reverse=True)
        found = dict.fromkeys(tag for entry in latest for tag in tags(entry.text))
        return {"tags": [tag for tag in found if tag.startswith(starts_with.casefold())][:limit]}

    def _post(
        self,
        text: str,
        reply_to: str | None = None,
        quote: str | None = None,
        warning: str = "",
        lang: str = "",
        poll: Map | None = None,
    ) -> Map:
        answered = self.need(reply_to).id if reply_to else None
        fields: Map = {"reply_to": answered, "quote": quote, "warning": warning, "poll": poll}
        return self._written(self.write(self.me, text, **fields))

    def _like(self, entry: str, undo: bool = False) -> Map:
        return self._mark(self.need(entry).likes, undo)

    def _repost(self, entry: str, undo: bool = False) -> Map:
        target = self.need(entry)
        if undo:
            self.entries = [
                e for e in self.entries if not (e.author == self.me and e.target == entry)
            ]
            return self._mark(target.reposts, undo)
        target.reposts.add(self.me)
        return self._written(self.write(self.me, "", target=target.id))

    def _mark(self, marks: set[str], undo: bool) -> Map:
        changed = (self.me in marks) == undo
        (marks.discard if undo else marks.add)(self.me)
        self.tell(own=True)
        return {"changed": changed}

    def _follow(self, id: str) -> Map:  # noqa: A002
        self.follows.add((self.me, self._profile(id)["identity"]))
        self.tell(own=True)
        return {"identity": id}

    def _unfollow(self, id: str) -> Map:  # noqa: A002
        self.follows.discard((self.me, self._profile(id)["identity"]))
        self.tell(own=True)
        return {"identity": id}

    def _set_profile(self, name: str, bio: str, fields: list[Map] | None = None) -> Map:
        self.names[self.me], self.bios[self.me] = name, bio
        self.fields[self.me] = fields or []
        self.tell(own=True)
        return {}

    def _media(self, entry: str, index: int = 0) -> Map:
        blob = self.need(entry).media[index]["blob"]
        if blob not in self.files:
            raise NotFound("none of the peers linked now has this picture")
        return {"path": self.files[blob]}

    def _connect(self, address: str) -> Map:
        raise Unreachable(address)

    # --- shapes --------------------------------------------------------------------------

    def find(self, entry_id: str | None) -> Stored | None:
        """Return the entry with that id if it is here."""
        return next((e for e in self.entries if e.id == entry_id), None)

    def need(self, entry_id: str) -> Stored:
        """Return the entry with that id."""
        if (found := self.find(entry_id)) is None:
            raise NotFound(entry_id)
        return found

    def _written(self, entry_id: str) -> Map:
        entry = self.need(entry_id)
        return {"id": entry.id, "log": key(Kind.DEVICE, entry.author), "seq": entry.seq}

    def looks_like(self, identity: str) -> Map | None:
        """Return whose name somebody's looks like."""
        if (other := self.imitated.get(identity)) is None:
            return None
        return {"identity": other, "name": self.names[other], "self": other == self.me}

    def person_shape(self, identity: str) -> Map:
        """Return somebody as the API shows them."""
        written = [e.time_ms for e in self.entries if e.author == identity]
        return {
            "identity": identity,
            "name": self.names[identity],
            "looks_like": self.looks_like(identity),
            "bio": self.bios[identity],
            "fields": self.fields.get(identity, []),
            "self": identity == self.me,
            "followed": (self.me, identity) in self.follows,
            "follows_me": (identity, self.me) in self.follows,
            "near": identity in self.near,
            "posts": len(written),
            "following": sum(1 for a, _ in self.follows if a == identity),
            "followers": sum(1 for _, b in self.follows if b == identity),
            "last_ms": max(written, default=None),
        }

    def _inner(self, entry_id: str | None) -> Map | None:
        if (entry := self.find(entry_id)) is None:
            return None
        return {
            "id": entry.id,
            "author": entry.author,
            "name": self.names[entry.author],
            "looks_like": self.looks_like(entry.author),
            "text": entry.text,
            "warning": entry.warning,
            "time_ms": entry.time_ms,
        }

    def shape(self, entry: Stored) -> Map:
        """Return an entry as the API shows it."""
        target = self.find(entry.target)
        shown = target or entry
        imported = {"source": entry.imported, "id": str(entry.seq), "account": "me"}
        return {
            "id": entry.id,
            "log": key(Kind.DEVICE, entry.author),
            "seq": entry.seq,
            "author": entry.author,
            "name": self.names[entry.author],
            "looks_like": self.looks_like(entry.author),
            "kind": "repost" if entry.target or entry.outside else "post",
            "text": shown.text,
            "time_ms": entry.time_ms,
            "reply_to": entry.reply_to,
            "root": None,
            "quote": entry.quote,
            "quoted": self._inner(entry.quote),
            "target": self._inner(entry.target),
            "outside": {"handle": entry.outside} if entry.outside else None,
            "warning": shown.warning,
            "lang": "",
            "media": shown.media,
            "likes": len(shown.likes),
            "reposts": len(shown.reposts),
            "replies": sum(1 for e in self.entries if e.reply_to == shown.id),
            "liked": self.me in shown.likes,
            "reposted": self.me in shown.reposts,
            "bookmarked": shown.id in self.kept.bookmarks,
            "poll": self.kept.poll_of(shown),
            "edited_ms": shown.edited_ms or None,
            "filtered": self.kept.filter_of(entry),
            "imported": imported if entry.imported else None,
            "cursor": _cursor(entry),
        }


class SampleClient:
    """A connection to a `SampleNode`, as `p2pblog.api.client.NodeClient` is one to a node."""

    def __init__(self, node: SampleNode) -> None:
        self.closed = asyncio.Event()
        self.events: asyncio.Queue[Map] = asyncio.Queue(64)
        self.listening = False
        self._node = node

    async def call(
        self, method: str, /, *, on_progress: OnProgress | None = None, **params: Any
    ) -> Map:
        """Return the result of `method`, or raise its error; wait where it is held up."""
        await asyncio.sleep(0)
        if on_progress is not None:
            on_progress(120, 300)
        if (held := self._node.held_up.get(method)) is not None:
            await held.wait()
        if self.closed.is_set():
            raise NodeUnreachable
        self.listening = self.listening or method == "subscribe"
        return self._node.answer(method, params)

    async def close(self) -> None:
        """Hang up."""
        self.closed.set()


def _cursor(entry: Stored) -> str:
    return f"{entry.time_ms:016}.{entry.seq:09}"
