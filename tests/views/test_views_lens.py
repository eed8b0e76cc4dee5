"""Filters, lists, tags and bookmarks: what one person reads, of what everybody wrote."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.content.bodies import Ref
from p2pblog.core.errors import NotFound
from p2pblog.views.lens import Bookmark, Filter, Filters, Lens, What
from tests.views.views_world import START_MS, Person, Shelf, World, entry_text


def hiding(what: What, value: str, *, warns: bool = False) -> Lens:
    return Lens(Filters([Filter(what, value, warns)]))


@pytest.fixture
def mia(world: World, me: Person) -> Person:
    mia = world.person("mia")
    me.follow(mia.identity)
    return mia


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Good BREAD, today", "bread"),
        ("(bread)", "Bread"),
        ("rye\nbread", "rye bread"),
        ("über-gut", "ÜBER"),
        ("東京で食べた", "食べ"),
        ("\ufb01ne bread", "fine"),
    ],
)
def test_a_word_is_found_whatever_stands_around_it(
    shelf: Shelf, mia: Person, said: str, value: str
) -> None:
    mia.post(said)
    mia.post("something else")
    shelf.feed()
    shelf.lens = hiding(What.WORD, value)
    assert shelf.texts("home") == ["something else"]


@pytest.mark.parametrize(
    ("said", "value"),
    [("breadth", "bread"), ("rye, then bread", "rye bread"), ("gingerbread", "bread")],
)
def test_part_of_a_word_is_another_word(shelf: Shelf, mia: Person, said: str, value: str) -> None:
    mia.post(said)
    shelf.feed()
    shelf.lens = hiding(What.WORD, value)
    assert shelf.texts("home") == [said]


def test_a_filter_sees_all_that_a_reader_would(shelf: Shelf, mia: Person, world: World) -> None:
    noa = world.person("noa")
    other = noa.post("bread by another")
    mia.post("look", quote=other)
    mia.post("opened", warning="about bread")
    mia.repost(other)
    shelf.feed()
    shelf.lens = hiding(What.WORD, "bread")
    assert shelf.texts("home") == []
    shelf.lens = hiding(What.PERSON, noa.text)
    assert shelf.texts("home") == ["opened"]


def test_a_tag_is_no_word_and_a_word_no_tag(shelf: Shelf, mia: Person) -> None:
    mia.post("#Bread is good")
    mia.post("bread is good")
    shelf.feed()
    shelf.lens = hiding(What.TAG, "bread")
    assert shelf.texts("home") == ["bread is good"]
    shelf.lens = hiding(What.WORD, "bread")
    assert shelf.texts("home") == []


def test_what_warns_is_shown_with_the_reason_and_what_hides_goes_before(
    shelf: Shelf, mia: Person
) -> None:
    post = mia.post("bread #rye")
    shelf.feed()
    warning = Filter(What.WORD, "bread", warns=True)
    shelf.lens = Lens(Filters([warning]))
    assert shelf.texts("home") == ["bread #rye"]
    assert shelf.entry(post)["filtered"] == {"what": "word", "value": "bread", "warns": True}
    shelf.lens = Lens(Filters([warning, Filter(What.TAG, "rye")]))
    assert shelf.texts("home") == []
    assert shelf.entry(post)["filtered"]["what"] == "tag"


def test_who_asks_for_a_person_or_a_search_sees_what_is_hidden(
    shelf: Shelf, mia: Person, me: Person
) -> None:
    post = mia.post("bread", mentions=(me.identity,))
    shelf.feed()
    shelf.lens = hiding(What.PERSON, mia.text)
    for view in ("home", "local", "mentions", "tag:bread"):
        assert shelf.texts(view) == []
    assert shelf.texts(f"user:{mia.text}") == shelf.found("bread") == ["bread"]
    assert shelf.thread(post) == [(0, "bread")]


def test_what_one_wrote_oneself_is_never_filtered(shelf: Shelf, me: Person) -> None:
    me.post("bread")
    shelf.feed()
    shelf.lens = hiding(What.WORD, "bread")
    assert shelf.texts("home") == ["bread"]


def test_pages_go_on_past_what_is_hidden(
    shelf: Shelf, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("p2pblog.views.timelines.PAGE_SCAN_MAX", 10)
    mia.post("the oldest")
    for _ in range(25):
        mia.post("bread")
    mia.post("the newest")
    shelf.feed()
    shelf.lens = hiding(What.WORD, "bread")
    found: list[str] = []
    sizes: list[int] = []
    cursor = None
    with shelf.views.reader() as reader:
        while not sizes or cursor:
            page = reader.timeline("home", 5, before=cursor)
            cursor = page["next"]
            sizes.append(len(page["entries"]))
            found += [row["text"] for row in page["entries"]]
    assert found == ["the newest", "the oldest"]
    assert sizes == [1, 0, 1]


def test_a_list_shows_whom_it_holds_followed_or_not(
    shelf: Shelf, mia: Person, world: World
) -> None:
    noa, oto = world.person("noa"), world.person("oto")
    for person, text in ((mia, "m1"), (noa, "n"), (oto, "o"), (mia, "m2")):
        person.post(text)
    shelf.feed()
    stranger = bytes(32)
    shelf.lens = Lens(lists={"bakers": frozenset({mia.identity, noa.identity, stranger})})
    assert shelf.texts("list:Bakers") == ["m2", "n", "m1"]
    with pytest.raises(NotFound):
        shelf.texts("list:butchers")


def test_a_followed_tag_comes_home_in_order_and_once(
    shelf: Shelf, mia: Person, world: World
) -> None:
    noa = world.person("noa")
    mia.post("1 #bread")
    noa.post("2 #bread")
    noa.post("3")
    mia.post("4")
    noa.post("5 #Bread")
    shelf.feed()
    assert shelf.texts("home") == ["4", "1 #bread"]
    shelf.lens = Lens(tags=("bread",))
    assert shelf.texts("home") == ["5 #Bread", "4", "2 #bread", "1 #bread"]
    with shelf.views.reader() as reader:
        page = reader.timeline("home", 2)
        assert [row["text"] for row in page["entries"]] == ["5 #Bread", "4"]
        rest = reader.timeline("home", 2, before=page["next"])
        assert [row["text"] for row in rest["entries"]] == ["2 #bread", "1 #bread"]


def test_bookmarks_stand_as_they_were_made_also_of_what_is_gone(
    shelf: Shelf, mia: Person, me: Person
) -> None:
    posts = [mia.post(text) for text in ("a", "b", "c")]
    shelf.feed()
    absent = Ref(bytes(32), 7, b"?" * 32)
    marks = [posts[2], absent, posts[0]]  # the latest first
    shelf.lens = Lens(
        bookmarks={ref.id: Bookmark(ref, START_MS - at) for at, ref in enumerate(marks)}
    )
    with shelf.views.reader() as reader:
        page = reader.timeline("bookmarks", 2)
        rest = reader.timeline("bookmarks", 2, before=page["next"])
    shown: list[dict[str, Any]] = page["entries"] + rest["entries"]
    assert [row["id"] for row in shown] == [entry_text(ref) for ref in marks]
    assert [row["missing"] for row in shown] == [False, True, False]
    assert all(row["bookmarked"] for row in shown)
    assert rest["next"] is None
    assert shelf.entry(posts[1])["bookmarked"] is False
    assert me.text  # bookmarks ask for no identity
