"""What all sessions of a node share.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from p2pblog.log.held import Held
from p2pblog.log.segment import Segment
from p2pblog.sync.frontier import Frontier


@dataclass(slots=True)
class Replica:
    """What a node holds and wants, and which of its sessions does what for it.

    Fields:
        held: what the node holds of every log; it changes under the sessions, which are
            told by `Session.log_changed` right after `changed`.
        forked: the logs that are proven to fork: nothing more is fetched of them.
        depth: how many of the newest entries of a log the node wants from a peer that
            `near` says was met on the LAN (0 none, planning.WHOLE all).
        bare: the entries (seqs, by log) whose bodies a peer withheld, and another may have.
        missing: returns the logs that are not held as far as they are wanted.
        token: returns what a peer is to show that has been told of everything so far.
        own: the logs that this node writes: of every peer that offers more of one it is asked
            for before all others, and at once, so that who lies stands before nobody (L-22).
        admit: tells of what has arrived, from a peer near or far, asked for or not, at that
            time (s), whether it may be taken in: it may be more than a quota allows.
        charge: hears of what was taken in, from a peer near or far, how many entries were new.
        frontier: what is held, summed up; call `changed` for every log that changes.
        claims: which session is fetching a log at this moment: two never do at once.
        parents: which session has been asked to push a log.
    """

    held: Mapping[bytes, Held]
    forked: Mapping[bytes, int]
    depth: Callable[[bytes, bool], int]
    bare: Mapping[bytes, Collection[int]] = field(default_factory=dict)
    missing: Callable[[], Iterable[bytes]] = tuple
    token: Callable[[], bytes | None] = lambda: None
    own: Collection[bytes] = ()
    admit: Callable[[Segment, bool, bool, float], bool] = lambda *arrived: True
    charge: Callable[[Segment, bool, int, float], None] = lambda *taken: None
    frontier: Frontier = field(default_factory=Frontier)
    claims: dict[bytes, object] = field(default_factory=dict)
    parents: dict[bytes, object] = field(default_factory=dict)
    _before: tuple[bytes, Held | None] = (b"", None)

    def changed(self, log: bytes) -> None:
        """Hear that what is held of `log`, or known of its forks, has changed."""
        self._before = log, self.frontier.held(log)
        self.frontier.put(log, self.held.get(log), self.forked.get(log))

    def before(self, log: bytes) -> Held | None:
        """Return what was held of `log` before it changed, if it was the last to do so."""
        return self._before[1] if self._before[0] == log else self.held.get(log)

    def high(self, log: bytes) -> int:
        """Return the seq of the newest entry held, 0 if there is none."""
        held = self.held.get(log)
        return 0 if held is None else held.newest.high

    def wants(self, log: bytes, *, near: bool) -> bool:
        """Tell whether entries of `log` are wanted from a peer near or far."""
        return log not in self.forked and self.depth(log, near) > 0
