"""Our end of a live exchange: logs in memory, links over TCP on 127.0.0.1, the node's own hub.

What a home does is in protocol/conformance.md section 4.  Whatever is offered is wanted whole:
which logs a node wants is policy, and no part of what is tested here.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Coroutine
from typing import Any

from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import OwnLogBehind, P2PBlogError
from p2pblog.log.entry import Entry
from p2pblog.log.fork import ForkProof
from p2pblog.log.held import Held
from p2pblog.log.segment import Segment
from p2pblog.net import tcp
from p2pblog.net.link import Link
from p2pblog.node.hub import Hub
from p2pblog.node.peer import Node
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync.planning import WHOLE


class Home:
    """One end with logs of its own; lives on one event loop."""

    def __init__(self, seed: bytes, network_key: bytes) -> None:
        self.key = SigningKey(seed)
        keyvalue = MemoryKeyValue()
        self.store = LogStore(keyvalue, new_epoch=secrets.token_bytes(16))
        self._network_key = network_key
        self._listener: tcp.TcpListener | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._tokens = PeerTokens(keyvalue)
        node = Node(
            self.store,
            self._tokens,
            ingest=self._ingest,
            keep_fork=self._keep_fork,
            read_blob=lambda ask: None,
            on_overlay=lambda device, message: None,
        )
        self._hub = Hub(
            node,
            self,
            own_device=self.key.public,
            own_logs=(self.key.public,),
            on_fork=lambda log, lowest: None,
            on_link=lambda device, up: None,
        )

    def depth(self, log: bytes, near: bool) -> int:
        """Want every log whole."""
        return WHOLE

    reach = depth

    def is_known(self, log: bytes) -> bool:
        """Take nobody for a stranger."""
        return True

    def missing(self) -> list[bytes]:
        """Ask about no log that was not offered."""
        return []

    def admit(self, segment: Segment, near: bool, asked: bool, now_s: float) -> bool:
        """Take in whatever arrives."""
        return True

    def charge(self, segment: Segment, near: bool, new: int, now_s: float) -> None:
        """Count nothing: there is no quota."""

    @property
    def links(self) -> list[bytes]:
        """The devices that there is a session with (32 bytes each)."""
        return [peer.device for peer in self._hub.peers]

    @property
    def logs(self) -> dict[bytes, Held]:
        """What is held of each log."""
        return dict(self.store.logs)

    def forked(self, log: bytes) -> bool:
        """Tell whether a log is known to be forked."""
        return log in self.store.forked

    async def listen(self) -> str:
        """Listen on a free port of 127.0.0.1; return HOST:PORT."""
        if self._listener is None:
            self._listener = await tcp.listen("127.0.0.1:0", self._accept)
        return self._listener.addresses[0]

    async def dial(self, address: str, expect: bytes | None) -> bytes:
        """Open a link and a session on it; return the device at the other end.

        Raises:
            P2PBlogError: what went wrong with the link.
        """
        carrier = await tcp.dial(address)
        link = await Link.open(
            carrier,
            initiator=True,
            device=self.key,
            network_key=self._network_key,
            expect=expect,
        )
        self._spawn(self._hub.run(link, initiator=True, near=True))
        return link.remote_device

    def append(self, bodies: list[tuple[int, bytes]]) -> Entry:
        """Append entries, (time_ms, body) each, to this end's log; return the last.

        Raises:
            OwnLogBehind: a peer says that this log is further along.
        """
        if self._hub.own_log_ahead(self.key.public):
            raise OwnLogBehind
        entries = self.store.append(self.key, bodies, _now_ms())
        self.changed(self.key.public)
        return entries[-1]

    def changed(self, log: bytes) -> None:
        """Tell the sessions that a log has grown."""
        self._hub.log_changed(log, self.store.arrival)

    def forget_tokens(self) -> None:
        """Meet every peer as if for the first time."""
        self._tokens.forget()

    async def close(self) -> None:
        """Stop listening and end all links, with a farewell."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._hub.close()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def _accept(self, carrier: tcp.TcpCarrier) -> None:
        self._spawn(self._welcome(carrier))

    async def _welcome(self, carrier: tcp.TcpCarrier) -> None:
        try:
            link = await Link.open(
                carrier, initiator=False, device=self.key, network_key=self._network_key
            )
        except P2PBlogError:
            return  # the carrier is closed; who failed to shake hands is gone
        await self._hub.run(link, initiator=False, near=True)

    async def _ingest(self, segment: Segment) -> int:
        new = self.store.ingest(segment, _now_ms())
        if new:
            self.changed(segment.log)
        return new

    async def _keep_fork(self, proof: ForkProof) -> bool:
        return self.store.add_fork(proof)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
