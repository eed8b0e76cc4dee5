"""One link with its session: moves what arrives into the store, and what is asked for out of it.

What concerns all links, one's own logs above all, is the hub's matter (hub.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from p2pblog.core import limits
from p2pblog.core.errors import ForkFound, LocalError, NotFound, ProtocolError, SeqGap
from p2pblog.log.fork import ForkProof, check_proof
from p2pblog.log.segment import Segment
from p2pblog.net.link import Link
from p2pblog.store.logs import LogStore
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync.codec import decode_messages
from p2pblog.sync.events import (
    BlobArrived,
    CaughtUp,
    Event,
    ForkArrived,
    LogReleased,
    OverlayArrived,
    ProofAsked,
    ResumeAsked,
    SegmentArrived,
)
from p2pblog.sync.messages import AskBlob, Join, Relay, Shuffle
from p2pblog.sync.packing import is_long, wrapped
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0  # at a link that takes nothing


@dataclass(frozen=True, slots=True)
class Node:
    """What every peer needs of the node.

    Fields:
        tokens: what peers have given to resume from.
        ingest: verifies and stores a segment, returns how many entries were new.
        keep_fork: verifies and keeps a proof, returns whether it told something new.
        read_blob: returns a part of a blob, or None.
        on_heard: called after each message of a peer's.
        on_overlay: called with a device and what it says to the overlay.
    """

    store: LogStore
    tokens: PeerTokens
    ingest: Callable[[Segment], Awaitable[int]]
    keep_fork: Callable[[ForkProof], Awaitable[bool]]
    read_blob: Callable[[AskBlob], bytes | None]
    on_overlay: Callable[[bytes, Join | Shuffle | Relay], None]
    on_heard: Callable[[Peer], None] = lambda peer: None


class Others(Protocol):
    """All peers of a node, to each of them."""

    def count(self, error: ProtocolError) -> None:
        """Count a refusal."""

    def fork_found(self, log: bytes) -> None:
        """Pass the proof that `log` forks on to every peer."""

    def consider(self, logs: Iterable[bytes]) -> None:
        """Let every session think again about what to fetch of `logs`."""


class Peer:
    """A live link with its session; lives on one event loop.

    Fields:
        device: who is at the other end (32 bytes).
        initiator: the link was begun here.
        near: the peer is on the LAN.
        since_s: when the session began.
    """

    def __init__(
        self,
        node: Node,
        others: Others,
        link: Link,
        session: Session,
        *,
        initiator: bool,
        now_s: float,
    ) -> None:
        self._node = node
        self._others = others
        self.link = link
        self.session = session
        self.device = link.remote_device
        self.initiator = initiator
        self.near = session.near
        self.since_s = now_s
        self._wake = asyncio.Event()
        self._parts: dict[int, asyncio.Future[bytes | None]] = {}
        self._turn_s = now_s  # when this peer's turn on the event loop began

    def wake(self) -> None:
        """Hear that the session has something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Run the session until it ends; the link is closed then."""
        session, link = self.session, self.link
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except ProtocolError as error:
            self._others.count(error)
            logger.info("dropped %s: %s", link.carrier.remote, error)
            session.fail(error)
        except LocalError as error:
            # A full disk, say: our fault, not the peer's, who may serve us again later.
            logger.warning("let %s go: %s", link.carrier.remote, error)
        finally:
            session.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            try:
                link.send(*session.messages(time.monotonic()))
            finally:
                link.close()
                for future in self._parts.values():
                    if not future.done():
                        future.set_result(None)

    async def ask_blob_part(self, blob: bytes, index: int) -> bytes | None:
        """Return a part of a blob, unchecked; None where the peer has none."""
        number = self.session.ask_blob(blob, index)
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._parts[number] = future
        self.wake()
        try:
            async with asyncio.timeout(limits.WANT_S_MAX):
                return await future
        except TimeoutError:
            return None
        finally:
            self._parts.pop(number, None)

    def send_proof(self, log: bytes) -> None:
        """Pass the proof that `log` forks on, unless the peer knows one as good."""
        store = self._node.store
        proof, lowest = store.fork_proof(log), store.forked.get(log)
        if proof is not None and lowest is not None:
            self.session.fork_found(proof, lowest)
            self.wake()

    # --- what comes --------------------------------------------------------------------

    async def _read(self) -> None:
        session, link = self.session, self.link
        while not session.ended:
            messages = await link.receive()
            if not messages:
                return
            for data in messages:
                if is_long(data):
                    decoded = await asyncio.to_thread(decode_messages, data)
                else:
                    decoded = decode_messages(data)
                for message in decoded:
                    session.receive(message, time.monotonic())
                    self._node.on_heard(self)
                    await self._settle()
                    if session.ended:
                        return
                    await self._give_way()
            self.wake()

    async def _give_way(self) -> None:
        """Let others have their turn: small messages can cost much, and many come at once."""
        now_s = time.monotonic()
        if now_s - self._turn_s > limits.PEER_TURN_S:
            await asyncio.sleep(0)
            self._turn_s = time.monotonic()

    async def _settle(self) -> None:
        """Do what the session's events ask for, and what comes of that."""
        while events := self.session.events():
            released: list[bytes] = []
            for event in events:
                if isinstance(event, LogReleased):
                    released.append(event.log)
                else:
                    await self._do(event)
            self._others.consider(released)

    async def _do(self, event: Event) -> None:
        match event:
            case SegmentArrived():
                await self._take_in(event)
            case ForkArrived(proof):
                new = await self._node.keep_fork(proof)
                self.session.fork_known(proof.log, check_proof(proof))
                if new:
                    self._others.fork_found(proof.log)
            case BlobArrived(part):
                future = self._parts.get(part.number)
                if future is not None and not future.done():
                    future.set_result(part.data)
            case ResumeAsked(token):
                await self._resume(token)
            case ProofAsked(log):
                self.send_proof(log)
            case CaughtUp(token):
                self._node.tokens.keep(self.device, token)
            case OverlayArrived(message):
                self._node.on_overlay(self.device, message)

    async def _take_in(self, arrived: SegmentArrived) -> None:
        new, segment = 0, arrived.segment
        known = segment.log in self._node.store.forked
        try:
            new = await self._node.ingest(segment)
        except SeqGap as error:
            self._others.count(error)  # no fault of the sender: another link was faster
        except ForkFound as error:
            self._others.count(error)
            if not known:
                self._others.fork_found(segment.log)
        self.session.took(arrived, new, time.monotonic())

    async def _resume(self, token: bytes | None) -> None:
        changes = None
        if token is not None:
            changes = await asyncio.to_thread(self._node.store.since, token)
        self.session.resume(None if changes is None else changes.logs, time.monotonic())
        for log in changes.forks if changes is not None else ():
            self.send_proof(log)

    # --- what goes ---------------------------------------------------------------------

    async def _write(self) -> None:
        session, link = self.session, self.link
        while True:
            now_s = time.monotonic()
            session.tick(now_s)
            messages = session.messages(now_s)
            if sum(map(len, messages)) > limits.DECODE_INLINE_BYTES_MAX:
                link.send(*await asyncio.to_thread(wrapped, messages))
            else:
                link.send(*wrapped(messages))
            await self._room()
            if session.ended or link.carrier.closed:
                return
            serve = session.next_serve()
            if isinstance(serve, AskBlob):
                part = await asyncio.to_thread(self._node.read_blob, serve)
                session.send_blob_part(serve, part)
            elif serve is not None:
                session.serve(serve, await asyncio.to_thread(self._segment, serve))
            elif not session.more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.05, session.deadline_s() - now_s)):
                        await self._wake.wait()
                self._wake.clear()

    async def _room(self) -> None:
        """Wait until the link takes more; the session's own patience runs on meanwhile."""
        session, link = self.session, self.link
        while not session.ended:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await link.drain()
                    session.waits(0, time.monotonic())
                    return
            session.tick(time.monotonic())
            session.waits(link.carrier.buffered, time.monotonic())

    def _segment(self, serve: Serve) -> Segment | None:
        """Return what a peer asks for, or None; for another thread than the event loop's."""
        store = self._node.store
        try:
            if serve.latest:
                return store.segment_latest(serve.log, serve.latest)
            read = store.segment_down if serve.down else store.segment_up
            return read(serve.log, serve.low, serve.high)
        except NotFound:
            return None
        except LocalError:
            logger.exception("cannot read what a peer asks for")
            return None
