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
        """Args: held is what the node holds of every log; it changes under the policy."""
        self._held = held
        self._whole: frozenset[bytes] = frozenset()

    def want(self, whole: Iterable[bytes]) -> bool:
        """Take the logs of one's own identity and of everybody followed.

        Returns:
            True when the wishes changed, so that sessions should think again.
        """
        before, self._whole = self._whole, frozenset(whole)
        return before != self._whole

    def depth(self, log: bytes, near: bool) -> int:
        """Return how many of the newest entries of `log` are wanted (0 none, WHOLE all).

        Args:
            near: the peer that offers it was met on the LAN.
        """
        if log in self._whole:
            return WHOLE
        # Strangers have room together for so many logs, counted by those that are held: a
        # log that is only offered takes nobody's place.
        if not near:
            return 0
        held = self._held.get(log)
        if held is None:
            room = len(self._held) < limits.NEAR_LOGS_MAX + len(self._whole)
        else:
            room = held.entries < limits.NEAR_HELD_ENTRIES_MAX
        return limits.NEAR_ENTRIES if room else 0
