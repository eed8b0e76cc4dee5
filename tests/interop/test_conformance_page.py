"""protocol/conformance.md names every operation, and every field that the vectors speak of."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from p2pblog.conformance.__main__ import VECTORS
from p2pblog.conformance.driver import LIVE_OPS
from p2pblog.conformance.operations import PURE
from p2pblog.conformance.vectors import FILES, read_file

PAGE = (VECTORS.parent / "conformance.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.*) ?\| (.*) ?\|$", re.MULTILINE)


def fields(cell: str) -> set[str]:
    """Return the names that a cell of the page gives to fields."""
    return {name for quoted in re.findall(r"`([a-z_, ]+)`", cell) for name in quoted.split(", ")}


@pytest.fixture(scope="module")
def asked() -> dict[str, tuple[set[str], set[str]]]:
    """Return what the vectors send with each operation, and what they look for."""
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for name, steps_of in FILES.items():
        for case in read_file(VECTORS / f"{name}.json"):
            for step in steps_of(case):
                found[step.op][0].update(step.fields)
                found[step.op][1].update(step.expected)
    return found


def test_the_operations_are_those_of_the_page() -> None:
    named = [op for op, _, _ in ROW.findall(PAGE)]
    assert sorted(named) == sorted({*PURE, *LIVE_OPS, "capabilities"})


@pytest.mark.parametrize("op", PURE)
def test_the_vectors_ask_for_it_with_the_fields_of_the_page(
    op: str, asked: dict[str, tuple[set[str], set[str]]]
) -> None:
    [(request, answer)] = [cells for name, *cells in ROW.findall(PAGE) if name == op]
    sent, looked_for = asked[op]
    assert sent == fields(request)
    assert looked_for <= fields(answer)
    assert not fields(request) & {"id", "op"}
