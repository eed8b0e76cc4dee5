"""All links of a node: one session on each, and what they have in common.

A link comes from a carrier, whichever it is, after its handshake; the hub runs a session on
it until it ends, moves what arrives into the store and what is asked for out of it, and
tells every session when a log has grown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from p2pblog.core import limits
from p2pblog.core.errors import ForkFound, LocalError, NotFound, ProtocolError, SeqGap
from p2pblog.log.segment import Segment
from p2pblog.net.link import Link
from p2pblog.store.logs import LogStore
from p2pblog.sync.messages import AskBlob
from p2pblog.sync.session import (
    BlobArrived,
    BlobAsked,
    LogReleased,
    Replica,
    SegmentArrived,
    Serve,
    Session,
)

logger = logging.getLogger(__name__)

Ingest = Callable[[Segment], Awaitable[int]]


@dataclass(eq=False, slots=True)
class Peer:
    """A live link with its session."""

    link: Link
    session: Session
    device: bytes
    initiator: bool
    near: bool
    since_s: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    parts: dict[int, asyncio.Future[bytes | None]] = field(default_factory=dict)


class Hub:
    """Runs the sessions; lives on one event loop."""

    def __init__(
        self,
        store: LogStore,
        replica: Replica,
        *,
        own_device: bytes,
        ingest: Ingest,
        read_blob: Callable[[AskBlob], bytes | None],
        on_link: Callable[[bytes, bool], None],
    ) -> None:
        """Args: on_link is called with a device when its link came (True) or went (False)."""
        self._store = store
        self._replica = replica
        self._own_device = own_device
        self._ingest = ingest
        self._read_blob = read_blob
        self._on_link = on_link
        self._peers: dict[bytes, Peer] = {}
        self.counters: Counter[str] = Counter()

    @property
    def peers(self) -> list[Peer]:
        """Return the live peers."""
        return list(self._peers.values())

    def linked(self, device: bytes) -> bool:
        """Tell whether there is a link with `device`."""
        return device in self._peers

    def is_near(self, device: bytes) -> bool:
        """Tell whether there is a link with `device`, and on the LAN."""
        peer = self._peers.get(device)
        return peer is not None and peer.near

    async def run(self, link: Link, *, initiator: bool, near: bool) -> None:
        """Run a session on `link` until it ends; the link is closed then."""
        now_s = time.monotonic()
        device = link.remote_device
        session = Session(self._replica, near=near, now_s=now_s)
        peer = Peer(link, session, device, initiator, near, now_s)
        if not self._admit(peer):
            link.close()
            return
        session.start()
        reader = asyncio.create_task(self._read(peer))
        writer = asyncio.create_task(self._write(peer))
        try:
            done, _ = await asyncio.wait((reader, writer), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except ProtocolError as error:
            self.count(error)
            logger.info("dropped %s: %s", link.carrier.remote, error)
            session.fail(error)
        except LocalError as error:
            # A full disk, say: our fault, not the peer's, who may serve us again later.
            logger.warning("let %s go: %s", link.carrier.remote, error)
        finally:
            for task in (reader, writer):
                task.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)
            session.close()
            link.send(*session.messages())
            link.close()
            self._release(peer)

    def log_changed(self, log: bytes) -> None:
        """Tell every session that `log` has grown."""
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.log_changed(log, now_s)
            peer.wake.set()

    def wishes_changed(self) -> None:
        """Tell every session that the node wants other logs than before."""
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.consider_all(now_s)
            peer.wake.set()

    def suspect_all(self) -> None:
        """Ask every peer for a sign of life now, and wait only briefly: the network changed."""
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.suspect(now_s)
            peer.wake.set()

    def count(self, error: ProtocolError) -> None:
        """Count a refusal."""
        self.counters[error.code] += 1

    async def ask_blob_part(self, peer: Peer, blob: bytes, index: int) -> bytes | None:
        """Return a part of a blob from `peer`, unchecked; None where it has none."""
        number = peer.session.ask_blob(blob, index)
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        peer.parts[number] = future
        peer.wake.set()
        try:
            return await asyncio.wait_for(future, limits.WANT_S_MAX)
        except TimeoutError:
            return None
        finally:
            peer.parts.pop(number, None)

    def close(self) -> None:
        """Say farewell on every link; the sessions end by themselves."""
        for peer in self.peers:
            peer.session.close()
            peer.wake.set()

    # --- inside ------------------------------------------------------------------------

    def _admit(self, peer: Peer) -> bool:
        if peer.device == self._own_device:
            return False
        old = self._peers.get(peer.device)
        if old is not None:
            # Both ends dialled at once: keep the link that the smaller key began, as the
            # other end does too.  An older link is a dead one that we have not noticed.
            at_once = peer.since_s - old.since_s < limits.DIAL_S_MAX
            if at_once and old.initiator == (self._own_device < peer.device):
                return False
            old.session.close()
            old.wake.set()
        elif len(self._peers) >= limits.LINKS_MAX:
            return False
        self._peers[peer.device] = peer
        self._on_link(peer.device, True)
        return True

    def _release(self, peer: Peer) -> None:
        for future in peer.parts.values():
            if not future.done():
                future.set_result(None)
        if self._peers.get(peer.device) is peer:
            del self._peers[peer.device]
            self._on_link(peer.device, False)
        self._hand_over(peer)

    def _hand_over(self, peer: Peer) -> None:
        """Let other sessions fetch what this one gave up."""
        logs = [event.log for event in peer.session.events() if isinstance(event, LogReleased)]
        self._consider(logs)

    def _consider(self, logs: list[bytes]) -> None:
        if not logs:
            return
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.consider(logs, now_s)
            peer.wake.set()

    async def _read(self, peer: Peer) -> None:
        session, link = peer.session, peer.link
        while not session.ended:
            messages = await link.receive()
            if not messages:
                return
            for data in messages:
                session.receive(data, time.monotonic())
                await self._settle(peer)
                if session.ended:
                    return
            peer.wake.set()

    async def _settle(self, peer: Peer) -> None:
        """Do what the session's events ask for."""
        released: list[bytes] = []
        for event in peer.session.events():
            match event:
                case SegmentArrived(segment):
                    try:
                        await self._ingest(segment)
                    except (SeqGap, ForkFound) as error:
                        # No fault of the sender: another link was faster, or the log's
                        # writer equivocates.  The session plans anew from what is held.
                        self.count(error)
                        peer.session.consider((segment.log,), time.monotonic())
                case LogReleased(log):
                    released.append(log)
                case BlobAsked(ask):
                    peer.session.send_blob_part(ask, self._read_blob(ask))
                case BlobArrived(part):
                    future = peer.parts.get(part.number)
                    if future is not None and not future.done():
                        future.set_result(part.data)
        self._consider(released)

    async def _write(self, peer: Peer) -> None:
        session, link = peer.session, peer.link
        while True:
            now_s = time.monotonic()
            session.tick(now_s)
            link.send(*session.messages())
            await link.drain()
            if session.ended:
                return
            serve = session.next_serve()
            if serve is not None:
                self._serve(session, serve)
                continue
            try:
                timeout_s = max(0.05, session.deadline_s() - now_s)
                await asyncio.wait_for(peer.wake.wait(), timeout_s)
            except TimeoutError:
                continue
            peer.wake.clear()

    def _serve(self, session: Session, serve: Serve) -> None:
        read = self._store.segment_down if serve.down else self._store.segment_up
        try:
            segment = read(serve.log, serve.low, serve.high)
        except NotFound:
            segment = None
        except LocalError:
            logger.exception("cannot read what a peer asks for")
            segment = None
        session.serve(serve, segment)
