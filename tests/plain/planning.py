"""Chapter 10, section 2: what to ask for next, of a log that is wanted whole."""

from __future__ import annotations

from typing import Any

from tests.plain.held import Held

Ask = tuple[str, int, int]
"""("up" or "down", low, high), or ("latest", most, 0)."""


def next_ask(held: Held, offer: list[Any]) -> Ask | None:
    """Return the next question about a log, of which a peer offers this."""
    _, low, high, high_id, *older_offer = offer
    if held.forked:
        return None
    newest, older = held.newest, held.older
    if newest is None:
        return "latest", 100, 0

    def holds(seq: int) -> bool:
        inside = bool(older_offer) and older_offer[0] <= seq <= older_offer[1]
        return low <= seq <= high or inside

    if high == newest.high and high_id not in (None, newest.high_id):
        return "up", high, high
    if high > newest.high:
        if older is None and (high - newest.high > 512 or not holds(newest.high + 1)):
            return "latest", 100, 0
        if holds(newest.high + 1):
            return "up", newest.high + 1, min(high, newest.high + 4096)
    if newest.low <= 1 or not holds(newest.low - 1):
        return None
    floor = [1, newest.low - 4096, low if low < newest.low else older_offer[0]]
    if older is not None:
        floor.append(older.high + 1)
    return "down", max(floor), newest.low - 1
