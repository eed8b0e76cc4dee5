"""One end of sessions, over a store in memory: does at once what a session's events ask for.

How a node does the same over links, with threads between, is node/hub.py's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from p2pblog.core.errors import ForkFound, NotFound, SeqGap
from p2pblog.log.fork import check_proof
from p2pblog.log.segment import Segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.codec import decode_messages
from p2pblog.sync.events import (
    BlobArrived,
    CaughtUp,
    Event,
    ForkArrived,
    LogReleased,
    OverlayArrived,
    ProofAsked,
    ResumeAsked,
    SegmentArrived,
)
from p2pblog.sync.messages import AskBlob
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.replica import Replica
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session

_RECEIVED_MS = 5
SALT = bytes(range(32))
"""What keys the digests of a link that is none."""


class End:
    """A store and its sessions; `received` counts the entries that came, `now_s` is the time."""

    now_s = 0.0

    def __init__(
        self,
        depth: Callable[[bytes, bool], int] = lambda log, near: WHOLE,
        missing: Callable[[], Iterable[bytes]] | None = None,
        store: LogStore | None = None,
    ) -> None:
        """Begin with what a store holds, by default nothing.

        Args:
            depth, missing: as for `Replica`; by default everything is wanted whole.
        """
        self.store = store or LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        self.replica = Replica(
            self.store.logs,
            self.store.forked,
            depth,
            self.store.bare,
            missing or (lambda: tuple(self.store.bare)),
            self.token,
        )
        for log in (*self.store.logs, *self.store.forked):
            self.replica.changed(log)
        self.sessions: list[Session] = []
        self.tokens: dict[Session, bytes] = {}
        self.received = 0

    def take_up(self, segment: Segment) -> None:
        """Hold a segment before anything is said."""
        self.store.ingest(segment, _RECEIVED_MS)
        self.replica.changed(segment.log)

    def token(self) -> bytes:
        """Return what stands for all that this end holds."""
        return self.store.token(self.store.arrival, self.store.forks)

    def begin(
        self,
        *,
        leads: bool = False,
        near: bool = True,
        salt: bytes = SALT,
        token: bytes | None = None,
    ) -> Session:
        """Return a new session, which has greeted; arguments as for `Session`."""
        session = Session(
            self.replica, near=near, leads=leads, salt=salt, token=token, now_s=self.now_s
        )
        self.sessions.append(session)
        session.start()
        return session

    def end(self, session: Session) -> None:
        """End a session, as when its link is lost."""
        session.close()
        self.sessions.remove(session)
        self.settle(session)

    def tell(self, log: bytes) -> None:
        """Tell every session that a log has grown."""
        self.replica.changed(log)
        for session in self.sessions:
            session.log_changed(log, self.now_s)

    def tell_fork(self, log: bytes) -> None:
        """Pass on the proof of a fork."""
        self.replica.changed(log)
        for session in self.sessions:
            self.send_proof(session, log)

    def send_proof(self, session: Session, log: bytes) -> None:
        """Pass on the proof of a fork to one peer."""
        if (proof := self.store.fork_proof(log)) is not None:
            session.fork_found(proof, self.store.forked[log])

    def receive(self, session: Session, data: bytes) -> None:
        """Take in a message, and what it brings."""
        for message in decode_messages(data):
            session.receive(message, self.now_s)
            self.settle(session)

    def settle(self, session: Session) -> None:
        """Do what a session's events ask for, and what comes of that."""
        while events := session.events():
            for event in events:
                self._do(session, event)

    def _do(self, session: Session, event: Event) -> None:
        match event:
            case SegmentArrived():
                self.received += len(event.segment.bodies)
                self.take_in(session, event)
            case ForkArrived(proof):
                new = self.store.add_fork(proof)
                session.fork_known(proof.log, check_proof(proof))
                if new:
                    self.tell_fork(proof.log)
            case LogReleased(log):
                for other in self.sessions:
                    other.consider((log,), self.now_s)
            case ResumeAsked(token):
                changes = None if token is None else self.store.since(token)
                session.resume(None if changes is None else changes.logs, self.now_s)
                for log in changes.forks if changes is not None else ():
                    self.send_proof(session, log)
            case ProofAsked(log):
                self.send_proof(session, log)
            case CaughtUp(token):
                self.tokens[session] = token
            case BlobArrived() | OverlayArrived():
                pass  # nobody here asks for blobs, or takes part in an overlay

    def take_in(self, session: Session, arrived: SegmentArrived) -> None:
        """Verify and store what arrived."""
        new = 0
        log = arrived.segment.log
        known = log in self.store.forked
        try:
            new = self.store.ingest(arrived.segment, _RECEIVED_MS)
        except SeqGap:
            pass
        except ForkFound:
            if not known:
                self.tell_fork(log)
        if new:
            self.tell(log)
        session.took(arrived, new, self.now_s)

    def output(self, session: Session) -> list[bytes]:
        """Return what is to be sent now, answers to the last one of them included."""
        out = session.messages(self.now_s)
        while True:
            if (asked := session.next_serve()) is None:
                if not session.more:
                    return out
            elif isinstance(asked, AskBlob):
                session.send_blob_part(asked, None)
            else:
                session.serve(asked, self.read(asked))
            out += session.messages(self.now_s)

    def read(self, asked: Serve) -> Segment | None:
        """Return what the store has in answer to a question."""
        with suppress(NotFound):
            if asked.latest:
                return self.store.segment_latest(asked.log, asked.latest)
            read = self.store.segment_down if asked.down else self.store.segment_up
            return read(asked.log, asked.low, asked.high)
        return None
