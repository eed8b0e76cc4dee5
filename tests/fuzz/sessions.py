"""Target: a session with a store behind it, driven by a string of steps.

A step is one byte that says what happens, two bytes length, and that many bytes: a message that
arrives as it is; one whose segments are signed anew by a key that the fuzzer may use; time that
passes; entries written here; output that is taken; another link, which this end leads or not.
So a broken signature is not a wall behind which nothing is ever tried.
"""

from __future__ import annotations

from collections.abc import Iterator

from p2pblog.conformance.speaking import Speaker
from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import Value
from p2pblog.core.errors import ProtocolError
from p2pblog.log.entry import is_checkpoint, sign_id
from p2pblog.log.fork import ForkProof
from p2pblog.log.segment import Segment, entries_of
from p2pblog.store.verify import Report, verify_logs
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.messages import AskBlob, Entries, Fork, Message
from p2pblog.sync.serving import Serve

AS_IT_IS, SIGNED, TIME, WRITE, OUTPUT, LINK = KINDS = range(6)
KEYS = [SigningKey(bytes([number]) * 32) for number in (1, 2, 3)]
OWN = SigningKey(bytes([9]) * 32)
SIGNERS = {SigningKey(bytes([number]) * 32).public for number in range(1, 41)}
"""The logs that the vectors, where the corpus comes from, have entries of."""
STEPS_MAX = 64
# A session hears of a step's end before it may say so much: answers, questions, offers, a farewell.
SAID_MAX = limits.ANSWERS_QUEUED_MAX + limits.WANTS_IN_FLIGHT_MAX + limits.HAVES_PER_TURN_MAX + 8
_H = bytes(64).hex()


class End:
    """One end: its store and its session, and the promises that both make."""

    def __init__(self) -> None:
        self.speaker = Speaker({"h": _H, "leads": False, "held": [], "proofs": []})
        self.end = self.speaker.end
        self.write(3)

    def write(self, count: int) -> None:
        """Write entries of this end's own."""
        body = serialize(Post("x"), bytes(16))
        self.end.store.append(OWN, [(1, body)] * count, 1)
        self.end.log_grew(OWN.public)

    def step(self, what: int, content: bytes) -> None:
        """Do one step; ProtocolError where the other end is at fault."""
        if what == AS_IT_IS:
            self.speaker.step({"in": [content.hex()]})
        elif what == SIGNED:
            signed = encode_message(resigned(decode_message(content)))
            self.speaker.step({"in": [signed.hex()]})
        elif what == TIME:
            self.end.now_s += int.from_bytes(content[:1]) / 8
            self.speaker.session.tick(self.end.now_s)
        elif what == WRITE:
            if OWN.public not in self.end.store.forked:
                self.write(int.from_bytes(content[:1]) % 70 + 1)
        elif what == LINK:
            self.speaker.step({"h": _H, "leads": bool(content[:1].strip(b"\0")), "away": []})
        else:
            self.output()

    def output(self) -> None:
        """Take what is to be sent, and answer one question."""
        session = self.speaker.session
        said = session.messages(self.end.now_s)
        assert len(said) <= SAID_MAX
        for data in said:
            assert len(data) <= limits.MESSAGE_BYTES_MAX
            self.speaker.said(data)
        match session.next_serve():
            case Serve() as asked:
                session.serve(asked, self.end.read(asked))
            case AskBlob() as asked:
                session.send_blob_part(asked, None)

    def check(self) -> None:
        """Everything stored is authentic and hangs together, and is summed up as it is."""
        store = self.end.store
        assert store.logs.keys() <= SIGNERS
        assert store.forked.keys() <= SIGNERS
        report = Report()
        for _ in verify_logs(store, list(store.logs), report):
            pass
        assert not report.errors, report.errors
        assert report.entries == store.entries
        assert len(store.journal(0, 100_000)) >= store.entries
        frontier = self.end.replica.frontier
        assert set(frontier.logs("")) == store.logs.keys() | store.forked.keys()
        assert all(frontier.held(log) == held for log, held in store.logs.items())
        assert not self.end.replica.claims or self.end.sessions


def session(data: bytes) -> None:
    """Nothing but ProtocolError comes out, only authentic entries stay, output is bounded."""
    end = End()
    for what, content in steps(data):
        session = end.speaker.session
        try:
            end.step(what, content)
        except ProtocolError as error:
            session.fail(error)
            assert session.ended
            assert len(session.messages(end.end.now_s)) <= 1
            break
        if session.ended and what != LINK:
            break
    end.check()


def steps(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut an input into its steps."""
    at = 0
    for _ in range(STEPS_MAX):
        if at + 3 > len(data):
            return
        size = int.from_bytes(data[at + 1 : at + 3])
        yield data[at] % len(KINDS), data[at + 3 : at + 3 + size]
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
