"""What links are like: how long a message takes, and how much goes through."""

from __future__ import annotations

from random import Random
from typing import NamedTuple


class Weather(NamedTuple):
    """One direction of a link.

    Fields:
        latency_s: what every message takes at least.
        jitter_s: what comes on top on average; now and then it is several times that.
        bytes_per_s: what goes through.
        near: both ends are on one network, as the policy of replication means it.
    """

    latency_s: float
    jitter_s: float
    bytes_per_s: float
    near: bool = False

    def delay_s(self, chance: Random) -> float:
        """Return how long one message is under way."""
        return self.latency_s + chance.expovariate(1.0) * self.jitter_s


def lan(chance: Random) -> Weather:
    """Return a link within a house: a fraction of a millisecond, 100 Mbit/s."""
    return Weather(chance.uniform(0.0002, 0.002), 0.0002, 12.5e6, near=True)


def wan(chance: Random) -> Weather:
    """Return a link across the internet: 5 to 120 ms, 4 to 100 Mbit/s."""
    latency_s = chance.uniform(0.005, 0.12)
    return Weather(latency_s, latency_s * chance.uniform(0.02, 0.3), chance.uniform(0.5e6, 12.5e6))


def satellite(chance: Random) -> Weather:
    """Return a link over a geostationary satellite: 300 ms, 0.5 to 4 Mbit/s."""
    return Weather(chance.uniform(0.28, 0.33), 0.03, chance.uniform(64e3, 0.5e6))
