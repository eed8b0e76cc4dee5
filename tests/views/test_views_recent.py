"""What people speak of: trends, conversations, and why an entry is read."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.content.bodies import Edit, Erase, Ref
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.core.limits import TAGS_MAX, TRENDS_MAX
from p2pblog.views.lens import Bookmark, Filter, Filters, Lens, What
from p2pblog.views.schema import END
from tests.views.views_world import Person, Shelf, World, entry_text

HOUR_MS = 3600 * 1000


def muting(*people: Person, warns: bool = False) -> Filters:
    return Filters(Filter(What.PERSON, person.text, warns) for person in people)


def trends(shelf: Shelf, *, hours: int = 24, later_ms: int = 0) -> dict[str, tuple[int, int]]:
    now_ms = shelf.world.clock_ms + later_ms
    with shelf.views.reader() as reader:
        found = reader.trends(now_ms=now_ms, hours=hours)
    rows = [("#" + row["tag"], row) for row in found["tags"]]
    rows += [(row["link"], row) for row in found["links"]]
    return {name: (row["people"], row["posts"]) for name, row in rows}


def conversations(shelf: Shelf, *, later_ms: int = 0, **params: Any) -> list[tuple[str, int]]:
    with shelf.views.reader() as reader:
        page = reader.conversations(now_ms=shelf.world.clock_ms + later_ms, **params)
    return [(row["text"], row["people"]) for row in page["entries"]]


def reasons(shelf: Shelf, ref: Ref, view: str = "") -> list[dict[str, Any]]:
    with shelf.views.reader() as reader:
        found = reader.why(entry_text(ref), now_ms=shelf.world.clock_ms, view=view)
    assert found["entry"] == entry_text(ref)
    told: list[dict[str, Any]] = found["reasons"]
    return told


def names(shelf: Shelf, ref: Ref, view: str = "") -> list[str]:
    return [one["why"] for one in reasons(shelf, ref, view)]


# --- trends ----------------------------------------------------------------------------


def test_people_count_and_not_how_much_they_write(shelf: Shelf, world: World, me: Person) -> None:
    mia, ben = world.person("mia"), world.person("ben")
    second = mia.another_device()
    for _ in range(5):
        mia.post("#spam #Spam http://spam.example")
        second.post("#spam")
    ben.post("#bread is at https://bread.example/a. (https://bread.example/a)")
    mia.post("#bread: https://bread.example/a")
    shelf.feed()
    found = trends(shelf)
    assert list(found) == ["#bread", "#spam", "https://bread.example/a", "http://spam.example"]
    assert found["#bread"] == (2, 2)
    assert found["#spam"] == (1, 10)
    assert found["https://bread.example/a"] == (2, 2)


def test_of_as_many_people_the_latest_comes_first(shelf: Shelf, me: Person) -> None:
    me.post("#old")
    me.post("#b #a")
    shelf.feed()
    assert list(trends(shelf)) == ["#a", "#b", "#old"]


def test_only_what_is_recent_counts(shelf: Shelf, world: World, me: Person) -> None:
    me.post("#yesterday", world.clock_ms - 25 * HOUR_MS)
    me.imported("#long ago", "1", world.clock_ms - 500 * HOUR_MS)
    me.post("#today")
    shelf.feed()
    assert list(trends(shelf)) == ["#today"]
    assert list(trends(shelf, hours=7 * 24)) == ["#today", "#yesterday"]
    assert trends(shelf, later_ms=24 * HOUR_MS + 1) == {}


def test_an_unknown_author_is_one_person_and_then_themselves(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia", announced=False)
    mia.root.post("#bread")
    mia.post("#bread")
    shelf.feed()
    assert trends(shelf)["#bread"] == (2, 2)
    world.announce(mia)
    shelf.feed()
    assert trends(shelf)["#bread"] == (1, 2)


def test_whom_one_mutes_does_not_count(shelf: Shelf, world: World, me: Person) -> None:
    mia, ben = world.person("mia"), world.person("ben")
    mia.post("#bread #rye")
    ben.post("#bread")
    shelf.feed()
    for warns in (False, True):
        shelf.lens = Lens(muting(mia, warns=warns))
        assert trends(shelf) == {"#bread": (1, 1)}


def test_what_one_filters_is_not_shown(shelf: Shelf, me: Person) -> None:
    me.post("#bread #rye #spelt #oat https://rye.example")
    shelf.feed()
    shelf.lens = Lens(
        Filters(
            [
                Filter(What.TAG, "bread"),
                Filter(What.WORD, "rye"),
                Filter(What.TAG, "oat", warns=True),
            ]
        )
    )
    assert sorted(trends(shelf)) == ["#oat", "#spelt"]


def test_what_goes_is_not_counted_any_more(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person("mia")
    edited, erased = mia.post("#bread"), mia.post("#rye https://rye.example")
    me.post("#oat")
    shelf.feed()
    assert set(trends(shelf)) == {"#bread", "#rye", "#oat", "https://rye.example"}
    mia.say(Edit(edited, "#spelt"))
    mia.say(Erase((erased,)))
    shelf.feed()
    assert set(trends(shelf)) == {"#spelt", "#oat"}
    shelf.views.forget({mia.log: END})
    assert set(trends(shelf)) == {"#oat"}


def test_only_so_many_are_shown(shelf: Shelf, me: Person) -> None:
    for first in range(0, 2 * TRENDS_MAX, TAGS_MAX):
        me.post(" ".join(f"#t{number}" for number in range(first, first + TAGS_MAX)))
    shelf.feed()
    assert len(trends(shelf)) == TRENDS_MAX


# --- conversations -----------------------------------------------------------------------


def test_threads_stand_by_how_many_people_answered(shelf: Shelf, world: World, me: Person) -> None:
    mia, ben, zoe = (world.person(name) for name in ("mia", "ben", "zoe"))
    alone, quiet, busy = me.post("alone"), me.post("quiet"), me.post("busy")
    first = mia.reply(busy, "one")
    ben.reply(first, "two", busy)
    me.reply(first, "of who began it", busy)
    for _ in range(3):
        zoe.reply(quiet, "again and again")
    me.reply(alone, "to oneself")
    shelf.feed()
    assert conversations(shelf) == [("busy", 2), ("quiet", 1)]


def test_of_as_many_people_the_newest_answer_comes_first(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    first, second = me.post("first"), me.post("second")
    mia.reply(second, "a")
    mia.reply(first, "b")
    shelf.feed()
    assert conversations(shelf) == [("first", 1), ("second", 1)]
    assert conversations(shelf, hours=1, later_ms=HOUR_MS) == [("first", 1)]
    assert conversations(shelf, hours=1, later_ms=HOUR_MS + 1) == []


def test_conversations_come_in_pages(shelf: Shelf, world: World, me: Person) -> None:
    people = [world.person() for _ in range(3)]
    for number in range(7):
        post = me.post(str(number))
        for person in people[: number % 3 + 1]:
            person.reply(post, "yes")
    shelf.feed()
    everything = conversations(shelf)
    found: list[tuple[str, int]] = []
    before = None
    with shelf.views.reader() as reader:
        while True:
            page = reader.conversations(2, now_ms=world.clock_ms, before=before)
            found += [(row["text"], row["people"]) for row in page["entries"]]
            if (before := page["next"]) is None:
                break
            assert before == page["entries"][-1]["cursor"]
        for cursor in ("", "-1", "g", "0" * 21):
            with pytest.raises(BadRequest, match="not a cursor"):
                reader.conversations(2, now_ms=world.clock_ms, before=cursor)
    assert found == everything
    assert [people for _, people in everything] == [3, 3, 2, 2, 1, 1, 1]


def test_where_the_first_entry_is_not_here_the_newest_answer_stands_for_it(
    shelf: Shelf, world: World, me: Person
) -> None:
    away = Ref(bytes(32), 1, bytes(32))
    me.reply(away, "an answer")
    world.person("mia").reply(away, "another")
    shelf.feed()
    assert conversations(shelf) == [("another", 2)]


def test_muted_people_neither_count_nor_begin(shelf: Shelf, world: World, me: Person) -> None:
    mia, ben = world.person("mia"), world.person("ben")
    mine, theirs = me.post("mine"), mia.post("theirs")
    mia.reply(mine, "a")
    ben.reply(mine, "b")
    ben.reply(theirs, "c")
    shelf.feed()
    assert conversations(shelf) == [("mine", 2), ("theirs", 1)]
    shelf.lens = Lens(muting(mia))
    assert conversations(shelf) == [("mine", 1)]
    shelf.views.forget({mia.log: END})  # as when they are blocked
    shelf.lens = Lens()
    assert conversations(shelf) == [("c", 1), ("mine", 1)]


# --- why ---------------------------------------------------------------------------------


def test_why_names_whom_one_follows_and_who_passed_it_on(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia, ben, zoe = (world.person(name) for name in ("mia", "ben", "zoe"))
    me.follow(mia.identity)
    me.follow(ben.identity)
    own, followed, other = me.post("own"), mia.post("followed"), zoe.post("other")
    passed = mia.repost(other)
    ben.repost(other)
    shelf.feed()
    assert names(shelf, own) == ["own"]
    assert names(shelf, followed) == ["followed"]
    [by_people] = [one for one in reasons(shelf, passed) if one["why"] == "passed-on"]
    assert [one["name"] for one in by_people["people"]] == ["mia", "ben"]
    assert by_people["count"] == 2
    assert names(shelf, other) == ["passed-on"]
    ben.repost(other, undo=True)
    me.repost(other)
    shelf.feed()
    assert names(shelf, other) == ["passed-on-by-you", "passed-on"]
    with shelf.views.reader() as reader:
        found = reader.why(entry_text(passed), now_ms=0)
    assert (found["author"], found["name"]) == (zoe.text, "zoe")


def test_why_names_what_somebody_keeps(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person("mia")
    post = mia.post("about #bread and #rye")
    shelf.lens = Lens(
        lists={"bakers": frozenset({mia.identity})},
        tags=("bread",),
        bookmarks={post.id: Bookmark(post, 0)},
    )
    shelf.feed()
    assert reasons(shelf, post) == [
        {"why": "tag", "tags": ["bread"], "followed": True},
        {"why": "list", "lists": ["bakers"], "count": 1},
        {"why": "bookmarked"},
    ]
    assert names(shelf, post, "list:bakers")[0] == "list"
    assert names(shelf, post, "bookmarks")[0] == "bookmarked"
    shelf.lens = Lens()
    assert reasons(shelf, post, "tag:rye") == [{"why": "tag", "tags": ["rye"], "followed": False}]
    assert names(shelf, post, "tag:spelt") == ["held"]


def test_why_names_whom_it_addresses(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person("mia")
    me.follow(mia.identity)
    mine = me.post("mine")
    answer = mia.reply(mine, "an answer")
    quote = mia.post("a quote", quote=mine)
    mention = mia.post("a mention", mentions=(me.identity,))
    shelf.feed()
    assert names(shelf, answer)[:2] == ["followed", "answers-you"]
    assert names(shelf, answer, "mentions")[0] == "answers-you"
    assert names(shelf, quote, "mentions")[0] == "quotes-you"
    assert names(shelf, mention, "mentions")[0] == "mentions-you"


def test_why_finds_whom_one_follows_among_thousands(shelf: Shelf, world: World, me: Person) -> None:
    post = world.stranger().post("known to all")
    famous = world.person("famous")
    hers = famous.post("hers")
    for number in range(2001):
        other = world.person(f"{number}")
        other.repost(post)
        other.follow(famous.identity)
    mia = world.person("mia")
    mia.repost(post)
    mia.follow(famous.identity)
    me.follow(mia.identity)
    shelf.feed()
    assert names(shelf, post) == ["passed-on"]
    assert names(shelf, hers) == ["followed-by"]


def test_why_tells_how_a_stranger_came_within_reach(shelf: Shelf, world: World, me: Person) -> None:
    mia, ben, zoe = (world.person(name) for name in ("mia", "ben", "zoe"))
    me.follow(mia.identity)
    mia.follow(ben.identity)
    known, near, unknown = ben.post("known"), zoe.post("near"), world.stranger().post("unknown")
    shelf.feed()
    assert names(shelf, near) == ["held"]
    shelf.views.mark_near([zoe.log])
    mia_shown, zoe_shown = (
        {"identity": one.text, "name": name, "looks_like": None}
        for one, name in ((mia, "mia"), (zoe, "zoe"))
    )
    assert reasons(shelf, known) == [{"why": "followed-by", "people": [mia_shown], "count": 1}]
    assert reasons(shelf, near) == [{"why": "near", "people": [zoe_shown], "count": 1}]
    assert names(shelf, unknown) == ["held"]
    mia.unfollow(ben.identity)
    shelf.feed()
    assert names(shelf, known) == ["held"]


def test_why_counts_who_answered(shelf: Shelf, world: World, me: Person) -> None:
    mia, ben = world.person("mia"), world.person("ben")
    mine = me.post("mine")
    answer = mia.reply(mine, "a")
    ben.reply(answer, "b", mine)
    shelf.feed()
    assert reasons(shelf, mine, "conversations")[0] == {
        "why": "conversation",
        "count": 2,
        "hours": 72,
    }
    assert names(shelf, answer)[-1] == "conversation"
    shelf.lens = Lens(muting(ben))
    assert reasons(shelf, mine)[-1]["count"] == 1
    with pytest.raises(NotFound):
        reasons(shelf, Ref(bytes(32), 1, bytes(32)))


def test_why_reads_the_version_that_is_shown(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person("mia")
    post = mia.post("about #bread")
    shelf.feed()
    shelf.lens = Lens(tags=("bread", "rye"))
    assert reasons(shelf, post)[0]["tags"] == ["bread"]
    mia.say(Edit(post, "about #rye"))
    shelf.feed()
    assert reasons(shelf, post)[0]["tags"] == ["rye"]
