"""protocol/vectors/bundling.json against what a store is written into."""

from __future__ import annotations

import pytest

from p2pblog.conformance.bundling import bundle_write, comparable
from tests.plain.bundle import write
from tests.plain.log import Log
from tests.vectors.running import Case, each


@pytest.mark.proves("X-1")
@each("bundling")
def test_a_bundle_gives_its_reader_what_that_of_the_vector_does(case: Case) -> None:
    found = comparable("bytes", bundle_write(case)["bytes"])
    assert found == comparable("bytes", case["bytes"])
    assert isinstance(found, dict), found


LOG = Log(1, 60)
HIGH, LOW = LOG.segment(41, 50), LOG.segment(1, 40, signed=False)


@pytest.mark.parametrize(
    ("segments", "why"),
    [
        ([LOW, HIGH], "refused in its turn"),
        ([HIGH, LOG.segment(21, 30), LOG.segment(31, 40)], "refused in its turn"),
        ([LOG.segment(1, 40), HIGH, HIGH], "something is there twice"),
        ([LOG.segment(1, 20), LOG.segment(41, 50), LOG.segment(21, 30)], "refused in its turn"),
    ],
)
def test_bundles_that_no_reader_could_check_are_told_apart(segments: list[bytes], why: str) -> None:
    assert comparable("bytes", write(segments).hex()).startswith(why)


def test_what_is_no_bundle_or_half_of_one_is_told_apart() -> None:
    right = write([HIGH, LOW]).hex()
    assert comparable("bytes", right) == {LOG.key.public.hex(): [[1, 50, LOG[50].id.hex()], []]}
    for wrong in (right[:-2], "00", ""):
        assert comparable("bytes", wrong).startswith("refused in its turn")
