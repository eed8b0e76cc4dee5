"""What was looked at is read as it is kept now, and as it was kept before."""

from __future__ import annotations

import pytest

from p2pblog.core.encoding import Value
from p2pblog.node.outlook import Outlook
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.personal import Personal, Section
from p2pblog.views.lens import NO_FLOOR, Floor


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        ([5, 7, [[b"one", 9], [b"two", 8]]], ({b"one": 9, b"two": 8}, Floor(5, 7))),
        ([b"one", b"two"], ({b"one": 0, b"two": 0}, NO_FLOOR)),
        ([], ({}, NO_FLOOR)),
        ([5, 7, [b"one", 8]], ({}, Floor(5, 7))),
        ("damaged", ({}, NO_FLOOR)),
    ],
)
def test_what_was_looked_at_is_read(kept: Value, found: tuple[dict[bytes, int], Floor]) -> None:
    personal = Personal(MemoryKeyValue())
    outlook = Outlook(personal, lambda: 0)
    assert outlook.seen() == ({}, NO_FLOOR)
    personal.put(Section.SEEN, b"", kept)
    assert outlook.seen() == found
    assert (outlook.lens().seen, outlook.lens().floor) == (frozenset(found[0]), found[1])
