"""Chapter 9, sections 4 and 5: offers, and the segments that answer questions."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.plain.entry import CHECKPOINT
from tests.plain.held import Held, Range
from tests.plain.planning import Ask

SOFT_BYTES = 262_144


class Served(NamedTuple):
    """The fields of a segment, where it begins and ends, and what is left to answer."""

    fields: list[Any]
    first: int
    last: int
    rest: Ask | None


def offer_of(log: bytes, held: Held) -> list[Any]:
    """Return the offer of what is held of a log."""
    assert held.newest is not None
    older = [] if held.older is None else [held.older.low, held.older.high]
    return [log, held.newest.low, held.newest.high, held.newest.high_id, *older]


def serve(held: Held, ask: Ask) -> Served | None:
    """Return the next segment of an answer, None where it begins at nothing that is held."""
    how, low, high = ask
    if how == "latest":
        high = held.newest.high if held.newest else 0
        how, low = "down", max(1, high - low + 1)
    start = high if how == "down" else low
    inside = next((r for r in (held.newest, held.older) if r and r.low <= start <= r.high), None)
    if inside is None:
        return None
    if how == "down":
        first, last = lower_end(held, inside, low, high), high
        rest = ("down", low, first - 1)
    else:
        first, last = low, upper_end(held, inside, low, high)
        rest = ("up", last + 1, high)
    return Served(fields_of(held, first, last), first, last, rest if rest[1] <= rest[2] else None)


def lower_end(held: Held, inside: Range, low: int, high: int) -> int:
    """Return where a segment that goes down from `high` begins."""
    first, size = high, held.entries[high].size
    while first > max(low, inside.low) and high - first < 511 and size < SOFT_BYTES:
        first -= 1
        size += held.entries[first].size
    return first


def upper_end(held: Held, inside: Range, low: int, high: int) -> int:
    """Return where a segment that goes up from `low` ends: where there is a signature."""
    last, size = low, held.entries[low].size
    while last < inside.high and last - low < 511:
        if (last >= high or size >= SOFT_BYTES) and last % CHECKPOINT == 0:
            break
        last += 1
        size += held.entries[last].size
    while last not in held.signatures:
        last -= 1
    return last


def fields_of(held: Held, first: int, last: int) -> list[Any]:
    """Return the fields of a segment of what is held."""
    entries = [held.entries[seq] for seq in range(first, last + 1)]
    times = [
        entry.time_ms - (entries[index - 1].time_ms if index else 0)
        for index, entry in enumerate(entries)
    ]
    signatures = [
        held.signatures[seq]
        for seq in range(first, last + 1)
        if seq % CHECKPOINT == 0 or (seq == last and seq in held.signatures)
    ]
    bodies = [held.bodies[seq] for seq in range(first, last + 1)]
    return [entries[0].log, first, entries[0].prev, times, bodies, signatures]
