"""Who links to whom.

Drawn once for a run; an overlay that changes as nodes meet can take the place of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol


class Overlay(Protocol):
    """Chooses which nodes keep links with each other."""

    def links(self, addresses: Sequence[int]) -> list[tuple[int, int]]:
        """Return the pairs that are to be linked; the first of each dials."""


class RandomGraph:
    """A connected graph in which every node has dialled about as many others."""

    def __init__(self, chance: Random, dials: float) -> None:
        """Args: dials: how many links a node begins, on average; it has twice as many."""
        self._chance = chance
        self._dials = dials

    def links(self, addresses: Sequence[int]) -> list[tuple[int, int]]:
        """Return the pairs that are to be linked; the first of each dials."""
        chance = self._chance
        pairs: dict[frozenset[int], tuple[int, int]] = {}

        def link(one: int, other: int) -> None:
            if one != other:
                pairs.setdefault(frozenset((one, other)), (one, other))

        # A tree first, so that all are joined; then links at random.
        for place in range(1, len(addresses)):
            link(addresses[place], addresses[chance.randrange(place)])
        most = len(addresses) * (len(addresses) - 1) // 2
        wanted = min(most, round(len(addresses) * self._dials))
        while len(pairs) < wanted:
            link(*chance.sample(addresses, 2))
        return list(pairs.values())
