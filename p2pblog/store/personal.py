"""What somebody keeps for themselves: bookmarks, lists, filters, posts for later, decisions.

Nothing of it is ever published.  It is small and bounded, and read from memory; every change is
on disk before it is answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from p2pblog.core import limits
from p2pblog.core.encoding import Value, decode, encode
from p2pblog.core.errors import BadRequest, NonCanonical
from p2pblog.store import layout
from p2pblog.store.keyvalue import KeyValue


class Section(Enum):
    """What is kept, with the letter of it in keys and how many of it there may be.

    Bookmarks are [log, seq, when (ms)] by entry id; lists are [name, [identities]] by folded
    name; tags are [when] by tag; filters are [value, warns, until (ms, 0: for good)] by kind
    and folded value; posts for later are [when due (ms), body] by a number.  Strangers are [let
    through, dismissed until (ms)] by identity; notifications looked at are [place, arrival,
    [[digest, place]]] under no key, a floor and what stands above it; reports are [log, seq, id,
    author or nil, reason, note, when (ms)] by a number, of a person with nil for the first three.
    """

    BOOKMARKS = b"b", limits.BOOKMARKS_MAX
    LISTS = b"l", limits.LISTS_MAX
    TAGS = b"t", limits.TAGS_FOLLOWED_MAX
    FILTERS = b"f", limits.FILTERS_MAX
    LATER = b"s", limits.LATER_MAX
    STRANGERS = b"q", limits.STRANGERS_MAX
    SEEN = b"n", 1
    REPORTS = b"r", limits.REPORTS_MAX

    def __init__(self, letter: bytes, most: int) -> None:
        self.letter = letter
        self.most = most


class Personal:
    """Everything of it.  Writes are for the store's one writing thread; reads for any."""

    def __init__(self, keyvalue: KeyValue) -> None:
        self._kv = keyvalue
        self.revision = 0
        """Rises with every change."""
        self._kept: dict[Section, Mapping[bytes, Value]] = {}
        for section in Section:
            low = layout.personal_key(section.letter, b"")
            high = layout.personal_key(bytes([section.letter[0] + 1]), b"")
            rows = {key[len(low) :]: decode(value) for key, value in keyvalue.scan(low, high)}
            self._kept[section] = MappingProxyType(rows)

    def all(self, section: Section) -> Mapping[bytes, Value]:
        """Return what is kept in a section; it does not change."""
        return self._kept[section]

    def put(self, section: Section, key: bytes, value: Value) -> None:
        """Keep a value; on disk when this returns.

        Raises:
            BadRequest: as many are kept as may be.
        """
        kept = self._kept[section]
        if key not in kept and len(kept) >= section.most:
            raise BadRequest(f"there are {section.most} already, the most that are kept")
        self._kv.write([(layout.personal_key(section.letter, key), encode(value))], [], sync=True)
        self._set(section, {**kept, key: value})

    def replace(self, section: Section, old: bytes, key: bytes, value: Value) -> None:
        """Keep a value instead of that under another key, which is there; both or neither."""
        gone = [layout.personal_key(section.letter, old)] if old != key else []
        put = [(layout.personal_key(section.letter, key), encode(value))]
        self._kv.write(put, gone, sync=True)
        others = {one: kept for one, kept in self._kept[section].items() if one != old}
        self._set(section, {**others, key: value})

    def drop(self, section: Section, key: bytes) -> None:
        """Keep it no longer."""
        self._kv.write([], [layout.personal_key(section.letter, key)], sync=True)
        self._set(section, {one: kept for one, kept in self._kept[section].items() if one != key})

    def _set(self, section: Section, rows: dict[bytes, Value]) -> None:
        # Replaced, never changed: other threads read it.
        self._kept[section] = MappingProxyType(rows)
        self.revision += 1


def is_personal(key: bytes, value: bytes) -> bool:
    """Tell whether a row, of a damaged store perhaps, can be read."""
    try:
        decode(value)
    except NonCanonical:
        return False
    return any(key[1:].startswith(section.letter) for section in Section)
