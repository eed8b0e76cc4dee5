"""What a node replicates, and how much of it.

Implements protocol/10-replication.md section 10.  Pure.
Own devices and followed identities whole; strangers whose logs a peer on the LAN offers,
their recent entries, so that a newcomer sees life at once; everybody else not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from p2pblog.core import limits
from p2pblog.log.held import Held
from p2pblog.sync.planning import WHOLE


class Policy:
    """Answers how deep a log is wanted; told anew when follows or devices change."""

    def __init__(
        self,
        held: Mapping[bytes, Held],
        bare: Mapping[bytes, Collection[int]],
    ) -> None:
        """Decide for a node that holds this; both change under the policy.

        Args:
            held: what it holds of every log.
            bare: the entries (seqs, by log) that it holds without their bodies.
        """
        self._held = held
        self._bare = bare
        self._whole: frozenset[bytes] = frozenset()
        self._sought: frozenset[bytes] = frozenset()

    def want(self, whole: Iterable[bytes], sought: Iterable[bytes] = ()) -> bool:
        """Take the logs of one's own identity and of everybody followed.

        Args:
            sought: those of which it has to be known what peers hold, though they are here.
        Returns:
            True when the wishes changed, so that sessions should think again.
        """
        before = self._whole, self._sought
        self._whole, self._sought = frozenset(whole), frozenset(sought)
        return before != (self._whole, self._sought)

    def missing(self) -> list[bytes]:
        """Return the logs that peers are to be asked about.

        Those that are wanted whole and not here whole, and those of which bodies are lacking.
        """
        incomplete = {log for log in self._whole if not self._is_whole(log)}
        return sorted(incomplete.union(self._sought, self._bare))

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

    def _is_whole(self, log: bytes) -> bool:
        held = self._held.get(log)
        return held is not None and held.newest.low == 1
