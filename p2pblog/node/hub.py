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
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from p2pblog.core import limits
from p2pblog.core.errors import ForkFound, LocalError, NotFound, ProtocolError, SeqGap
from p2pblog.log.fork import ForkProof
from p2pblog.log.segment import Segment
from p2pblog.net.link import Link
from p2pblog.store.logs import LogStore
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync.codec import decode_message, pack
from p2pblog.sync.events import (
    BlobArrived,
    CaughtUp,
    ForkArrived,
    LogReleased,
    OverlayArrived,
    ProofAsked,
    ResumeAsked,
    SegmentArrived,
)
from p2pblog.sync.messages import AskBlob, Join, Relay, Shuffle
from p2pblog.sync.replica import Replica
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session

logger = logging.getLogger(__name__)

_SUMMED_PER_TURN = 256

Ingest = Callable[[Segment], Awaitable[int]]


class Wishes(Protocol):
    """Which logs a node wants, and how much of them: as `Replica` says."""

    def depth(self, log: bytes, near: bool, /) -> int: ...

    def missing(self) -> Iterable[bytes]: ...


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
        wishes: Wishes,
        tokens: PeerTokens,
        *,
        own_device: bytes,
        ingest: Ingest,
        keep_fork: Callable[[ForkProof], Awaitable[bool]],
        read_blob: Callable[[AskBlob], bytes | None],
        on_fork: Callable[[bytes, int], None],
        on_link: Callable[[bytes, bool], None],
        on_overlay: Callable[[bytes, Join | Shuffle | Relay], None],
        on_heard: Callable[[Peer], None] = lambda peer: None,
        own: Collection[bytes] = (),
    ) -> None:
        """Prepare to run sessions.

        Args:
            wishes: which logs the node wants.
            tokens: what peers have given to resume from.
            ingest: verifies and stores a segment, returns how many entries were new.
            keep_fork: verifies and keeps a proof, returns whether it told something new.
            read_blob: returns a part of a blob, or None.
            on_fork: called with a log and the lowest seq from which it forks.
            on_link: called with a device when its link came (True) or went (False).
            on_overlay: called with a device and what it says to the overlay.
            on_heard: called after each message of a peer's.
            own: the logs that are written here.
        """
        self._store = store
        self._replica = Replica(
            store.logs,
            store.forked,
            wishes.depth,
            store.bare,
            wishes.missing,
            self._token,
            own=own,
        )
        self._tokens = tokens
        # How far the sessions have been told of what the store holds.
        self._arrival, self._forks = store.arrival, store.forks
        self._own_device = own_device
        self._ingest = ingest
        self._keep_fork = keep_fork
        self._read_blob = read_blob
        self._on_fork = on_fork
        self._on_link = on_link
        self._on_overlay = on_overlay
        self._on_heard = on_heard
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

    def is_dialled(self, device: bytes) -> bool:
        """Tell whether the link with `device` was begun here."""
        peer = self._peers.get(device)
        return peer is not None and peer.initiator

    async def run(self, link: Link, *, initiator: bool, near: bool) -> None:
        """Run a session on `link` until it ends; the link is closed then."""
        now_s = time.monotonic()
        device = link.remote_device
        session = Session(
            self._replica,
            near=near,
            leads=initiator,
            salt=link.handshake_hash,
            token=self._tokens.of(device),
            now_s=now_s,
        )
        session.start()  # before anybody hears of the link, and has something to say on it
        peer = Peer(link, session, device, initiator, near, now_s)
        if not self._admit(peer):
            link.close()
            if not self.linked(device):
                self._on_link(device, False)
            return
        tasks: list[asyncio.Task[None]] = []
        try:
            tasks += [asyncio.create_task(self._read(peer)), asyncio.create_task(self._write(peer))]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
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
            session.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            try:
                link.send(*session.messages(time.monotonic()))
            finally:
                link.close()
                self._release(peer)

    async def sum_up(self) -> None:
        """Sum up what the store holds; before the first link."""
        for count, log in enumerate([*self._store.logs, *self._store.forked], 1):
            self._replica.changed(log)
            if not count % _SUMMED_PER_TURN:
                await asyncio.sleep(0)

    def log_changed(self, log: bytes, arrival: int) -> None:
        """Tell every session that `log` has grown, and the store come to this arrival number."""
        self._arrival = arrival
        self._replica.changed(log)
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.log_changed(log, now_s)
            peer.wake.set()

    def fork_found(self, log: bytes) -> None:
        """Pass the proof that `log` forks on to every peer."""
        proof = self._store.fork_proof(log)
        if proof is None:
            return
        self._forks = self._store.forks
        self._replica.changed(log)
        self._on_fork(log, self._store.forked[log])
        for peer in self.peers:
            peer.session.fork_found(proof, self._store.forked[log])
            peer.wake.set()

    def own_log_ahead(self, log: bytes) -> bool:
        """Tell whether a peer says that one's own log goes on beyond what is held."""
        held = self._store.logs.get(log)
        high = held.newest.high if held else 0
        return any(peer.session.offered(log) > high for peer in self.peers)

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

    def say(self, device: bytes, message: Join | Shuffle | Relay) -> None:
        """Send something of the overlay's to a device, if there is a link with it."""
        if (peer := self._peers.get(device)) is not None:
            peer.session.say(message)
            peer.wake.set()

    def drop(self, device: bytes) -> None:
        """End the link with a device in peace."""
        if (peer := self._peers.get(device)) is not None:
            peer.session.close()
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
            async with asyncio.timeout(limits.WANT_S_MAX):
                return await future
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
                if len(data) <= limits.DECODE_INLINE_BYTES_MAX:
                    message = decode_message(data)
                else:
                    message = await asyncio.to_thread(decode_message, data)
                session.receive(message, time.monotonic())
                self._on_heard(peer)
                await self._settle(peer)
                if session.ended:
                    return
            peer.wake.set()

    async def _settle(self, peer: Peer) -> None:
        """Do what the session's events ask for."""
        released: list[bytes] = []
        for event in peer.session.events():
            match event:
                case SegmentArrived():
                    await self._take_in(peer, event)
                case ForkArrived(proof):
                    new = await self._keep_fork(proof)
                    peer.session.fork_known(proof.log, self._store.forked[proof.log])
                    if new:
                        self.fork_found(proof.log)
                case LogReleased(log):
                    released.append(log)
                case BlobArrived(part):
                    future = peer.parts.get(part.number)
                    if future is not None and not future.done():
                        future.set_result(part.data)
                case ResumeAsked(token):
                    await self._resume(peer, token)
                case ProofAsked(log):
                    self._send_proof(peer, log)
                case CaughtUp(token):
                    self._tokens.keep(peer.device, token)
                case OverlayArrived(message):
                    self._on_overlay(peer.device, message)
        self._consider(released)

    async def _resume(self, peer: Peer, token: bytes | None) -> None:
        changes = None
        if token is not None:
            changes = await asyncio.to_thread(self._store.since, token)
        peer.session.resume(None if changes is None else changes.logs, time.monotonic())
        for log in changes.forks if changes is not None else ():
            self._send_proof(peer, log)

    def _send_proof(self, peer: Peer, log: bytes) -> None:
        if (proof := self._store.fork_proof(log)) is not None:
            peer.session.fork_found(proof, self._store.forked[log])

    def _token(self) -> bytes:
        return self._store.token(self._arrival, self._forks)

    async def _take_in(self, peer: Peer, arrived: SegmentArrived) -> None:
        new, segment = 0, arrived.segment
        known = segment.log in self._store.forked
        try:
            new = await self._ingest(segment)
        except SeqGap as error:
            self.count(error)  # no fault of the sender: another link was faster
        except ForkFound as error:
            self.count(error)
            if not known:
                self.fork_found(segment.log)
        peer.session.took(arrived, new, time.monotonic())

    async def _write(self, peer: Peer) -> None:
        session, link = peer.session, peer.link
        while True:
            now_s = time.monotonic()
            session.tick(now_s)
            messages = session.messages(now_s)
            if sum(map(len, messages)) > limits.DECODE_INLINE_BYTES_MAX:
                messages = await asyncio.to_thread(_packed, messages)
            link.send(*messages)
            await link.drain()
            if session.ended or link.carrier.closed:
                return
            serve = session.next_serve()
            if isinstance(serve, AskBlob):
                part = await asyncio.to_thread(self._read_blob, serve)
                session.send_blob_part(serve, part)
            elif serve is not None:
                session.serve(serve, await asyncio.to_thread(self._segment, serve))
            elif not session.more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.05, session.deadline_s() - now_s)):
                        await peer.wake.wait()
                peer.wake.clear()

    def _segment(self, serve: Serve) -> Segment | None:
        """Return what a peer asks for, or None; for another thread than the event loop's."""
        try:
            if serve.latest:
                return self._store.segment_latest(serve.log, serve.latest)
            read = self._store.segment_down if serve.down else self._store.segment_up
            return read(serve.log, serve.low, serve.high)
        except NotFound:
            return None
        except LocalError:
            logger.exception("cannot read what a peer asks for")
            return None


def _packed(messages: list[bytes]) -> list[bytes]:
    return [pack(message) for message in messages]
