"""Ask how something is filtered: for how long, and whether it is hidden or stands behind a line.

Pure, but for what asks: `ChooseScreen`.
"""

from __future__ import annotations

from typing import Any, Final

from textual.app import App

from p2pblog.tui.screens.choose import Choice, ChooseScreen

_DAY_MS: Final = 24 * 3600 * 1000
_DAYS: Final = {"day": 1, "week": 7}
_HOW: Final = (
    Choice("day", "for a day"),
    Choice("week", "for a week"),
    Choice("good", "for good"),
    Choice("day-line", "for a day, behind a line by which it can be opened"),
    Choice("week-line", "for a week, behind a line"),
    Choice("good-line", "for good, behind a line"),
)


def filter_params(how: str, now_ms: int) -> dict[str, Any]:
    """Return what `filter` (docs/api.md) is told of a choice; None is left out.

    Args:
        how: the id of a choice.
        now_ms: the present, in milliseconds since 1970 UTC.
    """
    span, _, line = how.partition("-")
    until_ms = now_ms + _DAYS[span] * _DAY_MS if span in _DAYS else None
    return {"warns": bool(line) or None, "until_ms": until_ms}


async def ask_how(app: App[Any], title: str, now_ms: int) -> dict[str, Any] | None:
    """Return what `filter` is told, or None: nothing is to be filtered."""
    how = await app.push_screen_wait(ChooseScreen(title, _HOW))
    return filter_params(how, now_ms) if how else None
