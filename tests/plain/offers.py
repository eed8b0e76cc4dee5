"""Chapter 9, section 4: what a peer holds, as it has said or shown."""

from __future__ import annotations

from typing import Any


class Offers:
    """The offers of a peer, by log."""

    def __init__(self) -> None:
        self.by_log: dict[bytes, list[Any]] = {}
        self.heard: dict[bytes, int] = {}

    def __contains__(self, log: bytes) -> bool:
        return log in self.by_log

    def learn(self, log: bytes, first: int, last: int, high_id: bytes | None) -> None:
        """Take in that the peer holds these entries: it has just sent them, or was sent them."""
        offer = self.by_log.get(log)
        if offer is None or first > offer[2] + 1:
            self.by_log[log] = [log, first, last, high_id]
        elif last > offer[2]:
            self.by_log[log] = [log, min(first, offer[1]), last, high_id, *offer[4:]]
        elif first < offer[1] <= last + 1:
            self.by_log[log] = [log, first, *offer[2:]]

    def graft(self, log: bytes, after: int) -> None:
        """Take in that the peer holds nothing after `after`, as it says in a graft."""
        self.heard[log] = after
        offer = self.by_log.get(log)
        if offer is not None and offer[2] > after:
            if offer[1] <= after:
                self.by_log[log] = [log, offer[1], after, None, *offer[4:]]
            else:
                del self.by_log[log]

    def note(self, log: bytes, seq: int) -> None:
        """Take in that the peer holds a log up to seq, as it notes."""
        self.heard[log] = max(seq, self.heard.get(log, 0))

    def known(self, log: bytes) -> int:
        """Return up to which seq the peer is known to hold a log (chapter 10 section 5)."""
        offer = self.by_log.get(log)
        return max(offer[2] if offer else 0, self.heard.get(log, 0))

    def holds(self, log: bytes, seq: int) -> bool:
        """Tell whether the peer is known to hold an entry."""
        offer = self.by_log.get(log)
        return offer is not None and offer[1] <= seq <= offer[2]
