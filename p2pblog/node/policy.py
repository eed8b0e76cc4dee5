"""What this node replicates, and how much of it.

Own devices and followed identities whole; strangers whose logs a peer on the LAN offers,
their recent entries, so that a newcomer sees life at once; everybody else not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from p2pblog.core import limits
from p2pblog.log.held import Held
from p2pblog.sync.planning import WHOLE


class Policy:
    """Answers how deep a log is wanted; told anew when follows or devices change."""

    def __init__(self, held: Mapping[bytes, Held]) -> None:
        self._held = held
        self._own: frozenset[bytes] = frozenset()
        self._whole: frozenset[bytes] = frozenset()
        self._near: set[bytes] = set()

    def want(self, *, own: Iterable[bytes], followed: Iterable[bytes]) -> bool:
        """Take the logs of one's own identity and of all followed ones.

        Returns:
            True when the wishes changed, so that sessions should think again.
        """
        mine = frozenset(own)
        whole = mine | frozenset(followed)
        changed = whole != self._whole
        self._own, self._whole = mine, whole
        return changed

    def depth(self, log: bytes, near: bool) -> int:
        """Return how many of the newest entries of `log` are wanted (0 none, WHOLE all).

        Args:
            near: the peer that offers it was met on the LAN.
        """
        if log in self._whole:
            return WHOLE
        if not near:
            return 0
        if log not in self._near:
            if len(self._near) >= limits.NEAR_LOGS_MAX:
                return 0
            self._near.add(log)
        return limits.NEAR_ENTRIES

    @property
    def own(self) -> frozenset[bytes]:
        """Return the logs of one's own identity."""
        return self._own

    @property
    def near(self) -> frozenset[bytes]:
        """Return the strangers' logs that peers on the LAN offered."""
        return frozenset(self._near)
