"""Keeps from forking the logs that are written here: writing waits for peers that hold more.

Brings what the hub hears of one's own logs, and the clock, to p2pblog/sync/claims.py.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from p2pblog.core import limits
from p2pblog.core.errors import OwnLogBehind
from p2pblog.core.textform import Kind, to_text
from p2pblog.node.peer import Peer
from p2pblog.node.place import Place
from p2pblog.store.logs import LogStore
from p2pblog.sync.claims import Claims

logger = logging.getLogger(__name__)

_POLL_S = 0.05


class OwnLogs:
    """What linked peers claim of one's own logs; lives on one event loop."""

    def __init__(
        self,
        store: LogStore,
        peers: Callable[[], Iterable[Peer]],
        place: Place,
        *,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: peers returns the live ones."""
        self._store = store
        self._peers = peers
        self._place = place
        self._placed = False
        self._clock_s = clock_s
        self._alone_until_s = clock_s() + (limits.COPY_WAIT_S_MAX if place.is_copy else 0)
        self._accounts: Mapping[bytes, bytes] = {}
        self._claims: dict[bytes, Claims] = {}
        self._doubted: set[bytes] = set()

    # --- what happens ------------------------------------------------------------------

    def know(self, own: Iterable[bytes], followed: Mapping[bytes, Iterable[bytes]]) -> None:
        """Take the logs of one's own identity, and of whom one follows, by their identity."""
        self._accounts = {log: person for person, logs in followed.items() for log in logs}
        self._accounts |= {log: log for log in own}
        for claims in self._claims.values():
            claims.know(self._accounts, self._clock_s())

    def watch(self, log: bytes) -> Claims:
        """Follow from now on what peers claim of `log`; return that."""
        if log not in self._claims:
            claims = Claims(self._high(log), self._accounts, self._clock_s())
            for peer in self._peers():
                claims.told(peer.device, peer.session.offered(log), self._clock_s())
            self._claims[log] = claims
        return self._claims[log]

    def link_changed(self, device: bytes, up: bool) -> None:
        """Hear that the link with a device came or went."""
        for claims in self._claims.values():
            (claims.linked if up else claims.gone)(device, self._clock_s())

    def heard(self, peer: Peer) -> None:
        """Hear that a peer has said something, which may have been about these logs."""
        for log, claims in self._claims.items():
            high = peer.session.offered(log)
            # Before a peer has told of all that it holds, silence about a log says nothing.
            if high or peer.session.was_told:
                claims.told(peer.device, high, self._clock_s())

    def grew(self, log: bytes) -> None:
        """Hear that more of `log` is held, written here or come from a peer."""
        if log in self._claims:
            self._claims[log].grew(self._high(log), self._clock_s())

    def shown(self, log: bytes) -> None:
        """Hear that a peer gave entries of `log` that were not here."""
        if log in self._claims:
            self._claims[log].shown(self._clock_s())

    # --- what follows ------------------------------------------------------------------

    def behind(self, logs: Iterable[bytes]) -> bool | None:
        """Tell whether a peer who is believed offers newer entries of `logs` than are here.

        None when no linked peer offers any of them.
        """
        asked = [log for log in logs if log not in self._store.forked]
        if not any(map(self._is_known, asked)):
            return None
        return any(self.watch(log).wait_s(self._clock_s()) for log in asked)

    async def settled(self, log: bytes) -> None:
        """Wait until `log` may be written to: it goes on nowhere else, as far as can be told.

        Raises:
            OwnLogBehind: it does, and what is missing keeps coming.
        """
        claims = self.watch(log)
        asked_s = self._clock_s()
        while (wait_s := self._wait_s(log, claims, asked_s)) > 0:
            if self._clock_s() >= asked_s + limits.OWN_WAIT_S_MAX:
                raise OwnLogBehind
            await asyncio.sleep(min(wait_s, _POLL_S))
        doubted = claims.doubted(self._clock_s())
        for device in doubted - self._doubted:
            name = to_text(Kind.DEVICE, device)
            logger.warning("%s says that this log goes on and does not show it: writing on", name)
        self._doubted = doubted
        if not self._placed:
            self._placed = True
            await asyncio.to_thread(self._place.keep)

    def _wait_s(self, log: bytes, claims: Claims, asked_s: float) -> float:
        if log in self._store.forked:
            return 0.0  # nothing is added to it, whoever holds how much
        now_s = self._clock_s()
        # A copy waits for somebody who knows this log to be found, if that can be.
        alone_s = 0.0 if self._is_known(log) else self._alone_until_s - now_s
        return max(alone_s, claims.wait_s(now_s, asked_s))

    def _is_known(self, log: bytes) -> bool:
        return any(peer.session.offered(log) for peer in self._peers())

    def _high(self, log: bytes) -> int:
        held = self._store.logs.get(log)
        return 0 if held is None else held.newest.high
