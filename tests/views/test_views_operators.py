"""Operators of a search: what each finds, what its contrary finds, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from p2pblog.content.bodies import Edit, Media, Outside, Poll, Ref, Repost
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.core.limits import LOGS_PER_QUERY_MAX
from p2pblog.views import search as search_module
from p2pblog.views.dates import read_date
from p2pblog.views.lens import Bookmark, Lens
from tests.views.views_world import NOW_MS, Person, Shelf, World

PICTURE = Media(bytes(32), 10, "image/png", "a loaf")
DAY_MS = 24 * 3600 * 1000


def ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def found(shelf: Shelf, query: str, **more: Any) -> list[str]:
    with shelf.views.reader() as reader:
        page = reader.search(query, now_ms=NOW_MS, zone=UTC, **more)
    return [row["text"] for row in page["entries"]]


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("tag:bread", ["rye #bread"]),
        ("tag:#BREAD", ["rye #bread"]),
        ("rye -tag:bread", ["rye on film"]),
        ("has:media", ["rye on film"]),
        ("rye -has:media", ["rye #bread"]),
        ("HAS:Link", ["look: https://example.org/a.", "see http://b.example"]),
        ("has:link -look", ["see http://b.example"]),
        ("has:poll", ["which?"]),
        ("has:poll has:link", []),
        ("lang:pt", ["pão", "pão do Brasil"]),
        ("lang:PT-br", ["pão do Brasil"]),
        ("lang:pt -lang:pt-BR", ["pão"]),
        ("lang:fi", []),
        ("https://example.org/a", ["look: https://example.org/a."]),
        ("at 10:30", ["bread at 10:30"]),
        ("note: bread", []),
        ('"is:this"', ["is:this an operator?"]),
    ],
)
def test_an_operator_finds_what_it_says(
    shelf: Shelf, me: Person, query: str, texts: list[str]
) -> None:
    me.post("is:this an operator?")
    me.post("bread at 10:30")
    me.post("pão do Brasil", lang="pt-BR")
    me.post("pão", lang="pt")
    me.post("which?", poll=Poll(("a", "b"), NOW_MS))
    me.post("see http://b.example", lang="en")
    me.post("look: https://example.org/a.")
    me.post("rye on film", media=(PICTURE,))
    me.post("rye #bread")
    me.post("javascript://alert.example and https:// are no links")
    shelf.feed()
    assert sorted(found(shelf, query)) == sorted(texts)


def test_a_link_in_what_is_passed_on_from_outside_is_found(shelf: Shelf, me: Person) -> None:
    me.say(Repost(None, Outside("them", "see https://example.org")))
    shelf.feed()
    assert found(shelf, "has:link") == ["see https://example.org"]


def test_what_a_post_has_is_that_of_its_last_version(shelf: Shelf, me: Person) -> None:
    post = me.post("see https://example.org #bread", lang="en", media=(PICTURE,))
    shelf.feed()
    assert found(shelf, "has:link has:media lang:en tag:bread") != []
    me.say(Edit(post, "lue tämä #leipä", lang="fi"))
    shelf.feed()
    assert found(shelf, "lang:fi tag:leipä") == ["lue tämä #leipä"]
    for query in ("has:link", "has:media", "lang:en", "tag:bread"):
        assert found(shelf, query) == []


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("bread before:2026", ["bread 2025-12-31"]),
        ("bread -before:2026", ["bread 2026-01-31", "bread 2026-02-01", "bread 2026-02-02"]),
        ("bread after:2026-01", ["bread 2026-02-01", "bread 2026-02-02"]),
        ("bread -after:2026-01", ["bread 2025-12-31", "bread 2026-01-31"]),
        ("bread before:2026-02-01", ["bread 2025-12-31", "bread 2026-01-31"]),
        ("bread after:2026-2-1", ["bread 2026-02-02"]),
        ("bread after:2025 before:2026-02", ["bread 2026-01-31"]),
        ("bread after:2026 before:2025", []),
        ("bread after:2025-12", ["bread 2026-01-31", "bread 2026-02-01", "bread 2026-02-02"]),
    ],
)
def test_dates_are_whole_days_months_and_years(
    shelf: Shelf, me: Person, query: str, texts: list[str]
) -> None:
    for day in ((2025, 12, 31), (2026, 1, 31), (2026, 2, 1), (2026, 2, 2)):
        me.post(f"bread {datetime(*day):%Y-%m-%d}", ms(*day, 23, 59))
    shelf.feed()
    assert sorted(found(shelf, query)) == texts


def test_a_span_counts_back_from_now(shelf: Shelf, me: Person) -> None:
    me.post("bread of old", NOW_MS - 8 * DAY_MS)
    me.post("bread of late", NOW_MS - 6 * DAY_MS)
    shelf.feed()
    assert found(shelf, "bread after:7d") == ["bread of late"]
    assert found(shelf, "bread after:1W") == ["bread of late"]
    assert found(shelf, "bread before:7d") == ["bread of old"]


def test_days_begin_in_the_zone_that_is_given() -> None:
    east = timezone(timedelta(hours=9))
    assert read_date("2026-03-01", 0, east)[0] == ms(2026, 2, 28, 15)
    berlin = ZoneInfo("Europe/Berlin")
    begin_ms, end_ms = read_date("2026-03-29", 0, berlin)  # clocks go forward
    assert end_ms - begin_ms == 23 * 3600 * 1000
    assert read_date("2026-12", 0, UTC) == (ms(2026, 12, 1), ms(2027, 1, 1))
    assert read_date("2024-02-29", 0, UTC) == (ms(2024, 2, 29), ms(2024, 3, 1))


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("bread before:yesterday", "before:yesterday"),
        ("bread after:2026-13", "after:2026-13"),
        ("bread after:2026-02-30", "after:2026-02-30"),
        ("bread before:0000", "before:0000"),
        ("bread before:9999", "before:9999"),
        ("bread after:0d", "after:0d"),
        ("bread -after:7y", "after:7y"),
        ("bread before:", "before:"),
        ("bread after:20261128", "after:20261128"),
        ("bread has:", "has:"),
        ("has:picture", "has:picture"),
        ("lang:", "lang:"),
        ("lang:e", "lang:e"),
        ("tag:a-b", "tag:a-b"),
        ("in:drafts", "in:drafts"),
        ("bread is:reply", '"is:"'),
        ("-to:mia bread", '"to:"'),
        ("words:x", '"words:"'),
    ],
)
def test_what_is_not_understood_is_named(shelf: Shelf, me: Person, query: str, named: str) -> None:
    shelf.feed()
    with pytest.raises(BadRequest, match=named) as refused:
        found(shelf, query)
    assert str(refused.value).count("cannot be done") == 1


@pytest.mark.parametrize("query", ["before:2026", "-has:media", "after:7d -bread", "-in:likes"])
def test_bounds_alone_are_no_search(shelf: Shelf, me: Person, query: str) -> None:
    shelf.feed()
    with pytest.raises(BadRequest, match="type a word"):
        found(shelf, query)


def bookmarking(*refs: Ref) -> Lens:
    return Lens(bookmarks={ref.id: Bookmark(ref, 0) for ref in refs})


def test_one_searches_in_what_one_has_bookmarked(shelf: Shelf, me: Person) -> None:
    first, second, _ = me.post("rye bread"), me.post("spelt bread"), me.post("bread and butter")
    gone = Ref(me.log, 99, bytes(32))
    shelf.lens = bookmarking(first, second, gone)
    shelf.feed()
    assert found(shelf, "in:bookmarks") == ["spelt bread", "rye bread"]
    assert found(shelf, "bread in:bookmarks -spelt") == ["rye bread"]
    assert found(shelf, "in:bookmarks -spelt") == ["rye bread"]
    assert found(shelf, "in:bookmarks butter") == []
    assert found(shelf, "bread -in:bookmarks") == ["bread and butter"]


def test_one_searches_in_what_one_likes_whichever_device_said_so(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    rye, spelt, oat = (mia.post(f"{name} bread") for name in ("rye", "spelt", "oat"))
    other = me.another_device()
    me.like(rye)
    me.like(spelt)
    other.like(spelt, undo=True)
    mia.like(oat)
    shelf.feed()
    assert found(shelf, "in:likes") == ["rye bread"]
    assert found(shelf, "bread -in:likes") == ["oat bread", "spelt bread"]
    shelf.lens = bookmarking(rye, oat)
    assert found(shelf, "in:likes in:bookmarks") == ["rye bread"]


def test_one_searches_in_ones_lists(shelf: Shelf, world: World, me: Person) -> None:
    mia, ben = world.person("mia"), world.person("ben")
    for person in (me, mia, ben):
        person.post("bread")
    bakers, empty = frozenset({mia.identity, bytes(32)}), frozenset[bytes]()
    shelf.lens = Lens(lists={"bakers": bakers, "empty": empty, "both": frozenset({ben.identity})})
    shelf.feed()
    assert len(found(shelf, "bread list:Bakers")) == 1
    assert len(found(shelf, "in:lists")) == 2
    assert len(found(shelf, "bread -in:lists")) == 1
    assert found(shelf, 'list:"empty"') == []
    with pytest.raises(NotFound, match="list:bakery"):
        found(shelf, "list:bakery")


def test_a_list_too_long_to_search_is_refused(shelf: Shelf, world: World, me: Person) -> None:
    people = [world.person() for _ in range(LOGS_PER_QUERY_MAX // 2 + 1)]  # two logs each
    shelf.lens = Lens(lists={"all": frozenset(person.identity for person in people)})
    shelf.feed()
    with pytest.raises(BadRequest, match="list:all"):
        found(shelf, "list:all")


def in_pages(shelf: Shelf, query: str) -> list[int]:
    """Return how many entries each page has."""
    pages: list[int] = []
    before = None
    with shelf.views.reader() as reader:
        while True:
            page = reader.search(query, now_ms=NOW_MS, before=before)
            pages.append(len(page["entries"]))
            if (before := page["next"]) is None:
                return pages


def test_a_page_looks_at_a_bounded_number_and_goes_on(
    shelf: Shelf, me: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "PAGE_SCAN_MAX", 5)
    monkeypatch.setattr(search_module, "SEARCH_SCAN_MAX", 5)
    monkeypatch.setattr(search_module, "SEARCH_CHECKS_MAX", 5)
    posts = [me.post(f"bread {number}") for number in range(12)]
    shelf.lens = bookmarking(*posts[1:])
    shelf.feed()
    assert in_pages(shelf, "bread -in:bookmarks") == [0, 0, 1]
    # Many bookmarks are compared with what has the words, few are asked for them one by one.
    assert in_pages(shelf, "bread in:bookmarks") == [5, 5, 1]
    shelf.lens = bookmarking(*posts[:4])
    assert in_pages(shelf, "bread in:bookmarks") == [4]
    assert in_pages(shelf, "0 in:bookmarks") == [1]
    shelf.lens = bookmarking(*posts)
    assert in_pages(shelf, "in:bookmarks -11") == [4, 5, 2]
