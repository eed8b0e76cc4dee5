"""How the log store's records are written as keys and values.

Pure.  One byte says the table; numbers in keys are big-endian, so that the order of keys is
the order of numbers.  A log is known by a 4-byte number of its own, for 32-byte keys would
weigh more than most posts.  Measured: about 60 bytes an entry above its body.

    l LOG                 -> [number, newest range, older range or nil, bytes]: about how many
    e number seq          -> tag, time, id, then the body, or size and hash of one not held
    s number seq          -> signature (checkpoints, and the newest entry of a range)
    j arrival             -> [number, first seq, count, received_ms]: entries that came together
    b number seq          -> nothing: the body of this entry is withheld, and wanted
    f LOG                 -> the proof that the log forks
    o number              -> LOG: the order in which forks, and lower ones, became known
    x LOG seq             -> nothing: the entry, here or not, is erased
    d number              -> [low, high]: between these, bodies were let go of after their time
    k IDENTITY            -> [when it was blocked (ms), [its logs]]
    q number              -> seq below which entries are gone, and their records still to go
    u section key         -> what somebody keeps for themselves (personal.py)
    p, r DEVICE           -> known peers (peers.py), their tokens (tokens.py)
    m name                -> version, epoch; scrub: erased bodies may stand in the files yet;
                            numbers: the highest that a log was ever given (no log that comes
                            later gets the number, and the journal, of one that is gone);
                            own + LOG: seq below which one's own log may not end
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from p2pblog.core.crypto import digest
from p2pblog.core.encoding import decode, encode
from p2pblog.core.limits import ENTRY_BYTES, ID_BYTES
from p2pblog.log.entry import Entry
from p2pblog.log.held import Held, Range
from p2pblog.log.segment import Withheld

VERSION = 2  # 1 kept no sizes, and knew no gone numbers

_WITH_BODY = 0
_WITHOUT_BODY = 1
_TIME_BITS = 56  # times stay below 2**53, so the top byte is free for the tag
_NUMBER_SEQ = struct.Struct(">cIQ")
_ARRIVAL = struct.Struct(">cQ")
_TAG_TIME = struct.Struct(">Q")
_SIZE = struct.Struct(">H")
_HEAD_BYTES = _TAG_TIME.size + ID_BYTES

META_VERSION = b"mversion"
META_EPOCH = b"mepoch"
META_OWN_FLOOR = b"mown"
META_SCRUB = b"mscrub"
META_NUMBERS = b"mnumbers"
BARE = (b"b", b"c")
LOGS = (b"l", b"m")
FORKS = (b"f", b"g")
FORK_ORDER = (b"o", b"p")
ERASED = (b"x", b"y")
LET_GO = (b"d", b"e")
BLOCKS = (b"k", b"l")
GONE = (b"q", b"r")
PERSONAL = (b"u", b"v")

_NUMBER = struct.Struct(">cI")
_USUAL_BODY_BYTES = 140


class Batch(NamedTuple):
    """Entries of one log that were stored together: `length` of them from seq `first`."""

    arrival: int
    number: int
    first: int
    length: int
    received_ms: int


class State(NamedTuple):
    """What is kept of a log: its number, what is held, and about how many bytes that is."""

    number: int
    held: Held
    size: int


def log_key(log: bytes) -> bytes:
    """Return the key of a log's state."""
    return b"l" + log


def fork_key(log: bytes) -> bytes:
    """Return the key of a log's fork proof."""
    return b"f" + log


def fork_order_key(number: int) -> bytes:
    """Return the key that says which fork became known as the one of that number, from 1."""
    return b"o" + number.to_bytes(4)


def entry_key(number: int, seq: int) -> bytes:
    """Return the key of an entry."""
    return _NUMBER_SEQ.pack(b"e", number, seq)


def signature_key(number: int, seq: int) -> bytes:
    """Return the key of an entry's signature."""
    return _NUMBER_SEQ.pack(b"s", number, seq)


def arrival_key(arrival: int) -> bytes:
    """Return the key of the batch that begins with this arrival number."""
    return _ARRIVAL.pack(b"j", arrival)


def erased_key(log: bytes, seq: int) -> bytes:
    """Return the key of the mark that an entry is erased."""
    return b"x" + log + seq.to_bytes(8)


def bare_key(number: int, seq: int) -> bytes:
    """Return the key that marks an entry as held without its body."""
    return _NUMBER_SEQ.pack(b"b", number, seq)


def let_go_key(number: int) -> bytes:
    """Return the key that says which bodies of a log were let go of."""
    return _NUMBER.pack(b"d", number)


def gone_key(number: int) -> bytes:
    """Return the key that says which records of a log are still to go."""
    return _NUMBER.pack(b"q", number)


def block_key(identity: bytes) -> bytes:
    """Return the key that says that an identity is blocked."""
    return b"k" + identity


def personal_key(section: bytes, key: bytes) -> bytes:
    """Return the key of what somebody keeps for themselves."""
    return b"u" + section + key


def number_of(key: bytes) -> int:
    """Return the log's number in the key of anything that bears it."""
    number: int = _NUMBER.unpack_from(key)[1]
    return number


def seq_of(key: bytes) -> int:
    """Return the seq in the key of an entry, a signature or a mark."""
    seq: int = _NUMBER_SEQ.unpack(key)[2]
    return seq


def write_state(state: State) -> bytes:
    """Return what is kept of a log as stored."""
    held = state.held
    older = None if held.older is None else list(held.older)
    return encode([state.number, list(held.newest), older, state.size])


def read_state(value: bytes) -> State:
    """Return what is kept of a log from what was stored."""
    number, newest, older, *size = decode(value)
    held = Held(Range(*newest), None if older is None else Range(*older))
    return State(number, held, size[0] if size else usual_size(held))


def usual_size(held: Held) -> int:
    """Return about how many bytes a log has of which nobody has kept that."""
    return held.entries * (ENTRY_BYTES + _USUAL_BODY_BYTES)


def write_batch(number: int, first: int, count: int, received_ms: int) -> bytes:
    """Return a journal record as stored."""
    return encode([number, first, count, received_ms])


def read_batch(key: bytes, value: bytes) -> Batch:
    """Return a journal record from what was stored."""
    return Batch(_ARRIVAL.unpack(key)[1], *decode(value))


def write_entry(entry: Entry) -> bytes:
    """Return an entry as stored; log, seq and prev stand elsewhere."""
    if entry.body is not None:
        return _TAG_TIME.pack(_WITH_BODY << _TIME_BITS | entry.time_ms) + entry.id + entry.body
    return (
        _TAG_TIME.pack(_WITHOUT_BODY << _TIME_BITS | entry.time_ms)
        + entry.id
        + _SIZE.pack(entry.body_size)
        + entry.body_hash
    )


def read_sent(value: bytes) -> tuple[int, bytes | Withheld]:
    """Return what a segment sends of an entry, its time and body, from what was stored."""
    (head,) = _TAG_TIME.unpack_from(value)
    time_ms = head & (1 << _TIME_BITS) - 1
    if head >> _TIME_BITS == _WITH_BODY:
        return time_ms, value[_HEAD_BYTES:]
    (size,) = _SIZE.unpack_from(value, _HEAD_BYTES)
    return time_ms, Withheld(size, value[_HEAD_BYTES + _SIZE.size :])


def read_entry(log: bytes, seq: int, prev: bytes | None, value: bytes) -> Entry:
    """Return an entry from what was stored, given what stands elsewhere."""
    time_ms, body = read_sent(value)
    if isinstance(body, Withheld):
        return Entry(log, seq, prev, time_ms, body.size, body.hash, id_of(value), None)
    return Entry(log, seq, prev, time_ms, len(body), digest(body), id_of(value), body)


def id_of(value: bytes) -> bytes:
    """Return the id in a stored entry."""
    return value[_TAG_TIME.size : _HEAD_BYTES]
