"""Say a time as the person wants it: how long ago, or when, by the clock of where they are."""

from __future__ import annotations

from datetime import datetime, tzinfo

from p2pblog.tui.here import here
from p2pblog.tui.words import ago


def time_said(time_ms: int, now_ms: int) -> str:
    """Return how `time_ms` is said at `now_ms`, both in milliseconds since 1970 UTC."""
    return stamp(time_ms) if here().settings.times == "absolute" else ago(time_ms, now_ms)


def stamp(time_ms: int, zone: tzinfo | None = None) -> str:
    """Return the date and the time of day, as in "2026-11-28 14:05".

    Args:
        zone: where; None for where this machine is.
    """
    try:
        return datetime.fromtimestamp(time_ms / 1000, zone).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "some day"
