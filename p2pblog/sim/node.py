"""A simulated node: its disk, its wishes, what its person writes, and whom it dials."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from random import Random
from typing import Protocol

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ForkFound, OwnLogBehind, ProtocolError
from p2pblog.log.entry import Entry
from p2pblog.log.segment import Segment
from p2pblog.sim.dialling import Dialling
from p2pblog.sim.disk import Disk
from p2pblog.sim.inside import Inside
from p2pblog.sim.meeting import Meeting
from p2pblog.sim.network import Network
from p2pblog.sim.peer import Mischief, Peer
from p2pblog.sim.place import Place
from p2pblog.sim.wire import Socket, Wire
from p2pblog.store.logs import LogStore
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync.admission import first_stays
from p2pblog.sync.claims import Claims
from p2pblog.sync.policy import Policy
from p2pblog.sync.rules import DEFAULT_RULES
from p2pblog.sync.session import Session

_EPOCH_BYTES = 16
_BEGIN_MS = 1_700_000_000_000  # what right clocks show when a run begins


class Watcher(Protocol):
    """Whoever looks at what nodes do."""

    def wrote(self, node: Node, entries: list[Entry]) -> None:
        """Hear of entries that are on the author's disk."""

    def admitted(self, node: Node, segment: Segment) -> None:
        """Hear that a segment which has arrived will be stored, if it is authentic."""

    def stored(self, node: Node, segment: Segment, new: int) -> None:
        """Hear that so many entries of a segment are stored."""

    def linked(self, node: Node, peer: Peer) -> None:
        """Hear of a new link of a node that takes part in the overlay."""

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
        self.place = Place(address, hidden=False)
        self.meets = False
        """It takes part in the overlay."""
        self.meeting: Meeting | None = None
        self.rules = DEFAULT_RULES
        """How much it takes of the logs at each distance."""
        self.on = False
        self.life = 0
        """How often it was switched on."""
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
        self.dialling = Dialling(self, chance)
        self._chance = chance
        self._whole: list[bytes] = []
        self._second: list[bytes] = []
        self._woken: dict[Peer, None] = {}
        self._cpu_s = self._disk_s = 0.0  # until when they are busy
        network.join(self)

    @property
    def policy(self) -> Policy:
        """How much it wants of which log."""
        return self.end.policy

    # --- on and off --------------------------------------------------------------------

    @property
    def accepts(self) -> bool:
        """Whether it takes links at present."""
        return self.on and not self.refuses and len(self.peers) < limits.LINKS_MAX

    def switch_on(self) -> None:
        """Begin with what is on the disk."""
        self.on = True
        self.life += 1
        self.network.break_dead(self.address)
        self.store = LogStore(self.disk, new_epoch=self._chance.randbytes(_EPOCH_BYTES))
        self.tokens = PeerTokens(self.disk)
        self.end = Inside(self)
        self._wish()
        self.claims = Claims(self.end.replica.high(self.device), self._accounts(), self.clock.now_s)
        self.end.review()
        self.meeting = Meeting(self, self._chance) if self.meets else None
        self.dialling.start()

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
        self.meeting = None
        self._woken.clear()
        if keep is not None:
            self.disk.lose_power(keep)

    # --- what its person does ----------------------------------------------------------

    def want(self, logs: Iterable[bytes], second: Iterable[bytes] = ()) -> None:
        """Want these logs whole, and its own.

        Args:
            second: the logs of whom the people follow whom its person follows.
        """
        self._whole, self._second = sorted({*logs, self.device}), sorted(second)
        self._wishes_changed()

    def block(self, log: bytes) -> None:
        """Take nothing of somebody's log any more, and hold nothing of it."""
        gone = self.store.block(log, [log], self.clock_ms())
        self._wishes_changed()
        for one in gone:
            self.end.holds_less(one)
        self.end.sweep()
        self.flush()

    def wanted(self) -> list[bytes]:
        """Return the logs that it wants whole."""
        blocked = self.blocked()
        return [log for log in self._whole if log not in blocked or log == self.device]

    def second(self) -> list[bytes]:
        """Return the logs of which it wants some because people follow them whom it follows."""
        return self._second

    def blocked(self) -> Collection[bytes]:
        """Return the logs of which it wants nothing."""
        return self.store.blocks.logs if self.life else ()

    def _wishes_changed(self) -> None:
        if self.on and self._wish():
            self.claims.know(self._accounts(), self.clock.now_s)
            self.end.wishes_changed()
            self.flush()

    def _wish(self) -> bool:
        return self.policy.want(
            self._whole, own=(self.device,), second=self._second, blocked=self.blocked()
        )

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

    def peer_of(self, session: Session) -> Peer | None:
        """Return the link that a session runs on; None if it has ended."""
        return next((peer for peer in self.peers.values() if peer.session is session), None)

    def linked(self, socket: Socket, other: int, *, initiator: bool) -> None:
        """Hear that a link is up: run a session on it."""
        self.dialling.linked(other)
        if self.meeting is not None and initiator:
            self.meeting.arrived(other)
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
        if self.meeting is not None:
            self.meeting.linked(peer)
            self.watcher.linked(self, peer)
        if self.mischief is not None:
            self.mischief.met(self, peer)
        self.wake(peer)
        self.flush()

    def not_linked(self, other: int) -> None:
        """Hear that dialling has failed."""
        self.dialling.failed(other)
        if self.meeting is not None:
            self.meeting.failed(other)

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
            if self.meeting is not None:
                self.meeting.unlinked(peer.device)
            self.dialling.unlinked(peer.address, self.clock.now_s - peer.since_s)
        self.end.release(peer.session)

    def cpu_free_s(self) -> float:
        """Return when the next message will have been looked at."""
        self._cpu_s = max(self._cpu_s, self.clock.now_s) + self.step_s
        return self._cpu_s

    def disk_free_s(self) -> float:
        """Return when the next segment can be stored."""
        self._disk_s = max(self._disk_s, self.clock.now_s) + self.write_s
        return self._disk_s
