"""How a simulated node comes by links that nobody typed: it carries out what the overlay decides.

Does what node/meeting.py does, with callbacks of the clock in the place of tasks.  An offer is
the caller's address in the simulated network, for whoever answers it links to it directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from p2pblog.core import limits
from p2pblog.core.errors import ProtocolError
from p2pblog.sim.clock import Timer
from p2pblog.sim.place import addresses_of, site_at
from p2pblog.sync.calls import Call, seal, unseal
from p2pblog.sync.messages import Join, Member, Relay, Shuffle
from p2pblog.sync.overlay import Dial, Drop, Effect, Overlay, Sealed, Send

if TYPE_CHECKING:
    from p2pblog.sim.node import Node
    from p2pblog.sim.peer import Peer

_TICK_S_MIN, _TICK_S_MAX = 0.1, 5.0
_OFFER_S_MAX = 0.5  # what it takes to make an offer or an answer
_ADDRESS_BYTES = 4


class Meeting:
    """The overlay of one life of a node."""

    def __init__(self, node: Node, chance: Random) -> None:
        self._node = node
        self._chance = chance
        self._life = node.life
        self.overlay = Overlay(self._own, self._node.policy.is_known, random=chance.random)
        self._meeting: set[bytes] = set()
        self._dialling: dict[int, Member] = {}
        self._calls: dict[bytes, tuple[bytes, Timer]] = {}
        self._answering: set[bytes] = set()
        self._later(0.0, self._tick)

    # --- what happens ------------------------------------------------------------------

    def linked(self, peer: Peer) -> None:
        """Hear of a new link."""
        self._meeting.discard(peer.device)
        known = {member.device: member for member in self.overlay.passive}
        member = known.get(peer.device, Member(peer.device, ()))
        near = peer.socket.weather.near
        now_s = self._node.clock.now_s
        self._carry_out(self.overlay.linked(member, dialled=peer.initiator, near=near, now_s=now_s))

    def unlinked(self, device: bytes) -> None:
        """Hear that a link has ended."""
        self.overlay.unlinked(device, self._node.clock.now_s)

    def receive(self, device: bytes, message: Join | Shuffle | Relay) -> None:
        """Take in what a peer says."""
        self._carry_out(self.overlay.receive(device, message, self._node.clock.now_s))

    def arrived(self, address: int) -> None:
        """Hear that dialling an address has led to somebody, whether or not the link stays."""
        if (member := self._dialling.pop(address, None)) is not None:
            self._meeting.discard(member.device)

    def failed(self, address: int) -> None:
        """Hear that dialling an address has led nowhere."""
        if (member := self._dialling.pop(address, None)) is not None:
            self._call(member)

    # --- inside ------------------------------------------------------------------------

    def _own(self) -> Member:
        return Member(self._node.device, addresses_of(self._node.address, self._node.place))

    def _tick(self) -> None:
        now_s = self._node.clock.now_s
        self._carry_out(self.overlay.tick(now_s))
        waits_s = min(self.overlay.deadline_s() - now_s, _TICK_S_MAX)
        self._later(max(_TICK_S_MIN, waits_s), self._tick)
        self._node.flush()

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(device, message):
                    if (peer := self._node.peers.get(device)) is not None:
                        peer.session.say(message)
                        self._node.wake(peer)
                case Drop(device):
                    if (peer := self._node.peers.get(device)) is not None:
                        peer.drop()
                case Dial(member):
                    if member.device not in self._meeting and not self._is_linked(member.device):
                        self._meeting.add(member.device)
                        self._meet(member)
                case Sealed(origin, sealed):
                    self._take_call(origin, sealed)

    def _meet(self, member: Member) -> None:
        """Link to a member, one way or another."""
        if not member.addresses:
            self._call(member)
            return
        network = self._node.network
        for address in member.addresses:
            place = site_at(address)
            if place is not None and network.leads(self._node, *place, device=member.device):
                if place[0] not in self._dialling:
                    self._dialling[place[0]] = member
                    network.dial(self._node, place[0])
                return
        self._later(limits.DIAL_S_MAX, partial(self._call, member))

    # --- calls -------------------------------------------------------------------------

    def _call(self, member: Member) -> None:
        """Send an offer to a device through others."""
        device = member.device
        if self._is_linked(device):
            self._meeting.discard(device)
            return
        self._later(self._chance.uniform(0.0, _OFFER_S_MAX), partial(self._offer, device))

    def _offer(self, device: bytes) -> None:
        number = self._chance.randbytes(limits.CALL_BYTES)
        offer = self._node.address.to_bytes(_ADDRESS_BYTES)
        if not self._send_sealed(device, Call(False, number, offer)):
            self._meeting.discard(device)
            return
        timer = self._node.clock.after(limits.CALL_S_MAX, partial(self._give_up, number))
        self._calls[number] = device, timer
        self._node.flush()

    def _give_up(self, number: bytes) -> None:
        device, timer = self._calls.pop(number)
        timer.cancel()
        self._meeting.discard(device)

    def _take_call(self, origin: bytes, sealed: bytes) -> None:
        try:
            call = unseal(sealed, self._node.key, origin)
        except ProtocolError:
            return
        if call.is_answer:
            device, _ = self._calls.get(call.number, (None, None))
            if device == origin:
                self._give_up(call.number)
                self._node.network.dial(self._node, int.from_bytes(call.signal), called=True)
            return
        busy = origin in self._answering or len(self._answering) >= limits.CALLS_MAX
        if not busy and not self._is_linked(origin):
            self._answering.add(origin)
            self._later(
                self._chance.uniform(0.0, _OFFER_S_MAX), partial(self._answer, origin, call)
            )

    def _answer(self, origin: bytes, call: Call) -> None:
        answer = self._node.address.to_bytes(_ADDRESS_BYTES)
        self._send_sealed(origin, Call(True, call.number, answer))
        self._answering.discard(origin)
        self._node.flush()

    def _send_sealed(self, device: bytes, call: Call) -> bool:
        nonce = self._chance.randbytes(limits.NONCE_BYTES)
        sealed = seal(call, self._node.key, device, nonce)
        if sealed is None:
            return False
        effects = self.overlay.seal_for(device, sealed, self._node.clock.now_s)
        self._carry_out(effects)
        return bool(effects)

    def _is_linked(self, device: bytes) -> bool:
        return device == self._node.device or device in self._node.peers

    def _later(self, delay_s: float, action: Callable[[], object]) -> None:
        """Do something after a while, if the node lives as long."""
        self._node.clock.after(delay_s, partial(self._if_alive, action))

    def _if_alive(self, action: Callable[[], object]) -> None:
        if self._node.on and self._node.life == self._life:
            action()
