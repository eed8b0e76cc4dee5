"""The fields of a body: typed and bounded when they are read, left out when they are empty.

Implements protocol/04-bodies.md section 2.  Pure.
"""

from __future__ import annotations

from typing import Any

from p2pblog.content.kinds import Ref
from p2pblog.core import limits
from p2pblog.core.errors import BadBody


class Fields:
    """Typed, bounded access to the fields of one content map."""

    __slots__ = ("_map",)

    def __init__(self, content: Any) -> None:
        if not isinstance(content, dict):
            raise BadBody("a map was expected")
        self._map: dict[str, Any] = content

    def is_only(self, name: str) -> bool:
        """Tell whether there is nothing but this field."""
        return len(self._map) == 1 and name in self._map

    def text(self, name: str, bytes_max: int, *, required: bool = False) -> str:
        """Return a str of at most so many bytes, "" where it is absent."""
        value = self._map.get(name, "")
        if type(value) is not str or len(value.encode()) > bytes_max:
            raise BadBody(name)
        if required and not value.strip():
            raise BadBody(f"{name} is empty")
        return value

    def data(self, name: str, size: int) -> bytes:
        """Return a bin of that size."""
        value = self._map.get(name)
        if type(value) is not bytes or len(value) != size:
            raise BadBody(name)
        return value

    def number(self, name: str, most: int) -> int:
        """Return an int from 0 to `most`."""
        value = self._map.get(name)
        if type(value) is not int or not 0 <= value <= most:
            raise BadBody(name)
        return value

    def flag(self, name: str) -> bool:
        """Return a bool, False where it is absent."""
        value = self._map.get(name, False)
        if type(value) is not bool:
            raise BadBody(name)
        return value

    def ref(self, name: str) -> Ref | None:
        """Return a reference, None where it is absent."""
        value = self._map.get(name)
        return None if value is None else read_ref(name, value)

    def items(self, name: str, most: int) -> list[Any]:
        """Return an array of at most `most`, empty where it is absent."""
        value = self._map.get(name, [])
        if type(value) is not list or len(value) > most:
            raise BadBody(name)
        return value

    def inner(self, name: str) -> Fields | None:
        """Return the fields of a map, None where it is absent."""
        value = self._map.get(name)
        return None if value is None else Fields(value)


def read_ref(name: str, value: Any) -> Ref:
    """Return the reference in a value."""
    match value:
        case [bytes() as log, int() as seq, bytes() as entry_id] if (
            len(log) == limits.KEY_BYTES
            and len(entry_id) == limits.ID_BYTES
            and not isinstance(seq, bool)
            and 1 <= seq <= limits.SEQ_MAX
        ):
            return Ref(log, seq, entry_id)
        case _:
            raise BadBody(name)


def present(**fields: Any) -> dict[str, Any]:
    """Leave out what is empty: an absent field and an empty one mean the same."""
    return {name: value for name, value in fields.items() if value not in (None, "", False, [])}


def write_ref(ref: Ref | None) -> list[Any] | None:
    """Return a reference as a value."""
    return None if ref is None else [ref.log, ref.seq, ref.id]
