"""Random graphs join everybody, and flooding finds the shortest way through them."""

from __future__ import annotations

from random import Random

import pytest

from p2pblog.sim.flooding import Flooding
from p2pblog.sim.overlay import RandomGraph
from p2pblog.sim.reach import share_reached
from p2pblog.sim.weather import Weather


@pytest.mark.parametrize("count", [1, 2, 3, 12, 200])
def test_everybody_is_joined_and_nobody_to_themselves(count: int) -> None:
    links = RandomGraph(Random(count), 2.0).links(range(count))
    assert len({frozenset(link) for link in links}) == len(links)
    assert all(one != other for one, other in links)
    joined = {0}
    for _ in range(count):
        joined |= {node for link in links if joined & set(link) for node in link}
    assert joined == set(range(count))
    assert len(links) >= min(count * 2, count * (count - 1) // 2) or count == 1


def test_flooding_takes_the_fastest_way() -> None:
    def line(latency_s: float) -> Weather:
        return Weather(latency_s, 0.0, 1000.0)

    lines = {
        frozenset((0, 1)): line(0.1),
        frozenset((1, 2)): line(0.1),
        frozenset((0, 2)): line(0.5),
        frozenset((2, 3)): line(0.25),
    }
    flooding = Flooding(lines, Random(1), entry_bytes=100)
    assert sorted(flooding.delays_s(0)) == pytest.approx([0.2, 0.4, 0.75])


def test_followers_who_are_not_linked_to_each_other_hear_nothing() -> None:
    everybody, many, few = (share_reached(300, 3.0, share, 1) for share in (1.0, 0.5, 0.05))
    assert everybody == 1.0
    assert 0.7 < many < 1.0
    assert few < 0.1
