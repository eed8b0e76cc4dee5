"""The logs that a node holds, and the journal of what arrived when.

Implements protocol/03-logs.md section 5.  Writes come from one thread; reads from any.
A log is held as at most two contiguous ranges: the newest, and an older one that it grows
down to meet.  Whatever is stored was verified first; an entry, its signature, the log's
state and the journal record are one atomic batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import encode
from p2pblog.core.errors import ForkFound, OwnLogBehind
from p2pblog.log.entry import Entry, Tip, is_checkpoint, make_entry, sign_id
from p2pblog.log.fork import ForkProof, check_proof, proof_to_wire, prove
from p2pblog.log.held import Held
from p2pblog.log.placing import Placing, on_top, place
from p2pblog.log.segment import (
    Checked,
    Segment,
    check_segment,
    entries_of,
    is_signed,
    joined,
    part_of,
)
from p2pblog.store import layout
from p2pblog.store.erasing import is_erasable
from p2pblog.store.layout import State
from p2pblog.store.leaving import LeavingLogs
from p2pblog.store.reader import Arrived

__all__ = ["Arrived", "LogStore"]


class LogStore(LeavingLogs):
    """Every log of a node, over a `KeyValue`, to read from and to write to."""

    # --- what arrives ------------------------------------------------------------------

    def ingest(self, segment: Segment, received_ms: int) -> int:
        """Verify a segment and store what of it is new; return how many entries that were.

        Bodies of entries that are held bare are new as well: such an entry arrives again.  Of a
        blocked log nothing is.

        Raises:
            SeqGap: it touches no range held and may not start a new one.
            BadSignature, BrokenChain: it is not authentic; nothing was stored.
            ForkFound: it contradicts what is held; the proof was kept, the log is closed.
        """
        log = segment.log
        if log in self.blocks.logs:
            return 0
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

        Of several proofs the one that shows the lowest fork is kept; of a blocked log, none.

        Raises:
            BadSignature, BadStructure: it proves nothing.
        """
        seq = check_proof(proof)
        known = self._forked.get(proof.log)
        if proof.log in self.blocks.logs or (known is not None and known <= seq):
            return False
        # Without bodies, which could not be erased from it.
        value = encode(proof_to_wire(prove(*proof)))
        puts = [
            (layout.fork_key(proof.log), value),
            (layout.fork_order_key(self.forks + 1), proof.log),
        ]
        self._kv.write(puts, [], sync=True)
        self._forked[proof.log] = seq
        self._journal.forks += 1
        return True

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

    def raise_own_floor(self, log: bytes, seq: int) -> None:
        """Keep that one's own `log` has reached `seq`, if the store does not show it.

        Nothing can be appended then until the entries have come back from a peer.
        """
        held = self._held.get(log)
        if seq > max(held.newest.high if held else 0, self.own_floor(log)):
            self._kv.write([(layout.META_OWN_FLOOR + log, seq.to_bytes(8))], [], sync=True)

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
        number = self._numbers.get(log, self._highest_number + 1)
        self.gone.finish(number)
        after = placing.held_after(entries)
        puts = [
            (layout.entry_key(number, entry.seq), layout.write_entry(entry)) for entry in entries
        ]
        size = self._sizes.get(log, 0) + sum(len(value) for _, value in puts)
        heads = {held.high for held in after.ranges}
        puts += [
            (layout.signature_key(number, seq), signature)
            for seq, signature in checked.signatures.items()
            if is_checkpoint(seq) or seq in heads
        ]
        puts.append((layout.log_key(log), layout.write_state(State(number, after, size))))
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
        self._highest_number = max(number, self._highest_number)
        self._sizes[log] = size
        self._held[log] = after
        if bare:
            self._bare[log] = self._bare.get(log, frozenset()) | bare
        self._journal.arrival += len(entries)

    def _fill(self, segment: Segment, received_ms: int) -> int:
        """Store the bodies in a segment that entries held bare lack; return how many."""
        log, bare = segment.log, self._bare.get(segment.log, frozenset())
        erased = self.erasures.among(log, segment.first, segment.last)
        wanted = {seq for seq in bare if segment.first <= seq <= segment.last} | erased
        held = self._held.get(log)
        if held is None or not wanted:
            return 0
        entries = entries_of(segment)
        number, filled = self._numbers[log], 0
        for seq in sorted(filter(held.holds, wanted)):
            entry, ours = entries[seq - segment.first], self.entry(log, seq)
            # The same id means the same header, which holds the body's size and hash.
            if ours.body is not None or entry.body is None or entry.id != ours.id:
                continue
            # What says whose devices are whose cannot be erased, only withheld by somebody.
            if seq in erased and is_erasable(entry.body):
                continue
            record = layout.write_batch(number, seq, 1, received_ms)
            puts = [
                (layout.entry_key(number, seq), layout.write_entry(entry)),
                (layout.arrival_key(self.arrival + 1), record),
            ]
            self._kv.write(puts, [layout.bare_key(number, seq)])
            self._sizes[log] += entry.body_size  # written with the log's next entries
            bare = bare - {seq}
            self._journal.arrival += 1
            self._filled[log] += 1
            filled += 1
        self._set_bare(log, bare)
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
