"""Places between two others, and how a question goes through them."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from p2pblog.views.snapshot import Snapshot


class Span(NamedTuple):
    """Places, both ends outside; they are gone through from the newest down, or `upward`."""

    low: int
    high: int
    upward: bool = False


def within(s: Snapshot, span: Span, place: str, select: str, *values: object) -> sqlite3.Cursor:
    """Return what `select` finds, as the span goes, where the column `place` is within it."""
    order = "ASC" if span.upward else "DESC"
    return s.conn.execute(
        f"{select} {place} > ? AND {place} < ? ORDER BY {place} {order}",
        (*values, span.low, span.high),
    )
