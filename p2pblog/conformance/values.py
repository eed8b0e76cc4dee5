"""MessagePack values in JSON, for the lines of the conformance protocol.

Implements protocol/conformance.md section 2.  JSON has no byte strings, and its objects have no
order: a bin is {"bin": HEX}, a map {"map": [[KEY, VALUE], ...]}; everything else is itself.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from p2pblog.core.encoding import Value

Json: TypeAlias = Any
"""None | bool | int | str | list[Json] | dict[str, Json]"""


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
