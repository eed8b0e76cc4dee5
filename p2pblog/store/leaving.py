"""What a store lets go of: bodies that are erased or too old, entries, logs of blocked people.

Implements protocol/03-logs.md section 8 and 10-replication.md section 10.  Each is one batch,
all or nothing.  What the batch leaves behind goes later: records of entries that are gone
(gone.py), and what LevelDB keeps in its files (scrubbing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from p2pblog.content.bodies import Ref
from p2pblog.core.encoding import encode
from p2pblog.core.limits import SEQ_END
from p2pblog.log.entry import Entry
from p2pblog.log.held import Held, Range
from p2pblog.store import layout
from p2pblog.store.blocks import block_of
from p2pblog.store.layout import State
from p2pblog.store.reader import LogReader
from p2pblog.store.scrubbing import Span


class LeavingLogs(LogReader):
    """Every log of a node, to read from and to let go of; for the one writing thread."""

    # --- bodies ------------------------------------------------------------------------

    def erase(self, refs: Sequence[Ref]) -> int:
        """Drop the bodies of entries for good; see `Erasures.erase`, and scrub afterwards."""
        gone = self.erasures.erase(refs)
        for ref in refs:
            self._set_bare(ref.log, self._bare.get(ref.log, frozenset()) - {ref.seq})
        return gone

    def let_go_span(self, log: bytes, seqs: Sequence[int]) -> Span:
        """Return the span to compact before these bodies, lowest seq first, are let go of."""
        number = self._number(log)
        return layout.entry_key(number, seqs[0]), layout.entry_key(number, seqs[-1] + 1)

    def let_go(self, log: bytes, seqs: Sequence[int]) -> int:
        """Drop bodies whose time is over, lowest seq first, and ask for them no more.

        Compact the span before, and scrub afterwards.  Returns how many bodies went.
        """
        number, held = self._number(log), self._held[log]
        dropped: dict[int, tuple[bytes, bytes]] = {}
        freed = 0
        for seq in seqs:
            key = layout.entry_key(number, seq)
            value = self._kv.get(key)
            entry = None if value is None else layout.read_entry(log, seq, None, value)
            if value is not None and entry is not None and entry.body is not None:
                without = layout.write_entry(entry._replace(body=None))
                dropped[seq] = key, without
                freed += len(value) - len(without)
        if not dropped:
            return 0
        low, high = self._let_go.get(log, (seqs[0], seqs[-1]))
        between = min(low, seqs[0]), max(high, seqs[-1])
        spans = [self.let_go_span(log, seqs)]
        size = max(0, self._sizes[log] - freed)
        puts = [
            *dropped.values(),
            (layout.let_go_key(number), encode(list(between))),
            (layout.log_key(log), layout.write_state(State(number, held, size))),
            *self.scrub.mark(spans),
        ]
        self._kv.write(puts, [], sync=True)
        self.scrub.add(spans)
        self._let_go[log], self._sizes[log] = between, size
        return len(dropped)

    def recall(self, log: bytes) -> int:
        """Want the bodies again that were let go of; return how many."""
        if log not in self._let_go:
            return 0
        bare = {entry.seq for entry in self._without_body(log, *self._let_go[log])}
        number = self._number(log)
        puts = [(layout.bare_key(number, seq), b"") for seq in bare]
        self._kv.write(puts, [layout.let_go_key(number)], sync=True)
        del self._let_go[log]
        self._set_bare(log, self._bare.get(log, frozenset()) | bare)
        return len(bare)

    def renounce(self, log: bytes, low: int, high: int) -> None:
        """Want the bodies no longer that are not here between two seqs, as if let go of."""
        number, bare = self._number(log), self._bare.get(log, frozenset())
        going = frozenset(seq for seq in bare if low <= seq <= high)
        puts = [(layout.let_go_key(number), encode([low, high]))]
        self._kv.write(puts, [layout.bare_key(number, seq) for seq in going])
        self._let_go[log] = low, high
        self._set_bare(log, bare - going)

    # --- entries, and whole logs ---------------------------------------------------------

    def forget(self, log: bytes, below: int) -> None:
        """Hold the entries of a log below a seq, which is held, no longer; sweep afterwards."""
        self._leave({log: below}, [])

    def block(self, identity: bytes, logs: Iterable[bytes], now_ms: int) -> list[bytes]:
        """Take nothing of an identity's logs any more, and hold nothing of them.

        Sweep what is gone afterwards, and scrub.  Called again, it adds logs that have become
        known.  Returns the logs of which something was held.
        """
        block = block_of(identity, logs, now_ms)
        if (known := self.blocks.identities.get(identity)) is not None:
            block = block_of(identity, block.logs | known.logs, known.since_ms)
        going = [log for log in sorted(block.logs) if log in self._held or log in self._forked]
        self._leave(dict.fromkeys(going, SEQ_END), [self.blocks.record(identity, block)])
        self.blocks.put(identity, block)
        return going

    def unblock(self, identity: bytes) -> None:
        """Take the logs of an identity again."""
        self._kv.write([], [layout.block_key(identity)], sync=True)
        self.blocks.put(identity, None)

    # --- inside ------------------------------------------------------------------------

    def _leave(self, below: Mapping[bytes, int], puts: list[tuple[bytes, bytes]]) -> None:
        """Hold the entries of logs below these seqs no longer, and write `puts` with that."""
        deletes: list[bytes] = []
        left: dict[bytes, State | None] = {}
        for log, seq in below.items():
            left[log] = state = self._state_above(log, seq)
            if state is not None:
                puts.append((layout.log_key(log), layout.write_state(state)))
            else:
                deletes += [layout.log_key(log), layout.fork_key(log)]
            if (number := self._numbers.get(log)) is None:
                continue  # nothing but the proof of a fork
            puts.append(self.gone.mark(number, seq))
            bare = self._bare.get(log, frozenset())
            deletes += [layout.bare_key(number, one) for one in bare if one < seq]
            if log in self._let_go and self._let_go[log][1] < seq:
                deletes.append(layout.let_go_key(number))
        puts.append((layout.META_NUMBERS, self._highest_number.to_bytes(4)))
        self._kv.write(puts, deletes, sync=True)
        for log, seq in below.items():
            self._left(log, seq, left[log])

    def _left(self, log: bytes, below: int, state: State | None) -> None:
        """Take in that the entries of a log below a seq are gone, and `state` is left."""
        if (number := self._numbers.get(log)) is not None:
            self.gone.add(number, below)
        self._set_bare(log, frozenset(seq for seq in self._bare.get(log, ()) if seq >= below))
        if log in self._let_go and self._let_go[log][1] < below:
            del self._let_go[log]
        if state is not None:
            self._held[log], self._sizes[log] = state.held, state.size
            return
        self._held.pop(log, None)  # first: who sees the log finds its number
        self._forked.pop(log, None)
        self._sizes.pop(log, None)
        if number is not None:
            del self._numbers[log], self._names[number]

    def _state_above(self, log: bytes, below: int) -> State | None:
        """Return what is left of a log from the seq `below` on; None: nothing."""
        held = self._held.get(log)
        if held is None or held.newest.high < below:
            return None
        newest, older = (self._range_above(log, part, below) for part in (held.newest, held.older))
        if newest is None:
            return None
        left = Held(newest, older)
        size = self._sizes[log] * left.entries // held.entries
        return State(self._numbers[log], left, size)

    def _range_above(self, log: bytes, part: Range | None, below: int) -> Range | None:
        if part is None or part.high < below:
            return None
        if part.low >= below:
            return part
        return part._replace(low=below, low_prev=self.entry(log, below - 1).id)

    def _without_body(self, log: bytes, low: int, high: int) -> Iterable[Entry]:
        """Yield the entries that have lost their body, not by having been erased."""
        for entry in self.read(log, low, high):
            if entry.body is None and not self.erasures.is_erased(log, entry.seq):
                yield entry

    def _set_bare(self, log: bytes, bare: frozenset[int]) -> None:
        """Take in which entries of a log are wanted with their bodies."""
        if bare:
            self._bare[log] = bare
        else:
            self._bare.pop(log, None)
