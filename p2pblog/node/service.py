"""The node: store, views, sessions and network, put together behind the local API."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from p2pblog.content.bodies import Body
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import (
    DeviceRevoked,
    HomeUnusable,
    NoIdentity,
    Restoring,
)
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.entry import Entry
from p2pblog.log.segment import Segment
from p2pblog.node import params as take
from p2pblog.node.beginning import Beginning
from p2pblog.node.config import Config
from p2pblog.node.connecting import Connecting
from p2pblog.node.devices import Devices
from p2pblog.node.home import Home, Identity
from p2pblog.node.hub import Hub
from p2pblog.node.indexer import Indexer
from p2pblog.node.leaving import Leaving
from p2pblog.node.mark import Mark
from p2pblog.node.media import Gallery
from p2pblog.node.network import Network
from p2pblog.node.outlook import Outlook, Own
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.params import Document
from p2pblog.node.peer import Node
from p2pblog.node.place import Place
from p2pblog.node.reading import Reading
from p2pblog.node.reporting import Reporting
from p2pblog.node.restoring import Restoration
from p2pblog.node.roster import Roster
from p2pblog.node.saying import Saying
from p2pblog.node.seeking import Seeking
from p2pblog.node.server import Handler, Request
from p2pblog.node.transfer import Transfer
from p2pblog.node.wanting import Wanting
from p2pblog.node.writer import Writer
from p2pblog.store.blobs import BlobStore
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.peers import PeerBook
from p2pblog.store.personal import Personal
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync.messages import AskBlob, Join, Relay, Shuffle
from p2pblog.sync.planning import WHOLE
from p2pblog.views.database import Changes, Views
from p2pblog.views.newest import newest_seqs

logger = logging.getLogger(__name__)


class NodeService:
    """Everything that a node does; see `process.Service`."""

    def __init__(self, home: Home, config: Config) -> None:
        """Open what is on disk.

        Raises:
            StoreCorrupt, StoreTooNew, HomeUnusable, DiskFull: it cannot be used.
        """
        self._home = home
        self._config = config
        self.on_event: Callable[[str, Mapping[str, Any]], None] = lambda event, data: None
        self._who = home.identity()
        self._key: SigningKey | None = None
        if self._who is not None and (seed := home.device_seed()) is not None:
            self._key = SigningKey(seed)
            if self._key.public != self._who.device:
                raise HomeUnusable("device.key belongs to another device; restore it from a copy")
        self._mark = Mark(home)
        self._blobs = BlobStore(home.blobs)
        keyvalue = LevelKeyValue(home.store)
        self._store = LogStore(keyvalue, new_epoch=os.urandom(16))
        self._book = PeerBook(keyvalue)
        self._tokens = PeerTokens(keyvalue)
        personal = Personal(keyvalue)
        own = Own(personal, Outlook(personal, _now_ms))
        if self._who is not None:
            # A store that lost its end does not know that it did; the views and the mark may.
            for log, seq in newest_seqs(home.views, [self._who.device]).items():
                self._store.raise_own_floor(log, seq)
            self._store.raise_own_floor(self._who.device, self._mark.seq(self._who.device))
        self._views = Views(
            home.views,
            epoch=self._store.epoch,
            self_identity=self._who and self._who.identity,
            journal_end=self._store.arrival,
            has_blob=self._blobs.has,
            lens=own.outlook.lens,
        )
        self._reader = self._views.reader()
        self._writer = Writer(self._store, self._log_grew, salt=lambda: os.urandom(16))
        self._indexer = Indexer(self._store, self._views, self._indexed)
        self._hub: Hub | None = None
        self._network: Network | None = None
        self.becoming = asyncio.Lock()
        self.own_logs = OwnLogs(
            self._store, lambda: self._hub.peers if self._hub else [], Place(home)
        )
        reading = Reading(self._reader, self._indexer.rebuild, _now_ms)
        self.roster = Roster(self._store)
        self._wanting = Wanting(
            config.rules,
            self._store,
            self._tokens,
            self._writer,
            self._views,
            reading,
            self._reader,
            self.own_logs,
            self.roster,
            hub=lambda: self._hub,
            restoring=lambda: self._restoration.under_way,
        )
        self._reporting = Reporting(
            config,
            self._store,
            self._views,
            reading,
            self._reader,
            self._wanting.policy,
            who=lambda: self._who,
            online=self._online,
            restoring=lambda: self._restoration.under_way,
        )
        self._saying = Saying(
            self._store,
            self._writer,
            reading,
            self._reader,
            self._blobs,
            own,
            say=self._say,
            say_once=self._say_once,
            key=self._own_key,
            who=lambda: self._who,
            may_write=self.check_may_write,
            on_change=self._outlook_changed,
            clock_ms=_now_ms,
        )
        transfer = Transfer(
            self._store,
            self._writer,
            reading,
            self._reader,
            home=home.path,
            append=self._append,
            caught_up=self._caught_up,
            kept_whole=lambda log: self._wanting.policy.rule(log).depth == WHOLE,
        )
        self._leaving = Leaving(
            self._store,
            self._writer,
            self._indexer,
            reading,
            self._reader,
            self._blobs,
            self._wanting.policy,
            self._wanting.wishes,
            say=self._say,
            who=lambda: self._who,
            caught_up=self._caught_up,
            on_less=self._wanting.holds_less,
            on_free=self._wanting.unblocked,
            clock_ms=_now_ms,
        )
        self._gallery = Gallery(reading, self._reader, self._blobs, lambda: self._hub)
        self._seeking = Seeking(reading, self._reader, self._wanting.policy, lambda: self._hub)
        self.home, self.config, self.store = home, config, self._store
        self._devices = Devices(self)
        self._restoration = Restoration(self)
        self.methods: Mapping[str, Handler] = {
            "hello": self._hello,
            "whoami": self._whoami,
            "wait": self._wait,
            **self._reporting.methods(),
            **Connecting(lambda: self._network, _now_ms).methods(),
            **reading.methods(),
            **self._saying.methods(),
            **transfer.methods(),
            **self._leaving.methods(),
            **self._gallery.methods(),
            **self._seeking.methods(),
            **Beginning(self).methods(),
            **self._devices.methods(),
            **self._restoration.methods(),
        }

    def _online(self) -> tuple[Hub, Network] | None:
        return (self._hub, self._network) if self._hub and self._network else None

    @property
    def listening(self) -> list[str]:
        """Return where links are accepted, as HOST:PORT."""
        return self._network.listening if self._network is not None else []

    async def start(self) -> None:
        """Catch the views up, and link to others if there is an identity to do it for."""
        self._indexer.start()
        self._leaving.start()
        self._saying.start()
        if self._who is not None and self._key is not None:
            await self._go_online(self._who, self._key)

    async def close(self) -> None:
        """Say farewell, finish what was begun, close the files."""
        await self._devices.close()
        await self._saying.close()
        self._wanting.close()
        self._seeking.close()
        if self._network is not None:
            await self._network.close()
        await self._leaving.close()
        self._writer.close()
        await self._indexer.close()
        self._reader.close()
        self._views.close()
        self._store.close()

    async def _go_online(self, who: Identity, key: SigningKey) -> None:
        own = (who.identity, who.device)
        for log in own:
            self.own_logs.watch(log)
        node = Node(
            self._store,
            self._tokens,
            ingest=self._ingest,
            keep_fork=self._writer.keep_fork,
            read_blob=self._read_blob,
            on_overlay=self._overlay_said,
            on_heard=self.own_logs.heard,
        )
        hub = Hub(
            node,
            self._wanting.policy,
            own_device=key.public,
            own_logs=own,
            on_fork=self._fork_found,
            on_link=self._link_changed,
        )
        self._hub = hub
        await hub.sum_up()
        await self._wanting.start(who)
        self._network = Network(
            self._config,
            key,
            hub,
            self._book,
            on_change=self._status_changed,
            clock_ms=_now_ms,
        )
        await self._network.start()
        self._status_changed()

    # --- what happens -------------------------------------------------------------------

    async def _ingest(self, segment: Segment) -> int:
        new = await self._writer.ingest(segment)
        if new:
            self.own_logs.shown(segment.log)
        return new

    def _log_grew(self, log: bytes, arrival: int) -> None:
        self.own_logs.grew(log)
        self._wanting.log_grew(log)
        self._leaving.retention.grew(log)
        if self._hub is not None:
            self._hub.log_changed(log, arrival)
        self._indexer.poke()

    def _indexed(self, changes: Changes) -> None:
        self._wanting.changed(changes)
        self._leaving.take(changes)
        self._seeking.indexed()
        if changes.rebuilt and self._hub is not None:
            for peer in self._hub.peers:
                if peer.near:
                    self._indexer.mark_near(peer.device)
        self._tell_changed(changes.indexed, own=changes.own)

    def _outlook_changed(self) -> None:
        self._tell_changed(self._views.indexed, own=True)

    def _tell_changed(self, indexed: int, *, own: bool) -> None:
        data = {"arrival": self._store.arrival, "indexed": indexed, "own": own}
        self.on_event("changed", data)

    def _fork_found(self, log: bytes, lowest: int) -> None:
        logger.warning("a log has been forked by its writer at entry %d: %s", lowest, log.hex())
        self._indexer.mark_forked(log, lowest)
        self._status_changed()

    def _link_changed(self, device: bytes, up: bool) -> None:
        self.own_logs.link_changed(device, up)
        if self._network is not None:
            self._network.link_changed(device, up=up)
        if up and self._hub is not None and self._hub.is_near(device):
            self._indexer.mark_near(device)
        self._status_changed()

    def _overlay_said(self, device: bytes, message: Join | Shuffle | Relay) -> None:
        if self._network is not None:
            self._network.overlay_said(device, message)

    def _status_changed(self) -> None:
        self.on_event("status", {})

    def _read_blob(self, ask: AskBlob) -> bytes | None:
        return self._blobs.part(ask.blob, ask.at)

    # --- writing -------------------------------------------------------------------------

    async def _append(
        self, bodies: Iterable[Body | bytes], on_entry: Callable[[Entry], None] = lambda entry: None
    ) -> list[Entry]:
        key = await self._settled_key()
        entries = await self._writer.append(key, bodies, on_entry)
        if entries:
            self._mark.keep(key.public, entries[-1].seq)
        return entries

    async def _settled_key(self) -> SigningKey:
        await self.check_may_write()
        key = self._own_key()
        # Another copy of this home may have written: what follows on the older entry forks
        # the log.
        await self.own_logs.settled(key.public)
        return key

    def _own_key(self) -> SigningKey:
        if self._key is None:
            raise NoIdentity
        return self._key

    async def _say(self, bodies: Sequence[Body | bytes]) -> list[Entry]:
        """Append, and wait (not for ever) until the views show it."""
        entries = await self._append(bodies)
        await self._shown()
        return entries

    async def _say_once(self, body: bytes) -> Entry:
        """Say a body that may have been said already; return its entry."""
        key = await self._settled_key()
        entry = await self._writer.append_once(key, body)
        self._mark.keep(key.public, entry.seq)
        await self._shown()
        return entry

    async def _shown(self) -> None:
        # What is written is written: that the views are in trouble is no reason to say that
        # it was not, and to have a person write it again.
        try:
            await self._indexer.reached(self._store.arrival, limits.API_WAIT_S_MAX)
        except Exception:
            logger.exception("the views do not show what was written")

    # --- what its devices' methods need: `household.Household` ----------------------------

    @property
    def who(self) -> Identity | None:
        """Return who lives here, None while nobody does."""
        return self._who

    async def check_may_write(self) -> Identity:
        """Return who lives here, if they may write; errors as `Household` says."""
        if self._who is None:
            raise NoIdentity
        if self._restoration.under_way:
            raise Restoring
        if await asyncio.to_thread(self.roster.is_revoked, *self._who):
            raise DeviceRevoked
        return self._who

    async def name_here(self) -> str:
        """Return what the identity is called, "" while that is not known."""
        await self._indexer.reached(self._store.arrival, limits.API_WAIT_S_MAX)
        return await self._reporting.name_of(self._who.device) if self._who is not None else ""

    async def say(self, bodies: list[Body]) -> list[Entry]:
        """Append to this device's log, and wait until the views show it."""
        return await self._say(bodies)

    async def append_as(self, key: SigningKey, bodies: Iterable[Body]) -> list[Entry]:
        """Append to a log of this person's other than this device's: the root's."""
        return await self._writer.append(key, bodies)

    async def become(self, who: Identity, key: SigningKey) -> None:
        """Take up an identity that the home has been told of, and go online."""
        self._who, self._key = who, key
        await self._indexer.set_self(who.identity)
        await self._caught_up()
        await self._go_online(who, key)

    async def connect_to(self, address: str) -> bytes:
        """Link to whoever is at `address`; errors as `Network.connect`."""
        if self._network is None:
            raise NoIdentity
        return await self._network.connect(address)

    async def _caught_up(self) -> None:
        while not await self._indexer.reached(self._store.arrival, limits.API_WAIT_S_MAX):
            pass

    # --- methods -------------------------------------------------------------------------

    async def _hello(self, request: Request) -> Document:
        return {"arrival": self._store.arrival}

    async def _whoami(self, request: Request) -> Document:
        if self._who is None:
            raise NoIdentity
        return {**_text_forms(self._who), "name": await self.name_here()}

    async def _wait(self, request: Request) -> Document:
        arrival = take.number(request.params, "arrival", default=0, low=0, high=limits.SEQ_MAX)
        await self._indexer.reached(arrival, limits.API_WAIT_S_MAX)
        return {"indexed": self._views.indexed}


def _text_forms(who: Identity) -> Document:
    return {
        "identity": to_text(Kind.IDENTITY, who.identity),
        "device": to_text(Kind.DEVICE, who.device),
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
