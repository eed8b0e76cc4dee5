"""Which of two links between two devices is kept.

Implements protocol/09-sessions.md section 10.  Pure.
"""

from __future__ import annotations

from p2pblog.core import limits


def first_stays(
    own: bytes, peer: bytes, *, first_began_here: bool, second_began_here: bool, gap_s: float
) -> bool:
    """Tell whether the first of two links with `peer` is kept, and the second closed.

    Both ends dialled at once where the second came within a moment: then both keep the link
    that the smaller key began.  Otherwise the older link is a dead one that was not noticed; it
    is, too, where the end that began it has begun another.

    Args:
        own, peer: the two devices' keys (32 bytes).
        gap_s: how much later the second link came up.
    """
    at_once = gap_s < limits.DIAL_S_MAX and first_began_here != second_began_here
    return at_once and first_began_here == (own < peer)
