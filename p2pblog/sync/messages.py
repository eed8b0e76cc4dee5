"""The messages of a session.

Implements protocol/09-sessions.md section 2.  Pure.  How they are written is codec.py's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from p2pblog.log.fork import ForkProof
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
    COMPARE = 12
    COMPARED = 13
    REVEAL = 14
    AGREED = 15
    TOLD = 16
    SEEK = 17
    NOTE = 18
    GRAFT = 19
    PRUNE = 20
    PACKED = 21
    JOIN = 22
    SHUFFLE = 23
    RELAY = 24
    BATCH = 25


class Hello(NamedTuple):
    """Opens a session from both sides; a peer of another version is refused.

    `token` is the last one that the peer gave this end (at most 64 bytes), None if there is
    none: the peer need tell only what has changed since.
    """

    version: int
    token: bytes | None


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
    """Says what the sender holds of some logs."""

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


class Compare(NamedTuple):
    """Says what the sender holds of the logs whose keys begin with `prefix`, in digests.

    `prefix` is up to 64 hexadecimal digits.  With `items` there is a digest (8 bytes) for each
    of at most 16 logs, in rising order; else there are 16, one for each prefix that is a digit
    longer.
    """

    prefix: str
    items: bool
    digests: bytes


class Part(NamedTuple):
    """What the sender of a `Compared` holds under a prefix that is `digit` longer."""

    digit: str
    items: bool
    digests: bytes


class Compared(NamedTuple):
    """Answers `Compare`: parts that differ, and which of the digests of items it lacks."""

    prefix: str
    parts: list[Part]
    lacking: bytes


class Reveal(NamedTuple):
    """Asks for the offers of logs under `prefix` whose digests (8 bytes each) are named."""

    prefix: str
    digests: bytes


class Agreed(NamedTuple):
    """Ends the comparison: whatever differed has been found."""


class Told(NamedTuple):
    """Says that the peer has been told of all that this end holds, as of `token`.

    None: this end does not know what the peer has been told; the two must compare.
    """

    token: bytes | None


class Seek(NamedTuple):
    """Asks for offers of these logs, if the peer holds anything of them."""

    logs: list[bytes]


class Note(NamedTuple):
    """Says what is new: pairs of a log and the seq of its newest entry."""

    news: list[tuple[bytes, int]]


class Graft(NamedTuple):
    """Asks to be pushed entries of `log` from now on, and those after the seq `after`."""

    log: bytes
    after: int


class Prune(NamedTuple):
    """Asks for notes of `log` from now on, and no pushes."""

    log: bytes


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


class Member(NamedTuple):
    """A node that others may link to: its device (32 bytes), and addresses, HOST:PORT each.

    Without an address it can be reached by being introduced only.
    """

    device: bytes
    addresses: tuple[str, ...]


class Join(NamedTuple):
    """Carries a newcomer about: to so many links more, then somebody links to it."""

    hops: int
    member: Member


class Shuffle(NamedTuple):
    """Carries members about, the first of them who sent them: whoever gets them last keeps them."""

    hops: int
    members: list[Member]


class Relay(NamedTuple):
    """Something sealed for the device `target`, passed on over at most so many links more."""

    hops: int
    origin: bytes
    target: bytes
    sealed: bytes


class Batch(NamedTuple):
    """Several messages that travel as one; none of them is a batch."""

    messages: list[Message]


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
    | Compare
    | Compared
    | Reveal
    | Agreed
    | Told
    | Seek
    | Note
    | Graft
    | Prune
    | Join
    | Shuffle
    | Relay
    | Batch
)

KINDS: Mapping[type[Message], Type] = {
    Hello: Type.HELLO,
    Have: Type.HAVE,
    Want: Type.WANT,
    WantLatest: Type.LATEST,
    Entries: Type.SEGMENT,
    Done: Type.DONE,
    Ping: Type.PING,
    Pong: Type.PONG,
    Bye: Type.BYE,
    AskBlob: Type.ASK_BLOB,
    BlobPart: Type.BLOB_PART,
    Fork: Type.FORK,
    Compare: Type.COMPARE,
    Compared: Type.COMPARED,
    Reveal: Type.REVEAL,
    Agreed: Type.AGREED,
    Told: Type.TOLD,
    Seek: Type.SEEK,
    Note: Type.NOTE,
    Graft: Type.GRAFT,
    Prune: Type.PRUNE,
    Join: Type.JOIN,
    Shuffle: Type.SHUFFLE,
    Relay: Type.RELAY,
    Batch: Type.BATCH,
}
"""The type that each message is written with; one that travels packed keeps its own."""
