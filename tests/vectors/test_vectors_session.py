"""protocol/vectors/session.json against p2pblog.sync.session, over p2pblog.store.logs."""

from __future__ import annotations

import pytest

from p2pblog.conformance.driver import failure
from p2pblog.conformance.lines import Answer
from p2pblog.conformance.operations import PURE
from p2pblog.conformance.talks import session
from tests.vectors.running import Case, each


@pytest.mark.proves("S-9", "S-11", "S-15", "S-36", "S-37", "S-38")
@each("session")
def test_both_ends_say_what_the_vector_says(case: Case) -> None:
    for step in session(case):
        assert failure(step, Answer(PURE[step.op](step.fields))) is None
