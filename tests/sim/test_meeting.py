"""Simulated nodes meet: by the addresses they tell of each other, and by calls through others."""

from __future__ import annotations

from random import Random

import pytest

from p2pblog.core.crypto import SigningKey
from p2pblog.sim.checks import Checks
from p2pblog.sim.clock import Clock
from p2pblog.sim.joined import far_links, standing, unjoined
from p2pblog.sim.network import Network
from p2pblog.sim.node import Node
from p2pblog.sim.place import Place, addresses_of, site_at
from p2pblog.sim.trace import Trace
from p2pblog.sim.truth import Truth
from p2pblog.sim.weather import wan


def meet(places: list[Place], seconds: float) -> list[Node]:
    """Return nodes after a while, each of which knew the first one only."""
    clock, chance = Clock(), Random(1)
    network = Network(clock, chance, Trace(), {}, draw=lambda *ends: wan(chance))
    checks = Checks(Truth(), lambda what: None)
    nodes = [
        Node(network, checks, number, SigningKey(chance.randbytes(32)), Random(number))
        for number in range(len(places))
    ]
    for node, place in zip(nodes, places, strict=True):
        node.place, node.meets = place, True
        node.want([])
        if node.address:
            node.dialling.keep_linked(0)
        node.switch_on()
    clock.run(seconds)
    return nodes


@pytest.mark.parametrize("hidden", [False, True])
def test_all_who_know_one_come_to_know_each_other(*, hidden: bool) -> None:
    places = [Place(number, hidden=hidden and number > 0) for number in range(6)]
    nodes = meet(places, 200.0)
    assert not list(unjoined(nodes))
    assert [far_links(node) for node in nodes] == [5] * 6
    assert len(standing(nodes)) == 15


def test_an_overlay_that_is_in_two_pieces_is_noticed() -> None:
    nodes = meet([Place(number, hidden=False) for number in range(3)], 60.0)
    for peer in [*nodes[2].peers.values()]:
        peer.vanish()
        nodes[2].dropped(peer)
    problems = list(unjoined(nodes))
    assert "nodes [2] are not joined with 0" in problems
    assert any("has none with it" in problem for problem in problems)


@pytest.mark.parametrize("number", [0, 7, 70_000])
def test_an_address_leads_back_to_its_site(number: int) -> None:
    inside, outside = addresses_of(number, Place(3, hidden=False))
    assert site_at(inside) == (number, True)
    assert site_at(outside) == (number, False)
    assert addresses_of(number, Place(3, hidden=True)) == (inside,)


@pytest.mark.parametrize("address", ["127.0.0.1:4114", "8.0.0.1:80", "a.example:4114", "[::1]:1"])
def test_other_addresses_lead_nowhere(address: str) -> None:
    assert site_at(address) is None
