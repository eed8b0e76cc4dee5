"""Who and what may be meant by the beginning of a name, of an identity, or of a tag."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.content.bodies import Follow
from p2pblog.core.errors import BadRequest
from tests.views.views_world import Person, Shelf, World


def mentions(shelf: Shelf, typed: str, **how: Any) -> list[str]:
    with shelf.views.reader() as reader:
        found = reader.people_starting(typed, **how)["people"]
        for row in found:  # each means who it stands for, and nobody else
            assert reader.profile(row["mention"])["identity"] == row["identity"]
        return [row["mention"] for row in found]


def used(shelf: Shelf, typed: str, limit: int = 5) -> list[str]:
    with shelf.views.reader() as reader:
        found: list[str] = reader.used_tags(typed, limit)["tags"]
        return found


def several(world: World, me: Person, *names: str) -> list[Person]:
    people = [world.person(name) for name in names]
    for person in people:
        world.announce(person)
        person.post("here")
    return people


def test_whom_one_follows_comes_first_then_who_was_active_last(
    shelf: Shelf, world: World, me: Person
) -> None:
    people = several(world, me, "mia", "Milo", "mira", "noa")
    me.say(Follow(people[0].identity))
    shelf.feed()
    assert mentions(shelf, "mi") == ["mia", "mira", "Milo"]
    assert mentions(shelf, "MI", limit=2) == ["mia", "mira"]
    assert mentions(shelf, "") == ["mia", "noa", "mira", "Milo"]
    assert mentions(shelf, "x") == []
    assert mentions(shelf, "mi", near=True) == []
    assert "ada" not in mentions(shelf, "a")  # oneself


def test_an_identity_is_found_by_its_beginning(shelf: Shelf, world: World, me: Person) -> None:
    (mia,) = several(world, me, "mia")
    shelf.feed()
    assert mentions(shelf, mia.text[:9]) == ["mia"]
    assert mentions(shelf, mia.text.upper()) == ["mia"]


@pytest.mark.parametrize("name", ["mia kim", "mia.", "-mia", "m\u202eia", "mia😀"])
def test_a_name_that_a_text_cannot_say_is_said_by_its_identity(
    shelf: Shelf, world: World, me: Person, name: str
) -> None:
    (mia,) = several(world, me, name)
    shelf.feed()
    assert mentions(shelf, "") == [mia.text[:10]]


def test_of_namesakes_only_the_one_that_is_followed_is_said_by_name(
    shelf: Shelf, world: World, me: Person
) -> None:
    first, second = several(world, me, "mia", "Mia")
    shelf.feed()
    assert mentions(shelf, "mia") == [second.text[:10], first.text[:10]]
    me.say(Follow(first.identity))
    shelf.feed()
    assert mentions(shelf, "mia") == ["mia", second.text[:10]]


def test_tags_come_by_their_latest_use(shelf: Shelf, world: World, me: Person) -> None:
    (mia,) = several(world, me, "mia")
    me.post("#bread and #Butter")
    mia.post("#brioche, at last")
    me.post("#bread again, #straße")
    shelf.feed()
    assert used(shelf, "br") == ["bread", "brioche"]
    assert used(shelf, "") == ["bread", "strasse", "brioche", "butter"]
    assert used(shelf, "#BU") == ["butter"]
    assert used(shelf, "stras") == ["strasse"]
    assert used(shelf, "b", 1) == ["bread"]
    assert used(shelf, "x") == []
    assert used(shelf, '" OR "') == []


def test_more_than_a_page_is_refused(shelf: Shelf, me: Person) -> None:
    shelf.feed()
    with pytest.raises(BadRequest):
        mentions(shelf, "", limit=201)
    with pytest.raises(BadRequest):
        used(shelf, "", 0)


# --- what is shown for them --------------------------------------------------------------------


def test_a_mention_by_key_comes_with_the_name_that_the_reader_knows(
    shelf: Shelf, world: World, me: Person
) -> None:
    spaced, liar = several(world, me, "Ada Newcomer", "\u0430da")
    quiet = world.person()
    quiet.post("nameless")
    me.follow(spaced.identity)
    written = f"@{spaced.text[:10]} @{liar.text[:10].upper()} @{quiet.text[:10]} @{spaced.text[:5]}"
    post = me.post(f"{written} @iiiiiiiiii @ada.newcomer https://a.example/@{me.text[:10]}")
    quoting, passing = liar.post("look", quote=post), liar.repost(post)
    shelf.feed()
    found = shelf.entry(post)["mentions"]
    assert found[spaced.text[:10]] == {
        "identity": spaced.text,
        "name": "Ada Newcomer",
        "looks_like": None,
    }
    assert found[liar.text[:10].upper()]["looks_like"]["self"]  # mine is "ada"
    assert len(found) == 2
    assert shelf.entry(quoting)["mentions"] == {}
    assert shelf.entry(quoting)["quoted"]["mentions"] == found
    assert shelf.entry(passing)["mentions"] == shelf.entry(passing)["target"]["mentions"] == found


def test_whom_the_author_signed_for_is_meant_where_a_beginning_is_not_clear_here(
    shelf: Shelf, world: World, me: Person
) -> None:
    (mia,) = several(world, me, "Mia Kim")
    world.announce(world.person(mia.text[:10]))  # somebody who is called like that key
    clear = me.post(f"@{mia.text[:10]}", mentions=(mia.identity,))
    open_one = me.post(f"@{mia.text[:10]}")
    imported = me.imported(f"@{mia.text[:10]}", "1", world.clock_ms)
    shelf.feed()
    assert shelf.entry(clear)["mentions"][mia.text[:10]]["name"] == "Mia Kim"
    assert shelf.entry(open_one)["mentions"] == shelf.entry(imported)["mentions"] == {}
