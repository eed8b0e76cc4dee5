"""How a fresh page fits into what is loaded."""

from __future__ import annotations

from p2pblog.tui.feeds import Page, fit
from p2pblog.tui.shapes import Entry


def rows(names: str) -> list[Entry]:
    return [Entry(name) for name in names]


def fitted(loaded: str, start: int, fresh: str, *, more: bool = True) -> str:
    held = rows(loaded)
    page = Page(tuple(rows(fresh)), "c" if more else None)
    end, take = fit(held, start, page)
    held[start:end] = page.entries[:take]
    return "".join(entry.id for entry in held)


def test_an_entry_that_arrived_late_is_put_in_its_place() -> None:
    assert fitted("abdefg", 1, "bcd") == "abcdefg"


def test_an_entry_that_is_gone_goes() -> None:
    assert fitted("abcdefg", 1, "bde") == "abdefg"


def test_a_page_that_ends_in_something_new_ends_at_the_last_known() -> None:
    assert fitted("abcfg", 0, "abcde") == "abcfg"


def test_the_last_page_replaces_the_rest() -> None:
    assert fitted("abcdefg", 2, "cxe", more=False) == "abcxe"


def test_a_page_of_strangers_is_put_before_what_follows() -> None:
    assert fitted("ag", 1, "bcd") == "abcdg"
