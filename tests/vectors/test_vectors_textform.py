"""protocol/vectors/textform.json against p2pblog.core.textform."""

from __future__ import annotations

import pytest

from p2pblog.core.textform import Kind, from_text, to_text
from tests.vectors.running import Case, each, outcome


@pytest.mark.proves("E-15", "E-16")
@each("textform")
def test_text_forms_read_and_write_as_the_vector_says(case: Case) -> None:
    kind = Kind(case["kind"])
    found = outcome(case, lambda: from_text(kind, case["text"]))
    if case["result"] == "valid":
        assert found.hex() == case["bytes"]
        assert to_text(kind, found) == case["written"]
