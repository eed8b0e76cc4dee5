"""What is inside of a simulated node: its store, its sessions, and what the policy asks of both.

Does what node/wanting.py, node/rationing.py and node/retention.py do, with callbacks of the clock
in the place of tasks: what a quota has held back is sought again once there is room, and what is
held of strangers beyond their rule goes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from p2pblog.log.segment import Segment
from p2pblog.sim.clock import Timer
from p2pblog.sim.end import End
from p2pblog.sync.messages import Join, Relay, Shuffle
from p2pblog.sync.policy import Policy
from p2pblog.sync.session import Session

if TYPE_CHECKING:
    from p2pblog.sim.node import Node


class Inside(End):
    """One life of a node, from when it is switched on until it is off."""

    def __init__(self, node: Node) -> None:
        """Begin with what is on the disk."""
        store = node.store
        self._node = node
        self._life = node.life
        self._timer: Timer | None = None
        self.policy = Policy(
            store.logs, store.bare, rules=node.rules, sizes=store.sizes, on_spent=self._wait
        )
        super().__init__(
            store,
            depth=self.policy.depth,
            missing=self.policy.missing,
            admit=self._admit,
            charge=self.policy.charge,
            now_s=lambda: node.clock.now_s,
            received_ms=node.clock_ms,
            own=(node.device,),
        )

    @property
    def over(self) -> bool:
        """Whether the node has been switched off since."""
        return not self._node.on or self._node.life != self._life

    # --- `End` -------------------------------------------------------------------------

    def keep_token(self, session: Session, token: bytes) -> None:
        if (peer := self._node.peer_of(session)) is not None:
            self._node.tokens.keep(peer.device, token)

    def overlay_said(self, session: Session, message: Join | Shuffle | Relay) -> None:
        peer, meeting = self._node.peer_of(session), self._node.meeting
        if peer is not None and meeting is not None:
            meeting.receive(peer.device, message)

    def stored(self, segment: Segment, new: int) -> None:
        self._node.watcher.stored(self._node, segment, new)
        if segment.log == self._node.device:
            self._node.claims.shown(self._node.clock.now_s)

    def log_grew(self, log: bytes) -> None:
        self.policy.count(log)
        self._cut(log)
        super().log_grew(log)
        if log == self._node.device:
            self._node.claims.grew(self.replica.high(log), self._node.clock.now_s)

    def stirred(self) -> None:
        self._node.wake_all()

    # --- what the policy asks for ------------------------------------------------------

    def holds_less(self, log: bytes) -> None:
        """Hear that less of a log is held than before."""
        self.policy.count(log)
        super().log_grew(log)

    def wishes_changed(self) -> None:
        self.review()
        super().wishes_changed()

    def review(self) -> None:
        """Let go of what is held beyond a rule: some logs may have become those of strangers."""
        for log in self.store.logs:
            self._cut(log)

    def seek(self, logs: list[bytes]) -> None:
        """Ask every peer anew what it holds of logs that were held back."""
        for session in self.sessions:
            session.seek(logs)
        self.stirred()

    def _admit(self, segment: Segment, near: bool, asked: bool, now_s: float) -> bool:
        taken = self.policy.admit(segment, near, asked, now_s)
        if taken:
            self._node.watcher.admitted(self._node, segment)
        return taken

    def _cut(self, log: bytes) -> None:
        if self.policy.surplus(log):
            self._node.clock.after(self._node.write_s, partial(self._trim, log))

    def _trim(self, log: bytes) -> None:
        below = 0 if self.over else self.policy.surplus(log)
        if below:
            self.store.forget(log, below)
            self.holds_less(log)
            self.sweep()
            self._node.flush()

    def sweep(self) -> None:
        """Delete from the store what is gone, in a while."""
        self._node.clock.after(self._node.write_s, self._sweep)

    def _sweep(self) -> None:
        if not self.over and self.store.gone.sweep():
            self.sweep()

    def _wait(self) -> None:
        """Look at the quotas again when there may be room in one."""
        due_s = self.policy.due_s()
        if self._timer is not None and self._timer.when_s <= due_s:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._node.clock.at(due_s, self._refill)

    def _refill(self) -> None:
        self._timer = None
        if self.over:
            return
        if freed := self.policy.refill(self._node.clock.now_s):
            self.seek(freed)
        if self.policy.due_s() < float("inf"):
            self._wait()
        self._node.flush()
