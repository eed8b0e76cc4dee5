"""A small neighbourhood in memory that answers the local API, for pictures and tests.

It implements docs/api.md for real (paging, threads, follows, posts, counts) over a list of
entries, with no log, key or link behind it, and the same every time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from p2pblog.content.text import mention_tokens
from p2pblog.core.errors import (
    BadRequest,
    NodeUnreachable,
    NoIdentity,
    NotFound,
    Unreachable,
)
from p2pblog.core.textform import Kind, to_text
from p2pblog.tui.sample_attention import SampleAttention
from p2pblog.tui.sample_client import SampleClient
from p2pblog.tui.sample_doors import SampleDoors
from p2pblog.tui.sample_keeping import SampleKeeping
from p2pblog.tui.sample_reading import SampleReading

Map = dict[str, Any]
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
PRESENT_MS = 1_765_360_800_000  # when the sample plays: 10 December 2025, 10:00 UTC

_KEY_CHARS = 8  # by which a text may mention somebody
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

    @property
    def cursor(self) -> str:
        """Where it stands in every timeline."""
        return f"{self.time_ms:016}.{self.seq:09}"


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
        self.looks_max = 10**9  # entries that a page looks at, however few of them it shows
        self.held_up: dict[str, asyncio.Event] = {}  # answers that wait for something, by method
        self.kept = SampleKeeping(self)
        self.attention = SampleAttention(self)
        self.imitated: dict[str, str] = {}  # whose name somebody's looks like
        self._clients: list[SampleClient] = []
        self._methods: dict[str, Callable[..., Map]] = {
            "whoami": self.whoami,
            "status": self._status,
            "post": self._post,
            "like": self._like,
            "repost": self._repost,
            "follow": self._follow,
            "unfollow": self._unfollow,
            "connect": self._connect,
            "set_profile": self._set_profile,
            "media": self._media,
            "subscribe": dict,
            **SampleReading(self).methods,
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
            "addresses": ["192.168.1.7:4114"],
            "peers": self.peers,
            "logs": len(self.names),
            "entries": len(self.entries),
            "indexed": len(self.entries),
            "arrival": len(self.entries),
            "lan": True,
            "looking": [],
            "counters": {},
        }

    def _post(
        self,
        text: str,
        reply_to: str | None = None,
        quote: str | None = None,
        warning: str = "",
        lang: str = "",
        poll: Map | None = None,
        token: str = "",
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
        self.follows.add((self.me, self.need_person(id)))
        self.tell(own=True)
        return {"identity": id}

    def _unfollow(self, id: str) -> Map:  # noqa: A002
        self.follows.discard((self.me, self.need_person(id)))
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

    def need_person(self, beginning: str) -> str:
        """Return the identity that begins so."""
        for identity in self.names:
            if identity.startswith(beginning):
                return identity
        raise NotFound(beginning)

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

    def _mentions(self, text: str) -> Map:
        named: Map = {}
        for token in mention_tokens(text) if "@" in text else ():
            for identity, name in self.names.items():
                if len(token) >= _KEY_CHARS and identity.startswith(token):
                    alike = self.looks_like(identity)
                    named[token] = {"identity": identity, "name": name, "looks_like": alike}
        return named

    def _inner(self, entry_id: str | None) -> Map | None:
        if (entry := self.find(entry_id)) is None:
            return None
        return {
            "id": entry.id,
            "author": entry.author,
            "name": self.names[entry.author],
            "looks_like": self.looks_like(entry.author),
            "text": entry.text,
            "mentions": self._mentions(entry.text),
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
            "mentions": self._mentions(shown.text),
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
            "cursor": entry.cursor,
        }
