"""Home, local, mentions, tags, people's timelines, and paging through them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from p2pblog.content.bodies import Follow, Outside, Repost
from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.log.identity import add_device
from p2pblog.views.lens import Bookmark, Lens
from p2pblog.views.places import free_place, from_cursor
from tests.views.views_world import RECEIVED_MS, START_MS, Person, Shelf, World, arrived, entry_text

DOCUMENTED = (
    "id log seq author name kind text time_ms reply_to root quote quoted target outside"
    " warning lang media likes reposts replies liked reposted imported cursor erased"
    " filtered bookmarked poll edited_ms looks_like mentions"
)


def test_home_is_oneself_and_those_one_follows(shelf: Shelf, world: World, me: Person) -> None:
    mia, noa = world.person("mia"), world.person("noa")
    me.post("mine")
    mia.post("hers, before")
    noa.post("somebody else's")
    me.follow(mia.identity)
    mia.post("hers, after")
    shelf.feed()
    assert shelf.texts("home") == ["hers, after", "hers, before", "mine"]
    assert shelf.texts("local") == ["hers, after", "somebody else's", "hers, before", "mine"]


def test_home_follows_every_change_of_mind(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person("mia")
    mia.post("one")
    shelf.feed()
    assert shelf.texts("home") == []
    me.follow(mia.identity)
    changes = shelf.feed()
    assert changes.own
    assert changes.followers == {me.identity}
    assert shelf.texts("home") == ["one"]
    mia.post("two")
    assert not shelf.feed().own
    assert shelf.texts("home") == ["two", "one"]
    me.unfollow(mia.identity)
    mia.post("three")
    shelf.feed()
    assert shelf.texts("home") == []
    me.follow(mia.identity)
    shelf.feed()
    assert shelf.texts("home") == ["three", "two", "one"]


def test_home_gains_a_followed_identitys_device_when_it_is_learned(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person(announced=False)
    mia.post("from my phone")
    me.follow(mia.identity)
    shelf.feed()
    assert shelf.texts("home") == []
    world.announce(mia)
    assert shelf.feed().owners == {mia.identity}
    assert shelf.texts("home") == ["from my phone"]


def test_what_claims_a_time_to_come_stands_where_it_arrived(shelf: Shelf, world: World) -> None:
    mia = world.person()
    late = mia.post("from the year 3000", time_ms=32_503_680_000_000)
    shelf.feed()
    mia.post("now", time_ms=RECEIVED_MS + 60_000)
    last = world.entries[shelf.taken :]
    shelf.views.apply(arrived(last, shelf.views.indexed + 1, RECEIVED_MS + 60_000))
    assert shelf.texts("local") == ["now", "from the year 3000"]
    assert shelf.entry(late)["time_ms"] == 32_503_680_000_000


def test_imported_posts_stand_at_the_time_of_their_first_publication(
    shelf: Shelf, world: World, me: Person
) -> None:
    me.post("new")
    old = me.imported("old", "17", START_MS - 10**10)
    shelf.feed()
    assert shelf.texts("home") == ["new", "old"]
    row = shelf.entry(old)
    assert row["time_ms"] == START_MS - 10**10
    assert row["imported"] == {"source": "twitter", "id": "17", "account": "me", "reply_to": ""}


@pytest.mark.proves("B-10")
def test_mentions_are_answers_quotes_and_mentions_by_others(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    laptop = me.another_device()
    first, second = me.post("first"), laptop.post("second")
    mia.reply(first, "an answer")
    mia.post("a quote", quote=second)
    mia.post("a mention", mentions=(me.identity,))
    mia.post("about somebody else", mentions=(mia.identity,))
    mia.imported("an imported answer", "1", START_MS, reply=first, mentions=(me.identity,))
    me.reply(first, "to myself")
    laptop.post("quoting myself", quote=first)
    shelf.feed()
    assert shelf.texts("mentions") == ["a mention", "a quote", "an answer"]


def test_mentions_of_a_device_learned_later_are_found(
    shelf: Shelf, world: World, me: Person
) -> None:
    laptop = world.stranger()
    question = laptop.post("by my laptop")
    mia = world.person("mia")
    mia.reply(question, "an answer")
    shelf.feed()
    assert shelf.texts("mentions") == []
    me.root.say(add_device(me.identity, laptop.key))
    shelf.feed()
    assert shelf.texts("mentions") == ["an answer"]


def test_a_tags_timeline_has_the_tag_and_not_the_word(shelf: Shelf, me: Person) -> None:
    me.post("fresh #Bread today")
    me.post("bread without a mark, and #breadcrumbs")
    me.post("#brød is another tag")
    shelf.feed()
    for tag in ("tag:bread", "tag:#BREAD"):
        assert shelf.texts(tag) == ["fresh #Bread today"]
    assert shelf.texts("tag:BRØD") == ["#brød is another tag"]
    with pytest.raises(BadRequest, match="not a tag"):
        shelf.texts("tag:two words")


def test_a_tag_with_marks_is_found_as_it_is_typed(shelf: Shelf, me: Person) -> None:
    me.post("नमस्ते #हिन्दी")
    shelf.feed()
    assert shelf.texts("tag:हिन्दी") == shelf.found("#हिन्दी") == ["नमस्ते #हिन्दी"]


def test_a_persons_timeline_merges_their_devices(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person("mia")
    phone = mia.another_device()
    mia.post("1")
    phone.post("2")
    mia.post("3")
    me.post("not hers")
    shelf.feed()
    for who in (mia.text, mia.text[:12], "mia", "MIA"):
        assert shelf.texts(f"user:{who}") == ["3", "2", "1"]
    with pytest.raises(NotFound):
        shelf.texts("user:nobody")


def test_pages_cover_a_timeline_once_whatever_arrives_meanwhile(
    shelf: Shelf, world: World, me: Person
) -> None:
    for number in range(25):
        me.post(f"post {number}")
    shelf.feed()
    seen: list[str] = []
    before = None
    with shelf.views.reader() as reader:
        while True:
            page = reader.timeline("home", 7, before=before)
            seen += [row["text"] for row in page["entries"]]
            before = page["next"]
            if before is None:
                break
            me.post("meanwhile")
            shelf.feed()
    assert seen == [f"post {number}" for number in reversed(range(25))]


def test_after_gives_only_what_is_newer(shelf: Shelf, me: Person) -> None:
    for number in range(6):
        me.post(str(number))
    shelf.feed()
    with shelf.views.reader() as reader:
        cursors = [row["cursor"] for row in reader.timeline("home")["entries"]]
        newer = reader.timeline("home", after=cursors[3])
        assert [row["text"] for row in newer["entries"]] == ["5", "4", "3"]
        assert newer["next"] is None
        cut = reader.timeline("home", 2, after=cursors[3])
        rest = reader.timeline("home", 2, after=cursors[3], before=cut["next"])
        assert [row["text"] for row in rest["entries"]] == ["3"]


@pytest.mark.parametrize(
    "view", ["home", "local", "mentions", "tag:soup", "list:us", "user:mia", "bookmarks"]
)
def test_pages_upward_cover_what_is_above_without_a_hole(
    shelf: Shelf, world: World, me: Person, view: str
) -> None:
    mia = world.person("mia")
    world.announce(mia)
    me.say(Follow(mia.identity))
    mine = me.post("mine")
    posts = [mia.reply(mine, f"#soup {number}", mine) for number in range(25)]
    shelf.lens = Lens(
        bookmarks={post.id: Bookmark(post, START_MS - at) for at, post in enumerate(posts)},
        lists={"us": frozenset({mia.identity})},
        tags=("soup",),
    )
    shelf.feed()
    with shelf.views.reader() as reader:
        whole = [row["id"] for row in reader.timeline(view, 200)["entries"]]
        assert len(whole) >= 25
        after = reader.timeline(view, 1, before=None)["entries"][0]["cursor"]
        assert reader.timeline(view, 7, after=after, upward=True) == {"entries": [], "next": None}
        lowest = reader.timeline(view, 200)["entries"][-1]
        seen, after = [lowest["id"]], lowest["cursor"]
        while after is not None:
            page = reader.timeline(view, 7, after=after, upward=True)
            assert len(page["entries"]) <= 7
            seen = [row["id"] for row in page["entries"]] + seen
            after = page["next"]
        assert seen == whole


def test_entries_of_one_millisecond_keep_the_order_of_arrival(shelf: Shelf, me: Person) -> None:
    for number in range(300):
        me.imported(str(number), str(number), START_MS)
    shelf.feed()
    shown = shelf.texts("home", limit=200)
    shown += shelf.texts("home", limit=200, before=_cursor_after(shelf, 200))
    assert shown == [str(number) for number in reversed(range(300))]


def test_a_million_claims_of_one_millisecond_still_find_places() -> None:
    taken = set(range(4096))
    steps = 0

    def newest_in(low: int, high: int) -> int | None:
        nonlocal steps
        steps += 1
        return next((place for place in (high - 1, low) if place in taken), None)

    most = 0
    for arrival in range(60_000):
        steps = 0
        taken.add(free_place(0, arrival, newest_in))
        most = max(most, steps)
    assert len(taken) == 4096 + 60_000
    assert most < 20


@pytest.mark.parametrize("cursor", ["", "-1", "g", "0x1", "1" * 14, "1 ", "٣", 7, ["1"]])
def test_what_is_not_a_cursor_is_refused(cursor: object) -> None:
    with pytest.raises(BadRequest, match="cursor"):
        from_cursor(cursor)


@pytest.mark.parametrize("limit", [0, -1, 201, True, "7", None, 1.0])
def test_a_limit_out_of_range_is_refused(shelf: Shelf, limit: Any) -> None:
    with pytest.raises(BadRequest, match="limit"):
        shelf.texts("home", limit=limit)


@pytest.mark.parametrize("view", ["", "homes", "home:", "tag:", "tag", "user:", "local:x", 7, None])
def test_what_is_not_a_view_is_refused(shelf: Shelf, view: Any) -> None:
    with pytest.raises(BadRequest):
        shelf.texts(view)


@pytest.mark.proves("B-2", "B-3")
def test_unknown_kinds_and_bad_bodies_are_counted_and_in_no_timeline(
    shelf: Shelf, me: Person
) -> None:
    future = me.raw(encode([bytes(16), "poll", {"question": "?"}]))
    me.raw(b"\x00 not a body")
    me.raw(encode([bytes(16), "post", {"text": 7}]))
    me.post("fine")
    shelf.feed()
    assert shelf.texts("home") == ["fine"]
    assert shelf.entry(future)["kind"] == "unknown"
    with shelf.views.reader() as reader:
        kinds = reader.kinds()
    assert (kinds["bad-body"], kinds["unknown: poll"], kinds["post"]) == (2, 1, 1)


def test_kinds_made_up_without_end_are_counted_together(shelf: Shelf, me: Person) -> None:
    for number in range(200):
        me.raw(encode([bytes(16), f"kind {number}", {}]))
    shelf.feed()
    with shelf.views.reader() as reader:
        kinds = reader.kinds()
    assert len(kinds) < 80
    assert kinds["unknown: others"] > 100


def test_a_withheld_body_is_passed_over(shelf: Shelf, me: Person) -> None:
    ref = me.post("withheld")
    shelf.feed([entry._replace(body=None) for entry in shelf.world.entries])
    assert shelf.texts("home") == []
    with pytest.raises(NotFound):
        shelf.entry(ref)


def test_outside_reposts_show_their_text_and_handle(shelf: Shelf, me: Person) -> None:
    ref = me.say(Repost(outside=Outside("carla", "from elsewhere")))
    shelf.feed()
    row = shelf.entry(ref)
    assert (row["kind"], row["text"]) == ("repost", "from elsewhere")
    assert row["outside"] == {"handle": "carla"}
    assert shelf.found("elsewhere") == ["from elsewhere"]


def test_an_entry_has_exactly_the_documented_fields(shelf: Shelf, me: Person) -> None:
    ref = me.post("hello")
    shelf.feed()
    documented = set(DOCUMENTED.split())
    assert set(shelf.entry(ref)) == documented
    with shelf.views.reader() as reader:
        [row] = reader.thread(entry_text(ref))["entries"]
    assert set(row) == documented | {"depth", "missing"}


def _cursor_after(shelf: Shelf, count: int) -> str:
    with shelf.views.reader() as reader:
        cursor: str = reader.timeline("home", count)["next"]
    return cursor


def test_random_times_come_out_sorted(shelf: Shelf, me: Person) -> None:
    times = random.Random(5).sample(range(START_MS, START_MS + 5000), 150)
    for time_ms in times:
        me.post(str(time_ms), time_ms)
    shelf.feed()
    assert shelf.texts("home", limit=200) == [str(time_ms) for time_ms in sorted(times)][::-1]
