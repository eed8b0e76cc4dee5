"""One end of sessions, driven by hand: what it says is taken out and given to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from p2pblog.sim.end import End as SimulatedEnd
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.codec import decode_message
from p2pblog.sync.messages import AskBlob
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.session import Session

NOW_S = 1000.0
RECEIVED_MS = 5
SALT = bytes(range(32))


class End(SimulatedEnd):
    """A store and its sessions; `received` counts the entries that came, `now_s` is the time."""

    def __init__(
        self,
        depth: Callable[[bytes, bool], int] = lambda log, near: WHOLE,
        missing: Callable[[], Iterable[bytes]] | None = None,
        store: LogStore | None = None,
    ) -> None:
        self.now_s = NOW_S
        self.tokens: dict[Session, bytes] = {}
        self.received = 0
        super().__init__(
            store or LogStore(MemoryKeyValue(), new_epoch=bytes(16)),
            depth=depth,
            missing=missing or (lambda: tuple(self.store.bare)),
            now_s=lambda: self.now_s,
            received_ms=lambda: RECEIVED_MS,
        )

    def begin(
        self, *, leads: bool = False, near: bool = True, token: bytes | None = None
    ) -> Session:
        """Return a new session, which has greeted."""
        return self.greet(near=near, leads=leads, salt=SALT, token=token)

    def end(self, session: Session) -> None:
        """End a session, as when its link is lost."""
        session.close()
        self.release(session)

    def tell(self, log: bytes) -> None:
        """Tell every session that a log has grown."""
        self.log_grew(log)

    def keep_token(self, session: Session, token: bytes) -> None:
        self.tokens[session] = token

    def receive(self, session: Session, data: bytes) -> None:
        """Take in a message, and what it brings."""
        session.receive(decode_message(data), self.now_s)
        self.settle(session)

    def settle(self, session: Session) -> None:
        """Do what a session's events ask for."""
        for arrived in self.settling(session):
            self.received += len(arrived.segment.bodies)

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
