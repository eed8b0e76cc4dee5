"""The reading half of the log store: entries, the journal, and segments for peers.

Implements protocol/03-logs.md sections 4 and 7.  Reads are safe from any thread: what a
reader sees is replaced, never changed, by the one thread that writes (logs.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, TypeAlias

from p2pblog.core import limits
from p2pblog.core.encoding import decode
from p2pblog.core.errors import NotFound, StoreTooNew
from p2pblog.log.entry import Entry, is_checkpoint
from p2pblog.log.fork import ForkProof, check_proof, proof_from_wire
from p2pblog.log.held import Held, Range
from p2pblog.log.segment import Segment, Withheld, is_signed, withheld
from p2pblog.store import layout
from p2pblog.store.blocks import Blocks
from p2pblog.store.erasing import Erasures
from p2pblog.store.gone import Gone
from p2pblog.store.journal import Changes, Journal
from p2pblog.store.keyvalue import KeyValue
from p2pblog.store.scrubbing import Scrub

_Sent: TypeAlias = tuple[int, bytes | Withheld]
"""What a segment sends of an entry: its time and body."""


class Arrived(NamedTuple):
    """An entry with its arrival number (from 1) and when it came (milliseconds since 1970)."""

    arrival: int
    received_ms: int
    entry: Entry


class LogReader:
    """Every log of a node, over a `KeyValue`, to read from."""

    def __init__(self, keyvalue: KeyValue, *, new_epoch: bytes) -> None:
        """Read what is held of each log.

        Args:
            new_epoch: 16 random bytes that name this store if it is a new one; arrival
                numbers mean something only together with the epoch.
        Raises:
            StoreTooNew: a newer version wrote it.
        """
        self._kv = keyvalue
        version = keyvalue.get(layout.META_VERSION)
        if version is None:
            puts = [
                (layout.META_VERSION, bytes([layout.VERSION])),
                (layout.META_EPOCH, new_epoch),
            ]
            keyvalue.write(puts, [], sync=True)
        elif version[0] > layout.VERSION:
            raise StoreTooNew(f"version {version[0]}")
        elif version[0] < layout.VERSION:
            # What the older version wrote is read as it is; the older one cannot read the new.
            keyvalue.write([(layout.META_VERSION, bytes([layout.VERSION]))], [], sync=True)
        self.scrub = Scrub(keyvalue)
        self.erasures = Erasures(keyvalue, self.scrub)
        self.blocks = Blocks(keyvalue)
        self.gone = Gone(keyvalue, self.scrub)
        self.epoch: bytes = keyvalue.get(layout.META_EPOCH) or new_epoch
        self._held: dict[bytes, Held] = {}
        self._numbers: dict[bytes, int] = {}
        self._sizes: dict[bytes, int] = {}
        for key, value in keyvalue.scan(*layout.LOGS):
            log = key[1:]
            self._numbers[log], self._held[log], self._sizes[log] = layout.read_state(value)
        self._names = {number: log for log, number in self._numbers.items()}
        highest = int.from_bytes(keyvalue.get(layout.META_NUMBERS) or b"")
        self._highest_number = max(highest, *self._names, 0)
        self._journal = Journal(keyvalue, self.epoch, self._names)
        self._bare: dict[bytes, frozenset[int]] = {}  # replaced, never changed: others read it
        for key, _ in keyvalue.scan(*layout.BARE):
            log = self._names[layout.number_of(key)]
            self._bare[log] = self._bare.get(log, frozenset()) | {layout.seq_of(key)}
        self._filled: Counter[bytes] = Counter()
        self._let_go: dict[bytes, tuple[int, int]] = {}
        for key, value in keyvalue.scan(*layout.LET_GO):
            low, high = decode(value)
            self._let_go[self._names[layout.number_of(key)]] = low, high
        self._forked: dict[bytes, int] = {}
        for key, value in keyvalue.scan(*layout.FORKS):
            self._forked[key[1:]] = check_proof(proof_from_wire(decode(value)))

    # --- what is held ------------------------------------------------------------------

    @property
    def logs(self) -> Mapping[bytes, Held]:
        """What is held of every log, by its key."""
        return self._held

    @property
    def forked(self) -> Mapping[bytes, int]:
        """The logs that are proven to fork, with the lowest seq that has two ids."""
        return self._forked

    @property
    def bare(self) -> Mapping[bytes, frozenset[int]]:
        """The entries (seqs, by log) that are held without the body that somebody withheld."""
        return self._bare

    @property
    def filled(self) -> Mapping[bytes, int]:
        """How many bodies came later than their entries, by log, since this was opened."""
        return self._filled

    @property
    def let_go_of(self) -> Mapping[bytes, tuple[int, int]]:
        """Between which seqs of a log bodies were let go of after their time."""
        return self._let_go

    @property
    def sizes(self) -> Mapping[bytes, int]:
        """About how many bytes are held of every log."""
        return self._sizes

    @property
    def entries(self) -> int:
        """The number of entries held."""
        return sum(held.entries for held in tuple(self._held.values()))

    def entry(self, log: bytes, seq: int) -> Entry:
        """Return one entry.

        Raises:
            NotFound: it is not held.
        """
        for entry in self.read(log, seq, seq):
            return entry
        raise NotFound(f"entry {seq} of that log")

    def read(self, log: bytes, low: int, high: int) -> Iterator[Entry]:
        """Yield the entries held of `log` with low <= seq <= high, oldest first."""
        held, number = self._held.get(log), self._numbers.get(log)
        if held is None or number is None:
            return
        low = max(low, held.ranges[-1].low)  # what is below may be gone, and not swept yet
        prev = self._id_before(number, held.ranges, low)
        expected = low
        start, stop = layout.entry_key(number, low), layout.entry_key(number, high + 1)
        for key, value in self._kv.scan(start, stop):
            seq = layout.seq_of(key)
            if seq != expected:  # a gap ends here, and a range begins
                prev = self._id_before(number, held.ranges, seq)
            yield layout.read_entry(log, seq, prev, value)
            prev, expected = layout.id_of(value), seq + 1

    def signatures(self, log: bytes, low: int, high: int) -> dict[int, bytes]:
        """Return the kept signatures of `log` by seq, for low <= seq <= high."""
        number = self._numbers.get(log)
        if number is None:
            return {}
        start = layout.signature_key(number, low)
        stop = layout.signature_key(number, high + 1)
        return {layout.seq_of(key): value for key, value in self._kv.scan(start, stop)}

    def journal(self, after: int, most: int = limits.JOURNAL_READ_ENTRIES) -> list[Arrived]:
        """Return up to `most` entries that arrived after number `after`, in that order."""
        found: list[Arrived] = []
        for log, batch in self._journal.after(after):
            if log is None:
                continue
            first = batch.first + max(0, after + 1 - batch.arrival)
            for entry in self.read(log, first, batch.first + batch.length - 1):
                # By its seq: others of its batch may be gone.
                arrival = batch.arrival + entry.seq - batch.first
                found.append(Arrived(arrival, batch.received_ms, entry))
                if len(found) >= most:
                    return found
        return found

    def batches(self, after: int, most: int) -> list[tuple[bytes | None, layout.Batch]]:
        """Return what is noted of up to `most` batches that came after arrival number `after`.

        With each its log, None where that is gone.
        """
        return [*islice(self._journal.after(after), most)]

    # --- what peers resume from --------------------------------------------------------

    @property
    def arrival(self) -> int:
        """The number of the last entry to arrive."""
        return self._journal.arrival

    @property
    def forks(self) -> int:
        """How many forks, and lower ones, have become known."""
        return self._journal.forks

    def token(self, arrival: int, forks: int) -> bytes:
        """Return a token that stands for this store when it had come this far."""
        return self._journal.token(arrival, forks)

    def since(self, token: bytes) -> Changes | None:
        """Return what is new since a token, None if that cannot be said."""
        return self._journal.since(token)

    # --- what peers ask for ------------------------------------------------------------

    def segment_latest(self, log: bytes, most: int) -> Segment:
        """Return a segment of up to `most` of the newest entries, signed at its end.

        Raises:
            NotFound: nothing is held.
        """

        if (held := self._held.get(log)) is None:
            raise NotFound("that log")
        high = held.newest.high
        return _standing(self.segment_down(log, high - most + 1, high))

    def segment_up(self, log: bytes, low: int, high: int) -> Segment:
        """Return a segment that begins at `low`, and that stands on its own signature.

        It ends at a checkpoint or at the end of the range held: at `high`, or later when
        `high` itself has no signature.

        Raises:
            NotFound: `low` is not held.
        """
        return _standing(self._read_up(log, low, high))

    def segment_down(self, log: bytes, low: int, high: int) -> Segment:
        """Return a segment that ends at `high`, for whoever knows that entry's id already.

        It reaches down to `low` unless a bound stops it earlier.  Where `high` is the newest
        entry held, its signature comes along and nothing needs to be known.

        Raises:
            NotFound: `high` is not held.
        """
        part = self._range_with(log, high)
        low = max(low, part.low, high - limits.SEGMENT_ENTRIES_MAX + 1)
        sent: list[_Sent] = []
        size = 0
        for value in self._values(log, low, high, reverse=True):
            sent.append(layout.read_sent(value))
            size += len(value)
            if size >= limits.SEGMENT_BODY_BYTES_SOFT_MAX:
                break
        return self._segment(log, part, high - len(sent) + 1, sent[::-1])

    def prove(self, log: bytes, seq: int) -> Segment:
        """Return one entry with at most 63 headers more, up to a signature: a proof of it.

        Raises:
            NotFound: it is not held.
        """
        segment = self.segment_up(log, seq, seq)
        return segment._replace(bodies=[segment.bodies[0], *map(withheld, segment.bodies[1:])])

    def fork_proof(self, log: bytes) -> ForkProof | None:
        """Return the proof that `log` forks, or None while none is known."""
        value = self._kv.get(layout.fork_key(log))
        return None if value is None else proof_from_wire(decode(value))

    def own_floor(self, log: bytes) -> int:
        """Return the seq that one's own log is known to have reached, 0 if nothing is known."""
        value = self._kv.get(layout.META_OWN_FLOOR + log)
        return 0 if value is None else int.from_bytes(value)

    def close(self) -> None:
        """Release the store."""
        self._kv.close()

    # --- inside ------------------------------------------------------------------------

    def _read_up(self, log: bytes, low: int, high: int) -> Segment:
        part = self._range_with(log, low)
        sent: list[_Sent] = []
        size, last = 0, low - 1
        for value in self._values(log, low, min(part.high, low + limits.SEGMENT_ENTRIES_MAX - 1)):
            time_ms, body = layout.read_sent(value)
            sent.append((time_ms, body))
            size += body.size if isinstance(body, Withheld) else len(body)
            last += 1
            full = size >= limits.SEGMENT_BODY_BYTES_SOFT_MAX or last >= high
            if full and is_checkpoint(last):
                break
        while sent and last != part.high and not is_checkpoint(last):
            sent.pop()
            last -= 1
        return self._segment(log, part, low, sent)

    def _values(self, log: bytes, low: int, high: int, *, reverse: bool = False) -> Iterator[bytes]:
        """Yield what is stored of the entries of one range, from one end on.

        What is going goes from its lower end on: above an entry that is there, all are.

        Raises:
            NotFound: that end is gone.
        """
        number = self._number(log)
        start, stop = layout.entry_key(number, low), layout.entry_key(number, high + 1)
        rows = iter(self._kv.scan(start, stop, reverse=reverse))
        key, value = next(rows, (b"", b""))
        if key != layout.entry_key(number, high if reverse else low):
            raise _going()
        yield value
        for _, value in rows:
            yield value

    def _segment(self, log: bytes, part: Range, first: int, sent: list[_Sent]) -> Segment:
        prev = self._id_before(self._number(log), (part,), first)
        if not sent or (prev is None and first > 1):
            raise _going()
        last = first + len(sent) - 1
        kept = self.signatures(log, first, last)
        return Segment(
            log,
            first,
            prev,
            [time_ms for time_ms, _ in sent],
            [body for _, body in sent],
            [kept[seq] for seq in sorted(kept) if is_checkpoint(seq) or seq == last],
        )

    def _range_with(self, log: bytes, seq: int) -> Range:
        held = self._held.get(log)
        for part in held.ranges if held else ():
            if part.low <= seq <= part.high:
                return part
        raise NotFound(f"entry {seq} of that log")

    def _id_before(self, number: int, ranges: Iterable[Range], seq: int) -> bytes | None:
        for part in ranges:
            if seq == part.low:
                return part.low_prev
        value = self._kv.get(layout.entry_key(number, seq - 1))
        return None if value is None else layout.id_of(value)

    def _number(self, log: bytes) -> int:
        number = self._numbers.get(log)
        if number is None:  # it went a moment ago
            raise NotFound("that log")
        return number


def _going() -> NotFound:
    return NotFound("entries that are going at this moment")


def _standing(segment: Segment) -> Segment:
    """Return a segment that was just read, if it has the signature to stand on."""
    if not is_signed(segment):
        raise NotFound("a signature there")
    return segment
