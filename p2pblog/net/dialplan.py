"""Decide whom to dial, and when.

Implements protocol/07-discovery.md section 6.  Pure: the time is an argument, jitter comes
from a function passed in, and the outcome is data, so that a test can live through hours in
a millisecond.  Dialler carries it out.

One entry a device, whatever told us about it: the LAN (addresses found there, retried
within seconds, since a neighbour is cheap to ask) and what we remember or were told
(addresses known, retried ever more rarely).  Never two dials to one device at once, none
while a link to it is up, and of two nodes that find each other at the same moment the one
with the smaller key dials while the other waits a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from p2pblog.core.limits import (
    BACKOFF_FIRST_S,
    BACKOFF_LAN_S_MAX,
    BACKOFF_S_MAX,
    DIALLED_LINKS_MAX,
    DIALS_MAX,
    KNOWN_PEERS_MAX,
    LAN_ADDRESSES_MAX,
    LAN_PEERS_MAX,
    LINK_STABLE_S,
    TIE_WAIT_S,
)

_DOUBLINGS_MAX = 16  # beyond the largest backoff; keeps the power small


@dataclass(frozen=True, slots=True)
class Dial:
    """Somebody to dial now: `addresses` are "HOST:PORT", to be tried in this order."""

    device: bytes
    addresses: tuple[str, ...]


@dataclass(slots=True)
class _Target:
    found: tuple[str, ...] = ()  # on the LAN, at present
    known: tuple[str, ...] = ()
    due_s: float = 0.0
    tried_s: float = float("-inf")
    failures: int = 0
    dialling: bool = False
    linked_s: float | None = None  # when its link came up
    dialled: bool = False  # by us
    error: str = ""  # code of the last failure

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.found + self.known))


class DialPlan:
    """Whom to dial and when.

    Args:
        own: our device key; it is never dialled, and breaks ties.
        random: returns a number from 0 up to, not including, 1.
    """

    def __init__(self, *, own: bytes, random: Callable[[], float]) -> None:
        self._own = own
        self._random = random
        self._targets: dict[bytes, _Target] = {}
        self._found_count = 0
        self._known_count = 0

    def found(self, device: bytes, addresses: Sequence[str], *, now_s: float) -> None:
        """Take in that `device` is on the LAN (again, or elsewhere): dial it soon."""
        if device == self._own or not addresses:
            return
        target = self._targets.get(device)
        if target is None or not target.found:
            if self._found_count >= LAN_PEERS_MAX:
                return
            self._found_count += 1
            target = self._targets.setdefault(device, _Target())
        target.found = tuple(addresses[:LAN_ADDRESSES_MAX])
        self._hurry(device, target, now_s)

    def lost(self, device: bytes) -> None:
        """Take in that `device` is no longer on the LAN; what is known of it remains."""
        target = self._targets.get(device)
        if target is not None and target.found:
            target.found = ()
            self._found_count -= 1
            self._drop_if_empty(device, target)

    def known(self, device: bytes, addresses: Sequence[str], *, now_s: float) -> None:
        """Remember addresses of `device`, the best first; none at all forgets them."""
        if device == self._own:
            return
        target = self._targets.get(device)
        had = target is not None and bool(target.known)
        if addresses and not had:
            if self._known_count >= KNOWN_PEERS_MAX:
                return
            self._known_count += 1
            new = target is None
            target = self._targets.setdefault(device, _Target())
            target.known = tuple(addresses[:LAN_ADDRESSES_MAX])
            if new:
                self._hurry(device, target, now_s)
        elif target is not None and had:
            target.known = tuple(addresses[:LAN_ADDRESSES_MAX])
            if not addresses:
                self._known_count -= 1
                self._drop_if_empty(device, target)

    def linked(self, device: bytes, *, dialled: bool, now_s: float) -> None:
        """Take in that a link to `device` is up, and whether we dialled it."""
        if device != self._own:
            target = self._targets.setdefault(device, _Target())
            target.linked_s, target.dialled, target.error = now_s, dialled, ""

    def unlinked(self, device: bytes, *, now_s: float) -> None:
        """Take in that the last link to `device` is down.

        A link that lasted starts afresh; one that broke soon counts as a failure, so that two
        nodes that cannot stand each other do not keep dialling.  Beyond the LAN soon is within
        the longest wait: an address that everybody knows has to let most of them go again.
        """
        target = self._targets.get(device)
        if target is None or target.linked_s is None:
            return
        lasted = now_s - target.linked_s >= (LINK_STABLE_S if target.found else BACKOFF_S_MAX)
        target.linked_s = None
        target.failures = 0 if lasted else target.failures + 1
        target.due_s = now_s + self._backoff_s(device, target)
        self._drop_if_empty(device, target)

    def ended(self, device: bytes, *, now_s: float, error: str = "") -> None:
        """Take in that a dial is over; `error` is the code of what went wrong."""
        target = self._targets.get(device)
        if target is None:
            return
        target.dialling = False
        if target.linked_s is None:
            target.failures += 1
            target.error = error
            target.due_s = now_s + self._backoff_s(device, target)
            self._drop_if_empty(device, target)

    def network_changed(self, *, now_s: float) -> None:
        """Try everybody anew, spread over a second: what failed there may work here."""
        for device, target in self._targets.items():
            target.failures = 0
            target.due_s = min(target.due_s, now_s + self._backoff_s(device, target))

    def due(self, *, now_s: float) -> list[Dial]:
        """Return whom to dial now, who has waited longest first, and count them as dialling."""
        room = self._room()
        ready = [item for item in self._targets.items() if _waits(item[1], until_s=now_s)]
        # On a tie the LAN goes first: a neighbour answers in a millisecond.
        ready.sort(key=lambda item: (item[1].due_s, not item[1].found))
        for _, target in ready[:room]:
            target.dialling, target.tried_s = True, now_s
        return [Dial(device, target.addresses) for device, target in ready[:room]]

    def wake_s(self) -> float | None:
        """Return when somebody will be due; None when nobody waits, or there is no room."""
        if not self._room():
            return None
        waiting = [target.due_s for target in self._targets.values() if _waits(target)]
        return min(waiting, default=None)

    def looking(self) -> list[str]:
        """Return the addresses being dialled."""
        return [a for target in self._targets.values() if target.dialling for a in target.addresses]

    def unlinked_devices(self) -> list[tuple[bytes, tuple[str, ...], str]]:
        """Return (device, addresses, code of the last failure) of everybody without a link."""
        return [
            (device, target.addresses, target.error)
            for device, target in self._targets.items()
            if target.linked_s is None
        ]

    def _hurry(self, device: bytes, target: _Target, now_s: float) -> None:
        # Whoever announces a device again and again must not make us dial again and again.
        target.failures = 0
        target.due_s = max(now_s + self._tie_wait_s(device), target.tried_s + BACKOFF_FIRST_S)

    def _room(self) -> int:
        """Return how many more dials may begin."""
        dialling = sum(target.dialling for target in self._targets.values())
        linked = sum(
            target.linked_s is not None and target.dialled for target in self._targets.values()
        )
        return max(0, min(DIALS_MAX - dialling, DIALLED_LINKS_MAX - linked - dialling))

    def _tie_wait_s(self, device: bytes) -> float:
        return 0.0 if self._own < device else TIE_WAIT_S

    def _backoff_s(self, device: bytes, target: _Target) -> float:
        longest_s = BACKOFF_LAN_S_MAX if target.found else BACKOFF_S_MAX
        doublings = max(0, min(target.failures - 1, _DOUBLINGS_MAX))
        spread_s = min(longest_s, BACKOFF_FIRST_S << doublings)
        return self._tie_wait_s(device) + self._random() * spread_s

    def _drop_if_empty(self, device: bytes, target: _Target) -> None:
        busy = target.dialling or target.linked_s is not None
        if not busy and not target.addresses:
            del self._targets[device]


def _waits(target: _Target, *, until_s: float = float("inf")) -> bool:
    return (
        not target.dialling
        and target.linked_s is None
        and bool(target.found or target.known)
        and target.due_s <= until_s
    )
