"""What to ask a peer for next, of one log.

Implements protocol/10-replication.md section 2.  Pure.  The newest entries come first: of a
log never seen, the latest hundred; of one that is far behind, the latest hundred too; then
the past is filled in from there downward.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, TypeAlias

from p2pblog.core import limits
from p2pblog.log.held import Held
from p2pblog.sync.messages import Offer

WHOLE = limits.SEQ_MAX
"""The depth of a log that is wanted from its first entry on."""


class Latest(NamedTuple):
    """The newest entries that the peer holds when it answers, at most `most`."""

    most: int


class Span(NamedTuple):
    """The entries from `low` to `high`.

    `down`: newest first, since the id of `high` is known; else oldest first, each segment
    standing on a signature of its own.
    """

    low: int
    high: int
    down: bool


Ask: TypeAlias = Latest | Span


def next_ask(held: Held | None, offer: Offer, depth: int, bare: Collection[int] = ()) -> Ask | None:
    """Return what to ask the peer behind `offer` for, or None when there is nothing.

    Args:
        held: what this node holds of the log.
        depth: how many of the newest entries it wants: 0 none, WHOLE all.
        bare: the entries (seqs) that it holds without their bodies, and may ask this peer for.
    """
    ask = _next_entries(held, offer, depth)
    if ask is None and depth > 0:
        there = [seq for seq in bare if offer.low <= seq <= offer.high]
        if there:
            high = max(there)
            low = max(min(there), high - limits.SEGMENT_ENTRIES_MAX + 1)
            return Span(low, high, down=True)
    return ask


def _next_entries(held: Held | None, offer: Offer, depth: int) -> Ask | None:
    if depth <= 0:
        return None
    latest = Latest(min(depth, limits.FIRST_WANT_ENTRIES))
    if held is None:
        return latest
    newest, older = held.newest, held.older
    if offer.high == newest.high and offer.high_id not in (None, newest.high_id):
        # Two ids for one entry: its signature is the proof of a fork.
        return Span(newest.high, newest.high, down=False)
    if offer.high > newest.high:
        far = offer.high - newest.high > min(limits.JUMP_ENTRIES, depth)
        if older is None and (far or not offer.holds(newest.high + 1)):
            return latest
        if offer.holds(newest.high + 1):
            high = min(offer.high, newest.high + limits.WANT_ENTRIES_MAX)
            return Span(newest.high + 1, high, down=False)
    bottom = max(1, newest.high - depth + 1)
    if newest.low <= bottom or not offer.holds(newest.low - 1):
        return None
    low = max(bottom, newest.low - limits.WANT_ENTRIES_MAX)
    if older is not None:
        low = max(low, older.high + 1)
    # Only as far down as this peer holds without a gap.
    if newest.low - 1 >= offer.low:
        low = max(low, offer.low)
    elif offer.older is not None:
        low = max(low, offer.older[0])
    return Span(low, newest.low - 1, down=True)
