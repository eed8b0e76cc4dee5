"""protocol/vectors/reconcile.json against p2pblog.sync.frontier and p2pblog.sync.reconcile."""

from __future__ import annotations

import pytest

from p2pblog.conformance.driver import failure
from p2pblog.conformance.lines import Answer
from p2pblog.conformance.operations import PURE
from p2pblog.conformance.talks import reconcile
from p2pblog.core.errors import ProtocolError
from tests.vectors.running import Case, each


@pytest.mark.proves("R-10", "R-11", "R-12", "R-13")
@each("reconcile")
def test_what_is_held_is_summed_up_and_compared_as_the_vector_says(case: Case) -> None:
    for step in reconcile(case):
        try:
            answer = Answer(PURE[step.op](step.fields))
        except ProtocolError as error:
            answer = Answer(None, error.code)
        assert failure(step, answer) is None
