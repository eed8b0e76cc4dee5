"""protocol/vectors/placing.json against p2pblog.log.placing."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.core.encoding import decode
from p2pblog.core.errors import ProtocolError
from p2pblog.log.held import Held, Range
from p2pblog.log.placing import place
from p2pblog.log.segment import Segment, check_segment, from_wire
from tests.vectors.running import Case, each


def spelt(held: Range | None) -> list[Any] | None:
    if held is None:
        return None
    prev = None if held.low_prev is None else held.low_prev.hex()
    return [held.low, held.high, prev, held.high_id.hex()]


def take(held: Held | None, segment: Segment) -> tuple[Held | None, int]:
    """Return what is held once a segment was taken in, and how many entries were new."""
    placed = place(held, segment)
    if placed is None:
        return held, 0
    placing, part = placed
    entries = placing.settle(check_segment(part, placing.pinned))
    return placing.held_after(entries), len(entries)


@each("placing")
def test_segments_leave_the_ranges_that_the_vector_says(case: Case) -> None:
    held: Held | None = None
    forked = False
    for step in case["steps"]:
        segment = from_wire(decode(bytes.fromhex(step["segment"])))
        if forked:
            # What refuses it is the store, which knows of the fork (tests/store).
            assert "new" not in step
        elif "new" not in step:
            with pytest.raises(ProtocolError) as raised:
                take(held, segment)
            assert raised.value.code == case["error"]
            forked = case["error"] == "fork"
        else:
            held, new = take(held, segment)
            assert new == step["new"]
        assert spelt(held.newest if held else None) == step["newest"]
        assert spelt(held.older if held else None) == step["older"]
