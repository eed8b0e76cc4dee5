"""How an entry is laid out where there is nothing of it to read."""

from __future__ import annotations

from p2pblog.tui.rows import entry_lines
from p2pblog.tui.shapes import Entry, Inner, read_entry


def said(entry: Entry) -> str:
    lines = entry_lines(entry, 60, when="1 h")
    return "\n".join("".join(text for text, _ in line) for line in lines)


def test_what_its_author_erased_says_so_also_where_it_is_quoted_or_passed_on() -> None:
    erased = read_entry({"id": "e1", "author": "i1", "name": "Mia", "erased": True})
    assert "erased by its author" in said(erased)
    inner = Inner("e1", "i1", "Mia", erased=True)
    assert "erased by its author" in said(Entry("e2", name="Bob", text="look", quoted=inner))
    assert "erased by its author" in said(Entry("e3", name="Bob", kind="repost", target=inner))
    assert "erased" not in said(Entry("e4", name="Bob", text="look"))
