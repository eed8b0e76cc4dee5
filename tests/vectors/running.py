"""Read the files of protocol/vectors, and hold p2pblog against a case."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core.errors import P2PBlogError

VECTORS = Path(__file__).parents[2] / "protocol" / "vectors"
Case = dict[str, Any]


def document(name: str) -> Any:
    """Return what a file holds."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="ascii"))


def each(name: str, **fields: str) -> pytest.MarkDecorator:
    """Run a test with every case of a file whose fields are these."""
    cases = [
        case
        for case in document(name)["tests"]
        if all(case[field] == value for field, value in fields.items())
    ]
    assert cases
    return pytest.mark.parametrize("case", cases, ids=[f"{c['id']}-{c['comment']}" for c in cases])


def read_bytes(spelt: Any) -> bytes:
    """Return bytes that a file spells as hex, or as [hex, count] pairs."""
    if isinstance(spelt, str):
        return bytes.fromhex(spelt)
    return b"".join(bytes.fromhex(piece) * count for piece, count in spelt)


def read_optional(spelt: str | None) -> bytes | None:
    """Return bytes, or None for null."""
    return None if spelt is None else bytes.fromhex(spelt)


def read_value(spelt: Any) -> Any:
    """Return a value of the protocol from its form in JSON."""
    if isinstance(spelt, dict):
        if "bin" in spelt:
            return bytes.fromhex(spelt["bin"])
        return {key: read_value(item) for key, item in spelt["map"]}
    if isinstance(spelt, list):
        return [read_value(item) for item in spelt]
    return spelt


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal in type as well: true is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def outcome(case: Case, run: Callable[[], Any]) -> Any:
    """Return what `run` returns for a valid case; an invalid one must raise its error."""
    if case["result"] == "valid":
        return run()
    with pytest.raises(P2PBlogError) as raised:
        run()
    assert raised.value.code == case["error"]
    return None
