"""The files of protocol/vectors as such: their form, their number, and where they come from."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path

import pytest

from p2pblog.core.errors import error_codes
from tests.conftest import Figures
from tests.plain.generate import FILES, written
from tests.vectors.running import VECTORS, document

NAMES = sorted(path.stem for path in VECTORS.glob("*.json") if path.stem != "schema")
PLAIN = Path(__file__).parents[1] / "plain"


@pytest.mark.parametrize("name", FILES)
def test_the_plain_implementation_writes_the_file_again_byte_for_byte(name: str) -> None:
    assert (VECTORS / f"{name}.json").read_text(encoding="ascii") == written(name)


@pytest.mark.parametrize("path", sorted(PLAIN.rglob("*.py")), ids=lambda path: str(path.name))
def test_the_plain_implementation_knows_nothing_of_the_package(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not any(name.split(".")[0] == "p2pblog" for name in names)


@pytest.mark.parametrize("name", NAMES)
def test_ids_count_from_one_and_flags_and_codes_are_known(name: str) -> None:
    held = document(name)
    assert [test["id"] for test in held["tests"]] == list(range(1, len(held["tests"]) + 1))
    if name == "noise":
        return
    comments = Counter(json.dumps(test, sort_keys=True) for test in held["tests"])
    assert max(comments.values()) == 1
    for test in held["tests"]:
        assert set(test["flags"]) <= held["notes"].keys()
        assert test["result"] == "valid" or test["error"] in error_codes()


def test_every_file_has_a_module_that_runs_it() -> None:
    modules = {path.stem for path in Path(__file__).parent.glob("test_vectors_*.py")}
    assert {f"test_vectors_{name}" for name in FILES} <= modules
    assert set(NAMES) == {*FILES, "noise"}


def test_there_are_300_cases_and_half_of_them_are_refusals(figures: Figures) -> None:
    results = Counter(
        test.get("result", "valid") for name in NAMES for test in document(name)["tests"]
    )
    figures.tell(
        f"{results.total()} test vectors in {len(NAMES)} files, {results['invalid']} refusals"
    )
    assert results.total() >= 300
    assert results["invalid"] * 2 >= results.total()
