"""How cases are written down: bytes, values, results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.plain.refused import Refused

Bytes = bytes | list[tuple[bytes, int]]
"""Bytes, or pieces of them, each so many times over, where they would fill pages."""


def whole(data: Bytes) -> bytes:
    """Return the bytes themselves."""
    return data if isinstance(data, bytes) else b"".join(piece * count for piece, count in data)


def spell(data: Bytes) -> str | list[list[Any]]:
    """Return bytes as the files have them: hex, or [hex, count] pairs that run together."""
    if isinstance(data, bytes):
        return data.hex()
    return [[piece.hex(), count] for piece, count in data]


def spell_value(value: Any) -> Any:
    """Return a value of chapter 1 as JSON: bin and map are objects, so that nothing is lost."""
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    if isinstance(value, list):
        return [spell_value(item) for item in value]
    if isinstance(value, dict):
        ordered = sorted(value, key=str.encode)
        return {"map": [[key, spell_value(value[key])] for key in ordered]}
    return value


class Cases:
    """The cases of one file; each is judged by the plain implementation as it is added."""

    def __init__(self, spec: str, notes: dict[str, str]) -> None:
        self.spec = spec
        self.notes = notes
        self.tests: list[dict[str, Any]] = []

    def add(
        self,
        comment: str,
        given: dict[str, Any],
        judge: Callable[[], dict[str, Any]],
        *,
        flags: str = "",
        error: str | None = None,
    ) -> None:
        """Add a case.

        Args:
            given: the input fields.
            judge: returns the output fields, or raises Refused.
            flags: names of notes, with blanks between.
            error: the code that the author of the case expects; None: it is valid.
        """
        found, outcome = None, {}
        try:
            outcome = judge()
        except Refused as refused:
            found = refused.code
        assert found == error, f"{self.spec}, {comment}: {found} instead of {error}"
        named = flags.split()
        assert set(named) <= self.notes.keys(), comment
        result = {"result": "valid"} if error is None else {"result": "invalid", "error": error}
        head = {"id": len(self.tests) + 1, "comment": comment, "flags": named}
        assert not head.keys() & (given.keys() | outcome.keys())
        self.tests.append(head | given | outcome | result)

    def document(self) -> dict[str, Any]:
        """Return what the file holds."""
        used = {flag for test in self.tests for flag in test["flags"]}
        assert used == self.notes.keys(), self.notes.keys() - used
        return {"spec": self.spec, "notes": self.notes, "tests": self.tests}
