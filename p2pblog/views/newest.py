"""How far a log had come when the views last saw it.

The views are a file of their own: where the store lost the end of a log, they may still know
that there was more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from p2pblog.views import schema


def newest_seqs(path: Path, logs: Iterable[bytes]) -> dict[bytes, int]:
    """Return the highest seq of each of `logs` in the views at `path`; none if it is no use.

    A file that is missing or damaged knows nothing; nothing is written to it.
    """
    found: dict[bytes, int] = {}
    if not path.is_file():
        return found
    try:
        with closing(schema.open_reader(path)) as conn:
            for log in logs:
                (seq,) = conn.execute(
                    "SELECT max(seq) FROM entries JOIN logs USING (lid) WHERE key = ?", (log,)
                ).fetchone()
                if isinstance(seq, int):
                    found[log] = seq
    except sqlite3.Error:
        pass
    return found
