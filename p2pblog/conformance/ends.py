"""One end of sessions, driven by hand: what it says is taken out and given to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from p2pblog.log.segment import Segment
from p2pblog.sim import end
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.codec import decode_messages
from p2pblog.sync.messages import AskBlob
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.session import Session

RECEIVED_MS = 5
SALT = bytes(range(32))
"""What keys the digests of a link that is none."""


class End(end.End):
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
        self.tokens: dict[Session, bytes] = {}
        self.received = 0
        super().__init__(
            store or LogStore(MemoryKeyValue(), new_epoch=bytes(16)),
            depth=depth,
            missing=missing or (lambda: tuple(self.store.bare)),
            now_s=lambda: self.now_s,
            received_ms=lambda: RECEIVED_MS,
        )

    def take_up(self, segment: Segment) -> None:
        """Hold a segment before anything is said."""
        self.store.ingest(segment, RECEIVED_MS)
        self.replica.changed(segment.log)

    def begin(
        self,
        *,
        leads: bool = False,
        near: bool = True,
        salt: bytes = SALT,
        token: bytes | None = None,
    ) -> Session:
        """Return a new session, which has greeted; arguments as for `Session`."""
        return self.greet(near=near, leads=leads, salt=salt, token=token)

    def end(self, session: Session) -> None:
        """End a session, as when its link is lost."""
        session.close()
        self.release(session)

    def keep_token(self, session: Session, token: bytes) -> None:
        self.tokens[session] = token

    def receive(self, session: Session, data: bytes) -> None:
        """Take in a message, and what it brings."""
        for message in decode_messages(data):
            session.receive(message, self.now_s)
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
