"""One end of sessions by itself: what it says, step by step, link after link.

Implements the operation `session.run` of protocol/conformance.md section 3.  Pure.
"""

from __future__ import annotations

from p2pblog.conformance.ends import End
from p2pblog.conformance.values import Fields, Json, unhex, unhex_segment
from p2pblog.core import limits
from p2pblog.core.encoding import decode
from p2pblog.core.errors import ProtocolError
from p2pblog.log.fork import proof_from_wire
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.messages import SESSION_VERSION, Hello, Message, Told
from p2pblog.sync.session import Session


class Speaker:
    """An end, its session, and the tokens that it has given: these are numbered outside."""

    def __init__(self, f: Fields) -> None:
        """Begin with the fields `h`, `leads`, `held` and `proofs` of a request."""
        self.end = End(missing=self._incomplete)
        for segment in map(unhex_segment, f["held"]):
            self.end.take_up(segment)
        for proof in f["proofs"]:
            value = proof_from_wire(decode(unhex(proof)))
            self.end.store.add_fork(value)
            self.end.replica.changed(value.log)
        self._kept: bytes | None = None
        self._given: list[bytes] = []
        self.session = self._begin(f)

    def step(self, f: Fields) -> None:
        """Hear messages, come to hold segments, or get another link.

        Raises:
            ProtocolError: the session refuses a message.
        """
        if "in" in f:
            for message in f["in"]:
                self.end.receive(self.session, self._heard(unhex(message)))
        elif "takes" in f:
            for segment in map(unhex_segment, f["takes"]):
                self.end.take_up(segment)
                self.session.log_changed(segment.log, self.end.now_s)
        else:
            self._kept = self.end.tokens.get(self.session, self._kept)
            self.end.end(self.session)
            for segment in map(unhex_segment, f["away"]):
                self.end.take_up(segment)
            self.session = self._begin(f)

    def turn(self) -> Json:
        """Return all that it says before it hears more."""
        self.end.now_s += limits.NOTE_DELAY_S
        return [self.said(data).hex() for data in self.end.output(self.session)]

    def _begin(self, f: Fields) -> Session:
        return self.end.begin(leads=f["leads"], salt=unhex(f["h"]), token=self._kept)

    def _incomplete(self) -> list[bytes]:
        store = self.end.store
        lacking = [log for log, held in store.logs.items() if held.newest.low > 1]
        return [log for log in {*lacking, *store.bare} if log not in store.forked]

    def _heard(self, data: bytes) -> bytes:
        """Return a message that shows a token as it was given, where it has its number."""
        match _read(data):
            case Hello(version, bytes(token)) if version == SESSION_VERSION and len(token) == 1:
                if 1 <= token[0] <= len(self._given):
                    return encode_message(Hello(version, self._given[token[0] - 1]))
        return data

    def said(self, data: bytes) -> bytes:
        """Return a message that gives a token with the token's number in its place."""
        match decode_message(data):
            case Told(bytes(token)):
                self._given.append(token)
                return encode_message(Told(bytes([len(self._given)])))
        return data


def session_run(f: Fields) -> Json:
    speaker = Speaker(f)
    out = [speaker.turn()]
    refused: str | None = None
    for step in f["steps"]:
        try:
            speaker.step(step)
        except ProtocolError as error:
            refused = error.code
            out.append([])
            break
        out.append(speaker.turn())
    return {"out": out, "refused": refused}


def _read(data: bytes) -> Message | None:
    try:
        return decode_message(data)
    except ProtocolError:
        return None  # the session says why
