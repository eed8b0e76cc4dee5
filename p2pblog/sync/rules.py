"""How far away a log is, and what a node does for the logs at each distance.

Implements protocol/10-replication.md section 10.  Pure.  The settings in config.toml change
these rules (docs/node.md); policy.py follows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from p2pblog.core import limits
from p2pblog.sync.planning import WHOLE


class Distance(StrEnum):
    """How far the writer of a log is from whoever uses the node."""

    OWN = "own"
    FOLLOWED = "followed"
    SECOND = "second"  # followed by whom one follows
    NEAR = "near"  # a stranger's, offered by a peer on the LAN
    FAR = "far"  # a stranger's, offered by another peer
    BLOCKED = "blocked"


STRANGERS = (Distance.NEAR, Distance.FAR)
"""What is held of these counts as near: which peer a log came from is not kept."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How much is taken of the logs at one distance; None is no limit.

    Fields:
        depth: how many of the newest entries of a log are wanted; WHOLE for all.
        entries_per_minute, bytes_per_minute: taken of one log.
        total_bytes_per_minute: taken of all these logs together.
        logs: how many of them are held.
        log_entries: held of one log; no more of it is taken then.
        total_bytes: held of all these logs together, about; no more is taken then.
        body_days: how long bodies are kept after they came.
    """

    depth: int
    entries_per_minute: int | None = None
    bytes_per_minute: int | None = None
    total_bytes_per_minute: int | None = None
    logs: int | None = None
    log_entries: int | None = None
    total_bytes: int | None = None
    body_days: int | None = None

    @property
    def is_rationed(self) -> bool:
        """Whether only so much is taken a minute."""
        rates = (self.entries_per_minute, self.bytes_per_minute, self.total_bytes_per_minute)
        return any(rate is not None for rate in rates)

    @property
    def is_bounded(self) -> bool:
        """Whether only so much is held."""
        bounds = (self.logs, self.log_entries, self.total_bytes)
        return any(bound is not None for bound in bounds)


_NEAR = Rule(
    depth=limits.NEAR_ENTRIES,
    entries_per_minute=limits.NEAR_ENTRIES_PER_MINUTE,
    bytes_per_minute=limits.NEAR_BYTES_PER_MINUTE,
    total_bytes_per_minute=limits.NEAR_TOTAL_BYTES_PER_MINUTE,
    logs=limits.NEAR_LOGS_MAX,
    log_entries=limits.NEAR_HELD_ENTRIES_MAX,
    total_bytes=limits.NEAR_HELD_BYTES_MAX,
    body_days=limits.NEAR_BODY_DAYS,
)
_SECOND = Rule(
    depth=limits.SECOND_ENTRIES,
    entries_per_minute=limits.SECOND_ENTRIES_PER_MINUTE,
    bytes_per_minute=limits.SECOND_BYTES_PER_MINUTE,
    total_bytes_per_minute=limits.SECOND_TOTAL_BYTES_PER_MINUTE,
    logs=limits.SECOND_LOGS_MAX,
    log_entries=limits.SECOND_HELD_ENTRIES_MAX,
    total_bytes=limits.SECOND_HELD_BYTES_MAX,
    body_days=limits.SECOND_BODY_DAYS,
)
DEFAULT_RULES: Mapping[Distance, Rule] = {
    Distance.OWN: Rule(WHOLE),
    Distance.FOLLOWED: Rule(WHOLE),
    Distance.SECOND: _SECOND,
    Distance.NEAR: _NEAR,
    Distance.FAR: replace(_NEAR, depth=0),
    Distance.BLOCKED: Rule(0),
}
SETTABLE = (Distance.FOLLOWED, Distance.SECOND, Distance.NEAR, Distance.FAR)
"""One's own logs are always taken whole, and those of blocked people never."""
