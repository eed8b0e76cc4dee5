"""People who write logs, for the tests of the views; nothing is signed but consents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from p2pblog.content.bodies import (
    Body,
    Follow,
    Like,
    Origin,
    Post,
    Profile,
    Ref,
    Repost,
    Unfollow,
    serialize,
)
from p2pblog.core.crypto import SigningKey
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.entry import Entry, Tip, make_entry
from p2pblog.log.identity import add_device
from p2pblog.store.logs import Arrived
from p2pblog.views.database import Changes, Views
from p2pblog.views.lens import Lens

START_MS = 1_780_000_000_000
RECEIVED_MS = START_MS + 10**9
NOW_MS = RECEIVED_MS

EPOCH = b"epoch of a store"


def entry_text(ref: Ref) -> str:
    return to_text(Kind.ENTRY, ref.id)


@dataclass
class Writer:
    """One log: a device, or the root of an identity."""

    world: World
    key: SigningKey

    @property
    def log(self) -> bytes:
        return self.key.public

    def say(self, body: Body, time_ms: int | None = None) -> Ref:
        return self.raw(serialize(body, bytes(16)), time_ms)

    def raw(self, data: bytes, time_ms: int | None = None) -> Ref:
        world = self.world
        if time_ms is None:
            world.clock_ms += 1000
            time_ms = world.clock_ms
        entry = make_entry(self.log, world.tips.get(self.log), time_ms, data)
        world.tips[self.log] = Tip(entry.seq, entry.id)
        world.entries.append(entry)
        return Ref(self.log, entry.seq, entry.id)

    def post(self, text: str, time_ms: int | None = None, **fields: Any) -> Ref:
        return self.say(Post(text, **fields), time_ms)

    def reply(self, to: Ref, text: str, root: Ref | None = None) -> Ref:
        return self.post(text, reply=to, root=root or to)

    def like(self, target: Ref, *, undo: bool = False) -> Ref:
        return self.say(Like(target, undo))

    def repost(self, target: Ref, *, undo: bool = False) -> Ref:
        return self.say(Repost(target, undo=undo))

    def follow(self, identity: bytes) -> Ref:
        return self.say(Follow(identity))

    def unfollow(self, identity: bytes) -> Ref:
        return self.say(Unfollow(identity))

    def imported(self, text: str, outside_id: str, time_ms: int, **fields: Any) -> Ref:
        origin = Origin("twitter", outside_id, time_ms, "me")
        return self.post(text, origin=origin, **fields)


@dataclass
class Person(Writer):
    """An identity and its first device, which writes."""

    root: Writer

    @property
    def identity(self) -> bytes:
        return self.root.log

    @property
    def text(self) -> str:
        return to_text(Kind.IDENTITY, self.identity)

    def another_device(self, by: Writer | None = None) -> Writer:
        device = Writer(self.world, self.world.new_key())
        (by or self.root).say(add_device(self.identity, device.key))
        return device


@dataclass
class World:
    """Everything that is written, in the order of writing."""

    entries: list[Entry] = field(default_factory=list)
    tips: dict[bytes, Tip] = field(default_factory=dict)
    clock_ms: int = START_MS
    keys: int = 0

    def new_key(self) -> SigningKey:
        self.keys += 1
        return SigningKey(self.keys.to_bytes(32))

    def stranger(self) -> Writer:
        return Writer(self, self.new_key())

    def person(self, name: str | None = None, *, announced: bool = True) -> Person:
        root = Writer(self, self.new_key())
        person = Person(self, self.new_key(), root)
        if announced:
            root.say(add_device(root.log, person.key))
        if name is not None:
            person.say(Profile(name))
        return person

    def announce(self, person: Person) -> None:
        person.root.say(add_device(person.identity, person.key))


def arrived(
    entries: Iterable[Entry], first: int = 1, received_ms: int = RECEIVED_MS
) -> list[Arrived]:
    return [Arrived(n, received_ms, entry) for n, entry in enumerate(entries, first)]


@dataclass
class Shelf:
    """Views in a folder, fed from a world."""

    path: Path
    world: World
    me: Person | None
    views: Views = field(init=False)
    taken: int = 0
    lens: Lens = field(default_factory=Lens)
    seen: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.views = self.open()

    def open(self) -> Views:
        identity = self.me.identity if self.me else None
        return Views(self.path, epoch=EPOCH, self_identity=identity, lens=lambda: self.lens)

    def feed(self, entries: Sequence[Entry] | None = None) -> Changes:
        """Take in what the world has written since, or these entries."""
        if entries is None:
            entries = self.world.entries[self.taken :]
            self.taken = len(self.world.entries)
        return self.views.apply(arrived(entries, self.views.indexed + 1))

    def texts(self, view: str, **params: Any) -> list[str]:
        with self.views.reader() as reader:
            return [row["text"] for row in reader.timeline(view, **params)["entries"]]

    def found(self, query: str) -> list[str]:
        with self.views.reader() as reader:
            return [row["text"] for row in reader.search(query, now_ms=NOW_MS)["entries"]]

    def entry(self, ref: Ref) -> dict[str, Any]:
        with self.views.reader() as reader:
            return reader.entry(entry_text(ref))

    def profile(self, person: str) -> dict[str, Any]:
        with self.views.reader() as reader:
            return reader.profile(person)

    def thread(self, ref: Ref) -> list[tuple[int, str]]:
        """Return (depth, text) of the whole thread, "?" for what is missing."""
        with self.views.reader() as reader:
            rows = reader.thread(entry_text(ref))["entries"]
        return [(row["depth"], "?" if row["missing"] else row["text"]) for row in rows]
