"""All links of a node: one session on each, and what they have in common.

A link comes from a carrier, whichever it is, after its handshake; the hub admits it or not,
and tells every session when a log has grown.  What a session does is peer.py's matter.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from p2pblog.core import limits
from p2pblog.core.errors import NodeCrowded, ProtocolError
from p2pblog.log.segment import Segment
from p2pblog.net.link import Link
from p2pblog.node.peer import Node, Peer
from p2pblog.sync.admission import first_stays
from p2pblog.sync.events import LogReleased
from p2pblog.sync.messages import Join, Relay, Shuffle
from p2pblog.sync.replica import Replica
from p2pblog.sync.session import Session

_SUMMED_PER_TURN = 256


class Wishes(Protocol):
    """Which logs a node wants, and how much of them: as `Policy` says."""

    def depth(self, log: bytes, near: bool, /) -> int: ...

    def reach(self, log: bytes, near: bool, /) -> int: ...

    def is_known(self, log: bytes, /) -> bool: ...

    def missing(self) -> Iterable[bytes]: ...

    def admit(self, segment: Segment, near: bool, asked: bool, now_s: float, /) -> bool: ...

    def charge(self, segment: Segment, near: bool, new: int, now_s: float, /) -> None: ...


class Hub:
    """The sessions of one node; lives on one event loop."""

    def __init__(
        self,
        node: Node,
        wishes: Wishes,
        *,
        own_device: bytes,
        own_logs: Collection[bytes],
        on_fork: Callable[[bytes, int], None],
        on_link: Callable[[bytes, bool], None],
    ) -> None:
        """Prepare to run sessions.

        Args:
            wishes: which logs the node wants.
            own_logs: those that are written here.
            on_fork: called with a log and the lowest seq from which it forks.
            on_link: called with a device when its link came (True) or went (False).
        """
        self._node = node
        self._wishes = wishes
        self._store = store = node.store
        self._replica = Replica(
            store.logs,
            store.forked,
            wishes.depth,
            store.bare,
            wishes.missing,
            self._token,
            own=own_logs,
            admit=wishes.admit,
            charge=wishes.charge,
        )
        # How far the sessions have been told of what the store holds.
        self._arrival, self._forks = store.arrival, store.forks
        self._own_device = own_device
        self._on_fork = on_fork
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

    def is_known(self, device: bytes) -> bool:
        """Tell whether `device` is no stranger's, so that its link had better stay."""
        return self._wishes.is_known(device)

    def is_near(self, device: bytes) -> bool:
        """Tell whether there is a link with `device`, and on the LAN."""
        peer = self._peers.get(device)
        return peer is not None and peer.near

    def is_dialled(self, device: bytes) -> bool:
        """Tell whether the link with `device` was begun here."""
        peer = self._peers.get(device)
        return peer is not None and peer.initiator

    async def sum_up(self) -> None:
        """Sum up what the store holds; before the first link."""
        for count, log in enumerate([*self._store.logs, *self._store.forked], 1):
            self._replica.changed(log)
            if not count % _SUMMED_PER_TURN:
                await asyncio.sleep(0)

    async def run(self, link: Link, *, initiator: bool, near: bool) -> None:
        """Run a session on `link` until it ends; the link is closed then."""
        now_s = time.monotonic()
        device = link.remote_device
        session = Session(
            self._replica,
            near=near,
            leads=initiator,
            salt=link.handshake_hash,
            token=self._node.tokens.of(device),
            now_s=now_s,
        )
        session.start()  # before anybody hears of the link, and has something to say on it
        peer = Peer(self._node, self, link, session, initiator=initiator, now_s=now_s)
        if not self._admit(peer):
            link.close()
            if not self.linked(device):
                self._on_link(device, False)
            return
        try:
            await peer.run()
        finally:
            self._release(peer)

    # --- for all sessions --------------------------------------------------------------

    def log_changed(self, log: bytes, arrival: int | None = None) -> None:
        """Tell every session that `log` has grown, and the store come to this arrival number.

        None: nothing has come, and less of it is held.
        """
        if arrival is not None:
            self._arrival = arrival
        self._replica.changed(log)
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.log_changed(log, now_s)
            peer.wake()

    def fork_found(self, log: bytes) -> None:
        """Pass the proof that `log` forks on to every peer."""
        self._forks = self._store.forks
        self._replica.changed(log)
        if (lowest := self._store.forked.get(log)) is None:
            return  # it was blocked a moment ago
        self._on_fork(log, lowest)
        for peer in self.peers:
            peer.send_proof(log)

    def consider(self, logs: Iterable[bytes]) -> None:
        """Let every session think again about what to fetch of `logs`."""
        logs = tuple(logs)
        if not logs:
            return
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.consider(logs, now_s)
            peer.wake()

    def wishes_changed(self) -> None:
        """Tell every session that the node wants other logs than before."""
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.consider_all(now_s)
            peer.wake()

    def seek(self, logs: Collection[bytes]) -> None:
        """Ask every peer anew what it holds of logs that were held back."""
        for peer in self.peers:
            peer.session.seek(logs)
            peer.wake()

    def suspect_all(self) -> None:
        """Ask every peer for a sign of life now, and wait only briefly: the network changed."""
        now_s = time.monotonic()
        for peer in self.peers:
            peer.session.suspect(now_s)
            peer.wake()

    def own_log_ahead(self, log: bytes) -> bool:
        """Tell whether a peer says that one's own log goes on beyond what is held."""
        return any(peer.session.offered(log) > self._replica.high(log) for peer in self.peers)

    def syncing(self) -> tuple[int, int]:
        """Return how many entries are here of what is being fetched, and how many will be."""
        ends: dict[bytes, int] = {}
        for peer in self._peers.values():
            for log, high in peer.session.awaited():
                most = min(high, self._wishes.reach(log, peer.near))
                ends[log] = max(most, ends.get(log, 0))
        here = there = 0
        for log, most in ends.items():
            held = self._store.logs.get(log)
            entries = 0 if held is None else held.entries
            if entries < most:
                here += entries
                there += most
        return here, there

    def count(self, error: ProtocolError) -> None:
        """Count a refusal."""
        self.counters[error.code] += 1

    def crowded(self) -> None:
        """Count somebody for whom there was no room, or no more."""
        self.counters[NodeCrowded.code] += 1

    def close(self) -> None:
        """Say farewell on every link; the sessions end by themselves."""
        for device in list(self._peers):
            self.drop(device)

    # --- for one -----------------------------------------------------------------------

    def say(self, device: bytes, message: Join | Shuffle | Relay) -> None:
        """Send something of the overlay's to a device, if there is a link with it."""
        if (peer := self._peers.get(device)) is not None:
            peer.session.say(message)
            peer.wake()

    def drop(self, device: bytes) -> None:
        """End the link with a device in peace."""
        if (peer := self._peers.get(device)) is not None:
            peer.session.close()
            peer.wake()

    # --- inside ------------------------------------------------------------------------

    def _admit(self, peer: Peer) -> bool:
        if peer.device == self._own_device:
            return False
        old = self._peers.get(peer.device)
        if old is not None:
            gap_s = peer.since_s - old.since_s
            if first_stays(
                self._own_device,
                peer.device,
                first_began_here=old.initiator,
                second_began_here=peer.initiator,
                gap_s=gap_s,
            ):
                return False
            old.session.close()
            old.wake()
        elif len(self._peers) >= limits.LINKS_MAX and not self._make_room(peer):
            self.crowded()
            return False
        self._peers[peer.device] = peer
        self._on_link(peer.device, True)
        return True

    def _make_room(self, newcomer: Peer) -> bool:
        """Let a stranger go who came in, for one whom this node has dialled or knows."""
        if not (newcomer.initiator or self.is_known(newcomer.device)):
            return False
        for peer in reversed(self._peers.values()):  # the newest first
            if not (peer.initiator or self.is_known(peer.device)):
                self.crowded()
                peer.session.close()
                peer.wake()
                del self._peers[peer.device]
                self._on_link(peer.device, False)
                return True
        return False

    def _release(self, peer: Peer) -> None:
        if self._peers.get(peer.device) is peer:
            del self._peers[peer.device]
            self._on_link(peer.device, False)
        # Let other sessions fetch what this one gave up.
        self.consider(
            event.log for event in peer.session.events() if isinstance(event, LogReleased)
        )

    def _token(self) -> bytes:
        return self._store.token(self._arrival, self._forks)
