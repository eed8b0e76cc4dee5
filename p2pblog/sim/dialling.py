"""Whom a simulated node keeps dialling because its person has told it to.

What net/dialplan.py decides for the peers that are known, in short: at once, and where it fails
or does not last, ever more rarely.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from p2pblog.core import limits

if TYPE_CHECKING:
    from p2pblog.sim.node import Node

_BACKOFF_S_MAX = 30.0


class Dialling:
    """The addresses that a node keeps a link to, and how often that has failed."""

    def __init__(self, node: Node, chance: Random) -> None:
        self._node = node
        self._chance = chance
        self.addresses: list[int] = []
        self._under_way: set[int] = set()
        self._failures: dict[int, int] = {}

    def start(self) -> None:
        """Dial all: the node has been switched on."""
        self._under_way.clear()
        self._failures.clear()
        for address in self.addresses:
            self._redial(address)

    def keep_linked(self, address: int) -> None:
        """Dial an address now, and whenever the link to it is lost."""
        if address not in self.addresses:
            self.addresses.append(address)
            if self._node.on:
                self._redial(address)

    def linked(self, address: int) -> None:
        """Hear that a link is up."""
        self._under_way.discard(address)

    def failed(self, address: int) -> None:
        """Hear that dialling has failed: try again, ever more rarely."""
        self._under_way.discard(address)
        if address in self.addresses:
            self._failures[address] = self._failures.get(address, 0) + 1
            if self._node.on:
                self._redial(address)

    def unlinked(self, address: int, lasted_s: float) -> None:
        """Hear that a link has ended: one that lasted starts afresh."""
        if address in self.addresses:
            lasted = lasted_s >= limits.LINK_STABLE_S
            self._failures[address] = 0 if lasted else self._failures.get(address, 0) + 1
            self._redial(address)

    def _redial(self, address: int) -> None:
        longest_s = min(_BACKOFF_S_MAX, 2.0 ** min(self._failures.get(address, 0), 10))
        delay_s = self._chance.random() * longest_s
        self._node.clock.after(delay_s, partial(self._dial, address, self._node.life))

    def _dial(self, address: int, life: int) -> None:
        node = self._node
        busy = address in self._under_way or node.network.device_at(address) in node.peers
        if node.on and node.life == life and not busy:
            self._under_way.add(address)
            node.network.dial(node, address)
