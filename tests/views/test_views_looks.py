"""Names that look like those of people one follows, or like one's own, are told from them."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.content.bodies import Profile
from p2pblog.views.looks import looks_of, readings_of
from tests.views.views_world import Person, Shelf, World, entry_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ada"),
        ("Ada", "ADA"),
        ("Ada", "\u0410da"),  # a Cyrillic A
        ("ada", "\u0430d\u0430"),
        ("Ada", "A\u200bda"),
        ("Ada", "A\u0301da"),
        ("Ada", "\U0001d400da"),  # mathematical
        ("Ada", "\uff21\uff44\uff41"),  # full width
        ("Ada", "Ada."),
        ("Ada", " A d a "),
        ("Ada", "Ad\u202ea"),
        ("Ida", "lda"),
        ("IDA", "1DA"),
        ("Otis", "0tis"),
        ("Tom", "Torn"),
        ("Lia", "Iia"),
        ("fine", "\ufb01ne"),
        ("Mia", "Mia \u2713"),
        ("Mia", "Mia \u2714\ufe0f"),
        ("Mia", "\u2611 Mia"),
        ("Mia", "Mia \u2b50"),
        ("Mia", "Mia\u2122"),
        ("Mia", "Mia\u2120\u00ae"),
        ("Mia", "+Mia"),
        ("Mia", "\u24c2\u24d8\u24d0"),  # circled
        ("Mia", "M1a"),
        ("Mia", "M\uff11a"),
        ("Otis", "0t1s"),
        ("Ally", "A11y"),
        ("Ida", "|da"),
        ("Anna", "\u1d00\u0274\u0274\u1d00"),  # small capitals
        ("Anna", "A\u0274n\u1d00"),
        ("Emma", "\u03b5mma"),  # a Greek epsilon
        ("Emma", "\u0395mma"),
        ("Anna", "\U0001f130nna"),  # squared
        ("Kit", "\u03bai\u03c4"),
        ("\U0001f490!", "\U0001f490"),
        ("...", "..."),
        ("\U0001f490", "\U0001f490"),
    ],
)
def test_these_look_alike(one: str, other: str) -> None:
    assert looks_of(one) & looks_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "Ade"),
        ("Ali", "All"),
        ("Mia", "Mina"),
        ("Mia", "Mla"),
        ("1", "i"),
        ("\u2b50", "\u2713"),
        ("\u4eba\u5927", "\u5927"),  # to the table, the first of these is a sign
        ("\u3055\u304f\u3089", "\u3055\u3089"),
        ("", ""),
        ("\u200b", "\u200b"),
        ("a", "b"),
    ],
)
def test_these_do_not(one: str, other: str) -> None:
    assert not looks_of(one) & looks_of(other)


@pytest.mark.parametrize(
    "name",
    [
        "Anna Miller (you)",
        "Anna Miller (look-alike)",
        "Anna Miller [not you]",
        "Anna Miller (you (really))",
        "Anna Miller \uff08you\uff09",
        "Anna Miller  iklcf5n5",
        "Anna Miller \u00b7 iklcf5n5",
        "Anna Miller iklcf5n5 (you)",
        "Anna Miller (you) iklcf5n5",
        "\U0001f170nna Miller",
        "\U0001f150nna Miller",
        "\U0001f1e6nna Miller",
        "\U0001f170\ufe0f Anna Miller",
        "\u1d00\u0274\u0274\u1d00 Miller (you)",
    ],
)
def test_somebody_unknown_may_be_taken_for_somebody_one_follows(name: str) -> None:
    assert readings_of(name) & looks_of("Anna Miller")
    assert len(readings_of(name)) <= 32


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("(Anna)", ""),
        ("iklcf5n5", ""),
        ("Anna Isabella", "Anna"),
        ("Anna in2tow", "Anna"),
        ("Anna", "Anna (you)"),
        ("Mia \U0001f1e9\U0001f1ea", "Miade"),  # a flag
    ],
)
def test_but_not_for_everybody(name: str, other: str) -> None:
    assert not readings_of(name) & looks_of(other)


@pytest.fixture
def mila(world: World, me: Person) -> Person:
    mila = world.person("Mila")
    me.follow(mila.identity)
    return mila


def likeness(shelf: Shelf, person: Person) -> Any:
    found = shelf.profile(person.text)["looks_like"]
    return found and (found["name"], found["identity"], found["self"])


def test_who_imitates_somebody_one_follows_is_marked_wherever_shown(
    shelf: Shelf, world: World, me: Person, mila: Person
) -> None:
    liar = world.person("\u041cila (you)")
    post, mine = liar.post("hello"), me.post("mine")
    passed = mila.repost(post)
    quoting = mila.post("look", quote=post)
    liar.like(mine)
    shelf.feed()
    real = {"identity": mila.text, "name": "Mila", "self": False}
    assert shelf.profile(liar.text)["looks_like"] == real
    assert shelf.entry(post)["looks_like"] == real
    assert shelf.entry(passed)["looks_like"] is None
    assert shelf.entry(passed)["target"]["looks_like"] == real
    assert shelf.entry(quoting)["quoted"]["looks_like"] == real
    with shelf.views.reader() as reader:
        listed = {row["identity"]: row["looks_like"] for row in reader.people()["people"]}
        [row] = reader.notifications(now_ms=0)["notifications"]
        names = reader.names_of([liar.log, mila.log])
        why = reader.why(entry_text(post), now_ms=0)
    assert listed == {liar.text: real, mila.text: None}
    assert row["people"][0]["looks_like"] == real
    found = {log: one["looks_like"] for log, one in names.items()}
    assert found == {liar.log: real, mila.log: None}
    assert why["looks_like"] == real


def test_it_follows_names_and_whom_one_follows(
    shelf: Shelf, world: World, me: Person, mila: Person
) -> None:
    other = world.person("Mila")
    shelf.feed()
    assert likeness(shelf, other) == ("Mila", mila.text, False)
    mila.say(Profile("Adele"))
    shelf.feed()
    assert likeness(shelf, other) is None
    other.say(Profile("ADELE"))
    shelf.feed()
    assert likeness(shelf, other) == ("Adele", mila.text, False)
    me.unfollow(mila.identity)
    shelf.feed()
    assert likeness(shelf, other) is None
    me.follow(other.identity)
    shelf.feed()
    assert likeness(shelf, other) is None
    assert likeness(shelf, mila) == ("ADELE", other.text, False)


def test_who_imitates_oneself_is_marked_so(
    shelf: Shelf, world: World, me: Person, mila: Person
) -> None:
    liar = world.person("ADA")
    shelf.feed()
    assert likeness(shelf, liar) == ("ada", me.text, True)
    assert likeness(shelf, me) is None
    mila.say(Profile("ada"))  # followed: one has chosen her
    shelf.feed()
    assert likeness(shelf, mila) is None
    assert likeness(shelf, liar) == ("ada", me.text, True)


def test_without_an_identity_nobody_is_imitated(shelf: Shelf, mila: Person, world: World) -> None:
    other = world.person("Mila")
    shelf.feed()
    shelf.views.set_self(None)
    assert likeness(shelf, other) is None
