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
        self._unseen: set[bytes] = set()  # grafted, and nothing of them has come yet

    @property
    def waiting(self) -> bool:
        """Whether a note of this peer's tells of something that is not here yet."""
        self._drop_held()
        return bool(self._awaited)

    def noted(self, log: bytes, seq: int, now_s: float) -> Graft | None:
        """Take in a note; return the graft to send at once, if nobody else pushes this log."""
        if seq <= self._replica.high(log) or not self._replica.wants(log, near=self._near):
            return None
        if log not in self._replica.held and self._is_full():
            return None
        if self._replica.parents.get(log) is None:
            return self._graft(log)
        known = self._awaited.get(log)
        if known is not None:
            known.seq = max(known.seq, seq)
        elif len(self._awaited) < limits.NOTES_WAITING_MAX:
            self._awaited[log] = _Awaited(seq, now_s + limits.GRAFT_AFTER_S)
        return None

    def is_parent(self, log: bytes) -> bool:
        """Tell whether this peer has been asked to push `log`."""
        return self._replica.parents.get(log) is self

    def took_push(self, log: bytes, new: int) -> Prune | None:
        """Hear how many entries of a push were new; return the prune to send, if any."""
        if new or self._replica.parents.get(log) is None:
            self._replica.parents[log] = self
            return None
        return None if self.is_parent(log) else Prune(log)

    def due(self, now_s: float) -> list[Graft]:
        """Return the grafts to send for notes whose entries have not come in time."""
        self._drop_held()
        parents = self._replica.parents
        late = [
            log
            for log, awaited in self._awaited.items()
            if now_s >= awaited.due_s or parents.get(log) is None
        ]
        return [self._graft(log) for log in late]

    def deadline_s(self) -> float:
        """Return when `due` must be called at the latest."""
        return min((awaited.due_s for awaited in self._awaited.values()), default=float("inf"))

    def release(self) -> None:
        """Let other sessions be the parents of what this one was."""
        parents = self._replica.parents
        for log in [log for log, parent in parents.items() if parent is self]:
            del parents[log]
        self._awaited.clear()
        self._unseen.clear()

    def _graft(self, log: bytes) -> Graft:
        self._awaited.pop(log, None)
        self._replica.parents[log] = self
        if log not in self._replica.held:
            self._unseen.add(log)
        return Graft(log, self._replica.high(log))

    def _is_full(self) -> bool:
        """Tell whether this peer has told of too many logs of which nothing has come."""
        if len(self._unseen) >= limits.NOTES_WAITING_MAX:
            self._unseen -= self._replica.held.keys()
        return len(self._unseen) >= limits.NOTES_WAITING_MAX

    def _drop_held(self) -> None:
        gone = [
            log for log, awaited in self._awaited.items() if awaited.seq <= self._replica.high(log)
        ]
        for log in gone:
            del self._awaited[log]
