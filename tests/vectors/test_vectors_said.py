"""protocol/vectors/said.json against the views of a node."""

from __future__ import annotations

import pytest

from p2pblog.conformance.saying import identity_said
from tests.vectors.running import Case, each


@pytest.mark.proves("B-7", "B-8", "B-13", "B-14", "B-15", "B-16", "B-18", "B-19", "B-20")
@pytest.mark.proves("I-6", "I-7", "I-9")
@each("said")
def test_what_stands_of_an_identity_is_what_the_vector_says(case: Case) -> None:
    found = identity_said(case)
    assert found == {name: case[name] for name in found}
