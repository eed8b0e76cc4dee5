"""Records of entries that are not held any more, deleted a few at a time.

That a log, or the lower end of one, is gone takes one small write.  To delete what stood there
may take many; until that is done, also after a crash, a mark says what is still to go.
"""

from __future__ import annotations

from itertools import islice

from p2pblog.core.limits import SEQ_END, SWEEP_KEYS_MAX
from p2pblog.store import layout
from p2pblog.store.keyvalue import KeyValue
from p2pblog.store.scrubbing import Scrub, Span


class Gone:
    """What is still to be deleted, by the numbers of logs; for the one writing thread."""

    def __init__(self, keyvalue: KeyValue, scrub: Scrub) -> None:
        self._kv = keyvalue
        self._scrub = scrub
        self._below = {
            layout.number_of(key): int.from_bytes(value)
            for key, value in keyvalue.scan(*layout.GONE)
        }

    @property
    def pending(self) -> bool:
        """Whether there is something to sweep."""
        return bool(self._below)

    @property
    def spans(self) -> list[Span]:
        """Return where logs are still to go as a whole: to be compacted before `sweep`."""
        return [
            _entries_of(number, below) for number, below in self._below.items() if below == SEQ_END
        ]

    def mark(self, number: int, below: int) -> tuple[bytes, bytes]:
        """Return what to write so that the entries of a log below a seq go."""
        return layout.gone_key(number), below.to_bytes(8)

    def add(self, number: int, below: int) -> None:
        """Hear that the mark was written."""
        self._below[number] = below

    def sweep(self, number: int | None = None) -> bool:
        """Delete some of it, of the log with that number or any; tell whether there is more.

        The text of a log that is gone as a whole is to leave the files: scrub afterwards.
        """
        if number is None:
            number = next(iter(self._below), 0)
        if (below := self._below.get(number)) is None:
            return False
        doomed: list[bytes] = []
        for key in (layout.entry_key, layout.signature_key):
            rows = self._kv.scan(key(number, 0), key(number, below))
            doomed += [found for found, _ in islice(rows, SWEEP_KEYS_MAX - len(doomed))]
        if len(doomed) >= SWEEP_KEYS_MAX:
            self._kv.write([], doomed)
            return True
        spans = [_entries_of(number, below)] if below == SEQ_END else []
        self._kv.write(self._scrub.mark(spans), [*doomed, layout.gone_key(number)], sync=True)
        self._scrub.add(spans)
        del self._below[number]
        return bool(self._below)

    def finish(self, number: int) -> None:
        """Delete what is to go of one log, which is about to hold some of it again."""
        while number in self._below:
            self.sweep(number)


def _entries_of(number: int, below: int) -> Span:
    return layout.entry_key(number, 0), layout.entry_key(number, below)
