"""Who dials is given a place by where they come from."""

from __future__ import annotations

from typing import cast

import pytest

from p2pblog.core import limits
from p2pblog.net.carrier import Carrier
from p2pblog.node.places import Places, home_of


class Caller:
    def __init__(self, remote: str) -> None:
        self.remote = remote
        self.closed = False

    def close(self) -> None:
        self.closed = True


def caller(host: str, port: int = 5000) -> Carrier:
    return cast("Carrier", Caller(f"{host}:{port}"))


def test_one_home_has_few_places_whether_it_shakes_hands_or_is_linked() -> None:
    places, most = Places(), limits.LINKS_PER_ADDRESS_MAX
    callers = [caller("8.8.8.8", port) for port in range(1, most + 1)]
    assert all(map(places.take, callers))
    assert not places.take(caller("8.8.8.8"))
    places.shaken(callers[0])
    places.linked(callers[0])
    assert not places.take(caller("8.8.8.8"))
    places.left(callers[0])
    assert places.take(caller("8.8.8.8"))


def test_who_comes_from_elsewhere_finds_room_among_many_that_only_dial() -> None:
    places = Places()
    homes = [f"9.9.9.{number}" for number in range(8)]
    crowd = [caller(home, port) for port in range(1, 5) for home in homes]
    assert len(crowd) == limits.HANDSHAKES_MAX
    assert all(map(places.take, crowd))
    assert not places.take(caller(homes[0]))
    honest = caller("7.7.7.7")
    assert places.take(honest)
    assert [one for one in crowd if one.closed] == [crowd[0]]
    assert not honest.closed
    places.shaken(crowd[0])  # which it hears of later
    assert places.take(caller("6.6.6.6"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("8.8.8.8:1", "8.8.8.8:2", True),
        ("8.8.8.8:1", "8.8.8.9:1", False),
        ("[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::9]:2", True),
        ("[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", False),
        ("[fe80::1%eth0]:1", "[fe80::2%eth0]:1", True),
        ("[::ffff:8.8.8.8]:1", "8.8.8.8:1", True),
    ],
)
def test_an_ipv6_home_is_its_network(one: str, other: str, same: bool) -> None:
    assert (home_of(one) == home_of(other)) is same
