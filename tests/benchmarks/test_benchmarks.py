"""The benchmarks can be run, are documented, and add up what they find."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import BENCHMARKS
from tests.benchmarks.figures import Figure, document, summarise, table

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_can_be_loaded_and_is_documented(name: str) -> None:
    assert callable(import_module(f"tests.benchmarks.{BENCHMARKS[name]}").measure)
    assert f"\n| `{name}` | " in PAGE.read_text(encoding="utf-8")


def test_a_figure_is_the_median_of_its_runs() -> None:
    runs = [[Figure("rate", rate, "x", at_least=2), Figure("size", 7, "B")] for rate in (5, 1, 3)]
    rate, size, once = summarise([*runs, [Figure("size", 9, "KiB")]])
    assert (rate.figure.value, rate.least, rate.most) == (3, 1, 5)
    assert (size.figure.value, once.figure.value) == (7, 9)
    assert json.loads(json.dumps(document(rate))) == {
        "name": "rate",
        "value": 3,
        "unit": "x",
        "at_least": 2,
        "least": 1,
        "most": 5,
    }
    title, line, *_ = table("title", [rate, size, once]).splitlines()
    assert (title, line.split()) == (
        "title",
        ["rate", "3.00", "x", "1.00", "to", "5.00", "aim:", "at", "least", "2.00"],
    )
