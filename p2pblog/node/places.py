"""The places for those who dial this node, shared out by where they come from.

Nobody is known before the handshake but by an address, so an address has few places, and whoever
has most of them makes room for others.
"""

from __future__ import annotations

import ipaddress
from collections import Counter

from p2pblog.core import limits
from p2pblog.net.address import parse_address
from p2pblog.net.carrier import Carrier

_HOME_BITS = 64  # of an IPv6 address: whoever has one has as many more as they like


class Places:
    """Who shakes hands, and from where the links came that were let in."""

    def __init__(self) -> None:
        self._shaking: dict[Carrier, str] = {}  # the oldest first
        self._links: Counter[str] = Counter()

    def take(self, carrier: Carrier) -> bool:
        """Take a place for a handshake; tell whether there is one.

        Where all are taken, and another home has more than this one would have, the oldest
        handshake of that home is broken off.
        """
        home = home_of(carrier.remote)
        shaking = Counter(self._shaking.values())
        if shaking[home] + self._links[home] >= limits.LINKS_PER_ADDRESS_MAX:
            return False
        if len(self._shaking) >= limits.HANDSHAKES_MAX:
            greedy, most = shaking.most_common(1)[0]
            if most <= shaking[home] + 1:
                return False
            oldest = next(one for one, whose in self._shaking.items() if whose == greedy)
            del self._shaking[oldest]
            oldest.close()
        self._shaking[carrier] = home
        return True

    def shaken(self, carrier: Carrier) -> None:
        """Hear that a handshake is over, well or not."""
        self._shaking.pop(carrier, None)

    def linked(self, carrier: Carrier) -> None:
        """Hear that there is a link now."""
        self._links[home_of(carrier.remote)] += 1

    def left(self, carrier: Carrier) -> None:
        """Hear that a link has ended."""
        home = home_of(carrier.remote)
        self._links[home] -= 1
        if not self._links[home]:
            del self._links[home]


def home_of(remote: str) -> str:
    """Return what those share who may be one: an IPv4 address, or the network of an IPv6 address.

    Args:
        remote: HOST:PORT.
    """
    host = parse_address(remote).host.partition("%")[0]
    ip = ipaddress.ip_address(host)
    if isinstance(ip, ipaddress.IPv4Address):
        return host
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, _HOME_BITS), strict=False))
