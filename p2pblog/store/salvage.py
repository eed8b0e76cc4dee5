"""Find what is authentic among the records of a store that was damaged.

Nothing is believed but hashes and signatures: bytes that rotted, or that belong to another
state of the store, drop out by themselves.  Implements docs/node.md, "When the disk fails";
the rules are those of protocol/03-logs.md.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey, digest
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import P2PBlogError
from p2pblog.log.entry import HEADER_VERSION, Entry, is_checkpoint, sign_id, verify_id
from p2pblog.log.held import Range
from p2pblog.log.segment import Segment, Withheld
from p2pblog.store import layout
from p2pblog.store.keyvalue import KeyValue

_PROBES = 8
"""Entries that are tried to find out whose log it is, where nothing says so any more."""


class Run(NamedTuple):
    """Consecutive authentic entries of one log, with the signatures that replicas keep."""

    low: int
    high: int
    low_prev: bytes | None
    signatures: Mapping[int, bytes]

    @property
    def entries(self) -> int:
        """Return the number of entries."""
        return self.high - self.low + 1


@dataclass(slots=True)
class Traces:
    """What the records of one log say, whether they can be proven or not.

    Fields:
        number: what the log is called in the keys of the old store.
        claimed: what was held, lowest first, as (low, high).
        prevs: the id before the first entry of a range, by that entry's seq.
        seen: how many kinds of record name a seq; one alone may be a flipped bit.
    """

    number: int
    claimed: list[tuple[int, int]] = field(default_factory=list)
    prevs: dict[int, bytes | None] = field(default_factory=dict)
    seen: Counter[int] = field(default_factory=Counter)

    @property
    def newest(self) -> int:
        """The highest seq that two kinds of record name, 0 if none."""
        return max((seq for seq, kinds in self.seen.items() if kinds > 1), default=0)


@dataclass(slots=True)
class _Chain:
    """Entries that hash to each other; `ids` of those that are, or should be, signed."""

    low: int
    low_prev: bytes | None
    high: int = 0
    high_id: bytes = b""
    ids: dict[int, bytes] = field(default_factory=dict)


class Salvage:
    """The old store, read log by log."""

    def __init__(self, keyvalue: KeyValue, candidates: Iterable[bytes]) -> None:
        """Read which logs there were.

        Args:
            candidates: logs (keys) that may be here though no record says so any more.
        """
        self._kv = keyvalue
        self._arrived: dict[int, list[tuple[int, int, int]]] = {}
        self.logs: dict[bytes, Traces] = {}
        self._read_states()
        self._read_journal()
        self.nameless = self._name([*candidates, *self.logs])

    def runs(self, log: bytes, key: SigningKey | None = None) -> list[Run]:
        """Return the authentic runs of a log, the newest first.

        Args:
            key: of one's own log: signatures that are gone are made again.
        """
        traces = self.logs[log]
        start = layout.signature_key(traces.number, 1)
        stop = layout.signature_key(traces.number, limits.SEQ_MAX + 1)
        kept = dict(self._records(start, stop))
        found: list[Run] = []
        for chain in self._chains(log, traces, kept):
            found += _signed_parts(log, chain, kept, key)
        return sorted(found, key=lambda run: run.high, reverse=True)

    def segments(self, log: bytes, run: Run, now_ms: int) -> Iterator[tuple[Segment, int]]:
        """Yield a run as segments, from the top, each with when its entries came (ms).

        `now_ms` is taken where that is not known any more.
        """
        number, high = self.logs[log].number, run.high
        while high >= run.low:
            low = max(run.low, high - limits.SEGMENT_ENTRIES_MAX + 1)
            prev = run.low_prev if low == run.low else self._id(number, low - 1)
            entries = [*self._entries(log, number, low, high, prev)]
            received = [self._received(number, entry.seq, now_ms) for entry in entries]
            first = len(entries) - 1
            while first and received[first - 1] == received[-1]:
                first -= 1
            yield _segment(log, entries[first:], run), received[-1]
            high = entries[first].seq - 1

    def _read_states(self) -> None:
        for key, value in self._kv.scan(*layout.LOGS):
            try:
                match decode(value):
                    case [int(number), list(newest), older, *_]:
                        ranges = [Range(*newest), *([Range(*older)] if older else [])]
                    case _:
                        continue
                traces = Traces(number)
                for held in reversed(ranges):
                    traces.claimed.append((held.low, held.high))
                    traces.prevs[held.low] = held.low_prev
                    traces.seen[held.high] += 1
            except (P2PBlogError, TypeError, ValueError):
                continue
            if len(key) == 1 + limits.KEY_BYTES:
                self.logs[key[1:]] = traces

    def _read_journal(self) -> None:
        """Note when entries came, by the number of their log."""
        for _, value in self._kv.scan(layout.arrival_key(0), layout.arrival_key(2**64 - 1)):
            try:
                match decode(value):
                    case [int(number), int(first), int(count), int(received_ms)]:
                        last = first + count - 1
                        self._arrived.setdefault(number, []).append((first, last, received_ms))
            except (P2PBlogError, struct.error):
                continue
        by_number = {traces.number: traces for traces in self.logs.values()}
        for number, batches in self._arrived.items():
            batches.sort()
            if number in by_number:
                by_number[number].seen.update({last for _, last, _ in batches})

    def _name(self, candidates: list[bytes]) -> int:
        """Find out whose the entries are that no state names; return how many are nobody's."""
        named = {traces.number for traces in self.logs.values()}
        nameless = 0
        for number, (low, high, count) in self._numbers().items():
            if number in named:
                continue
            log = self._whose(number, candidates)
            if log is None or log in self.logs:
                nameless += count
                continue
            traces = Traces(number, [(low, high)])
            traces.seen.update({last for _, last, _ in self._arrived.get(number, ())})
            self.logs[log] = traces
        return nameless

    def _numbers(self) -> dict[int, tuple[int, int, int]]:
        found: dict[int, tuple[int, int, int]] = {}
        for key, _ in self._kv.scan(b"e", b"f"):
            if len(key) == len(layout.entry_key(0, 0)):
                number, seq = int.from_bytes(key[1:5]), layout.seq_of(key)
                low, _, count = found.get(number, (seq, seq, 0))
                found[number] = (low, seq, count + 1)
        return found

    def _whose(self, number: int, candidates: list[bytes]) -> bytes | None:
        before: tuple[int, bytes] | None = None
        probes = 0
        start, stop = layout.entry_key(number, 0), layout.entry_key(number + 1, 0)
        for seq, value in self._records(start, stop):
            if seq == 1 or (before is not None and before[0] == seq - 1):
                prev = None if seq == 1 or before is None else before[1]
                for log in candidates:
                    if _entry(log, seq, prev, value) is not None:
                        return log
                probes += 1
                if probes == _PROBES:
                    return None
            before = (seq, layout.id_of(value))
        return None

    def _chains(self, log: bytes, traces: Traces, kept: Mapping[int, bytes]) -> Iterator[_Chain]:
        number = traces.number
        last_seq, last_id = 0, None
        chain: _Chain | None = None
        start = layout.entry_key(number, 1)
        stop = layout.entry_key(number, limits.SEQ_MAX + 1)
        for seq, value in self._records(start, stop):
            traces.seen[seq] += 1
            follows = seq == last_seq + 1
            prev = last_id if follows else traces.prevs.get(seq)
            entry = _entry(log, seq, prev, value) if follows or seq in traces.prevs else None
            if chain is not None and (entry is None or not follows):
                yield chain
                chain = None
            if entry is not None:
                if chain is None:
                    chain = _Chain(seq, prev)
                chain.high, chain.high_id = seq, entry.id
                if is_checkpoint(seq) or seq in kept:
                    chain.ids[seq] = entry.id
            last_seq, last_id = seq, layout.id_of(value)
        for seq in kept:
            traces.seen[seq] += 1
        if chain is not None:
            yield chain

    def _entries(
        self, log: bytes, number: int, low: int, high: int, prev: bytes | None
    ) -> Iterator[Entry]:
        start, stop = layout.entry_key(number, low), layout.entry_key(number, high + 1)
        for seq, value in self._records(start, stop):
            entry = layout.read_entry(log, seq, prev, value)
            yield entry
            prev = entry.id

    def _records(self, start: bytes, stop: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (seq, value) of entries or signatures; what has no key of theirs is neither."""
        for key, value in self._kv.scan(start, stop):
            if len(key) == len(start):
                yield layout.seq_of(key), value

    def _id(self, number: int, seq: int) -> bytes:
        return layout.id_of(self._kv.get(layout.entry_key(number, seq)) or b"")

    def _received(self, number: int, seq: int, now_ms: int) -> int:
        batches = self._arrived.get(number, [])
        at = bisect_right(batches, (seq, limits.SEQ_MAX, 0)) - 1
        if at >= 0 and batches[at][1] >= seq:
            return batches[at][2]
        return now_ms


def _entry(log: bytes, seq: int, prev: bytes | None, value: bytes) -> Entry | None:
    """Return the entry that was stored, or None where its bytes do not hash to its id."""
    try:
        entry = layout.read_entry(log, seq, prev, value)
        header = [HEADER_VERSION, log, seq, prev, entry.time_ms, entry.body_size, entry.body_hash]
        same = digest(encode(header)) == entry.id
    except (P2PBlogError, struct.error, ValueError):
        return None
    fits = 1 <= entry.body_size <= limits.BODY_BYTES_MAX
    return entry if same and fits and len(entry.id) == limits.ID_BYTES else None


def _signed_parts(
    log: bytes, chain: _Chain, kept: Mapping[int, bytes], key: SigningKey | None
) -> Iterator[Run]:
    """Yield what of a chain is authentic, from the top, cut where a checkpoint's signature is gone.

    The chain vouches for the entries below a signature; but a replica without the signature
    of a checkpoint could not pass those entries on.
    """
    good = {
        seq: kept[seq]
        for seq, entry_id in chain.ids.items()
        if seq in kept and verify_id(log, entry_id, kept[seq])
    }
    if key is not None and (good or chain.low == 1):
        # Ed25519 signs alike each time, and the chain says that these are one's own words.
        wanted = {seq: entry_id for seq, entry_id in chain.ids.items() if is_checkpoint(seq)}
        wanted[chain.high] = chain.high_id
        good |= {seq: sign_id(key, wanted[seq]) for seq in wanted.keys() - good.keys()}
    bad = sorted(seq for seq in chain.ids if is_checkpoint(seq) and seq not in good)
    ends = [*bad, chain.high]
    low = chain.low
    parts = []
    for end in ends:
        signed = [seq for seq in good if low <= seq <= end]
        if signed:
            parts.append((low, max(signed)))
        low = end + 1
    for low, high in reversed(parts):
        signatures = {
            seq: sig
            for seq, sig in good.items()
            if low <= seq <= high and (is_checkpoint(seq) or seq == high)
        }
        low_prev = chain.low_prev if low == chain.low else chain.ids[low - 1]
        yield Run(low, high, low_prev, signatures)


def _segment(log: bytes, entries: list[Entry], run: Run) -> Segment:
    first, last = entries[0], entries[-1]
    return Segment(
        log,
        first.seq,
        first.prev,
        [entry.time_ms for entry in entries],
        [
            Withheld(entry.body_size, entry.body_hash) if entry.body is None else entry.body
            for entry in entries
        ],
        [
            run.signatures[seq]
            for seq in sorted(run.signatures)
            if first.seq <= seq <= last.seq and (is_checkpoint(seq) or seq == last.seq)
        ],
    )
