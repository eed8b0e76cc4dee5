"""Every numbered clause of protocol/ is proven by a test, or by test vectors, that name it.

A test names clauses by a marker, `@pytest.mark.proves("E-3", "E-11")`; a file of test
vectors by the note of a flag that its cases bear ("E-12, E-13: ends too early, or too
late").  The sources are parsed, not imported, so that this holds for tests that are skipped
on this machine as well.

A property is a marked test that Hypothesis draws the cases of (`@given`).  Every clause has
one, but for those of NO_PROPERTY, which says why.
"""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.test_protocol_pages import CLAUSE, CLAUSES, prose

TESTS = Path(__file__).parent
VECTORS = TESTS.parent / "protocol" / "vectors"
NAMED = re.compile(r"([A-Z])-(\d+)(?: to [A-Z]-(\d+))?")
NAMES = re.compile(rf"{NAMED.pattern}(?:, {NAMED.pattern})*")

Where = dict[str, list[str]]

NO_PROPERTY: dict[str, str] = {}
"""The clauses that no property proves, each with the reason; other tests prove them."""


@cache
def numbered() -> frozenset[str]:
    """Return every clause of the chapters."""
    return frozenset(f"{a}-{b}" for page in CLAUSES for a, b in CLAUSE.findall(prose(page)))


def marked(source: str, *, properties: bool = False) -> Iterator[tuple[str, str]]:
    """Yield (test, clause) for the markers of a module; raise where one names nothing.

    properties: only those of tests that Hypothesis draws the cases of.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        drawn = any(ast.unparse(one).startswith("given(") for one in node.decorator_list)
        if properties and not drawn:
            continue
        for decorator in node.decorator_list:
            if not ast.unparse(decorator).startswith("pytest.mark.proves"):
                continue
            assert node.name.startswith("test_"), f"{node.name} is no test"
            assert isinstance(decorator, ast.Call), f"{node.name} says not what it proves"
            assert decorator.args, f"{node.name} proves nothing"
            for argument in decorator.args:
                yield node.name, str(ast.literal_eval(argument))


def noted(note: str) -> list[str]:
    """Return the clauses that the note of a flag begins with: "L-8 to L-10: ..." are three."""
    named = note.partition(":")[0]
    if not NAMES.fullmatch(named):
        return []
    return [
        f"{letter}-{number}"
        for letter, first, last in NAMED.findall(named)
        for number in range(int(first), int(last or first) + 1)
    ]


@cache
def proven() -> Where:
    """Return where each clause is named: tests, and flags of vectors that a case bears."""
    found: Where = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for test, clause in marked(path.read_text()):
            found[clause].append(f"{path.relative_to(TESTS)}::{test}")
    for path in sorted(VECTORS.glob("*.json")):
        held = json.loads(path.read_text(encoding="ascii"))
        borne = {flag for case in held.get("tests", ()) for flag in case.get("flags", ())}
        for flag, note in held.get("notes", {}).items():
            for clause in noted(note) if flag in borne else ():
                found[clause].append(f"{path.name}: {flag}")
    return found


@cache
def with_property() -> frozenset[str]:
    """Return the clauses that at least one property names."""
    modules = (path.read_text() for path in sorted(TESTS.rglob("test_*.py")))
    return frozenset(clause for one in modules for _, clause in marked(one, properties=True))


def test_every_clause_is_proven(figures: Figures) -> None:
    missing = sorted(numbered() - proven().keys())
    places = sum(map(len, proven().values()))
    figures.tell(f"{len(numbered())} clauses of the protocol, proven in {places} places")
    assert not missing, f"no test names {', '.join(missing)}"


def test_every_clause_is_proven_by_a_property_or_it_is_said_why_not(figures: Figures) -> None:
    proven_so = numbered() & with_property()
    figures.tell(f"{len(proven_so)} of {len(numbered())} clauses proven by properties")
    missing = sorted(numbered() - proven_so - NO_PROPERTY.keys())
    assert not missing, f"no property names {', '.join(missing)}"
    assert not NO_PROPERTY.keys() - numbered(), "it lists what is no clause"
    assert not NO_PROPERTY.keys() & proven_so, "it lists what a property does prove"


def test_no_test_names_a_clause_that_does_not_exist() -> None:
    unknown = {clause: where for clause, where in proven().items() if clause not in numbered()}
    assert not unknown


@pytest.mark.parametrize(
    ("note", "clauses"),
    [
        ("E-12, E-13: ends too early, or too late", ["E-12", "E-13"]),
        ("S-16 to S-19: not what was asked for", ["S-16", "S-17", "S-18", "S-19"]),
        ("S-11, S-12", ["S-11", "S-12"]),
        ("section 2: absent, B-4 perhaps", []),
        ("a field, unlike H-4: at its largest", []),
    ],
)
def test_a_note_names_clauses_where_it_begins_with_them(note: str, clauses: list[str]) -> None:
    assert noted(note) == clauses


def test_markers_are_read_from_every_kind_of_test() -> None:
    source = """
@pytest.mark.parametrize("x", [1])
@pytest.mark.proves("E-1", "E-2")
def test_one(x): ...
class TestTwo:
    @pytest.mark.proves("E-3")
    async def test_two(self): ...
def test_three(): ...
"""
    source += """
@pytest.mark.proves("E-4")
@quick(9)
@given(st.integers())
def test_four(x): ...
"""
    drawn = {("test_four", "E-4")}
    plain = {("test_one", "E-1"), ("test_one", "E-2"), ("test_two", "E-3")}
    assert set(marked(source)) == plain | drawn
    assert set(marked(source, properties=True)) == drawn
    with pytest.raises(AssertionError):
        list(marked("@pytest.mark.proves()\ndef test_one(): ..."))
