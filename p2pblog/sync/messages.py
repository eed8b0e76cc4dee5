"""The messages of a session, as they travel inside a link.

Implements protocol/09-sessions.md section 2.  Pure.  A message is one canonical MessagePack
array whose first item is its type; every field is checked here, so that the session only
sees well-formed messages.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, TypeAlias

from p2pblog.core import limits
from p2pblog.core.encoding import Value, decode, encode
from p2pblog.core.errors import BadStructure
from p2pblog.log import segment as segments
from p2pblog.log.fork import ForkProof, proof_from_wire, proof_to_wire
from p2pblog.log.segment import Segment

SESSION_VERSION = 1


class Type(IntEnum):
    """The first item of every message."""

    HELLO = 0
    HAVE = 1
    WANT = 2
    SEGMENT = 3
    DONE = 4
    PING = 5
    PONG = 6
    BYE = 7
    ASK_BLOB = 8
    BLOB_PART = 9
    LATEST = 10
    FORK = 11


class Hello(NamedTuple):
    """Opens a session from both sides; a peer of another version is refused."""

    version: int


class Offer(NamedTuple):
    """What a peer holds of a log: entries `low` to `high`, and below a gap perhaps more.

    `high_id` is the id of the entry `high` (32 bytes), on the wire always, and None only
    where this end has inferred the offer; `older` is (low, high) or None.
    """

    log: bytes
    low: int
    high: int
    high_id: bytes | None
    older: tuple[int, int] | None = None

    def holds(self, seq: int) -> bool:
        """Tell whether the peer holds the entry `seq`."""
        if self.low <= seq <= self.high:
            return True
        return self.older is not None and self.older[0] <= seq <= self.older[1]


class Have(NamedTuple):
    """Says what the sender holds: of every log at first, later of those that changed."""

    offers: list[Offer]


class Want(NamedTuple):
    """Asks for entries; answered by segments with the same number, then `Done`.

    With `down` they come newest first, from `high` to `low`: the asker knows the id of
    `high`.  Otherwise they come oldest first, and each segment stands on a signature of its
    own, which may lie beyond `high`.
    """

    number: int
    log: bytes
    low: int
    high: int
    down: bool


class WantLatest(NamedTuple):
    """Asks for the newest `most` entries (1 to 512) that the peer holds when it answers.

    Naming them by their numbers would race with the log's growth: only the newest entry,
    and every 64th, has a signature.
    """

    number: int
    log: bytes
    most: int


class Fork(NamedTuple):
    """Passes on the proof that a log's writer has equivocated."""

    proof: ForkProof


class Entries(NamedTuple):
    """A segment, in answer to a `Want`, or, with number 0, pushed because it is new."""

    number: int
    segment: Segment


class Done(NamedTuple):
    """Ends the answer to a `Want`: nothing more comes."""

    number: int


class Ping(NamedTuple):
    """Asks for a sign of life."""

    number: int


class Pong(NamedTuple):
    """Answers a `Ping` with its number."""

    number: int


class Bye(NamedTuple):
    """Ends a session and says why, by an error code; "" is a plain farewell."""

    code: str


class AskBlob(NamedTuple):
    """Asks for a part of a blob: its list of chunks (at -1), or the chunk number `at`."""

    number: int
    blob: bytes
    at: int


class BlobPart(NamedTuple):
    """Answers `AskBlob`; None where the part is not held."""

    number: int
    data: bytes | None


Message: TypeAlias = (
    Hello
    | Have
    | Want
    | WantLatest
    | Entries
    | Done
    | Ping
    | Pong
    | Bye
    | AskBlob
    | BlobPart
    | Fork
)


def encode_message(message: Message) -> bytes:
    """Return the bytes of a message."""
    match message:
        case Hello(version):
            value: list[Value] = [Type.HELLO, version]
        case Have(offers):
            value = [Type.HAVE, [_offer_fields(offer) for offer in offers]]
        case Want(number, log, low, high, down):
            value = [Type.WANT, number, log, low, high, down]
        case WantLatest(number, log, most):
            value = [Type.LATEST, number, log, most]
        case Fork(proof):
            value = [Type.FORK, proof_to_wire(proof)]
        case Entries(number, segment):
            value = [Type.SEGMENT, number, segments.to_wire(segment)]
        case Done(number):
            value = [Type.DONE, number]
        case Ping(number):
            value = [Type.PING, number]
        case Pong(number):
            value = [Type.PONG, number]
        case Bye(code):
            value = [Type.BYE, code]
        case AskBlob(number, blob, at):
            value = [Type.ASK_BLOB, number, blob, at]
        case BlobPart(number, data):
            value = [Type.BLOB_PART, number, data]
    value[0] = int(value[0])
    return encode(value)


def decode_message(data: bytes) -> Message:
    """Return the message in `data`.

    Raises:
        NonCanonical: not one canonical value.
        BadStructure: not a message, or a field of another type or out of range.
        TooLarge: a segment over its bounds.
    """
    match decode(data):
        case [kind, *fields] if type(kind) is int:
            return _read(kind, fields)
        case _:
            raise BadStructure("message")


def _read(kind: int, fields: list[Value]) -> Message:
    match kind, fields:
        case Type.HELLO, [version, *_]:
            return Hello(_number(version))  # later versions may say more here
        case Type.HAVE, [list(offers)] if len(offers) <= limits.HAVE_LOGS_PER_MESSAGE_MAX:
            return Have([_offer(item) for item in offers])
        case Type.WANT, [number, bytes(log), low, high, bool(down)]:
            want = Want(_number(number, 1), log, _number(low), _number(high), down)
            if not _is_range(log, want.low, want.high):
                raise BadStructure("want")
            if want.high - want.low >= limits.WANT_ENTRIES_MAX:
                raise BadStructure("want of too many entries")
            return want
        case Type.LATEST, [number, bytes(log), most] if len(log) == limits.KEY_BYTES:
            bound = limits.SEGMENT_ENTRIES_MAX
            return WantLatest(_number(number, 1), log, _number(most, 1, bound))
        case Type.SEGMENT, [number, list(segment)]:
            return Entries(_number(number), segments.from_wire(segment))
        case Type.FORK, [list(proof)]:
            return Fork(proof_from_wire(proof))
        case Type.DONE, [number]:
            return Done(_number(number))
        case Type.PING, [number]:
            return Ping(_number(number))
        case Type.PONG, [number]:
            return Pong(_number(number))
        case Type.BYE, [str(code)] if len(code) <= limits.KIND_BYTES_MAX:
            return Bye(code)
        case Type.ASK_BLOB, [number, bytes(blob), at] if len(blob) == limits.ID_BYTES:
            return AskBlob(_number(number), blob, _number(at, -1, limits.BLOB_CHUNKS_MAX - 1))
        case Type.BLOB_PART, [number, None | bytes() as part]:
            if part is not None and len(part) > limits.BLOB_CHUNK_BYTES:
                raise BadStructure("blob part")
            return BlobPart(_number(number), part)
        case _:
            raise BadStructure("message")


def _number(value: Value, low: int = 0, high: int = limits.INT_MAX) -> int:
    # By type: a truth value is an int to Python, but not to the protocol.
    if type(value) is not int or not low <= value <= high:
        raise BadStructure("number")
    return value


def _offer_fields(offer: Offer) -> list[Value]:
    fields: list[Value] = [offer.log, offer.low, offer.high, offer.high_id]
    return fields if offer.older is None else [*fields, *offer.older]


def _offer(item: Value) -> Offer:
    match item:
        case [bytes(log), low, high, bytes(high_id)] if len(high_id) == limits.ID_BYTES:
            offer = Offer(log, _number(low), _number(high), high_id)
        case [bytes(log), low, high, bytes(high_id), older_low, older_high] if (
            len(high_id) == limits.ID_BYTES
        ):
            older = (_number(older_low), _number(older_high))
            offer = Offer(log, _number(low), _number(high), high_id, older)
            if not _is_range(log, *older) or older[1] >= offer.low - 1:
                raise BadStructure("offer")
        case _:
            raise BadStructure("offer")
    if not _is_range(log, offer.low, offer.high):
        raise BadStructure("offer")
    return offer


def _is_range(log: bytes, low: int, high: int) -> bool:
    return len(log) == limits.KEY_BYTES and 1 <= low <= high <= limits.SEQ_MAX
