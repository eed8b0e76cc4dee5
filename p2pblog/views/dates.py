"""Read the dates of a search: a year, a month, a day, or how long ago.

Specified in docs/views.md.  The present and the zone are arguments.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from p2pblog.api.when import read_span
from p2pblog.core.errors import BadRequest

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?")
_FORMS = "a date is 2026, 2026-11, 2026-11-28 or, back from now, 7d (m, h, d, w)"


def read_date(typed: str, now_ms: int, zone: tzinfo | None) -> tuple[int, int]:
    """Return when what somebody means begins, and when it has ended, in ms since 1970 UTC.

    A span back from now is a moment: both are the same.

    Args:
        zone: where days begin; None: in the zone of the machine.
    Raises:
        BadRequest: it is no date.
    """
    found = _DATE.fullmatch(typed)
    try:
        if found is None:
            at_ms = now_ms - read_span(typed.lower())
            return at_ms, at_ms
        year, month, day = (int(part) if part else 0 for part in found.groups())
        begin = datetime(year, month or 1, day or 1, tzinfo=zone)
        if day:
            # Not 24 hours on: where clocks change, a day has 23 or 25.
            end = datetime.fromordinal(begin.toordinal() + 1)
        else:
            end = datetime(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)
        return _ms(begin), _ms(end.replace(tzinfo=zone))
    except (BadRequest, ValueError, OverflowError, OSError):
        raise BadRequest(_FORMS) from None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
