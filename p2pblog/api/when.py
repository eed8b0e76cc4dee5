"""Read a time that a person types, and a span.

For faces: times are in the zone of the machine.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from p2pblog.core.errors import BadRequest

HOW_TIMES_ARE_TYPED = "18:30, 2026-12-24T18:30 or, from now, +2h (m, h, d, w)"
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_time(typed: str, now_ms: int) -> int:
    """Return the time that somebody means, in milliseconds since 1970 UTC.

    Args:
        typed: a time of this day or the next, a day and a time, or "+" and how long from now.
    Raises:
        BadRequest: it is none of these.
    """
    typed = typed.strip()
    now = datetime.fromtimestamp(now_ms / 1000).astimezone()
    try:
        if typed.startswith("+"):
            return now_ms + read_span(typed[1:])
        if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", typed):
            clock = time.fromisoformat(typed.rjust(5, "0"))
            then = datetime.combine(now.date(), clock).astimezone()
            if then <= now:
                then = datetime.combine(now.date() + timedelta(days=1), clock).astimezone()
        else:
            then = datetime.fromisoformat(typed).astimezone()
        return int(then.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadRequest(f"a time is {HOW_TIMES_ARE_TYPED}") from None


def read_span(typed: str) -> int:
    """Return how long a number and a unit are, in milliseconds.

    Raises:
        BadRequest: it is none.
    """
    found = re.fullmatch(r"([1-9][0-9]{0,3})([mhdw])", typed.strip())
    if found is None:
        raise BadRequest("write a number and m, h, d or w, such as 30m or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) // timedelta(milliseconds=1)


def said_time(at_ms: int) -> str:
    """Return a time as it is written: 2026-12-24 18:30."""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
