"""Where a simulated node is: in which house, and what addresses lead to it.

Addresses look as real ones do, for the overlay looks at them: those of a house lead there only
from within, and a node behind a router has no others.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

_PORT = 4114
_HOUSE = int(ipaddress.IPv4Address("10.0.0.0"))
_WORLD = int(ipaddress.IPv4Address("8.0.0.0"))
_NUMBERS = 1 << 24


class Place(NamedTuple):
    """Fields: house: links within one are those of a LAN; hidden: nobody outside can dial it."""

    house: int
    hidden: bool


def addresses_of(number: int, place: Place) -> tuple[str, ...]:
    """Return the addresses (HOST:PORT) of the site with that number."""
    inside = f"{ipaddress.IPv4Address(_HOUSE + number)}:{_PORT}"
    outside = f"{ipaddress.IPv4Address(_WORLD + number)}:{_PORT}"
    return (inside,) if place.hidden else (inside, outside)


def site_at(address: str) -> tuple[int, bool] | None:
    """Return the number of the site at an address, and whether it is one of a house's.

    None where there can be nobody.
    """
    host, _, port = address.rpartition(":")
    try:
        ip = int(ipaddress.IPv4Address(host))
    except ValueError:
        return None
    for base, inside in ((_HOUSE, True), (_WORLD, False)):
        if base <= ip < base + _NUMBERS and port == str(_PORT):
            return ip - base, inside
    return None
