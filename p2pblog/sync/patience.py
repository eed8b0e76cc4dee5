"""How long a session waits for a sign of life, and for a peer that does not read.

Implements protocol/09-sessions.md section 7.  Pure.
"""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.core.errors import PeerTimeout


class Patience:
    """What is known of how alive one peer is."""

    def __init__(self, now_s: float) -> None:
        self._heard_s = now_s
        self._pinged = False
        self._unsent = 0
        self._moved_s: float | None = None  # when the link last took something; None: it is free

    def heard(self, now_s: float) -> None:
        """Hear that a message has come."""
        self._heard_s, self._pinged = now_s, False

    def suspect(self, now_s: float) -> None:
        """Wait only briefly for a sign of life that was asked for: the network has changed."""
        self._heard_s = min(self._heard_s, now_s + limits.SUSPECT_S_MAX - limits.SILENCE_S_MAX)
        self._pinged = True

    def deadline_s(self) -> float:
        """Return when `tick` must be called at the latest."""
        return self._heard_s + (limits.SILENCE_S_MAX if self._pinged else limits.PING_AFTER_S)

    def tick(self, now_s: float) -> bool:
        """Tell whether to ask for a sign of life now.

        Raises:
            PeerTimeout: none has come for long.
        """
        silence_s = now_s - self._heard_s
        if silence_s >= limits.SILENCE_S_MAX:
            raise PeerTimeout(f"{silence_s:.0f} s")
        asks = silence_s >= limits.PING_AFTER_S and not self._pinged
        self._pinged = self._pinged or asks
        return asks

    def waits(self, unsent: int, now_s: float) -> None:
        """Hear that the link takes no more at present, with so many bytes unsent; 0: it does.

        Raises:
            PeerTimeout: nothing has gone out for long.
        """
        if not unsent:
            self._moved_s = None
        elif self._moved_s is None or unsent < self._unsent:
            self._moved_s = now_s
        elif now_s - self._moved_s >= limits.UNREAD_S_MAX:
            raise PeerTimeout("it reads nothing")
        self._unsent = unsent
