"""One end of a session on its own, for `session.run`: messages in and out, no link, no clock.

Implements what protocol/conformance.md section 3 settles.  How a node runs the same session
over a link, among others, is node/hub.py's matter.
"""

from __future__ import annotations

from collections.abc import Iterable

from p2pblog.core.errors import ForkFound, NotFound, SeqGap
from p2pblog.log.segment import Segment
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.sync.asking import Replica
from p2pblog.sync.messages import AskBlob, decode_message
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.session import ForkArrived, SegmentArrived, Serve, Session

_NOW_S, _NOW_MS = 0.0, 0


class Speaker:
    """A session with a peer on the LAN, over logs in memory that are all wanted whole.

    Args:
        held: segments that are held before the session begins, in an order in which each
            can be placed.
    """

    def __init__(self, held: Iterable[Segment]) -> None:
        self._store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        for segment in held:
            self._store.ingest(segment, _NOW_MS)
        replica = Replica(self._store.logs, self._store.forked, lambda log, near: WHOLE)
        self._session = Session(replica, near=True, now_s=_NOW_S)
        self._session.start()

    def receive(self, data: bytes) -> None:
        """Take in a message, and what it brings.

        Raises:
            ProtocolError: the session refuses it.
        """
        self._session.receive(decode_message(data), _NOW_S)
        for event in self._session.events():
            match event:
                case SegmentArrived(segment):
                    self._take(segment)
                case ForkArrived(proof):
                    self._store.add_fork(proof)
                    self._session.fork_known(proof.log, self._store.forked[proof.log])
                case _:
                    pass  # nobody else fetches a log, and no blob was asked for

    def output(self) -> list[bytes]:
        """Return all that this end sends before it waits for the other."""
        messages = self._session.messages()
        while (asked := self._session.next_serve()) is not None:
            if isinstance(asked, AskBlob):
                self._session.send_blob_part(asked, None)
            else:
                self._session.serve(asked, self._read(asked))
            messages += self._session.messages()
        return messages

    def _take(self, segment: Segment) -> None:
        new = 0
        try:
            new = self._store.ingest(segment, _NOW_MS)
        except SeqGap:
            pass  # the session goes on (L-14)
        except ForkFound:
            if (proof := self._store.fork_proof(segment.log)) is not None:
                self._session.fork_found(proof, self._store.forked[segment.log])
        self._session.took(segment, new, _NOW_S)

    def _read(self, asked: Serve) -> Segment | None:
        try:
            if asked.latest:
                return self._store.segment_latest(asked.log, asked.latest)
            read = self._store.segment_down if asked.down else self._store.segment_up
            return read(asked.log, asked.low, asked.high)
        except NotFound:
            return None
