"""Requests that a case of the vectors becomes, and what their answers must be.

Implements protocol/conformance.md section 3.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from p2pblog.conformance.values import Json

Case: TypeAlias = dict[str, Any]


class Step(NamedTuple):
    """One request, and what its answer must be: an error code, or a value with these fields.

    `comparable` returns, of a field's name and value, what is the same where the values need
    not be.
    """

    op: str
    fields: dict[str, Json]
    expected: dict[str, Json]
    error: str | None = None
    comparable: Callable[[str, Json], Json] = lambda name, value: value


Steps: TypeAlias = Callable[[Case], Iterator[Step]]


def pick(case: Case, names: str) -> dict[str, Json]:
    """Return those of the named fields that the case has."""
    return {name: case[name] for name in names.split() if name in case}


def simple(op: str, inputs: str, outputs: str = "") -> Steps:
    """Return the steps of a file whose cases are one request each."""

    def steps(case: Case) -> Iterator[Step]:
        yield Step(op, pick(case, inputs), pick(case, outputs), case.get("error"))

    return steps
