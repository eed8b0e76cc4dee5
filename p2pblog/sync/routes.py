"""Which peer a message takes towards a device that there is no link with.

Implements protocol/15-overlay.md section 4.  Pure.  As a bridge learns: what came from a
device by way of a peer goes back to it by way of that peer, for a while.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from p2pblog.core import limits


class _Route(NamedTuple):
    via: bytes
    learnt_s: float


class Routes:
    """Devices (32 bytes) with the linked device that leads to them."""

    def __init__(self) -> None:
        self._routes: OrderedDict[bytes, _Route] = OrderedDict()

    def learn(self, device: bytes, via: bytes, now_s: float) -> None:
        """Take in that something of `device` came by way of `via`."""
        if device == via:
            return
        self._routes.pop(device, None)
        self._routes[device] = _Route(via, now_s)
        if len(self._routes) > limits.ROUTES_MAX:
            self._routes.popitem(last=False)

    def towards(self, device: bytes, now_s: float) -> bytes | None:
        """Return the device that leads to `device`, None if that is not known any more."""
        route = self._routes.get(device)
        if route is None or now_s - route.learnt_s > limits.ROUTE_S_MAX:
            return None
        return route.via

    def unlinked(self, via: bytes) -> None:
        """Forget what led by way of a device whose link has ended."""
        for device in [one for one, route in self._routes.items() if route.via == via]:
            del self._routes[device]
