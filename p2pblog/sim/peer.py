"""One link of a simulated node with its session: when it reads, and when it writes.

Does what node/peer.py does, in the same order, with callbacks of the clock in the place of
tasks: messages are taken one by one, and not while a segment of one is being stored; what the
session has to say goes out while there is room, then what was asked for, a segment at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from p2pblog.core.errors import ProtocolError
from p2pblog.sim.clock import Timer
from p2pblog.sim.wire import Socket
from p2pblog.sync.codec import decode_messages
from p2pblog.sync.events import SegmentArrived
from p2pblog.sync.messages import AskBlob, Message
from p2pblog.sync.packing import wrapped
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session

if TYPE_CHECKING:
    from p2pblog.sim.node import Node

_WAKE_S_MIN = 0.05
_LOOK_EVERY_S = 1.0  # at a link that takes nothing


class Mischief(Protocol):
    """What a node does that breaks the rules; see liars.py."""

    def met(self, node: Node, peer: Peer) -> None:
        """Do something on a link that has just come up."""

    def says(self, peer: Peer, messages: list[bytes]) -> list[bytes]:
        """Return what is sent in the place of what an honest node would send."""

    def reads(self, peer: Peer) -> bool:
        """Tell whether what has arrived is taken."""

    def hears(self, peer: Peer, message: Message) -> bool:
        """Tell whether the honest part of the node hears a message."""


class Peer:
    """A live link with its session; a `wire.Listener`."""

    def __init__(
        self, node: Node, socket: Socket, session: Session, address: int, *, initiator: bool
    ) -> None:
        """Args: address: where the other end is."""
        self.node = node
        self.socket = socket
        self.session = session
        self.address = address
        self.device = node.network.device_at(address)
        self.initiator = initiator
        self.since_s = node.clock.now_s
        self.gone = False
        """The link has ended here."""
        self._inbox: deque[bytes] = deque()
        self._messages: deque[Message] = deque()  # of what was taken last
        self._reading = False  # something of it is being worked on
        self._serving = False  # an answer is being read from the store
        self._over = False  # the other end has closed the link
        self._timer: Timer | None = None

    # --- `wire.Listener` ---------------------------------------------------------------

    def arrived(self, data: bytes | None) -> None:
        """Hear what has arrived; None is the end."""
        if data is None:
            self._over = True
        else:
            node = self.node
            node.network.trace.arrived(node.clock.now_s, self.address, node.address, data)
            self._inbox.append(data)
        self._pump()
        self.node.flush()

    def drained(self) -> None:
        """Hear that the link takes more."""
        self.node.wake(self)
        self.node.flush()

    # --- the end -----------------------------------------------------------------------

    def drop(self) -> None:
        """End the session in peace and close the link, if that has not been done."""
        if self.gone:
            return
        self.vanish()
        self.session.close()
        self._transmit(self.session.messages(self.node.clock.now_s))
        self.socket.close()
        self.node.dropped(self)

    def fail(self, error: ProtocolError) -> None:
        """End the session because of what the peer did."""
        self.node.watcher.refused(self.node, self, error)
        self.session.fail(error)
        self.drop()

    def vanish(self) -> None:
        """Be gone without a word."""
        self.gone = True
        if self._timer is not None:
            self._timer.cancel()

    # --- reading -----------------------------------------------------------------------

    def _pump(self) -> None:
        """Take what has come, while nothing is being done with a part of it."""
        mischief = self.node.mischief
        while not (self.gone or self._reading):
            if self._messages:
                self._take(self._messages.popleft())
            elif not self._inbox:
                if self._over:
                    self.drop()
                return
            elif mischief is not None and not mischief.reads(self):
                return
            elif self.node.step_s:
                self._reading = True
                self.node.clock.at(self.node.cpu_free_s(), self._step)
            else:
                self._open()

    def _step(self) -> None:
        self._reading = False
        if not self.gone:
            self._open()
            self._pump()
            self.node.flush()

    def _open(self) -> None:
        data = self._inbox.popleft()
        self.socket.taken(data)
        mischief = self.node.mischief
        try:
            messages = decode_messages(data)
        except ProtocolError as error:
            self.fail(error)
            return
        self._messages.extend(
            message for message in messages if mischief is None or mischief.hears(self, message)
        )

    def _take(self, message: Message) -> None:
        try:
            self.session.receive(message, self.node.clock.now_s)
        except ProtocolError as error:
            self.fail(error)
            return
        self.node.heard(self)
        self._settle(self.node.end.settling(self.session))

    def _settle(self, steps: Iterator[SegmentArrived]) -> None:
        try:
            for _ in steps:
                if self.node.write_s:
                    self._reading = True
                    self.node.clock.at(self.node.disk_free_s(), partial(self._go_on, steps))
                    return
        except ProtocolError as error:
            self.fail(error)
            return
        if self.session.ended:
            self.drop()
        else:
            self.node.wake(self)

    def _go_on(self, steps: Iterator[SegmentArrived]) -> None:
        self._reading = False
        if not self.gone:
            self._settle(steps)
            self._pump()
            self.node.flush()

    # --- writing -----------------------------------------------------------------------

    def write(self) -> None:
        """Send what there is to send, and rest until there is more, or time has come."""
        session, socket = self.session, self.socket
        while not (self.gone or self._serving):
            now_s, unsent = self.node.clock.now_s, socket.unsent()
            try:
                session.tick(now_s)
                session.waits(unsent, now_s)
            except ProtocolError as error:
                self.fail(error)
                return
            if unsent:
                self._rest(now_s + _LOOK_EVERY_S)
                return
            self._transmit(session.messages(now_s))
            if session.ended:
                self.drop()
                return
            if socket.unsent():
                continue
            serve = session.next_serve()
            if isinstance(serve, AskBlob):
                session.send_blob_part(serve, None)
            elif serve is not None and self.node.write_s:
                self._serving = True
                self.node.clock.after(self.node.write_s, partial(self._serve, serve))
            elif serve is not None:
                session.serve(serve, self.node.end.read(serve))
            elif not session.more:
                self._rest(session.deadline_s())
                return

    def _serve(self, serve: Serve) -> None:
        self._serving = False
        if not self.gone:
            self.session.serve(serve, self.node.end.read(serve))
            self.node.wake(self)
            self.node.flush()

    def _rest(self, deadline_s: float) -> None:
        when_s = max(self.node.clock.now_s + _WAKE_S_MIN, deadline_s)
        if self._timer is None or when_s < self._timer.when_s:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.node.clock.at(when_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.node.wake(self)
        self.node.flush()

    def _transmit(self, messages: list[bytes]) -> None:
        if self.node.mischief is not None:
            messages = self.node.mischief.says(self, messages)
        self.say(*messages)

    def say(self, *messages: bytes) -> None:
        """Send messages, whoever thought of them."""
        if messages:
            sent = wrapped([*messages])
            self.node.watcher.said(self.node, self, [*messages], sent)
            self.socket.send(*sent)
