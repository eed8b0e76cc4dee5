"""One end of sessions, over a store in memory: does at once what a session's events ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from p2pblog.core.errors import ForkFound, NotFound, SeqGap
from p2pblog.log.segment import Segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.codec import decode_message
from p2pblog.sync.events import (
    BlobArrived,
    CaughtUp,
    Event,
    ForkArrived,
    LogReleased,
    ProofAsked,
    ResumeAsked,
    SegmentArrived,
)
from p2pblog.sync.messages import AskBlob
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.replica import Replica
from p2pblog.sync.serving import Serve
from p2pblog.sync.session import Session

NOW_S = 1000.0
RECEIVED_MS = 5
SALT = bytes(range(32))


class End:
    """A store and its sessions; `received` counts the entries that came, `now_s` is the time."""

    def __init__(
        self,
        depth: Callable[[bytes, bool], int] = lambda log, near: WHOLE,
        missing: Callable[[], Iterable[bytes]] | None = None,
        store: LogStore | None = None,
    ) -> None:
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
        self.now_s = NOW_S

    def token(self) -> bytes:
        """Return what stands for all that this end holds."""
        return self.store.token(self.store.arrival, self.store.forks)

    def begin(
        self, *, leads: bool = False, near: bool = True, token: bytes | None = None
    ) -> Session:
        """Return a new session, which has greeted."""
        session = Session(
            self.replica, near=near, leads=leads, salt=SALT, token=token, now_s=self.now_s
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
        proof = self.store.fork_proof(log)
        assert proof is not None
        session.fork_found(proof, self.store.forked[log])

    def receive(self, session: Session, data: bytes) -> None:
        """Take in a message, and what it brings."""
        session.receive(decode_message(data), self.now_s)
        self.settle(session)

    def settle(self, session: Session) -> None:
        """Do what a session's events ask for, and what comes of that."""
        while events := session.events():
            for event in events:
                self.do(session, event)

    def do(self, session: Session, event: Event) -> None:
        """Do what an event asks for."""
        match event:
            case SegmentArrived():
                self.received += len(event.segment.bodies)
                self.take_in(session, event)
            case ForkArrived(proof):
                if self.store.add_fork(proof):
                    self.tell_fork(proof.log)
                session.fork_known(proof.log, self.store.forked[proof.log])
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
            case BlobArrived():
                pass  # nobody here asks for blobs

    def take_in(self, session: Session, arrived: SegmentArrived) -> None:
        """Verify and store what arrived."""
        new = 0
        log = arrived.segment.log
        known = log in self.store.forked
        try:
            new = self.store.ingest(arrived.segment, RECEIVED_MS)
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


def join(
    a: End, b: End, *, near: bool = True, tokens: tuple[bytes | None, bytes | None] = (None, None)
) -> tuple[Session, Session]:
    """Return the two ends of a new session; `a` leads.  tokens: those that a and b show."""
    return (
        a.begin(leads=True, near=near, token=tokens[0]),
        b.begin(leads=False, near=near, token=tokens[1]),
    )


def carry(*pairs: tuple[End, Session, End, Session], rounds: int = 400) -> int:
    """Deliver, and let time pass, until all is quiet; return the bytes carried."""
    total = idle = 0
    for _ in range(rounds):
        quiet = True
        for a, at_a, b, at_b in pairs:
            for source, end, target, other in ((a, at_a, b, at_b), (b, at_b, a, at_a)):
                for message in source.output(end):
                    quiet = False
                    total += len(message)
                    target.receive(other, message)
        idle = idle + 1 if quiet else 0
        if idle > 1:
            return total
        for node in {node for pair in pairs for node in (pair[0], pair[2])} if quiet else ():
            node.now_s += 1.0  # notes that wait for others go
            for session in node.sessions:
                session.tick(node.now_s)
    raise AssertionError("the sessions never fall silent")


def pass_time(seconds: int, *pairs: tuple[End, Session, End, Session]) -> None:
    """Let time pass, in steps that are short enough for both ends to show signs of life."""
    for _ in range(seconds):
        for node in {node for pair in pairs for node in (pair[0], pair[2])}:
            node.now_s += 1.0
            for session in node.sessions:
                session.tick(node.now_s)
        for a, at_a, b, at_b in pairs:
            for source, end, target, other in ((a, at_a, b, at_b), (b, at_b, a, at_a)):
                for message in source.output(end):
                    target.receive(other, message)
