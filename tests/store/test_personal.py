"""What somebody keeps for themselves is there again, and bounded."""

from __future__ import annotations

import pytest

from p2pblog.core.errors import BadRequest
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.personal import Personal, Section


def test_it_is_kept_by_section_and_there_again() -> None:
    keyvalue = MemoryKeyValue()
    personal = Personal(keyvalue)
    for section in Section:
        personal.put(section, b"key", [section.name])
    personal.put(Section.TAGS, b"other", [1])
    personal.drop(Section.TAGS, b"key")
    personal.drop(Section.LISTS, b"never there")
    for found in (personal, Personal(keyvalue)):
        assert found.all(Section.TAGS) == {b"other": [1]}
        assert found.all(Section.LISTS) == {b"key": ["LISTS"]}


def test_every_change_is_told_and_what_was_read_stays() -> None:
    personal = Personal(MemoryKeyValue())
    before, revision = personal.all(Section.TAGS), personal.revision
    personal.put(Section.TAGS, b"bread", [1])
    assert (dict(before), personal.revision) == ({}, revision + 1)


def test_what_is_kept_under_another_key_is_so_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    keyvalue = MemoryKeyValue()
    personal = Personal(keyvalue)
    personal.put(Section.LISTS, b"old", ["old"])
    personal.put(Section.LISTS, b"other", ["other"])
    writes: list[tuple[int, int]] = []
    write = keyvalue.write

    def counted(
        puts: list[tuple[bytes, bytes]], deletes: list[bytes], *, sync: bool = False
    ) -> None:
        writes.append((len(puts), len(deletes)))
        write(puts, deletes, sync=sync)

    monkeypatch.setattr(keyvalue, "write", counted)
    personal.replace(Section.LISTS, b"old", b"new", ["new"])
    personal.replace(Section.LISTS, b"new", b"new", ["New"])
    assert writes == [(1, 1), (1, 0)]
    for found in (personal, Personal(keyvalue)):
        assert found.all(Section.LISTS) == {b"new": ["New"], b"other": ["other"]}


def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Section.TAGS, "most", 2)
    personal = Personal(MemoryKeyValue())
    for key in (b"a", b"b", b"a"):
        personal.put(Section.TAGS, key, [1])
    with pytest.raises(BadRequest):
        personal.put(Section.TAGS, b"c", [1])
    personal.drop(Section.TAGS, b"a")
    personal.put(Section.TAGS, b"c", [1])
    assert set(personal.all(Section.TAGS)) == {b"b", b"c"}
