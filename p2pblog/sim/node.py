"""A node: its disk, its wishes, its links, and when it does what.

Does what node/hub.py does, in the same order, with callbacks of the clock in the place of
tasks: a link is read a message at a time, and not while a segment of it is being stored; what
it has to say goes out while there is room, then what was asked for, one segment after the
other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Protocol

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import ForkFound, OwnLogBehind, ProtocolError
from p2pblog.log.entry import Entry
from p2pblog.log.segment import Segment
from p2pblog.sim.clock import Clock, Timer
from p2pblog.sim.disk import Disk
from p2pblog.sim.end import End
from p2pblog.sim.network import Network
from p2pblog.sim.wire import Socket, Wire
from p2pblog.store.logs import LogStore
from p2pblog.store.tokens import PeerTokens
from p2pblog.sync.admission import first_stays
from p2pblog.sync.codec import decode_message, wrapped
from p2pblog.sync.events import SegmentArrived
from p2pblog.sync.messages import AskBlob
from p2pblog.sync.policy import Policy
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session

_EPOCH_BYTES = 16
_WAKE_S_MIN = 0.05
_LOOK_EVERY_S = 1.0  # at a link that takes nothing
_BACKOFF_S_MAX = 30.0


class Watcher(Protocol):
    """Whoever looks at what nodes do."""

    def wrote(self, node: Node, entries: list[Entry]) -> None: ...

    def stored(self, node: Node, segment: Segment, new: int) -> None: ...

    def said(self, node: Node, peer: Peer, messages: list[bytes]) -> None: ...

    def refused(self, node: Node, peer: Peer, error: ProtocolError) -> None: ...


class Mischief(Protocol):
    """What a peer does that breaks the rules; see liars.py."""

    def met(self, node: Node, peer: Peer) -> None:
        """Do something on a link that has just come up."""

    def says(self, peer: Peer, messages: list[bytes]) -> list[bytes]:
        """Return what is sent in the place of what an honest node would send."""

    def reads(self, peer: Peer) -> bool:
        """Tell whether what has arrived is taken."""

    def hears(self, peer: Peer, data: bytes) -> bool:
        """Take in a message; tell whether the honest part of the node should hear it, too."""


@dataclass(eq=False, slots=True)
class Peer:
    """A live link with its session."""

    socket: Socket
    session: Session
    device: bytes
    address: int
    initiator: bool
    since_s: float
    inbox: deque[bytes] = field(default_factory=deque)
    reading: bool = False  # a message of it is being worked on
    serving: bool = False  # an answer is being read from the store
    over: bool = False  # the other end has closed the link
    gone: bool = False
    timer: Timer | None = None


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
        mischief: Mischief | None = None,
    ) -> None:
        """Make a node that is off.

        Args:
            address: its number among all.
            chance: its own, so that what it draws does not hang on what others do.
            mischief: how it breaks the rules, None for an honest one.
        """
        self.network = network
        self.address = address
        self.key = key
        self.device = key.public
        self.disk = disk or Disk()
        self.mischief = mischief
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
        self._clock: Clock = network.clock
        self._watcher = watcher
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
        self._tokens = PeerTokens(self.disk)
        self.policy = Policy(self.store.logs, self.store.bare)
        self.policy.want(self._whole)
        self.end = _Inside(self)
        self._dialling.clear()
        self._failures.clear()
        for address in self.dials:
            self._redial(address)

    def leave(self) -> None:
        """Say farewell on all links, and be off."""
        for peer in [*self.peers.values()]:
            self._drop(peer)
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
            peer.gone = True
            if silent:
                peer.socket.wire.vanish(peer.socket)
            else:
                peer.socket.listener = None
                peer.socket.wire.cut()
        self.peers.clear()
        if keep is not None:
            self.disk.lose_power(keep)

    # --- what its person does ----------------------------------------------------------

    def want(self, logs: Iterable[bytes]) -> None:
        """Want these logs whole, and its own."""
        self._whole = sorted({*logs, self.device})
        if self.on and self.policy.want(self._whole):
            self.end.wishes_changed()
            self._flush()

    def wanted(self) -> list[bytes]:
        """Return the logs that it wants whole."""
        return self._whole

    def write(self, bodies: list[bytes], time_ms: int | None = None) -> bool:
        """Append entries to its own log, if it may; tell whether it did.

        Args:
            time_ms: what the entries claim as their time, None for its clock.
        """
        if not self.on or (self.heeds and self.end.own_log_ahead(self.device)):
            return False
        now_ms = self.clock_ms()
        claimed_ms = now_ms if time_ms is None else time_ms
        try:
            entries = self.store.append(self.key, [(claimed_ms, body) for body in bodies], now_ms)
        except (ForkFound, OwnLogBehind):
            return False
        self._watcher.wrote(self, entries)
        self.end.log_grew(self.device)
        self._flush()
        return True

    def clock_ms(self) -> int:
        """Return what its clock shows."""
        return max(0, _BEGIN_MS + int(self._clock.now_s * 1000) + self.skew_ms)

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
            token=self._tokens.of(device),
        )
        peer = Peer(socket, session, device, other, initiator, self._clock.now_s)
        self.peers[device] = peer
        socket.listener = _Ear(self, peer)
        if self.mischief is not None:
            self.mischief.met(self, peer)
        self._wake(peer)
        self._flush()

    def not_linked(self, other: int) -> None:
        """Hear that dialling has failed: try again, ever more rarely."""
        self._dialling.discard(other)
        self._failures[other] = self._failures.get(other, 0) + 1
        if self.on:
            self._redial(other)

    def say(self, peer: Peer, *messages: bytes) -> None:
        """Send messages that no session has asked for."""
        self._watcher.said(self, peer, [*messages])
        peer.socket.send(*messages)

    # --- inside: links -----------------------------------------------------------------

    def _admit(self, device: bytes, *, initiator: bool) -> bool:
        if device == self.device:
            return False
        old = self.peers.get(device)
        if old is not None:
            gap_s = self._clock.now_s - old.since_s
            if first_stays(self.device, device, first_began_here=old.initiator, gap_s=gap_s):
                return False
            self._drop(old)
        return True

    def _redial(self, address: int) -> None:
        longest_s = min(_BACKOFF_S_MAX, 2.0 ** min(self._failures.get(address, 0), 10))
        delay_s = self._chance.random() * longest_s
        self._clock.after(delay_s, partial(self._dial, address, self._life))

    def _dial(self, address: int, life: int) -> None:
        busy = address in self._dialling or self.network.device_at(address) in self.peers
        if self.on and self._life == life and not busy and address in self.dials:
            self._dialling.add(address)
            self.network.dial(self, address)

    def _drop(self, peer: Peer) -> None:
        """End a session and its link, if that has not been done."""
        if peer.gone:
            return
        peer.gone = True
        if peer.timer is not None:
            peer.timer.cancel()
        peer.session.close()
        self._transmit(peer, peer.session.messages(self._clock.now_s))
        peer.socket.close()
        if self.peers.get(peer.device) is peer:
            del self.peers[peer.device]
            if peer.address in self.dials:
                lasted = self._clock.now_s - peer.since_s >= limits.LINK_STABLE_S
                failures = 0 if lasted else self._failures.get(peer.address, 0) + 1
                self._failures[peer.address] = failures
                self._redial(peer.address)
        self.end.release(peer.session)

    def _fail(self, peer: Peer, error: ProtocolError) -> None:
        self._watcher.refused(self, peer, error)
        peer.session.fail(error)
        self._drop(peer)

    # --- inside: reading ---------------------------------------------------------------

    def _arrived(self, peer: Peer, data: bytes | None) -> None:
        if data is None:
            peer.over = True
        else:
            self.network.trace.arrived(self._clock.now_s, peer.address, self.address, data)
            peer.inbox.append(data)
        self._pump(peer)
        self._flush()

    def _pump(self, peer: Peer) -> None:
        """Take messages while nothing is being done with one."""
        while not (peer.gone or peer.reading):
            if not peer.inbox:
                if peer.over:
                    self._drop(peer)
                return
            if self.mischief is not None and not self.mischief.reads(peer):
                return
            if self.step_s:
                peer.reading = True
                self._cpu_s = max(self._cpu_s, self._clock.now_s) + self.step_s
                self._clock.at(self._cpu_s, partial(self._resume, peer))
                return
            self._take(peer)

    def _resume(self, peer: Peer) -> None:
        peer.reading = False
        if not peer.gone:
            self._take(peer)
            self._pump(peer)
            self._flush()

    def _take(self, peer: Peer) -> None:
        data = peer.inbox.popleft()
        peer.socket.taken(data)
        if self.mischief is not None and not self.mischief.hears(peer, data):
            return
        try:
            peer.session.receive(decode_message(data), self._clock.now_s)
        except ProtocolError as error:
            self._fail(peer, error)
            return
        self._settle(peer, self.end.settling(peer.session))

    def _settle(self, peer: Peer, steps: Iterator[SegmentArrived]) -> None:
        try:
            for _ in steps:
                if self.write_s:
                    peer.reading = True
                    self._disk_s = max(self._disk_s, self._clock.now_s) + self.write_s
                    self._clock.at(self._disk_s, partial(self._go_on, peer, steps))
                    return
        except ProtocolError as error:
            self._fail(peer, error)
            return
        if peer.session.ended:
            self._drop(peer)
        else:
            self._wake(peer)

    def _go_on(self, peer: Peer, steps: Iterator[SegmentArrived]) -> None:
        peer.reading = False
        if not peer.gone:
            self._settle(peer, steps)
            self._pump(peer)
            self._flush()

    # --- inside: writing ---------------------------------------------------------------

    def _wake(self, peer: Peer) -> None:
        self._woken[peer] = None

    def wake_all(self) -> None:
        """Have every session say what it has to say."""
        self._woken.update(dict.fromkeys(self.peers.values()))

    def _flush(self) -> None:
        while self._woken:
            peer = next(iter(self._woken))
            del self._woken[peer]
            if not (peer.gone or peer.serving):
                self._write(peer)

    def _write(self, peer: Peer) -> None:
        session, socket = peer.session, peer.socket
        while not peer.gone:
            now_s = self._clock.now_s
            try:
                session.tick(now_s)
                session.waits(socket.unsent(), now_s)
            except ProtocolError as error:
                self._fail(peer, error)
                return
            if socket.unsent():
                self._rest(peer, now_s + _LOOK_EVERY_S)
                return
            self._transmit(peer, session.messages(now_s))
            if session.ended:
                self._drop(peer)
                return
            if socket.unsent():
                continue
            serve = session.next_serve()
            if isinstance(serve, AskBlob):
                session.send_blob_part(serve, None)
            elif serve is not None and self.write_s:
                peer.serving = True
                self._clock.after(self.write_s, partial(self._serve, peer, serve))
                return
            elif serve is not None:
                session.serve(serve, self.end.read(serve))
            elif not session.more:
                self._rest(peer, session.deadline_s())
                return

    def _serve(self, peer: Peer, serve: Serve) -> None:
        peer.serving = False
        if not peer.gone:
            peer.session.serve(serve, self.end.read(serve))
            self._wake(peer)
            self._flush()

    def _rest(self, peer: Peer, deadline_s: float) -> None:
        """Do nothing on a link until something happens, or the time has come."""
        when_s = max(self._clock.now_s + _WAKE_S_MIN, deadline_s)
        if peer.timer is None or when_s < peer.timer.when_s:
            if peer.timer is not None:
                peer.timer.cancel()
            peer.timer = self._clock.at(when_s, partial(self._ring, peer))

    def _ring(self, peer: Peer) -> None:
        peer.timer = None
        if not peer.gone:
            self._wake(peer)
            self._flush()

    def _transmit(self, peer: Peer, messages: list[bytes]) -> None:
        if sum(map(len, messages)) > limits.DECODE_INLINE_BYTES_MAX:
            # One by one, so that what is checked and twisted is a message each.
            messages = [packed for message in messages for packed in wrapped([message])]
        if self.mischief is not None:
            messages = self.mischief.says(peer, messages)
        if messages:
            self._watcher.said(self, peer, messages)
            peer.socket.send(*messages)


_BEGIN_MS = 1_700_000_000_000


class _Ear:
    """Hears what happens on one link."""

    __slots__ = ("_node", "_peer")

    def __init__(self, node: Node, peer: Peer) -> None:
        self._node, self._peer = node, peer

    def arrived(self, data: bytes | None) -> None:
        self._node._arrived(self._peer, data)

    def drained(self) -> None:
        self._node._wake(self._peer)
        self._node._flush()


class _Inside(End):
    """The node's store and sessions."""

    def __init__(self, node: Node) -> None:
        super().__init__(
            node.store,
            depth=node.policy.depth,
            missing=node.policy.missing,
            now_s=lambda: node._clock.now_s,
            received_ms=node.clock_ms,
        )
        self._node = node

    def keep_token(self, session: Session, token: bytes) -> None:
        for peer in self._node.peers.values():
            if peer.session is session:
                self._node._tokens.keep(peer.device, token)

    def stored(self, segment: Segment, new: int) -> None:
        self._node._watcher.stored(self._node, segment, new)

    def stirred(self) -> None:
        self._node.wake_all()
