"""Who can reach whom: dialling, refusals, partitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol

from p2pblog.core import limits
from p2pblog.sim.clock import Clock
from p2pblog.sim.place import Place
from p2pblog.sim.trace import Trace
from p2pblog.sim.weather import Weather
from p2pblog.sim.wire import Socket, Wire

_HANDSHAKE_TRIPS = 5  # there and back for TCP, there and back and there again for Noise


class Site(Protocol):
    """Something with an address (a small number) that can be dialled."""

    @property
    def address(self) -> int: ...

    @property
    def device(self) -> bytes:
        """The key (32 bytes) that its links prove."""

    @property
    def place(self) -> Place:
        """Where it is, and so who can dial it."""

    @property
    def accepts(self) -> bool:
        """Whether it takes links at present."""

    def linked(self, socket: Socket, other: int, *, initiator: bool) -> None:
        """Hear that a link with the site at `other` is up."""

    def not_linked(self, other: int) -> None:
        """Hear that dialling `other` has failed."""


class Network:
    """All sites, and the lines between those that may be linked."""

    def __init__(
        self,
        clock: Clock,
        chance: Random,
        trace: Trace,
        lines: dict[frozenset[int], Weather],
        *,
        draw: Callable[[int, int], Weather] | None = None,
        send_buffer_bytes: int = limits.SEND_BUFFER_BYTES_MAX,
    ) -> None:
        """Build a network without sites.

        Args:
            lines: what links are like, by the two addresses that each joins.
            draw: returns what a link is like that is not among them; it is put there.
        """
        self.clock = clock
        self.chance = chance
        self.trace = trace
        self.lines = lines
        self._draw = draw
        self.sites: dict[int, Site] = {}
        self._send_buffer_bytes = send_buffer_bytes
        self._wires: dict[Wire, tuple[int, int]] = {}
        self._sides: dict[int, int] = {}

    def join(self, site: Site) -> None:
        """Give a site its place."""
        self.sites[site.address] = site

    def neighbours(self, address: int) -> list[int]:
        """Return whom a site may be linked to, or has been."""
        return sorted(min(pair - {address}) for pair in self.lines if address in pair)

    def device_at(self, address: int) -> bytes:
        """Return the device (32 bytes) that is at an address."""
        return self.sites[address].device

    def leads(self, caller: Site, number: int, inside: bool, *, device: bytes) -> bool:
        """Tell whether an address that is one of a site's leads to that device.

        Args:
            inside: it is an address within the site's house.
        """
        site = self.sites.get(number)
        if site is None or site.device != device:
            return False
        return caller.place.house == site.place.house if inside else not site.place.hidden

    def dial(self, caller: Site, other: int, *, called: bool = False) -> None:
        """Open a link; the outcome is told to both.

        Args:
            called: an offer and an answer have gone before, so that no router is in the way.
        """
        weather = self._line(caller.address, other)
        mine, theirs = caller.place, self.sites[other].place
        barred = theirs.hidden and mine.house != theirs.house and not called
        if barred or not self.reaches(caller.address, other):
            self.clock.after(limits.DIAL_S_MAX, lambda: caller.not_linked(other))
            return
        takes_s = sum(weather.delay_s(self.chance) for _ in range(_HANDSHAKE_TRIPS - 1))
        self.clock.after(takes_s, lambda: self._open(caller, other, weather))

    def reaches(self, one: int, other: int) -> bool:
        """Tell whether a message from one site comes to the other at present."""
        return self._sides.get(one) == self._sides.get(other)

    def part(self, sides: Mapping[int, int]) -> None:
        """Part the network: sites on different sides hear nothing of each other; {} mends it."""
        self._sides = dict(sides)
        for wire, (one, other) in self._live():
            wire.stall(stalled=not self.reaches(one, other))

    def wires(self) -> list[Wire]:
        """Return the links there are."""
        return [wire for wire, _ in self._live()]

    def pairs(self) -> list[tuple[int, int]]:
        """Return who is linked to whom; the first has dialled."""
        return [pair for _, pair in self._live()]

    def break_dead(self, address: int) -> None:
        """Tell whoever still has a link with what was at an address that it is no more."""
        for wire, ends in self._live():
            if address in ends and wire.ends[ends.index(address)].closed:
                wire.cut()

    def _live(self) -> list[tuple[Wire, tuple[int, int]]]:
        for wire in [wire for wire in self._wires if wire.over]:
            del self._wires[wire]
        return list(self._wires.items())

    def _line(self, one: int, other: int) -> Weather:
        pair = frozenset((one, other))
        if pair not in self.lines and self._draw is not None:
            self.lines[pair] = self._draw(one, other)
        return self.lines[pair]

    def _open(self, caller: Site, other: int, weather: Weather) -> None:
        called = self.sites[other]
        if not (called.accepts and self.reaches(caller.address, other)):
            caller.not_linked(other)
            return
        wire = Wire(self.clock, self.chance, weather, send_buffer_bytes=self._send_buffer_bytes)
        self._wires[wire] = caller.address, other
        caller.linked(wire.ends[0], other, initiator=True)
        # The last trip of the handshake; what the caller says first comes behind it.
        self.clock.after(
            weather.latency_s, lambda: called.linked(wire.ends[1], caller.address, initiator=False)
        )
