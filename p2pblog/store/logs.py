"""The logs that a node holds, and the journal of what arrived when.

Implements protocol/03-logs.md section 5.  Writes come from one thread; reads from any.
A log is held as at most two contiguous ranges: the newest, and an older one that it grows
down to meet.  Whatever is stored was verified first; an entry, its signature, the log's
state and the journal record are one atomic batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from p2pblog.content.bodies import Ref
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import ForkFound, NotFound, OwnLogBehind, StoreTooNew
from p2pblog.log.entry import Entry, Tip, is_checkpoint, make_entry, sign_id
from p2pblog.log.fork import ForkProof, check_proof, proof_from_wire, proof_to_wire, prove
from p2pblog.log.held import Held, Range
from p2pblog.log.placing import Placing, on_top, place
from p2pblog.log.segment import (
    Checked,
    Segment,
    Withheld,
    check_segment,
    entries_of,
    is_signed,
    joined,
    part_of,
    withheld,
)
from p2pblog.store import layout
from p2pblog.store.erasing import Erasures
from p2pblog.store.keyvalue import KeyValue


class Arrived(NamedTuple):
    """An entry with its arrival number (from 1) and when it came (milliseconds since 1970)."""

    arrival: int
    received_ms: int
    entry: Entry


class LogStore:
    """Every log of a node, over a `KeyValue`."""

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
        self.erasures = Erasures(keyvalue)
        self.epoch: bytes = keyvalue.get(layout.META_EPOCH) or new_epoch
        self._held: dict[bytes, Held] = {}
        self._numbers: dict[bytes, int] = {}
        for key, value in keyvalue.scan(*layout.LOGS):
            log = key[1:]
            self._numbers[log], self._held[log] = layout.read_held(value)
        self._names = {number: log for log, number in self._numbers.items()}
        self.arrival = self._last_arrival()
        self._bare: dict[bytes, frozenset[int]] = {}  # replaced, never changed: others read it
        for key, _ in keyvalue.scan(*layout.BARE):
            log = self._names[layout.number_of(key)]
            self._bare[log] = self._bare.get(log, frozenset()) | {layout.seq_of(key)}
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
        held = self._held.get(log)
        if held is None:
            return
        number = self._numbers[log]
        prev = self._id_before(log, held, low)
        expected = low
        start, stop = layout.entry_key(number, low), layout.entry_key(number, high + 1)
        for key, value in self._kv.scan(start, stop):
            seq = layout.seq_of(key)
            if seq != expected:  # a gap ends here, and a range begins
                prev = self._id_before(log, held, seq)
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
        # What is being written at this moment is not to be read yet: `arrival` rises last.
        start = layout.arrival_key(self._batch_start(after + 1))
        for key, value in self._kv.scan(start, layout.arrival_key(self.arrival + 1)):
            batch = layout.read_batch(key, value)
            skip = max(0, after + 1 - batch.arrival)
            first = batch.first + skip
            last = min(batch.first + batch.length - 1, first + most - len(found) - 1)
            arrival = batch.arrival + skip
            for entry in self.read(self._names[batch.number], first, last):
                found.append(Arrived(arrival, batch.received_ms, entry))
                arrival += 1
            if len(found) >= most:
                break
        return found

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
        held = self._range_with(log, high)
        low = max(low, held.low, high - limits.SEGMENT_ENTRIES_MAX + 1)
        size, number = 0, self._numbers[log]
        keys = layout.entry_key(number, low), layout.entry_key(number, high + 1)
        for key, value in self._kv.scan(*keys, reverse=True):
            size += len(value)
            low = layout.seq_of(key)
            if size >= limits.SEGMENT_BODY_BYTES_SOFT_MAX:
                break
        return self._segment(log, list(self.read(log, low, high)))

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

    # --- what arrives ------------------------------------------------------------------

    def ingest(self, segment: Segment, received_ms: int) -> int:
        """Verify a segment and store what of it is new; return how many entries that were.

        Bodies of entries that are held bare are new as well: such an entry arrives again.

        Raises:
            SeqGap: it touches no range held and may not start a new one.
            BadSignature, BrokenChain: it is not authentic; nothing was stored.
            ForkFound: it contradicts what is held; the proof was kept, the log is closed.
        """
        log = segment.log
        if log in self._forked:
            raise ForkFound("known already")
        held = self._held.get(log)
        filled = self._fill(segment, received_ms)
        placed = place(held, segment)
        if placed is None:
            self._compare(segment)
            return filled
        placing, part = placed
        checked = check_segment(part, placing.pinned)
        try:
            entries = placing.settle(checked)
        except ForkFound as error:
            if held is not None:
                self._keep_contradiction(held, part)
            raise error
        entries = self.erasures.without_erased(entries)
        self._store(log, held, placing, checked, entries, received_ms)
        return filled + len(entries)

    def add_fork(self, proof: ForkProof) -> bool:
        """Keep the proof that a log forks, and close the log; False when that was known.

        Of several proofs the one that shows the lowest fork is kept.

        Raises:
            BadSignature, BadStructure: it proves nothing.
        """
        seq = check_proof(proof)
        known = self._forked.get(proof.log)
        if known is not None and known <= seq:
            return False
        value = encode(proof_to_wire(proof))
        self._kv.write([(layout.fork_key(proof.log), value)], [], sync=True)
        self._forked[proof.log] = seq
        return True

    def erase(self, refs: Sequence[Ref]) -> int:
        """Drop the bodies of entries for good; see `Erasures.erase`, and scrub afterwards."""
        gone = self.erasures.erase(refs)
        for ref in refs:
            bare = self._bare.get(ref.log, frozenset()) - {ref.seq}
            if bare:
                self._bare[ref.log] = bare
            else:
                self._bare.pop(ref.log, None)
        return gone

    def append(
        self,
        key: SigningKey,
        bodies: Iterable[tuple[int, bytes]],
        received_ms: int,
        on_entry: Callable[[Entry], None] = lambda entry: None,
    ) -> list[Entry]:
        """Write entries of one's own, (time_ms, body) each; on disk when this returns.

        Only what replicas keep is signed: checkpoints and the newest.  `on_entry` is called
        with each entry before the next body is taken, and before anything is stored.
        """
        if key.public in self._forked:
            raise ForkFound("it is this device's own: make a new device")
        held = self._held.get(key.public)
        floor = self.own_floor(key.public)
        if floor > (held.newest.high if held else 0):
            raise OwnLogBehind(f"it has {floor} entries or more elsewhere")
        tip = None if held is None else Tip(held.newest.high, held.newest.high_id)
        entries: list[Entry] = []
        for time_ms, body in bodies:
            entry = make_entry(key.public, tip, time_ms, body)
            entries.append(entry)
            tip = Tip(entry.seq, entry.id)
            on_entry(entry)
        if not entries:
            return []
        signatures = {
            entry.seq: sign_id(key, entry.id)
            for entry in entries
            if is_checkpoint(entry.seq) or entry is entries[-1]
        }
        placing = on_top(held)
        checked = Checked(entries, signatures)
        self._store(key.public, held, placing, checked, entries, received_ms, sync=True)
        return entries

    def own_floor(self, log: bytes) -> int:
        """Return the seq that one's own log is known to have reached, 0 if nothing is known."""
        value = self._kv.get(layout.META_OWN_FLOOR + log)
        return 0 if value is None else int.from_bytes(value)

    def raise_own_floor(self, log: bytes, seq: int) -> None:
        """Keep that one's own `log` has reached `seq`, if the store does not show it.

        Nothing can be appended then until the entries have come back from a peer.
        """
        held = self._held.get(log)
        if seq > max(held.newest.high if held else 0, self.own_floor(log)):
            self._kv.write([(layout.META_OWN_FLOOR + log, seq.to_bytes(8))], [], sync=True)

    def close(self) -> None:
        """Release the store."""
        self._kv.close()

    # --- inside ------------------------------------------------------------------------

    def _store(
        self,
        log: bytes,
        held: Held | None,
        placing: Placing,
        checked: Checked,
        entries: list[Entry],
        received_ms: int,
        *,
        sync: bool = False,
    ) -> None:
        number = self._numbers.get(log, len(self._numbers) + 1)
        after = placing.held_after(entries)
        puts = [
            (layout.entry_key(number, entry.seq), layout.write_entry(entry)) for entry in entries
        ]
        heads = {held.high for held in after.ranges}
        puts += [
            (layout.signature_key(number, seq), signature)
            for seq, signature in checked.signatures.items()
            if is_checkpoint(seq) or seq in heads
        ]
        puts.append((layout.log_key(log), layout.write_held(number, after)))
        erased = self.erasures.is_erased
        bare = {e.seq for e in entries if e.body is None and not erased(log, e.seq)}
        puts += [(layout.bare_key(number, seq), b"") for seq in bare]
        record = layout.write_batch(number, entries[0].seq, len(entries), received_ms)
        puts.append((layout.arrival_key(self.arrival + 1), record))
        stale = self._stale_signatures(log, held, heads)
        self._kv.write(puts, stale, sync=sync)
        # In this order: a reader in another thread that sees the log finds its number, and
        # one that sees the arrival number finds the log.
        self._numbers[log] = number
        self._names[number] = log
        self._held[log] = after
        if bare:
            self._bare[log] = self._bare.get(log, frozenset()) | bare
        self.arrival += len(entries)

    def _fill(self, segment: Segment, received_ms: int) -> int:
        """Store the bodies in a segment that entries held bare lack; return how many."""
        log, bare = segment.log, self._bare.get(segment.log)
        wanted = [seq for seq in bare or () if segment.first <= seq <= segment.last]
        if bare is None or not wanted:
            return 0
        entries = entries_of(segment)
        number, filled = self._numbers[log], 0
        for seq in sorted(wanted):
            entry, held = entries[seq - segment.first], self.entry(log, seq)
            # The same id means the same header, which holds the body's size and hash.
            if entry.body is None or entry.id != held.id:
                continue
            record = layout.write_batch(number, seq, 1, received_ms)
            puts = [
                (layout.entry_key(number, seq), layout.write_entry(entry)),
                (layout.arrival_key(self.arrival + 1), record),
            ]
            self._kv.write(puts, [layout.bare_key(number, seq)])
            bare = bare - {seq}
            self.arrival += 1
            filled += 1
        if bare:
            self._bare[log] = bare
        else:
            del self._bare[log]
        return filled

    def _compare(self, segment: Segment) -> None:
        """Hold a segment whose entries are all held against them: it may show a fork."""
        last = entries_of(segment)[-1]
        for entry in self.read(segment.log, last.seq, last.seq):
            if entry.id != last.id:
                check_segment(segment)
                ours = self.segment_up(segment.log, last.seq, last.seq)
                self.add_fork(prove(ours, segment))
                raise ForkFound(f"entry {last.seq}")

    def _keep_contradiction(self, held: Held, part: Segment) -> None:
        """Keep the proof that `part`, verified, contradicts the range that it touches."""
        log = part.log
        above = part.last > held.newest.high
        touched = held.newest.high if above or held.older is None else held.older.high
        ours = self.segment_up(log, touched, touched)
        # From the entry that contradicts, which names another id in its `prev`, up to the
        # nearest signature.
        signed = next((seq for seq in range(touched + 1, part.last) if is_checkpoint(seq)), None)
        theirs = part_of(part, touched + 1, signed or part.last)
        if not is_signed(theirs):
            # It was verified by the id that the newest range begins with.
            low = held.newest.low
            theirs = joined(theirs, self.segment_up(log, low, low))
        self.add_fork(prove(ours, theirs))

    def _read_up(self, log: bytes, low: int, high: int) -> Segment:
        held = self._range_with(log, low)
        entries: list[Entry] = []
        size = 0
        for entry in self.read(log, low, min(held.high, low + limits.SEGMENT_ENTRIES_MAX - 1)):
            entries.append(entry)
            size += entry.body_size
            full = size >= limits.SEGMENT_BODY_BYTES_SOFT_MAX or entry.seq >= high
            if full and is_checkpoint(entry.seq):
                break
        while entries[-1].seq != held.high and not is_checkpoint(entries[-1].seq):
            entries.pop()
        return self._segment(log, entries)

    def _stale_signatures(self, log: bytes, held: Held | None, heads: set[int]) -> list[bytes]:
        """Return the keys of signatures that nobody will ask for any more.

        What was the newest entry a moment ago may just be read, or asked for: its signature
        goes one batch later, once the log is past the next checkpoint but one.
        """
        if held is None:
            return []
        every = limits.CHECKPOINT_EVERY_ENTRIES
        floor = (held.newest.high // every - 1) * every
        if floor <= 0:
            return []
        low = max(1, floor - 2 * limits.SEGMENT_ENTRIES_MAX)
        number = self._numbers[log]
        return [
            layout.signature_key(number, seq)
            for seq in self.signatures(log, low, floor)
            if not is_checkpoint(seq) and seq not in heads
        ]

    def _segment(self, log: bytes, entries: list[Entry]) -> Segment:
        from_seq, to_seq = entries[0].seq, entries[-1].seq
        kept = self.signatures(log, from_seq, to_seq)
        return Segment(
            log,
            from_seq,
            entries[0].prev,
            [entry.time_ms for entry in entries],
            [
                Withheld(entry.body_size, entry.body_hash) if entry.body is None else entry.body
                for entry in entries
            ],
            [kept[seq] for seq in sorted(kept) if is_checkpoint(seq) or seq == to_seq],
        )

    def _range_with(self, log: bytes, seq: int) -> Range:
        held = self._held.get(log)
        for part in held.ranges if held else ():
            if part.low <= seq <= part.high:
                return part
        raise NotFound(f"entry {seq} of that log")

    def _id_before(self, log: bytes, held: Held, seq: int) -> bytes | None:
        for part in held.ranges:
            if seq == part.low:
                return part.low_prev
        value = self._kv.get(layout.entry_key(self._numbers[log], seq - 1))
        return None if value is None else layout.id_of(value)

    def _batch_start(self, arrival: int) -> int:
        """Return the arrival number that begins the batch which holds `arrival`."""
        stop = layout.arrival_key(arrival + 1)
        for key, value in self._kv.scan(layout.arrival_key(0), stop, reverse=True):
            return layout.read_batch(key, value).arrival
        return arrival

    def _last_arrival(self) -> int:
        stop = layout.arrival_key(2**64 - 1)
        for key, value in self._kv.scan(layout.arrival_key(0), stop, reverse=True):
            batch = layout.read_batch(key, value)
            return batch.arrival + batch.length - 1
        return 0


def _standing(segment: Segment) -> Segment:
    """Return a segment that was just read, if it has the signature to stand on."""
    if not is_signed(segment):
        raise NotFound("a signature there")
    return segment
