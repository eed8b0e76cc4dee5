"""How fast an entry could get everywhere: along all links at once, each node passing it on.

The bound that a tree is held against.  Flooding finds the fastest way for every entry anew, at
the price of sending it over every link.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from random import Random

from p2pblog.sim.weather import Weather


class Flooding:
    """Floods a network of links with entries of one size."""

    def __init__(
        self, lines: Mapping[frozenset[int], Weather], chance: Random, *, entry_bytes: int
    ) -> None:
        self._links: dict[int, list[tuple[int, Weather]]] = {}
        for pair, weather in sorted(lines.items(), key=lambda item: sorted(item[0])):
            one, other = sorted(pair)
            self._links.setdefault(one, []).append((other, weather))
            self._links.setdefault(other, []).append((one, weather))
        self._chance = chance
        self._entry_bytes = entry_bytes

    def delays_s(self, author: int) -> list[float]:
        """Return after what time an entry of `author` is at each of the others, in no order."""
        reached: dict[int, float] = {}
        queue = [(0.0, author)]
        while queue:
            now_s, node = heappop(queue)
            if node in reached:
                continue
            reached[node] = now_s
            for other, weather in self._links[node]:
                if other not in reached:
                    takes_s = (
                        weather.delay_s(self._chance) + self._entry_bytes / weather.bytes_per_s
                    )
                    heappush(queue, (now_s + takes_s, other))
        del reached[author]
        return list(reached.values())
