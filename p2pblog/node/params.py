"""Take parameters out of a request: typed, bounded, refused in one clear line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from p2pblog.core.errors import BadRequest

Params: TypeAlias = Mapping[str, Any]
Document: TypeAlias = dict[str, Any]


def text(params: Params, name: str, *, most: int = 10_000, default: str | None = None) -> str:
    """Return a string parameter of at most `most` characters.

    Raises:
        BadRequest: it is missing and has no default, is no string, or is too long.
    """
    value = params.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadRequest(f"'{name}' must be a text")
    if len(value) > most:
        raise BadRequest(f"'{name}' is longer than {most} characters")
    return value


def optional(params: Params, name: str, *, most: int = 10_000) -> str | None:
    """Return a string parameter, or None where it is missing.

    Raises:
        BadRequest: it is no string, or too long.
    """
    return None if params.get(name) is None else text(params, name, most=most)


def number(params: Params, name: str, *, default: int, low: int, high: int) -> int:
    """Return a whole number between `low` and `high`.

    Raises:
        BadRequest: it is none.
    """
    value = params.get(name, default)
    if type(value) is not int or not low <= value <= high:
        raise BadRequest(f"'{name}' must be a whole number from {low} to {high}")
    return value


def flag(params: Params, name: str) -> bool:
    """Return a truth value, False where it is missing.

    Raises:
        BadRequest: it is none.
    """
    value = params.get(name, False)
    if type(value) is not bool:
        raise BadRequest(f"'{name}' must be true or false")
    return value


def items(params: Params, name: str, *, most: int) -> list[Params]:
    """Return a list of at most `most` maps, empty where it is missing.

    Raises:
        BadRequest: it is none.
    """
    value = params.get(name, [])
    if type(value) is not list or len(value) > most or not all(type(v) is dict for v in value):
        raise BadRequest(f"'{name}' must be a list of at most {most} maps")
    return value
