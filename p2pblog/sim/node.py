"""A simulated node: its disk, its wishes, what its person writes, and whom it dials."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from random import Random
from typing import Protocol

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ForkFound, OwnLogBehind, ProtocolError
from p2pblog.log.entry import Entry
from p2pblog.log.segment import Segment
from p2pblog.sim.disk import Disk
from p2pblog.sim.end import End
from p2pblog.sim.network import Network
from p2pblog.sim.peer import Mischief, Peer
from p2pblog.sim.wire import Socket, Wire
from p2pblog.store.logs import LogStore
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync.admission import first_stays
from p2pblog.sync.claims import Claims
from p2pblog.sync.policy import Policy
from p2pblog.sync.session import Session

_EPOCH_BYTES = 16
_BACKOFF_S_MAX = 30.0
_BEGIN_MS = 1_700_000_000_000  # what right clocks show when a run begins


class Watcher(Protocol):
    """Whoever looks at what nodes do."""

    def wrote(self, node: Node, entries: list[Entry]) -> None:
        """Hear of entries that are on the author's disk."""

    def stored(self, node: Node, segment: Segment, new: int) -> None:
        """Hear that so many entries of a segment are stored."""

    def said(self, node: Node, peer: Peer, messages: list[bytes], sent: list[bytes]) -> None:
        """Hear of messages, and of the bytes that carry them."""

    def refused(self, node: Node, peer: Peer, error: ProtocolError) -> None:
        """Hear that a session ends because of what the peer did."""


class Node:
    """A device that is on or off; what is on its disk stays."""

    def __init__(
        self,
        network: Network,
        watcher: Watcher,
        address: int,
        key: SigningKey,
        chance: Random,
        *,
        disk: Disk | None = None,
    ) -> None:
        """Make a node that is off.

        Args:
            address: its number among all.
            chance: its own, so that what it draws does not hang on what others do.
        """
        self.network = network
        self.clock = network.clock
        self.watcher = watcher
        self.address = address
        self.key = key
        self.device = key.public
        self.disk = disk or Disk()
        self.mischief: Mischief | None = None
        """How it breaks the rules; None for an honest node."""
        self.dials: list[int] = []
        """The addresses that it keeps a link to."""
        self.on = False
        self.refuses = False
        """It takes no links."""
        self.step_s = 0.0
        """What it needs for a message."""
        self.write_s = 0.0
        """What it needs to store a segment, or to read one."""
        self.skew_ms = 0
        """How much its clock is off."""
        self.heeds = True
        """It writes nothing while a peer says that its log goes on elsewhere."""
        self.peers: dict[bytes, Peer] = {}
        self._chance = chance
        self._whole: list[bytes] = []
        self._dialling: set[int] = set()
        self._failures: dict[int, int] = {}
        self._woken: dict[Peer, None] = {}
        self._life = 0  # counts how often it was switched on
        self._cpu_s = self._disk_s = 0.0  # until when they are busy
        network.join(self)

    # --- on and off --------------------------------------------------------------------

    @property
    def accepts(self) -> bool:
        """Whether it takes links at present."""
        return self.on and not self.refuses and len(self.peers) < limits.LINKS_MAX

    def switch_on(self) -> None:
        """Begin with what is on the disk."""
        self.on = True
        self._life += 1
        self.network.break_dead(self.address)
        self.store = LogStore(self.disk, new_epoch=self._chance.randbytes(_EPOCH_BYTES))
        self.tokens = PeerTokens(self.disk)
        self.policy = Policy(self.store.logs, self.store.bare)
        self.policy.want(self._whole)
        self.end = _Inside(self)
        self.claims = Claims(self.end.replica.high(self.device), self._accounts(), self.clock.now_s)
        self._dialling.clear()
        self._failures.clear()
        for address in self.dials:
            self._redial(address)

    def leave(self) -> None:
        """Say farewell on all links, and be off."""
        for peer in [*self.peers.values()]:
            peer.drop()
        self._woken.clear()
        self.on = False

    def crash(self, *, keep: int | None, silent: bool) -> None:
        """Be off at once.

        Args:
            keep: how many of the batches that were not synced are on the disk all the same;
                None if the machine lives on, and so all are.
            silent: nobody is told, as when the power goes; else links are seen to break.
        """
        self.on = False
        for peer in [*self.peers.values()]:
            peer.vanish()
            if silent:
                peer.socket.wire.vanish(peer.socket)
            else:
                peer.socket.listener = None
                peer.socket.wire.cut()
        self.peers.clear()
        self._woken.clear()
        if keep is not None:
            self.disk.lose_power(keep)

    # --- what its person does ----------------------------------------------------------

    def want(self, logs: Iterable[bytes]) -> None:
        """Want these logs whole, and its own."""
        self._whole = sorted({*logs, self.device})
        if self.on and self.policy.want(self._whole):
            self.claims.know(self._accounts(), self.clock.now_s)
            self.end.wishes_changed()
            self.flush()

    def wanted(self) -> list[bytes]:
        """Return the logs that it wants whole."""
        return self._whole

    def write(self, bodies: list[bytes], time_ms: int | None = None) -> float:
        """Append entries to its own log, if it may.

        Args:
            time_ms: what the entries claim as their time, None for its clock.
        Returns:
            0 when they were written, how long to wait with it otherwise; infinite where it
            may write no more.
        """
        if not self.on:
            return float("inf")
        if self.heeds and (wait_s := self.claims.wait_s(self.clock.now_s)) > 0:
            return wait_s
        now_ms = self.clock_ms()
        claimed_ms = now_ms if time_ms is None else time_ms
        try:
            entries = self.store.append(self.key, [(claimed_ms, body) for body in bodies], now_ms)
        except (ForkFound, OwnLogBehind):
            return float("inf")
        self.watcher.wrote(self, entries)
        self.end.log_grew(self.device)
        self.flush()
        return 0.0

    def suspect(self) -> None:
        """Ask everybody for a sign of life: the network has changed."""
        for peer in self.peers.values():
            peer.session.suspect(self.clock.now_s)
        self.wake_all()
        self.flush()

    def clock_ms(self) -> int:
        """Return what its clock shows."""
        return max(0, _BEGIN_MS + int(self.clock.now_s * 1000) + self.skew_ms)

    def _accounts(self) -> dict[bytes, bytes]:
        return {log: log for log in self._whole}

    # --- links: `network.Site` ---------------------------------------------------------

    def has_link(self, wire: Wire) -> bool:
        """Tell whether a session runs on that link."""
        return any(peer.socket.wire is wire for peer in self.peers.values())

    def keep_linked(self, address: int) -> None:
        """Dial an address now, and whenever the link to it is lost."""
        if address not in self.dials:
            self.dials.append(address)
            if self.on:
                self._redial(address)

    def linked(self, socket: Socket, other: int, *, initiator: bool) -> None:
        """Hear that a link is up: run a session on it."""
        self._dialling.discard(other)
        if not self.on:
            socket.wire.cut()
            return
        device = self.network.device_at(other)
        if not self._admit(device, initiator=initiator):
            socket.close()
            return
        session = self.end.greet(
            near=socket.weather.near,
            leads=initiator,
            salt=socket.wire.salt,
            token=self.tokens.of(device),
        )
        peer = Peer(self, socket, session, other, initiator=initiator)
        self.peers[device] = peer
        self.claims.linked(device, self.clock.now_s)
        socket.listener = peer
        if self.mischief is not None:
            self.mischief.met(self, peer)
        self.wake(peer)
        self.flush()

    def not_linked(self, other: int) -> None:
        """Hear that dialling has failed: try again, ever more rarely."""
        self._dialling.discard(other)
        self._failures[other] = self._failures.get(other, 0) + 1
        if self.on:
            self._redial(other)

    def _admit(self, device: bytes, *, initiator: bool) -> bool:
        if device == self.device:
            return False
        old = self.peers.get(device)
        if old is not None:
            gap_s = self.clock.now_s - old.since_s
            if first_stays(
                self.device,
                device,
                first_began_here=old.initiator,
                second_began_here=initiator,
                gap_s=gap_s,
            ):
                return False
            old.drop()
        return True

    def _redial(self, address: int) -> None:
        longest_s = min(_BACKOFF_S_MAX, 2.0 ** min(self._failures.get(address, 0), 10))
        delay_s = self._chance.random() * longest_s
        self.clock.after(delay_s, partial(self._dial, address, self._life))

    def _dial(self, address: int, life: int) -> None:
        busy = address in self._dialling or self.network.device_at(address) in self.peers
        if self.on and self._life == life and not busy and address in self.dials:
            self._dialling.add(address)
            self.network.dial(self, address)

    # --- what peers need ---------------------------------------------------------------

    def wake(self, peer: Peer) -> None:
        """Have a session say what it has to say, at the next `flush`."""
        self._woken[peer] = None

    def wake_all(self) -> None:
        """Have every session say what it has to say."""
        self._woken.update(dict.fromkeys(self.peers.values()))

    def flush(self) -> None:
        """Let all write that were woken."""
        while self._woken:
            peer = next(iter(self._woken))
            del self._woken[peer]
            peer.write()

    def heard(self, peer: Peer) -> None:
        """Hear that a peer has said something, perhaps about the log that is written here."""
        high = peer.session.offered(self.device)
        if high or peer.session.was_told:
            self.claims.told(peer.device, high, self.clock.now_s)

    def dropped(self, peer: Peer) -> None:
        """Hear that a link has ended."""
        if self.peers.get(peer.device) is peer:
            del self.peers[peer.device]
            self.claims.gone(peer.device, self.clock.now_s)
            if peer.address in self.dials:
                lasted = self.clock.now_s - peer.since_s >= limits.LINK_STABLE_S
                failures = 0 if lasted else self._failures.get(peer.address, 0) + 1
                self._failures[peer.address] = failures
                self._redial(peer.address)
        self.end.release(peer.session)

    def cpu_free_s(self) -> float:
        """Return when the next message will have been looked at."""
        self._cpu_s = max(self._cpu_s, self.clock.now_s) + self.step_s
        return self._cpu_s

    def disk_free_s(self) -> float:
        """Return when the next segment can be stored."""
        self._disk_s = max(self._disk_s, self.clock.now_s) + self.write_s
        return self._disk_s


class _Inside(End):
    """The node's store and sessions."""

    def __init__(self, node: Node) -> None:
        super().__init__(
            node.store,
            depth=node.policy.depth,
            missing=node.policy.missing,
            now_s=lambda: node.clock.now_s,
            received_ms=node.clock_ms,
            own=(node.device,),
        )
        self._node = node

    def keep_token(self, session: Session, token: bytes) -> None:
        for peer in self._node.peers.values():
            if peer.session is session:
                self._node.tokens.keep(peer.device, token)

    def stored(self, segment: Segment, new: int) -> None:
        self._node.watcher.stored(self._node, segment, new)
        if segment.log == self._node.device:
            self._node.claims.shown(self._node.clock.now_s)

    def log_grew(self, log: bytes) -> None:
        super().log_grew(log)
        if log == self._node.device:
            self._node.claims.grew(self.replica.high(log), self._node.clock.now_s)

    def stirred(self) -> None:
        self._node.wake_all()
