"""Take out of the files of a store what was dropped from it.

LevelDB keeps what was overwritten or deleted until the files that hold it are written anew.
That needs two passes: one before the drop, which moves what stands in LevelDB's own log into a
table; and one after it, in which the newer table meets the older one.  A mark, written together
with the drop, has it done again after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from p2pblog.store import layout
from p2pblog.store.keyvalue import KeyValue

_ALL = (b"e", b"f")
_SPANS_MAX = 8  # of more, what lies between them costs less than as many passes

Span: TypeAlias = tuple[bytes, bytes]
"""Keys from the first on, and below the second."""


class Scrub:
    """What was dropped and may stand in the files yet.

    Only `compact` takes long, and it alone may run in any thread; the rest is for the one that
    writes.
    """

    def __init__(self, keyvalue: KeyValue) -> None:
        self._kv = keyvalue
        self._spans: list[Span] = [_ALL] if self.is_due else []

    @property
    def is_due(self) -> bool:
        """Whether something was dropped that may still stand in the files."""
        return self._kv.get(layout.META_SCRUB) is not None

    @property
    def pending(self) -> list[Span]:
        """Return where that is, to be compacted."""
        return list(self._spans)

    def mark(self, spans: Sequence[Span]) -> list[tuple[bytes, bytes]]:
        """Return what to write together with a drop of keys in these spans."""
        return [(layout.META_SCRUB, b"")] if spans else []

    def add(self, spans: Sequence[Span]) -> None:
        """Hear that keys in these spans were dropped."""
        self._spans += spans

    def compact(self, spans: Sequence[Span]) -> None:
        """Write the files that hold these keys anew.

        Raises:
            StoreCorrupt, DiskFull: it could not be done.
        """
        if len(spans) > _SPANS_MAX:
            spans = [(min(low for low, _ in spans), max(high for _, high in spans))]
        for span in spans:
            self._kv.compact(*span)

    def settle(self, spans: Sequence[Span]) -> None:
        """Hear that what was `pending` was compacted since."""
        del self._spans[: len(spans)]
        if not self._spans:
            self._kv.write([], [layout.META_SCRUB], sync=True)

    def run(self) -> None:
        """Do all that is pending, in the thread that writes."""
        spans = self.pending
        self.compact(spans)
        self.settle(spans)
