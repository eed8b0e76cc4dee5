"""Which peers to be linked with, so that everybody reaches everybody.

Implements protocol/15-overlay.md.  Sans-IO; chance and time are arguments.  HyParView's idea:
a node looks for few links (the active view) and remembers some more members (the passive
view) to replace them from.  Newcomers are carried about by random walks, so that links do not
gather where everybody came in; samples of both views travel the same way.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from p2pblog.core import limits
from p2pblog.sync.messages import Join, Member, Relay, Shuffle
from p2pblog.sync.routes import Routes


class Send(NamedTuple):
    """A message for a device that there is a link with."""

    device: bytes
    message: Join | Shuffle | Relay


class Dial(NamedTuple):
    """Link to a member: at its addresses, or by an offer that is relayed to it."""

    member: Member


class Drop(NamedTuple):
    """End the link with a device: there are more than a node keeps."""

    device: bytes


class Sealed(NamedTuple):
    """What somebody has sent to this node through others; `origin` is what they say."""

    origin: bytes
    sealed: bytes


Effect: TypeAlias = Send | Dial | Drop | Sealed


@dataclass(slots=True)
class _Active:
    """A peer with a link, and how much more it may say."""

    member: Member
    near: bool
    counted_s: float
    allowance: float = limits.OVERLAY_MESSAGES_PER_MINUTE


@dataclass(slots=True)
class _Passive:
    """A member without a link."""

    member: Member
    tried_s: float = float("-inf")


class Overlay:
    """The two views of one node, and the way to members by way of others."""

    def __init__(
        self,
        own: Callable[[], Member],
        is_known: Callable[[bytes], bool],
        *,
        random: Callable[[], float],
    ) -> None:
        """Begin with empty views.

        Args:
            own: returns what this node tells others of itself.
            is_known: tells whether a device is no stranger's, so that its link had better stay.
            random: returns a number from 0 up to 1.
        """
        self._own = own
        self._is_known = is_known
        self._random = random
        self._active: dict[bytes, _Active] = {}
        self._passive: OrderedDict[bytes, _Passive] = OrderedDict()
        self._routes = Routes()
        self._shuffle_s = 0.0
        self._promote_s = 0.0
        self._join_dialled_s = float("-inf")

    @property
    def active(self) -> list[bytes]:
        """The devices that there is a link with."""
        return list(self._active)

    @property
    def passive(self) -> list[Member]:
        """The members that could be linked to."""
        return [known.member for known in self._passive.values()]

    # --- what happens ------------------------------------------------------------------

    def linked(self, member: Member, *, dialled: bool, near: bool, now_s: float) -> list[Effect]:
        """Hear of a new link; `dialled` if it was begun here, `near` on the LAN."""
        device = member.device
        enters = dialled and not self._active
        self._passive.pop(device, None)
        self._active[device] = _Active(member, near, now_s)
        effects: list[Effect] = []
        if enters:
            # Here is where this node comes in: others are to hear of it.
            effects.append(self._send(device, Join(limits.JOIN_HOPS, self._own())))
        far = [one for one, peer in self._active.items() if not peer.near and one != device]
        if not near and len(far) >= limits.ACTIVE_VIEW_MAX:
            gone = self._pick(self._dispensable(far))
            self.unlinked(gone, now_s)
            effects.append(Drop(gone))
        return effects

    def unlinked(self, device: bytes, now_s: float) -> None:
        """Hear that a link has ended."""
        gone = self._active.pop(device, None)
        self._routes.unlinked(device)
        if gone is not None:
            self._remember(gone.member, tried_s=now_s)

    def receive(self, device: bytes, message: Join | Shuffle | Relay, now_s: float) -> list[Effect]:
        """Take in what a linked peer says; more than its share of it is ignored."""
        peer = self._active.get(device)
        if peer is None or not self._allows(peer, now_s):
            return []
        match message:
            case Join(hops, member):
                self._routes.learn(member.device, device, now_s)
                return self._take_join(device, hops, member, now_s)
            case Shuffle(hops, members):
                for member in members:
                    self._routes.learn(member.device, device, now_s)
                if members[0].device == device:
                    peer.member = members[0]
                return self._take_shuffle(device, hops, members)
            case Relay():
                return self._take_relay(device, message, now_s)

    def seal_for(self, device: bytes, sealed: bytes, now_s: float) -> list[Effect]:
        """Return how to send something sealed to a member; nothing if no way is known."""
        relay = Relay(limits.RELAY_HOPS, self._own().device, device, sealed)
        return self._pass_on(relay, now_s)

    def tick(self, now_s: float) -> list[Effect]:
        """Do what is due: look for links when there are too few, and mix the views."""
        effects: list[Effect] = []
        if now_s >= self._promote_s:
            self._promote_s = now_s + limits.PROMOTE_EVERY_S
            effects += self._promote(now_s)
        if now_s >= self._shuffle_s and self._active:
            # Not all nodes at the same moment, for ever.
            self._shuffle_s = now_s + limits.SHUFFLE_EVERY_S * (0.75 + self._random() / 2)
            to = self._pick(list(self._active))
            effects.append(self._send(to, Shuffle(limits.SHUFFLE_HOPS, self._sample(to))))
        return effects

    def deadline_s(self) -> float:
        """Return when `tick` must be called at the latest."""
        return min(self._promote_s, self._shuffle_s if self._active else float("inf"))

    # --- inside ------------------------------------------------------------------------

    def _take_join(self, device: bytes, hops: int, member: Member, now_s: float) -> list[Effect]:
        if member.device == self._own().device:
            return []
        others = [one for one in self._active if one not in (device, member.device)]
        if member.device == device:
            # Its first contact sends a newcomer along every link.
            self._active[device].member = member
            return [self._send(other, Join(hops - 1, member)) for other in others if hops > 0]
        if hops == limits.PASSIVE_AT_HOPS:
            self._remember(member)
        if hops > 0 and others:
            return [self._send(self._pick(others), Join(hops - 1, member))]
        if member.device in self._active:
            return []
        self._remember(member)
        if now_s - self._join_dialled_s < limits.JOIN_DIAL_EVERY_S:
            return []
        self._join_dialled_s = now_s
        return [Dial(member)]

    def _take_shuffle(self, device: bytes, hops: int, members: Sequence[Member]) -> list[Effect]:
        others = [one for one in self._active if one not in (device, members[0].device)]
        passed_on = hops > 0 and bool(others)
        if not passed_on or self._missing() > 0:
            # Who has few links is the end of few walks, and needs members most.
            for member in members:
                self._remember(member)
        if passed_on:
            return [self._send(self._pick(others), Shuffle(hops - 1, list(members)))]
        return []

    def _take_relay(self, device: bytes, relay: Relay, now_s: float) -> list[Effect]:
        self._routes.learn(relay.origin, device, now_s)
        if relay.target == self._own().device:
            return [Sealed(relay.origin, relay.sealed)]
        if relay.hops == 0:
            return []
        return self._pass_on(relay._replace(hops=relay.hops - 1), now_s, but=device)

    def _pass_on(self, relay: Relay, now_s: float, *, but: bytes | None = None) -> list[Effect]:
        target = relay.target
        way = target if target in self._active else self._routes.towards(target, now_s)
        return [] if way is None or way == but else [Send(way, relay)]

    def _promote(self, now_s: float) -> list[Effect]:
        missing = self._missing()
        ready = [
            known
            for known in self._passive.values()
            if now_s - known.tried_s >= limits.PROMOTE_AGAIN_S
        ]
        effects: list[Effect] = []
        while missing > 0 and ready:
            known = ready.pop(int(self._random() * len(ready)))
            known.tried_s = now_s
            effects.append(Dial(known.member))
            missing -= 1
        return effects

    def _missing(self) -> int:
        """Return how many more links this node looks for."""
        return limits.ACTIVE_VIEW - sum(not peer.near for peer in self._active.values())

    def _remember(self, member: Member, *, tried_s: float = float("-inf")) -> None:
        if member.device == self._own().device or member.device in self._active:
            return
        known = self._passive.pop(member.device, None)
        if known is None and len(self._passive) >= limits.PASSIVE_VIEW_MAX:
            del self._passive[self._pick(list(self._passive))]
        before_s = float("-inf") if known is None else known.tried_s
        self._passive[member.device] = _Passive(member, max(tried_s, before_s))

    def _sample(self, to: bytes) -> list[Member]:
        """Return oneself and some of both views, for a shuffle that begins with `to`."""
        active = [peer.member for device, peer in self._active.items() if device != to]
        return [
            self._own(),
            *self._some(active, limits.SHUFFLE_ACTIVE),
            *self._some(self.passive, limits.SHUFFLE_PASSIVE),
        ]

    def _some(self, members: list[Member], most: int) -> list[Member]:
        left = list(members)
        return [left.pop(int(self._random() * len(left))) for _ in range(min(most, len(members)))]

    def _dispensable(self, far: list[bytes]) -> list[bytes]:
        """Return those of which one may go for a newcomer.

        The older half stays, and those who are no strangers: else whoever links again and
        again would drive out everybody else.

        Args:
            far: links beyond the LAN, the oldest first.
        """
        strangers = [one for one in far if not self._is_known(one)] or far
        return strangers[len(strangers) // 2 :]

    def _pick(self, devices: list[bytes]) -> bytes:
        return devices[int(self._random() * len(devices))]

    def _send(self, device: bytes, message: Join | Shuffle) -> Send:
        """Return a message as this peer may have it: private addresses stay on the LAN."""
        if self._active[device].near:
            return Send(device, message)
        match message:
            case Join(hops, member):
                return Send(device, Join(hops, _outside(member)))
            case Shuffle(hops, members):
                return Send(device, Shuffle(hops, [_outside(member) for member in members]))

    def _allows(self, peer: _Active, now_s: float) -> bool:
        """Count a message; a peer may say so many a minute, and save up no more than that."""
        most = limits.OVERLAY_MESSAGES_PER_MINUTE
        peer.allowance = min(most, peer.allowance + (now_s - peer.counted_s) * most / 60)
        peer.counted_s = now_s
        if peer.allowance < 1:
            return False
        peer.allowance -= 1
        return True


def _outside(member: Member) -> Member:
    return member._replace(addresses=tuple(filter(_is_global, member.addresses)))


def _is_global(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_global
    except ValueError:
        return False
