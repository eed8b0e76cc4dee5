"""protocol/vectors/segment.json against p2pblog.log.segment."""

from __future__ import annotations

import pytest

from p2pblog.core.encoding import decode
from p2pblog.log.segment import Checked, check_segment, encode_segment, from_wire
from tests.vectors.running import Case, each, outcome, read_bytes, read_optional


@pytest.mark.proves("L-1", "L-2", "L-3", "L-4", "L-5", "L-6", "H-7")
@each("segment")
def test_a_segment_is_taken_or_refused_as_the_vector_says(case: Case) -> None:
    data = read_bytes(case["bytes"])

    def run() -> Checked:
        segment = from_wire(decode(data))
        assert encode_segment(segment) == data
        return check_segment(segment, read_optional(case["pinned"]))

    checked = outcome(case, run)
    if checked is not None:
        assert checked.entries[0].seq == case["first"]
        assert checked.entries[-1].seq == case["last"]
        assert checked.entries[-1].id.hex() == case["last_id"]
        assert sorted(checked.signatures) == case["signed"]
