"""protocol/vectors/hearsay.json against what finds peers."""

from __future__ import annotations

import pytest

from p2pblog.conformance.hearsay import lan_read, member_dial
from tests.vectors.running import Case, each


@pytest.mark.proves("D-4", "D-5", "D-6", "D-7")
@each("hearsay", op="lan")
def test_of_an_announcement_only_that_is_believed_which_the_vector_says(case: Case) -> None:
    assert lan_read(case) == {"found": case["found"], "dial": case["dial"]}


@pytest.mark.proves("M-1")
@each("hearsay", op="member")
def test_of_what_peers_tell_only_that_is_dialled_which_the_vector_says(case: Case) -> None:
    assert member_dial(case) == {"dial": case["dial"]}
