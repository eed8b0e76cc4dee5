"""Notifications: who is told of what, grouped how, in which order; and who is a stranger."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest

from p2pblog.content.bodies import Erase, Like, Origin, Poll, Ref, Repost, Vote
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.log.identity import add_device
from p2pblog.views import attention, timelines
from p2pblog.views.lens import Filter, Filters, Lens, What
from p2pblog.views.looked import digest, remembered
from tests.views.views_world import RECEIVED_MS, START_MS, Person, Shelf, World, entry_text

DAY_MS = 24 * 3600 * 1000
Row = dict[str, Any]


def told(shelf: Shelf, limit: int = 200, **params: Any) -> list[Row]:
    with shelf.views.reader() as reader:
        rows: list[Row] = reader.notifications(limit, now_ms=RECEIVED_MS, **params)["notifications"]
    return rows


def said(shelf: Shelf) -> list[tuple[str, str, list[str]]]:
    """Return what every notification says: what, of which text, by whom."""
    return [
        (
            row["what"],
            row["entry"]["text"] if row["entry"] else "",
            [one["name"] for one in row["people"]],
        )
        for row in told(shelf)
    ]


def waiting(shelf: Shelf) -> int:
    with shelf.views.reader() as reader:
        number: int = reader.notifications(1, now_ms=RECEIVED_MS)["requests"]
    return number


@pytest.fixture
def mia(world: World, me: Person) -> Person:
    mia = world.person("Mia")
    me.follow(mia.identity)
    return mia


@pytest.fixture
def otis(world: World, me: Person) -> Person:
    otis = world.person("Otis")
    me.follow(otis.identity)
    return otis


# --- what is told ---------------------------------------------------------------------------


def test_likes_and_reposts_of_a_post_and_followers_are_one_row_each_a_day(
    shelf: Shelf, me: Person, mia: Person, otis: Person
) -> None:
    post = me.post("bread")
    mia.like(post)
    otis.like(post)
    otis.repost(post)
    mia.follow(me.identity)
    otis.follow(me.identity)
    shelf.feed()
    assert said(shelf) == [
        ("follow", "", ["Otis", "Mia"]),
        ("repost", "bread", ["Otis"]),
        ("like", "bread", ["Otis", "Mia"]),
    ]
    shelf.world.clock_ms += DAY_MS
    shelf.world.person("Noa").like(post)
    shelf.feed()
    assert said(shelf)[0] == ("like", "bread", ["Noa"])
    assert len(said(shelf)) == 4


def test_answers_mentions_and_quotes_stand_alone_and_say_which_they_are(
    shelf: Shelf, me: Person, mia: Person
) -> None:
    post = me.post("bread")
    mia.reply(post, "an answer")
    mia.post("hey", mentions=(me.identity,))
    mia.post("look", quote=post)
    me.reply(post, "my own answer")
    me.like(post)
    shelf.feed()
    assert said(shelf) == [
        ("quote", "look", []),
        ("mention", "hey", []),
        ("reply", "an answer", []),
    ]


def test_what_was_taken_back_is_not_told_and_what_is_said_again_is(
    shelf: Shelf, me: Person, mia: Person
) -> None:
    post = me.post("bread")
    mia.like(post)
    mia.follow(me.identity)
    mia.like(post, undo=True)
    mia.unfollow(me.identity)
    shelf.feed()
    assert said(shelf) == []
    mia.like(post)
    shelf.feed()
    assert said(shelf) == [("like", "bread", ["Mia"])]
    me.say(Erase((post,)))
    shelf.feed()
    assert said(shelf) == []


def test_a_like_waits_for_the_post_and_for_who_wrote_both(shelf: Shelf, world: World) -> None:
    assert shelf.me is not None
    device = world.stranger()
    post = device.post("from my other device")
    lia = world.person("Lia", announced=False)
    lia.like(post)
    shelf.feed()
    assert said(shelf) == []
    shelf.me.root.say(add_device(shelf.me.identity, device.key))
    shelf.feed()
    assert said(shelf) == []
    world.announce(lia)
    shelf.feed()
    assert said(shelf) == [("like", "from my other device", ["Lia"])]


def test_of_somebody_who_is_forgotten_nothing_is_told(
    shelf: Shelf, me: Person, mia: Person
) -> None:
    post = me.post("bread")
    mia.like(post)
    mia.follow(me.identity)
    mia.reply(post, "an answer")
    shelf.feed()
    assert len(said(shelf)) == 3
    shelf.views.forget(dict.fromkeys((mia.log, mia.root.log), 2**53))
    assert said(shelf) == []


def test_nobody_whom_one_filters_is_told_of(
    shelf: Shelf, me: Person, mia: Person, otis: Person
) -> None:
    post = me.post("bread")
    mia.like(post)
    otis.like(post)
    mia.follow(me.identity)
    mia.reply(post, "an answer")
    otis.reply(post, "rye is better")
    shelf.feed()
    for warns in (False, True):
        shelf.lens = Lens(Filters([Filter(What.PERSON, mia.text, warns)]))
        assert said(shelf) == [("reply", "rye is better", []), ("like", "bread", ["Otis"])]
        assert told(shelf)[1]["count"] == 1
    shelf.lens = Lens(Filters([Filter(What.WORD, "rye")]))
    assert "rye is better" not in [text for _, text, _ in said(shelf)]
    answer = told(shelf)[0]["entry"]["id"]
    shelf.lens = Lens(Filters([Filter(What.POST, answer)]))
    assert answer not in [row["entry"] and row["entry"]["id"] for row in told(shelf)]


def test_what_is_imported_notifies_nobody(shelf: Shelf, me: Person, mia: Person) -> None:
    post = me.post("bread")
    origin = Origin("elsewhere", "1", START_MS, "mia")
    mia.say(Repost(post, origin=origin))
    mia.post("an old answer", reply=post, root=post, origin=origin)
    shelf.feed()
    assert said(shelf) == []


def test_polls_that_ended_are_told_to_who_made_them_and_who_voted(
    shelf: Shelf, me: Person, mia: Person
) -> None:
    soon = Poll(("rye", "spelt"), START_MS + 10**6)
    mine = me.post("mine", poll=soon)
    theirs = mia.post("theirs", poll=Poll(("rye", "spelt"), START_MS + 2 * 10**6))
    mia.post("not voted in", poll=soon)
    later = mia.post("goes on", poll=Poll(("rye", "spelt"), RECEIVED_MS + 1))
    for poll in (mine, theirs, later):
        me.say(Vote(poll, (1,)))
    shelf.feed()
    assert said(shelf) == [("poll", "theirs", []), ("poll", "mine", [])]
    me.say(Vote(theirs, ()))
    shelf.feed()
    assert said(shelf) == [("poll", "mine", [])]
    shelf.views.forget({me.log: 2**53})
    assert said(shelf) == []


def test_it_follows_who_uses_the_node(shelf: Shelf, me: Person, mia: Person) -> None:
    mine, hers = me.post("mine"), mia.post("hers")
    mia.like(mine)
    me.like(hers)
    mia.follow(me.identity)
    shelf.feed()
    assert said(shelf) == [("follow", "", ["Mia"]), ("like", "mine", ["Mia"])]
    shelf.views.set_self(mia.identity)
    assert said(shelf) == [("like", "hers", ["ada"]), ("follow", "", ["ada"])]
    shelf.views.set_self(None)
    assert said(shelf) == []


def test_a_time_to_come_does_not_keep_a_like_on_top(shelf: Shelf, me: Person, mia: Person) -> None:
    first = me.post("first")
    shelf.feed()
    mia.say(Like(first), RECEIVED_MS + 10**12)
    shelf.feed()
    [row] = told(shelf)
    assert row["time_ms"] == RECEIVED_MS


# --- pages ----------------------------------------------------------------------------------


def everything(shelf: Shelf, mia: Person, me: Person, posts: int = 12) -> None:
    """Have so much happen, much of it at one time, that it takes several pages."""
    for number in range(posts):
        post = me.post(f"post {number}")
        mia.say(Like(post), START_MS + 5)
        mia.reply(post, f"answer {number}")
        mia.repost(post)
    shelf.feed()


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_pages_hold_everything_once_in_order(
    shelf: Shelf, me: Person, mia: Person, limit: int
) -> None:
    everything(shelf, mia, me)
    whole = [row["id"] for row in told(shelf)]
    assert len(whole) == len(set(whole)) == 36
    found: list[str] = []
    cursor = None
    with shelf.views.reader() as reader:
        while not found or cursor:
            page = reader.notifications(limit, now_ms=RECEIVED_MS, before=cursor)
            found += [row["id"] for row in page["notifications"]]
            cursor = page["next"]
    assert found == whole


def test_what_is_newer_and_what_begins_at_a_row_is_found_by_its_cursor(
    shelf: Shelf, me: Person, mia: Person
) -> None:
    everything(shelf, mia, me)
    rows = told(shelf)
    for at in (0, 1, 12, 25, 35):
        cursor = rows[at]["cursor"]
        assert told(shelf, after=cursor) == rows[:at]
        assert told(shelf, before=cursor) == rows[at + 1 :]
        assert told(shelf, start=cursor) == rows[at:]
    for before, after in pairwise(rows):
        assert told(shelf, before=before["cursor"], after=after["cursor"]) == []


@pytest.mark.parametrize("limit", [1, 2, 7, 40])
def test_pages_go_upward_from_a_row_with_nothing_left_out(
    shelf: Shelf, me: Person, mia: Person, limit: int
) -> None:
    me.post("which?", poll=Poll(("rye", "spelt"), START_MS + 10**6))
    everything(shelf, mia, me)
    rows = told(shelf)
    found: list[Row] = []
    cursor = rows[20]["cursor"]
    with shelf.views.reader() as reader:
        while cursor:
            page = reader.notifications(limit, now_ms=RECEIVED_MS, after=cursor, upward=True)
            found = page["notifications"] + found
            cursor = page["next"]
        bounds = {"after": rows[20]["cursor"], "before": rows[10]["cursor"]}
        between = reader.notifications(3, now_ms=RECEIVED_MS, upward=True, **bounds)
    assert found == rows[:20]
    assert between["notifications"] == rows[17:20]


@pytest.mark.parametrize("cursor", ["", "x", "1.", "1.0", "1.zz", "1." + "00" * 33, "f" * 14])
def test_what_is_no_cursor_is_refused(shelf: Shelf, cursor: str) -> None:
    with pytest.raises(BadRequest):
        told(shelf, before=cursor)


def test_people_of_a_row_are_counted_and_a_few_are_named(
    shelf: Shelf, world: World, me: Person
) -> None:
    post = me.post("bread")
    fans = [world.person(f"fan {number}") for number in range(11)]
    for fan in fans:
        fan.like(post)
    shelf.feed()
    [row] = told(shelf)
    assert (row["count"], len(row["people"])) == (11, 8)
    assert row["people"][0]["name"] == "fan 10"
    with shelf.views.reader() as reader:
        people = reader.notified_people(row["id"])["people"]
        assert [one["name"] for one in people] == [f"fan {n}" for n in range(10, -1, -1)]
        like = f"like:{entry_text(post)}"
        for wrong in ("", "like", f"poll:{entry_text(post)}", f"{like}:x", "a:b:1"):
            with pytest.raises(BadRequest):
                reader.notified_people(wrong)
        with pytest.raises(NotFound):
            reader.notified_people(f"like:{entry_text(post)}:1")
        with pytest.raises(NotFound):
            reader.notified_people("follow:20000")


def test_a_row_is_new_until_it_is_looked_at_and_when_somebody_joins_it(
    shelf: Shelf, me: Person, mia: Person, otis: Person
) -> None:
    post = me.post("bread")
    mia.like(post)
    mia.reply(post, "an answer")
    shelf.feed()
    assert [row["seen"] for row in told(shelf)] == [False, False]
    shelf.lens = Lens(seen=frozenset(digest(row["mark"]) for row in told(shelf)))
    assert [row["seen"] for row in told(shelf)] == [True, True]
    otis.like(post)
    shelf.feed()
    assert [(row["what"], row["seen"]) for row in told(shelf)] == [("like", False), ("reply", True)]


def look(shelf: Shelf, rows: list[Row], most: int) -> None:
    """Take rows as looked at, of which so many are remembered."""
    marks = [row["mark"] for row in rows]
    with shelf.views.reader() as reader:
        places, arrival = reader.places_of_marks(marks)
    looked = dict(zip(map(digest, marks), places, strict=True))
    known = shelf.seen
    shelf.seen, floor = remembered(known, shelf.lens.floor, looked, arrival, most)
    shelf.lens = Lens(seen=frozenset(shelf.seen), floor=floor)


def test_what_was_looked_at_stays_so_when_its_mark_is_forgotten(
    shelf: Shelf, me: Person, mia: Person, otis: Person
) -> None:
    post = me.post("bread")
    me.post("mine", poll=Poll(("rye", "spelt"), START_MS + 10**6))
    late = mia.post("late", mentions=(me.identity,))
    late_like = otis.say(Like(post), START_MS + 20_000)
    withheld = {late, late_like}
    everything_else = [
        entry
        for entry in shelf.world.entries
        if Ref(entry.log, entry.seq, entry.id) not in withheld
    ]
    shelf.feed(everything_else)
    shelf.taken = len(shelf.world.entries)
    everything(shelf, mia, me)
    mia.like(post)
    shelf.feed()
    rows = told(shelf)
    assert len(rows) == 38
    look(shelf, rows[10:20], 5)
    assert [row["seen"] for row in told(shelf)] == [False] * 10 + [True] * 28
    look(shelf, rows[:4], 5)
    assert [row["seen"] for row in told(shelf)] == [True] * 4 + [False] * 6 + [True] * 28
    # What comes late, or joins, is new wherever it stands.
    ids = {one.id for one in withheld}
    shelf.feed([entry for entry in shelf.world.entries if entry.id in ids])
    assert texts(row for row in told(shelf)[20:] if not row["seen"]) == ["late"]
    otis.say(Like(post), shelf.world.clock_ms + 1000)
    look(shelf, told(shelf), 5)
    assert all(row["seen"] for row in told(shelf))
    shelf.feed()
    assert [row["what"] for row in told(shelf) if not row["seen"]] == ["like"]
    with shelf.views.reader() as reader:
        odd = ["", "x", "post:x", "like:x:1:5", "follow:1:zz", f"poll:{entry_text(post)}"]
        assert reader.places_of_marks(odd)[0] == [0, 0, 0, 80, 0, 0]


# --- strangers ------------------------------------------------------------------------------


def texts(rows: Iterable[Row]) -> list[str]:
    return [row["entry"]["text"] for row in rows]


def waits_until_followed(shelf: Shelf, me: Person, stranger: Person, *, by: Person) -> None:
    stranger.post("hey", mentions=(me.identity,))
    shelf.feed()
    assert shelf.texts("requests") == ["hey"]
    by.follow(stranger.identity)
    shelf.feed()
    assert shelf.texts("requests") == []


def test_mentions_by_strangers_wait_and_those_by_friends_of_friends_do_not(
    shelf: Shelf, world: World, me: Person, mia: Person
) -> None:
    noa, zed = world.person("Noa"), world.person("Zed")
    post = me.post("bread")
    mia.follow(noa.identity)
    for person in (mia, noa, zed):
        person.reply(post, f"by {person.text[:6]}")
    shelf.feed()
    assert texts(told(shelf)) == [f"by {noa.text[:6]}", f"by {mia.text[:6]}"]
    assert shelf.texts("requests") == [f"by {zed.text[:6]}"]
    assert waiting(shelf) == 1
    mia.unfollow(noa.identity)
    me.follow(zed.identity)
    shelf.feed()
    assert texts(told(shelf)) == [f"by {zed.text[:6]}", f"by {mia.text[:6]}"]
    assert shelf.texts("requests") == [f"by {noa.text[:6]}"]


def test_a_stranger_is_judged_by_what_all_devices_said_last(
    shelf: Shelf, world: World, me: Person, mia: Person
) -> None:
    noa = world.person("Noa")
    second = mia.another_device()
    mia.follow(noa.identity)
    second.unfollow(noa.identity)
    waits_until_followed(shelf, me, noa, by=mia)


def test_whoever_follows_many_or_is_followed_by_many_is_judged_alike(
    shelf: Shelf, world: World, me: Person, mia: Person
) -> None:
    famous = world.person("Famous")
    for number in range(5):
        world.person(f"fan {number}").follow(famous.identity)
    waits_until_followed(shelf, me, famous, by=mia)


def test_who_is_let_through_is_told_and_who_is_dismissed_waits_no_more(
    shelf: Shelf, world: World, me: Person
) -> None:
    zed = world.person("Zed")
    zed.post("first", mentions=(me.identity,))
    shelf.feed()
    shelf.lens = Lens(welcome=frozenset([zed.identity]))
    assert texts(told(shelf)) == ["first"]
    assert (shelf.texts("requests"), waiting(shelf)) == ([], 0)
    shelf.lens = Lens(dismissed={zed.identity: world.clock_ms})
    assert (told(shelf), shelf.texts("requests"), waiting(shelf)) == ([], [], 0)
    zed.post("second", mentions=(me.identity,))
    shelf.feed()
    assert (told(shelf), shelf.texts("requests"), waiting(shelf)) == ([], ["second"], 1)
    shelf.lens = Lens(Filters([Filter(What.PERSON, zed.text)]))
    assert (shelf.texts("requests"), waiting(shelf)) == ([], 0)


def test_however_much_strangers_say_what_friends_say_is_told_on_the_first_page(
    shelf: Shelf, world: World, me: Person, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (attention, timelines):
        monkeypatch.setattr(module, "PAGE_SCAN_MAX", 5)
    mia.reply(me.post("bread"), "an answer")
    zed, noa = world.person("Zed"), world.person("Noa")
    for number in range(6):
        zed.post(f"{number}", mentions=(me.identity,))
    noa.post("from Noa", mentions=(me.identity,))
    shelf.feed()
    with shelf.views.reader() as reader:
        page = reader.notifications(1, now_ms=RECEIVED_MS)
    assert texts(page["notifications"]) == ["an answer"]
    assert page["next"] is None
    shelf.lens = Lens(welcome=frozenset([noa.identity]))
    assert texts(told(shelf)) == ["from Noa", "an answer"]
    me.follow(zed.identity)
    shelf.feed()
    assert texts(told(shelf)) == ["from Noa", "5", "4", "3", "2"], "the page ends, and goes on"


def test_whom_one_mutes_takes_no_room_on_a_page(
    shelf: Shelf, me: Person, mia: Person, otis: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "PAGE_SCAN_MAX", 5)
    post = me.post("bread")
    mia.reply(post, "an answer")
    for number in range(6):
        otis.reply(post, f"{number}")
    shelf.feed()
    shelf.lens = Lens(Filters([Filter(What.PERSON, otis.text)]))
    assert texts(told(shelf)) == ["an answer"]
    monkeypatch.setattr(attention, "PASSED_SCAN_MAX", 4)
    assert told(shelf) == []
    with shelf.views.reader() as reader:
        page = reader.notifications(9, now_ms=RECEIVED_MS)
    assert texts(told(shelf, before=page["next"])) == ["an answer"]


def test_a_stranger_waits_however_much_others_said_since(
    shelf: Shelf, world: World, me: Person, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "PAGE_SCAN_MAX", 5)
    zed, ben, lia, noa = (world.person(name) for name in ("Zed", "Ben", "Lia", "Noa"))
    zed.post("an old question", mentions=(me.identity,))
    for number in range(6):
        for person in (mia, ben, lia, noa):
            person.post(f"{number}", mentions=(me.identity,))
    shelf.feed()
    shelf.lens = Lens(
        Filters([Filter(What.PERSON, ben.text)]),
        welcome=frozenset([lia.identity]),
        dismissed={noa.identity: world.clock_ms},
    )
    assert (shelf.texts("requests"), waiting(shelf)) == (["an old question"], 1)
    shelf.lens = Lens(Filters([Filter(What.WORD, str(number)) for number in range(6)]))
    with shelf.views.reader() as reader:
        found, cursor = [], None
        for _ in range(5):
            page = reader.timeline("requests", 9, before=cursor)
            found += [row["text"] for row in page["entries"]]
            if (cursor := page["next"]) is None:
                break
    assert found == ["an old question"]
    assert cursor is None


def test_who_is_a_stranger_follows_owners_and_devices(
    shelf: Shelf, world: World, me: Person, mia: Person
) -> None:
    noa = world.person("Noa")
    device = world.stranger()
    device.post("from her other device", mentions=(me.identity,))
    mia.follow(noa.identity)
    shelf.feed()
    assert (texts(told(shelf)), shelf.texts("requests")) == ([], [])
    noa.root.say(add_device(noa.identity, device.key))
    shelf.feed()
    assert (texts(told(shelf)), shelf.texts("requests")) == (["from her other device"], [])
    mia.unfollow(noa.identity)
    shelf.feed()
    assert (told(shelf), shelf.texts("requests")) == ([], ["from her other device"])
    shelf.views.set_self(mia.identity)
    assert shelf.texts("requests") == []
    shelf.views.set_self(me.identity)
    assert shelf.texts("requests") == ["from her other device"]


def test_likes_by_strangers_are_shown_and_ring_for_nobody(
    shelf: Shelf, world: World, me: Person, mia: Person
) -> None:
    post = me.post("bread")
    world.person("Zed").like(post)
    shelf.feed()
    assert [row["rings"] for row in told(shelf)] == [False]
    mia.like(post)
    for number in range(8):
        world.person(f"{number}").like(post)
    shelf.feed()
    assert [row["rings"] for row in told(shelf)] == [True]


def test_who_wrote_it_must_be_known_before_anybody_is_asked(
    shelf: Shelf, world: World, me: Person
) -> None:
    nobody = world.person("Zed", announced=False)
    nobody.post("hey", mentions=(me.identity,))
    shelf.feed()
    assert (told(shelf), shelf.texts("requests")) == ([], [])
    assert shelf.texts("mentions") == ["hey"]
    world.announce(nobody)
    shelf.feed()
    assert shelf.texts("requests") == ["hey"]


def test_thousands_of_likes_cost_a_page_little(shelf: Shelf, me: Person, world: World) -> None:
    ref: Ref = me.post("bread")
    for number in range(1200):
        world.person(f"fan {number}").like(ref)
    shelf.feed()
    [row] = told(shelf)
    assert row["count"] == 1000
