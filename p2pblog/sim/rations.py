"""What must hold of the logs that a node takes only so much of.

Looked at from outside, when something was stored: by what came in how long a time, and by what
is held.  How the policy counts does not enter into it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from p2pblog.core import limits
from p2pblog.log.segment import Segment
from p2pblog.sim.node import Node
from p2pblog.sim.violation import Violation
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.rules import STRANGERS, Distance

_MINUTE_S = 60.0


@dataclass(slots=True)
class _Taken:
    """How many entries of a log a node has taken since then."""

    since_s: float
    entries: int = 0


class Rations:
    """Watches how much each node takes of whom."""

    def __init__(self) -> None:
        self._taken: defaultdict[int, dict[bytes, _Taken]] = defaultdict(dict)

    def begin(self, node: Node) -> None:
        """Hear that a node begins anew to count what it takes."""
        self._taken.pop(node.address, None)

    def admitted(self, node: Node, segment: Segment) -> None:
        """Check that a node that holds as much of a log as it may takes no more.

        Looked at when it is decided: until it is stored, a log may come to be followed no more.
        """
        held, most = node.store.logs.get(segment.log), node.policy.rule(segment.log).log_entries
        if held is not None and most is not None and held.entries >= most:
            raise Violation(f"node {node.address} holds {held.entries} entries, and takes more")

    def stored(self, node: Node, segment: Segment, new: int) -> None:
        """Check that a node takes and holds no more than its rules say."""
        log = segment.log
        if log in node.blocked() and log != node.device:
            raise Violation(f"node {node.address} took what {log[:3].hex()} wrote, who is blocked")
        rule, now_s = node.policy.rule(log), node.clock.now_s
        held = node.store.logs[log]
        if rule.entries_per_minute is not None:
            taken = self._taken[node.address].setdefault(log, _Taken(now_s))
            taken.entries += new
            minutes = (now_s - taken.since_s) / _MINUTE_S
            bucket = rule.entries_per_minute + (rule.depth if rule.depth < WHOLE else 0)
            # A full bucket, as much again, what came at once before it was found empty; and the
            # segment in which it was used up.
            at_once = max(rule.depth, limits.GRAFT_ENTRIES_MAX, new)
            most = 2 * bucket + at_once + rule.entries_per_minute * minutes
            if taken.entries > most:
                raise Violation(f"node {node.address} took {taken.entries} entries of a stranger")
        if rule.logs is not None and held.entries == new:
            of_kind = sum(_is_of_kind(node, log, other) for other in node.store.logs)
            if of_kind > rule.logs:
                raise Violation(f"node {node.address} holds {of_kind} logs of strangers")


def _is_of_kind(node: Node, log: bytes, other: bytes) -> bool:
    one, two = (node.policy.distance(each, near=True) for each in (log, other))
    return _kind(one) == _kind(two)


def _kind(distance: Distance) -> Distance:
    return Distance.NEAR if distance in STRANGERS else distance
