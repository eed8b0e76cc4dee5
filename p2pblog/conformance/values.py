"""Values in JSON, for the lines of the conformance protocol.

Implements protocol/conformance.md section 2.  JSON has no byte strings, and its objects have no
order: a bin is {"bin": HEX}, a map {"map": [[KEY, VALUE], ...]}; everything else is itself.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from p2pblog.core.encoding import Value, decode
from p2pblog.log.segment import Segment, from_wire

Json: TypeAlias = Any
"""None | bool | int | str | list[Json] | dict[str, Json]"""
Fields: TypeAlias = dict[str, Any]
"""The fields of a request."""

unhex = bytes.fromhex


def unhex_segment(text: str) -> Segment:
    """Return the segment that travels as these bytes.

    Raises:
        NonCanonical, BadStructure, TooLarge: it is none.
    """
    value = decode(unhex(text))
    return from_wire(value)


def maybe_unhex(text: str | None) -> bytes | None:
    """Return the bytes of `text`, None of null."""
    return None if text is None else unhex(text)


def maybe_hex(data: bytes | None) -> str | None:
    """Return bytes as text, null for None."""
    return None if data is None else data.hex()


def to_json(value: Value) -> Json:
    """Return the JSON form of a decoded value."""
    match value:
        case bytes():
            return {"bin": value.hex()}
        case list():
            return [to_json(item) for item in value]
        case dict():
            return {"map": [[key, to_json(item)] for key, item in value.items()]}
        case _:
            return value


def from_json(form: Json) -> Value:
    """Return the value that `form` stands for.

    Raises:
        ValueError: it stands for none.
    """
    match form:
        case {"bin": str(text)}:
            return bytes.fromhex(text)
        case {"map": list(items)}:
            return {key: from_json(item) for key, item in items}
        case list():
            return [from_json(item) for item in form]
        case None | bool() | int() | str():
            return form
        case _:
            raise ValueError("a value is null, bool, int, str, list, {bin} or {map}")
