"""Target: a session with a store behind it, driven by a string of steps.

A step is one byte that says what happens, two bytes length, and that many bytes: a message that
arrives as it is; one whose segments are signed anew by a key that the fuzzer may use; time that
passes; entries written here; output that is taken.  So a broken signature is not a wall behind
which nothing is ever tried.
"""

from __future__ import annotations

from collections.abc import Iterator

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import Value
from p2pblog.core.errors import ForkFound, NotFound, ProtocolError, SeqGap
from p2pblog.log.entry import is_checkpoint, sign_id
from p2pblog.log.fork import ForkProof
from p2pblog.log.segment import Segment, entries_of
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.store.verify import Report, verify_logs
from p2pblog.sync.codec import decode_message
from p2pblog.sync.messages import AskBlob, Entries, Fork, Message
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.replica import Replica
from p2pblog.sync.session import ForkArrived, LogReleased, SegmentArrived, Serve, Session

AS_IT_IS, SIGNED, TIME, WRITE, OUTPUT = range(5)
KEYS = [SigningKey(bytes([number]) * 32) for number in (1, 2, 3)]
OWN = SigningKey(bytes([9]) * 32)
STEPS_MAX = 64
# A session hears of a step's end before it may say so much: answers, questions, a farewell.
SAID_MAX = limits.ANSWERS_QUEUED_MAX + limits.WANTS_IN_FLIGHT_MAX + 2


class End:
    """One end: its store and its session, and the promises that both make."""

    def __init__(self) -> None:
        self.store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        replica = Replica(self.store.logs, self.store.forked, lambda log, near: WHOLE)
        replica.bare = self.store.bare
        self.session = Session(replica, near=True, now_s=0.0)
        self.now_s = 0.0
        self.write(3)
        self.session.start()

    def write(self, count: int) -> None:
        """Write entries of this end's own."""
        body = serialize(Post("x"), bytes(16))
        self.store.append(OWN, [(1, body)] * count, 1)
        self.session.log_changed(OWN.public, self.now_s)

    def step(self, what: int, content: bytes) -> None:
        """Do one step; ProtocolError where the other end is at fault."""
        if what in (AS_IT_IS, SIGNED):
            arrived = decode_message(content)
            self.session.receive(resigned(arrived) if what == SIGNED else arrived, self.now_s)
            self.take_in()
        elif what == TIME:
            self.now_s += int.from_bytes(content[:1]) / 8
            self.session.tick(self.now_s)
        elif what == WRITE:
            if OWN.public not in self.store.forked:
                self.write(int.from_bytes(content[:1]) % 70 + 1)
        else:
            self.output()

    def take_in(self) -> None:
        """Store what arrived, as a node does."""
        for event in self.session.events():
            match event:
                case SegmentArrived(segment):
                    new = 0
                    try:
                        new = self.store.ingest(segment, 1)
                    except SeqGap:
                        pass
                    except ForkFound:
                        proof = self.store.fork_proof(segment.log)
                        assert proof is not None
                        self.session.fork_found(proof, self.store.forked[segment.log])
                    if new:
                        self.session.log_changed(segment.log, self.now_s)
                    self.session.took(segment, new, self.now_s)
                case ForkArrived(proof):
                    self.store.add_fork(proof)
                    self.session.fork_known(proof.log, self.store.forked[proof.log])
                case LogReleased(log):
                    self.session.consider((log,), self.now_s)

    def output(self) -> None:
        """Take what is to be sent, and answer one question."""
        said = self.session.messages()
        assert len(said) <= SAID_MAX
        for data in said:
            assert len(data) <= limits.MESSAGE_BYTES_MAX
            decode_message(data)
        match self.session.next_serve():
            case Serve() as asked:
                self.session.serve(asked, self.read(asked))
            case AskBlob() as asked:
                self.session.send_blob_part(asked, None)

    def read(self, asked: Serve) -> Segment | None:
        """Return what the store has in answer to a question."""
        try:
            if asked.latest:
                return self.store.segment_latest(asked.log, asked.latest)
            read = self.store.segment_down if asked.down else self.store.segment_up
            return read(asked.log, asked.low, asked.high)
        except NotFound:
            return None

    def check(self) -> None:
        """Everything stored is authentic and hangs together; a store opened anew says the same."""
        signers = {key.public for key in (*KEYS, OWN)}
        assert self.store.logs.keys() <= signers
        assert self.store.forked.keys() <= signers
        report = Report()
        for _ in verify_logs(self.store, list(self.store.logs), report):
            pass
        assert not report.errors, report.errors
        assert report.entries == self.store.entries
        assert len(self.store.journal(0, 100_000)) >= self.store.entries


def session(data: bytes) -> None:
    """Nothing but ProtocolError comes out, only authentic entries stay, output is bounded."""
    end = End()
    for what, content in steps(data):
        try:
            end.step(what, content)
        except ProtocolError as error:
            end.session.fail(error)
            assert end.session.ended
            assert len(end.session.messages()) <= 1
            break
        if end.session.ended:
            break
    end.check()


def steps(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut an input into its steps."""
    at = 0
    for _ in range(STEPS_MAX):
        if at + 3 > len(data):
            return
        size = int.from_bytes(data[at + 1 : at + 3])
        yield data[at] % 5, data[at + 3 : at + 3 + size]
        at += 3 + size


def step_bytes(what: int, content: bytes) -> bytes:
    """Return one step as `steps` reads it."""
    return bytes([what]) + len(content).to_bytes(2) + content


def resigned(message: Message) -> Message:
    """Return a message with its segments signed by the key that their first byte picks."""
    match message:
        case Entries(number, segment):
            return Entries(number, sign(segment))
        case Fork(proof):
            log = proof.one.log
            return Fork(ForkProof(sign(proof.one, log), sign(proof.other, log)))
        case _:
            return message


def sign(segment: Segment, log: bytes | None = None) -> Segment:
    """Return a segment as one of `KEYS` would have signed it, all of its signatures there."""
    own = next((key for key in KEYS if key.public == (log or segment.log)), None)
    key = own or KEYS[(log or segment.log)[0] % len(KEYS)]
    segment = segment._replace(log=key.public)
    signatures: list[Value] = [
        sign_id(key, entry.id)
        for entry in entries_of(segment)
        if is_checkpoint(entry.seq) or entry.seq == segment.last
    ]
    return segment._replace(signatures=signatures)
