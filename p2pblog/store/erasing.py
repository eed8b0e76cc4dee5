"""Drop the bodies of erased entries, for good.

Implements protocol/03-logs.md section 8.  The entry keeps its header; a mark keeps its body
out should it come again.  Once it was scrubbed (scrubbing.py), what is forgotten here is in no
file.  Whose entries may be erased is decided elsewhere (views); this module does as it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from p2pblog.content.bodies import DeviceAdd, DeviceRevoke, Erase, Ref, parse
from p2pblog.core.errors import BadBody
from p2pblog.core.limits import KEY_BYTES
from p2pblog.log.entry import Entry
from p2pblog.store import layout
from p2pblog.store.keyvalue import KeyValue
from p2pblog.store.scrubbing import Scrub


def is_erasable(body: bytes) -> bool:
    """Tell whether a body may go: all may but those that say who an identity's devices are."""
    try:
        return not isinstance(parse(body), DeviceAdd | DeviceRevoke | Erase)
    except BadBody:
        return True


class Erasures:
    """The erased entries of a store.  Writes are for its one writing thread."""

    def __init__(self, keyvalue: KeyValue, scrub: Scrub) -> None:
        """Read which logs have erased entries."""
        self._kv = keyvalue
        self._scrub = scrub
        # Few logs have any: of the others, no entry that arrives costs a look-up.
        self._logs = {key[1 : 1 + KEY_BYTES] for key, _ in keyvalue.scan(*layout.ERASED)}

    def is_erased(self, log: bytes, seq: int) -> bool:
        """Tell whether that entry, held or not, was erased."""
        return log in self._logs and self._kv.get(layout.erased_key(log, seq)) is not None

    def among(self, log: bytes, low: int, high: int) -> frozenset[int]:
        """Return which entries with low <= seq <= high, held or not, were erased."""
        if log not in self._logs:
            return frozenset()
        rows = self._kv.scan(layout.erased_key(log, low), layout.erased_key(log, high + 1))
        return frozenset(int.from_bytes(key[1 + KEY_BYTES :]) for key, _ in rows)

    def without_erased(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return entries of one log as they are to be stored: erased ones without body."""
        if not entries or entries[0].log not in self._logs:
            return list(entries)
        return [self._stripped(entry) for entry in entries]

    def erase(self, refs: Iterable[Ref]) -> int:
        """Mark entries, by log and seq, as erased and drop their bodies; return how many went.

        Scrub afterwards.  One batch: a crash leaves all of it or nothing.

        Raises:
            DiskFull: nothing was written.
        """
        puts: list[tuple[bytes, bytes]] = []
        dropped: dict[bytes, list[bytes]] = {}
        wanted: list[bytes] = []  # nobody is to be asked for these bodies any more
        logs: set[bytes] = set()
        for ref in refs:
            logs.add(ref.log)
            puts.append((layout.erased_key(ref.log, ref.seq), b""))
            state = self._kv.get(layout.log_key(ref.log))
            if state is None:
                continue
            number = layout.read_state(state).number
            wanted.append(layout.bare_key(number, ref.seq))
            key = layout.entry_key(number, ref.seq)
            value = self._kv.get(key)
            if value is None:
                continue
            entry = layout.read_entry(ref.log, ref.seq, None, value)
            if entry.body is not None and is_erasable(entry.body):
                puts.append((key, layout.write_entry(entry._replace(body=None))))
                dropped.setdefault(ref.log, []).append(key)
        spans = [(min(keys), max(keys) + b"\0") for keys in dropped.values()]
        self._scrub.compact(spans)
        if puts:
            self._kv.write([*puts, *self._scrub.mark(spans)], wanted, sync=True)
        self._logs |= logs
        self._scrub.add(spans)
        return sum(map(len, dropped.values()))

    def _stripped(self, entry: Entry) -> Entry:
        if entry.body is None or not self.is_erased(entry.log, entry.seq):
            return entry
        return entry._replace(body=None) if is_erasable(entry.body) else entry
