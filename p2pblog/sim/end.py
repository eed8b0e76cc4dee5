"""One end of sessions over a store in memory: does what the events of its sessions ask for.

What the node's hub does with tasks and threads, in the same order, without either: whoever
drives this decides what time passes in between.  Tests drive it by hand, the simulator's nodes
over simulated links.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress

from p2pblog.core.errors import ForkFound, NotFound, SeqGap
from p2pblog.log.fork import check_proof
from p2pblog.log.segment import Segment
from p2pblog.store.logs import LogStore
from p2pblog.sync.events import (
    BlobArrived,
    CaughtUp,
    ForkArrived,
    LogReleased,
    OverlayArrived,
    ProofAsked,
    ResumeAsked,
    SegmentArrived,
)
from p2pblog.sync.messages import Join, Relay, Shuffle
from p2pblog.sync.replica import Replica
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session


class End:
    """A store and its sessions; the time is that of whoever drives it."""

    def __init__(
        self,
        store: LogStore,
        *,
        depth: Callable[[bytes, bool], int],
        missing: Callable[[], Iterable[bytes]],
        now_s: Callable[[], float],
        received_ms: Callable[[], int],
        own: Collection[bytes] = (),
        admit: Callable[[Segment, bool, bool, float], bool] = lambda *arrived: True,
        charge: Callable[[Segment, bool, int, float], None] = lambda *taken: None,
    ) -> None:
        """Begin with what the store holds.

        Args:
            depth, missing, admit, charge, own: what is wanted and taken, and written here, as
                `Replica` says.
            received_ms: the wall clock, which is written beside what arrives.
        """
        self.store = store
        self.replica = Replica(
            store.logs,
            store.forked,
            depth,
            store.bare,
            missing,
            lambda: self.token(),
            own=own,
            admit=admit,
            charge=charge,
        )
        for log in (*store.logs, *store.forked):
            self.replica.changed(log)
        self.sessions: list[Session] = []
        self._now_s = now_s
        self._received_ms = received_ms

    def token(self) -> bytes:
        """Return what stands for all that this end holds."""
        return self.store.token(self.store.arrival, self.store.forks)

    def greet(self, *, near: bool, leads: bool, salt: bytes, token: bytes | None = None) -> Session:
        """Return a new session, which has greeted; arguments as for `Session`."""
        session = Session(
            self.replica, near=near, leads=leads, salt=salt, token=token, now_s=self._now_s()
        )
        self.sessions.append(session)
        session.start()
        return session

    def release(self, session: Session) -> None:
        """Let other sessions fetch what one that has ended gave up."""
        self.sessions.remove(session)
        self._consider([e.log for e in session.events() if isinstance(e, LogReleased)])

    # --- what happens ------------------------------------------------------------------

    def log_grew(self, log: bytes) -> None:
        """Tell every session that a log has grown."""
        self.replica.changed(log)
        now_s = self._now_s()
        for session in self.sessions:
            session.log_changed(log, now_s)
        self.stirred()

    def fork_found(self, log: bytes) -> None:
        """Pass the proof that `log` forks on to every peer."""
        self.replica.changed(log)
        for session in self.sessions:
            self.send_proof(session, log)
        self.stirred()

    def wishes_changed(self) -> None:
        """Tell every session that other logs are wanted than before."""
        now_s = self._now_s()
        for session in self.sessions:
            session.consider_all(now_s)
        self.stirred()

    def settling(self, session: Session) -> Iterator[SegmentArrived]:
        """Do what a session's events ask for, and what comes of it.

        Yields: each segment before it is stored.

        Raises:
            ProtocolError: what arrived is not authentic; call the session's `fail`.
        """
        while events := session.events():
            released: list[bytes] = []
            for event in events:
                match event:
                    case SegmentArrived():
                        yield event
                        self._take_in(session, event)
                    case ForkArrived(proof):
                        new = self.store.add_fork(proof)
                        session.fork_known(proof.log, check_proof(proof))
                        if new:
                            self.fork_found(proof.log)
                    case LogReleased(log):
                        released.append(log)
                    case ResumeAsked(token):
                        self._resume(session, token)
                    case ProofAsked(log):
                        self.send_proof(session, log)
                    case CaughtUp(token):
                        self.keep_token(session, token)
                    case OverlayArrived(message):
                        self.overlay_said(session, message)
                    case BlobArrived():
                        pass  # nobody here asks for blobs
            self._consider(released)

    def keep_token(self, session: Session, token: bytes) -> None:
        """Keep a token that the peer of `session` gave, to resume from."""

    def overlay_said(self, session: Session, message: Join | Shuffle | Relay) -> None:
        """Hear what a peer says to the overlay."""

    def stored(self, segment: Segment, new: int) -> None:
        """Hear that of a segment so many entries were stored; no session knows yet."""

    def stirred(self) -> None:
        """Hear that every session may have something to say now."""

    # --- what is asked for -------------------------------------------------------------

    def read(self, serve: Serve) -> Segment | None:
        """Return what the store has in answer to a question."""
        with suppress(NotFound):
            if serve.latest:
                return self.store.segment_latest(serve.log, serve.latest)
            read = self.store.segment_down if serve.down else self.store.segment_up
            return read(serve.log, serve.low, serve.high)
        return None

    # --- inside ------------------------------------------------------------------------

    def _take_in(self, session: Session, arrived: SegmentArrived) -> None:
        new, segment = 0, arrived.segment
        known = segment.log in self.store.forked
        try:
            new = self.store.ingest(segment, self._received_ms())
        except SeqGap:
            pass  # no fault of the sender: another link was faster
        except ForkFound:
            if not known:
                self.fork_found(segment.log)
        if new:
            self.stored(segment, new)
            self.log_grew(segment.log)
        session.took(arrived, new, self._now_s())

    def send_proof(self, session: Session, log: bytes) -> None:
        """Pass the proof that `log` forks on to one peer."""
        if (proof := self.store.fork_proof(log)) is not None:
            session.fork_found(proof, self.store.forked[log])

    def _resume(self, session: Session, token: bytes | None) -> None:
        changes = None if token is None else self.store.since(token)
        session.resume(None if changes is None else changes.logs, self._now_s())
        for log in changes.forks if changes is not None else ():
            self.send_proof(session, log)

    def _consider(self, logs: list[bytes]) -> None:
        if logs:
            for session in self.sessions:
                session.consider(logs, self._now_s())
            self.stirred()
