"""Who pushes which log: a tree of its own for every log, grown and mended by those who listen.

Implements protocol/10-replication.md section 6.  Sans-IO.  Of all peers that have a log, one
pushes its new entries at once (the log's parent); the others send short notes.  The first
peer that tells of something new becomes the parent, so a tree follows the fastest way; a
note whose entry does not come in time makes its sender the parent (Plumtree, a tree a log).
"""

from __future__ import annotations

from dataclasses import dataclass

from p2pblog.core import limits
from p2pblog.sync.messages import Graft, Prune
from p2pblog.sync.replica import Replica


@dataclass(slots=True)
class _Awaited:
    """What a note has told of, and when to stop waiting for the parent to push it."""

    seq: int
    due_s: float


class Hearing:
    """The hearing half of a session: what its peer notes and pushes."""

    def __init__(self, replica: Replica, *, near: bool) -> None:
        self._replica = replica
        self._near = near
        self._awaited: dict[bytes, _Awaited] = {}
        self._grafted: dict[bytes, int] = {}  # asked to be pushed, because of a note up to here
        self._grafts: dict[bytes, None] = {}  # to be sent
        self._missed = False  # a note told of something, and there was no room to remember it

    @property
    def waiting(self) -> bool:
        """Whether this peer has noted something that is wanted and not here yet."""
        for log, seq in tuple(self._grafted.items()):
            if not self._is_settled(log, seq):
                return True
            del self._grafted[log]
        for log, awaited in tuple(self._awaited.items()):
            if not self._is_settled(log, awaited.seq):
                return True
            del self._awaited[log]
        return self._missed

    @property
    def awaited(self) -> int:
        """How many logs are remembered because of notes alone."""
        return max(len(self._awaited), len(self._grafted))

    def noted_high(self, log: bytes) -> int:
        """Return up to which seq the peer has noted a log while it was not here, else 0."""
        awaited = self._awaited.get(log)
        return 0 if awaited is None else awaited.seq

    def noted(self, log: bytes, seq: int, now_s: float) -> None:
        """Take in a note; graft the log at once, if nobody else pushes it."""
        if self._is_settled(log, seq):
            return
        if self._replica.parents.get(log) is None:
            self._graft(log, seq)
            return
        asked, known = self._grafted.get(log), self._awaited.get(log)
        if self.is_parent(log) and asked is not None and not self._is_settled(log, asked):
            self._grafted[log] = max(seq, asked)  # the push is under way
        elif known is not None:
            known.seq = max(known.seq, seq)
        elif len(self._awaited) < limits.NOTES_WAITING_MAX:
            self._awaited[log] = _Awaited(seq, now_s + limits.GRAFT_AFTER_S)
        else:
            self._missed = True

    def grafts(self) -> list[Graft]:
        """Return the grafts to send now: one a log, however many notes have told of it."""
        grafts: list[Graft] = []
        for log in self._grafts:
            if self._replica.wants(log, near=self._near):
                grafts.append(Graft(log, self._replica.high(log)))
            elif self.is_parent(log):  # it was wanted when the note came
                del self._replica.parents[log]
        self._grafts.clear()
        return grafts

    def is_parent(self, log: bytes) -> bool:
        """Tell whether this peer has been asked to push `log`."""
        return self._replica.parents.get(log) is self

    def took_push(self, log: bytes, new: int) -> Prune | None:
        """Hear how many entries of a push were new; return the prune to send, if any."""
        if self._grafted.get(log, limits.SEQ_MAX) <= self._replica.high(log):
            del self._grafted[log]
        if new or self._replica.parents.get(log) is None:
            self._replica.parents[log] = self
            return None
        return None if self.is_parent(log) else Prune(log)

    def unwanted(self, log: bytes) -> Prune | None:
        """Hear that a push was dropped; return the prune to send if `log` is not wanted."""
        if self._replica.wants(log, near=self._near):
            return None
        if self.is_parent(log):
            del self._replica.parents[log]
        return Prune(log)

    def tick(self, now_s: float) -> None:
        """Graft what notes have told of and did not come in time."""
        parents = self._replica.parents
        for log, awaited in tuple(self._awaited.items()):
            if awaited.seq <= self._replica.high(log):
                del self._awaited[log]
            elif now_s >= awaited.due_s or parents.get(log) is None:
                del self._awaited[log]
                if not self._is_settled(log, awaited.seq):
                    self._graft(log, awaited.seq)

    def deadline_s(self) -> float:
        """Return when `tick` must be called at the latest."""
        return min((awaited.due_s for awaited in self._awaited.values()), default=float("inf"))

    def release(self) -> None:
        """Let other sessions be the parents of what this one was."""
        parents = self._replica.parents
        for log in [log for log, parent in parents.items() if parent is self]:
            del parents[log]
        for known in (self._awaited, self._grafted, self._grafts):
            known.clear()

    def _graft(self, log: bytes, seq: int) -> None:
        while self._grafted and self._is_settled(*next(iter(self._grafted.items()))):
            del self._grafted[next(iter(self._grafted))]
        if len(self._grafted) >= limits.NOTES_WAITING_MAX:
            # Of what is named, nothing may ever come: a peer may name only so much.
            self._missed = True
            return
        self._grafted[log] = seq
        self._replica.parents[log] = self
        self._grafts[log] = None

    def _is_settled(self, log: bytes, seq: int) -> bool:
        """Tell whether nothing of `log` up to `seq` is still to come, or wanted."""
        return seq <= self._replica.high(log) or not self._replica.wants(log, near=self._near)
