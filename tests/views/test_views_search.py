"""What a person types to search, and what it finds."""

from __future__ import annotations

import time
from typing import Any

import pytest

from p2pblog.content.bodies import Media
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.core.limits import QUERY_CHARS_MAX
from p2pblog.views import connections
from tests.views.views_world import NOW_MS, Person, Shelf, World


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("bread", ["rye #bread", "fresh bread and butter"]),
        ("BREAD butter", ["fresh bread and butter"]),
        ("butter bread", ["fresh bread and butter"]),
        ('"bread and butter"', ["fresh bread and butter"]),
        ('"butter and bread"', []),
        ('"bread and', ["fresh bread and butter"]),
        ("bread -butter", ["rye #bread"]),
        ('bread -"and butter"', ["rye #bread"]),
        ("bread -butter -rye", []),
        ("#bread", ["rye #bread"]),
        ("bread -#bread", ["fresh bread and butter"]),
        ("creme brulee", ["Crème brûlée"]),
        ("from:mia", ["don't panic", "Crème brûlée"]),
        ('from:"mia" crème', ["Crème brûlée"]),
        ("FROM:mia -panic", ["Crème brûlée"]),
        ("bread -from:ada", []),
        ("don't", ["don't panic"]),
        ("bre", []),
        ("& bread 🍞 rye", ["rye #bread"]),
    ],
)
def test_a_query_means_what_it_says(
    shelf: Shelf, world: World, me: Person, query: str, found: list[str]
) -> None:
    mia = world.person("mia")
    me.post("fresh bread and butter")
    me.post("rye #bread")
    mia.post("Crème brûlée")
    mia.post("don't panic")
    shelf.feed()
    assert shelf.found(query) == found


@pytest.mark.parametrize(
    "query",
    [
        "bread OR butter",
        "bread NEAR butter",
        "bread NOT butter",
        "text:bread",
        "marks:l1",
        "^bread*",
        "{marks} : l1",
        "(bread)))",
        'bread" OR "butter',
        "bread AND",
        "bread'; DROP TABLE entries; --",
        "bread \0 butter",
        "bread + butter",
        '"""',
        "a\ud800b bread",
        "from:ada) OR (bread",
    ],
)
def test_nothing_typed_is_syntax(shelf: Shelf, me: Person, query: str) -> None:
    me.post("bread")
    me.post("butter")
    shelf.feed()
    try:
        found = shelf.found(query)
    except (BadRequest, NotFound):
        found = []
    assert found in ([], ["bread"])
    if "butter" in query or "OR" in query:
        assert found == []


@pytest.mark.parametrize("query", ["", "  ", "-bread", "🍞", "& - +", '""', "-from:ada", 7, None])
def test_a_query_with_nothing_to_look_for_is_refused(shelf: Shelf, me: Person, query: Any) -> None:
    shelf.feed()
    with pytest.raises(BadRequest):
        shelf.found(query)


def test_a_query_is_bounded(shelf: Shelf, me: Person) -> None:
    shelf.feed()
    assert shelf.found("a " * (QUERY_CHARS_MAX // 2)) == []
    with pytest.raises(BadRequest, match=str(QUERY_CHARS_MAX)):
        shelf.found("a" * (QUERY_CHARS_MAX + 1))


def test_from_nobody_known_is_not_found(shelf: Shelf, me: Person) -> None:
    shelf.feed()
    with pytest.raises(NotFound):
        shelf.found("bread from:nobody")


def test_text_cannot_pose_as_a_mark(shelf: Shelf, world: World, me: Person) -> None:
    me.post("bread")
    world.person("mia").post("l1 l2 l3 t6272656164 bread")
    shelf.feed()
    assert shelf.found("bread from:ada") == ["bread"]
    assert shelf.texts("tag:bread") == []


def test_words_of_scripts_without_spaces_are_found(shelf: Shelf, me: Person) -> None:
    me.post("今日は東京で美味しいパンを買った")
    me.post("京東 is elsewhere")
    shelf.feed()
    assert shelf.found("東京") == ["今日は東京で美味しいパンを買った"]
    assert shelf.found("パン 東京") == ["今日は東京で美味しいパンを買った"]
    assert shelf.found("京都") == []


def test_warnings_and_descriptions_of_pictures_are_found(shelf: Shelf, me: Person) -> None:
    picture = Media(bytes(32), 10, "image/png", "a loaf on a table")
    me.post("look", warning="gluten", media=(picture,))
    shelf.feed()
    assert shelf.found("gluten loaf look") == ["look"]


def test_results_come_newest_first_and_in_pages(shelf: Shelf, me: Person) -> None:
    for number in range(9):
        me.post(f"bread {number}")
    shelf.feed(shelf.world.entries[::-1])
    with shelf.views.reader() as reader:
        first = reader.search("bread", 5, now_ms=NOW_MS)
        rest = reader.search("bread", 5, now_ms=NOW_MS, before=first["next"])
    texts = [row["text"] for row in first["entries"] + rest["entries"]]
    assert texts == [f"bread {number}" for number in reversed(range(9))]
    assert rest["next"] is None


def test_a_question_that_takes_too_long_is_stopped(
    shelf: Shelf, me: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(400):
        me.post(f"bread {number}")
    shelf.feed()
    monkeypatch.setattr(connections, "QUERY_S_MAX", -1)
    monkeypatch.setattr(connections, "_STEPS_BETWEEN_CHECKS", 20)
    with shelf.views.reader() as reader:
        start = time.thread_time()
        with pytest.raises(BadRequest, match="too long"):
            reader.search("bread", 200, now_ms=NOW_MS)
        assert time.thread_time() - start < 1
        monkeypatch.setattr(connections, "QUERY_S_MAX", 60)
        assert len(reader.search("bread", 200, now_ms=NOW_MS)["entries"]) == 200
