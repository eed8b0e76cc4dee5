"""Likes, reposts, follows, names and devices: what was said last counts, in any order."""

from __future__ import annotations

import pytest

from p2pblog.content.bodies import DeviceAdd, Like, Profile, Repost
from p2pblog.core.errors import Ambiguous, BadTextForm, Nobody, NotFound
from p2pblog.core.limits import ROOTS_PER_LOG_MAX
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.identity import add_device
from tests.views.views_world import START_MS, Person, Shelf, World


@pytest.mark.proves("B-9")
def test_counts_are_of_identities_not_of_devices(shelf: Shelf, world: World, me: Person) -> None:
    mia, noa = world.person(), world.person()
    target = me.post("hello")
    for writer in (mia, mia.another_device(), noa, me):
        writer.like(target)
        writer.repost(target)
    mia.reply(target, "one")
    mia.reply(target, "two")
    shelf.feed()
    row = shelf.entry(target)
    assert (row["likes"], row["reposts"], row["replies"]) == (3, 3, 2)
    assert (row["liked"], row["reposted"]) == (True, True)


def test_a_like_that_comes_before_its_target_counts(shelf: Shelf, world: World) -> None:
    mia, noa = world.person(), world.person()
    target = mia.post("hello")
    noa.like(target)
    shelf.feed(world.entries[::-1])
    assert shelf.entry(target)["likes"] == 1
    assert not shelf.entry(target)["liked"]


@pytest.mark.proves("B-7")
def test_the_latest_seq_of_a_log_wins_though_it_comes_first(shelf: Shelf, world: World) -> None:
    mia, noa = world.person(), world.person()
    target = mia.post("hello")
    noa.like(target)
    noa.like(target, undo=True)
    shelf.feed(world.entries[::-1])
    assert shelf.entry(target)["likes"] == 0
    noa.like(target)
    shelf.feed(world.entries[-1:])
    assert shelf.entry(target)["likes"] == 1


@pytest.mark.proves("B-8")
def test_across_devices_the_later_clock_wins_then_the_larger_log(
    shelf: Shelf, world: World
) -> None:
    mia, noa = world.person(), world.person()
    phone = noa.another_device()
    target, other = mia.post("hello"), mia.post("again")
    noa.say(Like(target), START_MS + 50)
    phone.say(Like(target, undo=True), START_MS + 60)
    larger, smaller = (phone, noa) if phone.log > noa.log else (noa, phone)
    larger.say(Like(other), START_MS + 70)
    smaller.say(Like(other, undo=True), START_MS + 70)
    shelf.feed()
    assert shelf.entry(target)["likes"] == 0
    assert shelf.entry(other)["likes"] == 1


@pytest.mark.proves("B-9")
def test_logs_of_nobody_known_do_not_count_until_they_are_somebodys(
    shelf: Shelf, world: World, me: Person
) -> None:
    target = me.post("hello")
    noa = world.person(announced=False)
    noa.like(target)
    noa.repost(target)
    shelf.feed()
    row = shelf.entry(target)
    assert (row["likes"], row["reposts"]) == (0, 0)
    world.announce(noa)
    shelf.feed()
    row = shelf.entry(target)
    assert (row["likes"], row["reposts"]) == (1, 1)


def test_a_repost_shows_what_it_passes_on(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person("mia")
    target = mia.post("worth reading", warning="long")
    me.follow(mia.identity)
    repost = me.repost(target)
    me.like(target)
    shelf.feed()
    row = shelf.entry(repost)
    assert (row["kind"], row["text"], row["warning"], row["name"]) == (
        "repost",
        "worth reading",
        "long",
        "ada",
    )
    assert row["target"]["id"] == to_text(Kind.ENTRY, target.id)
    assert row["target"]["name"] == "mia"
    assert (row["likes"], row["liked"], row["reposted"]) == (1, True, True)


def test_undoing_a_repost_takes_it_out_of_timelines(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person()
    target = mia.post("worth reading")
    first = me.repost(target)
    shelf.feed()
    assert shelf.texts("home") == ["worth reading"]
    me.repost(target, undo=True)
    shelf.feed()
    assert shelf.texts("home") == []
    assert shelf.texts("local") == ["worth reading"]
    with pytest.raises(NotFound):
        shelf.entry(first)
    again = me.repost(target)
    shelf.feed()
    assert shelf.texts("home") == ["worth reading"]
    assert shelf.entry(again)["reposts"] == 1


def test_a_repost_by_two_devices_of_one_identity_stands_once(
    shelf: Shelf, world: World, me: Person
) -> None:
    target = world.person().post("worth reading")
    laptop = me.another_device()
    earlier, later = me.repost(target), laptop.repost(target)
    shelf.feed()
    assert len(shelf.texts("home")) == 1
    assert shelf.entry(later)["reposts"] == 1
    with pytest.raises(NotFound):
        shelf.entry(earlier)


def test_learning_that_two_logs_are_one_person_merges_their_reposts(
    shelf: Shelf, world: World, me: Person
) -> None:
    target = world.person().post("worth reading")
    laptop = world.stranger()
    laptop.repost(target)
    me.repost(target)
    shelf.feed()
    assert len(shelf.texts("local")) == 3
    me.root.say(add_device(me.identity, laptop.key))
    shelf.feed()
    assert len(shelf.texts("local")) == 2
    assert len(shelf.texts("home")) == 1


def test_a_repost_of_what_is_not_here_has_no_target(shelf: Shelf, world: World, me: Person) -> None:
    target = world.person().post("not here")
    hidden = world.entries.pop()
    repost = me.repost(target)
    shelf.feed()
    row = shelf.entry(repost)
    assert (row["target"], row["text"], row["reposts"]) == (None, "", 1)
    shelf.feed([hidden])
    assert shelf.entry(repost)["text"] == "not here"


def test_a_repost_of_a_repost_ends(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person()
    post = mia.post("deep")
    ref = mia.repost(post)
    row_ref = me.say(Repost(ref))
    shelf.feed()
    row = shelf.entry(row_ref)
    assert row["target"]["kind"] == "repost"
    assert row["target"]["target"] is None


def test_quotes_show_the_quoted_text_when_it_is_here(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    quoted = mia.post("the original", warning="loud")
    absent = mia.post("absent")
    world.entries.pop()
    ref, other = me.post("look", quote=quoted), me.post("look here", quote=absent)
    shelf.feed()
    assert shelf.entry(ref)["quoted"] == {
        "id": to_text(Kind.ENTRY, quoted.id),
        "author": mia.text,
        "name": "mia",
        "looks_like": None,
        "text": "the original",
        "mentions": {},
        "warning": "loud",
        "time_ms": world.clock_ms - 3000,
        "erased": False,
    }
    assert shelf.entry(other)["quoted"] is None
    assert shelf.entry(other)["quote"] == to_text(Kind.ENTRY, absent.id)


# --- whose a log is -----------------------------------------------------------------------


@pytest.mark.proves("I-6")
def test_an_author_is_known_once_the_device_is(shelf: Shelf, world: World) -> None:
    mia = world.person("mia", announced=False)
    ref = mia.post("who am I?")
    shelf.feed()
    assert (shelf.entry(ref)["author"], shelf.entry(ref)["name"]) == (None, None)
    world.announce(mia)
    shelf.feed()
    assert (shelf.entry(ref)["author"], shelf.entry(ref)["name"]) == (mia.text, "mia")
    with shelf.views.reader() as reader:
        assert reader.identity_of(mia.log) == mia.identity
        assert set(reader.logs_of(mia.identity)) == {mia.log, mia.root.log}


@pytest.mark.proves("I-5", "I-6")
def test_nobody_can_claim_a_log_without_its_consent(shelf: Shelf, world: World) -> None:
    thief, mia = world.person("thief"), world.person("mia", announced=False)
    ref = mia.post("mine")
    thief.root.say(DeviceAdd(mia.log, bytes(64)))
    thief.root.say(DeviceAdd(mia.log, add_device(mia.identity, mia.key).consent))
    thief.say(add_device(mia.identity, mia.key))  # true consent, but in a log that may not add
    shelf.feed()
    assert shelf.entry(ref)["author"] is None
    world.announce(mia)
    shelf.feed()
    assert shelf.entry(ref)["author"] == mia.text


@pytest.mark.proves("I-5")
@pytest.mark.parametrize("order", [1, -1])
def test_devices_added_by_devices_belong_whatever_comes_first(
    shelf: Shelf, world: World, order: int
) -> None:
    mia = world.person("mia", announced=False)
    phone = mia.another_device(by=mia)
    tablet = mia.another_device(by=phone)
    ref = tablet.post("from the sofa")
    world.announce(mia)
    shelf.feed(world.entries[::order])
    assert shelf.entry(ref)["author"] == mia.text


@pytest.mark.proves("I-7")
@pytest.mark.parametrize("order", [1, -1])
def test_a_device_of_two_identities_is_the_smaller_ones(
    shelf: Shelf, world: World, order: int
) -> None:
    one, two = world.person("one"), world.person("two")
    shared = world.stranger()
    ref = shared.post("whose?")
    shelf.feed()
    adds = [person.root.say(add_device(person.identity, shared.key)) for person in (one, two)]
    assert len(adds) == 2
    shelf.feed(world.entries[-2:][::order])
    assert shelf.entry(ref)["author"] == min(one, two, key=lambda p: p.identity).text
    counted = [shelf.profile(person.text)["posts"] for person in (one, two)]
    assert sorted(counted) == [0, 1]


def test_a_device_that_consents_to_everybody_costs_a_bounded_amount(
    shelf: Shelf, world: World
) -> None:
    shared = world.stranger()
    people = [world.person() for _ in range(3 * ROOTS_PER_LOG_MAX)]
    for person in people:
        person.root.say(add_device(person.identity, shared.key))
    shelf.feed()
    with shelf.views.reader() as reader:
        owners = [person for person in people if shared.log in reader.logs_of(person.identity)]
    assert len(owners) == 1


# --- people ------------------------------------------------------------------------------


def test_a_person_is_shown_as_documented(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person(announced=True)
    mia.say(Profile("mia", "bakes", (("web", "https://mia.example"),)))
    mia.follow(me.identity)
    me.follow(mia.identity)
    mia.follow(world.person().identity)
    mia.post("one")
    mia.imported("two", "2", START_MS - 5)
    shelf.feed()
    assert shelf.profile("mia") == {
        "identity": mia.text,
        "name": "mia",
        "looks_like": None,
        "bio": "bakes",
        "fields": [{"name": "web", "value": "https://mia.example"}],
        "self": False,
        "followed": True,
        "follows_me": True,
        "near": False,
        "posts": 2,
        "following": 2,
        "followers": 1,
        "last_ms": world.clock_ms,
        "forked": False,
    }
    assert shelf.profile("ada")["self"]
    with shelf.views.reader() as reader:
        assert reader.followed(me.identity) == {mia.identity}
        assert reader.followed(b"?" * 32) == set()
        assert set(reader.followed_logs(me.identity)[mia.identity]) == {mia.log, mia.root.log}


def test_the_newest_profile_counts_also_from_another_device(shelf: Shelf, world: World) -> None:
    mia = world.person("mia")
    phone = mia.another_device()
    phone.say(Profile("mia at sea"))
    shelf.feed(world.entries[::-1])
    assert shelf.profile(mia.text)["name"] == "mia at sea"
    mia.say(Profile("mia ashore"))
    shelf.feed(world.entries[-1:])
    assert shelf.profile(mia.text)["name"] == "mia ashore"


@pytest.mark.proves("B-9")
def test_following_oneself_counts_for_nothing(shelf: Shelf, me: Person) -> None:
    me.follow(me.identity)
    shelf.feed()
    assert (shelf.profile("ada")["followers"], shelf.profile("ada")["following"]) == (0, 0)
    with shelf.views.reader() as reader:
        assert reader.followed(me.identity) == set()


def test_people_met_on_the_lan_come_first_then_the_most_active(shelf: Shelf, world: World) -> None:
    _, near, _ = (world.person(name) for name in ("early", "near", "late"))
    shelf.feed()
    with shelf.views.reader() as reader:
        names = [row["name"] for row in reader.people()["people"]]
        assert names == ["late", "near", "early"]
        shelf.views.mark_near([near.log])
        assert [row["name"] for row in reader.people()["people"]] == ["near", "late", "early"]
        assert [row["name"] for row in reader.people(near=True)["people"]] == ["near"]


def test_a_device_met_before_its_identity_is_known_makes_it_near(
    shelf: Shelf, world: World
) -> None:
    mia = world.person("mia", announced=False)
    shelf.views.mark_near([mia.log])
    world.announce(mia)
    shelf.feed()
    assert shelf.profile("mia")["near"]


def test_names_must_be_unambiguous_unless_one_follows_the_right_one(
    shelf: Shelf, world: World, me: Person
) -> None:
    friend, other = world.person("Mia"), world.person("mia")
    shelf.feed()
    with pytest.raises(Ambiguous):
        shelf.profile("mia")
    me.follow(friend.identity)
    shelf.feed()
    assert shelf.profile("MIA")["identity"] == friend.text
    assert shelf.profile(other.text)["identity"] == other.text


def test_a_friend_keeps_their_name_however_many_strangers_take_it(
    shelf: Shelf, world: World, me: Person
) -> None:
    for _ in range(201):
        world.person("Mia")
    friend = world.person("Mia")
    shelf.feed()
    with pytest.raises(Ambiguous):
        shelf.profile("Mia")
    me.follow(friend.identity)
    shelf.feed()
    assert shelf.profile("mia")["identity"] == friend.text


def test_a_name_that_is_the_beginning_of_anothers_id_is_ambiguous(
    shelf: Shelf, world: World
) -> None:
    mia = world.person("mia")
    thief = world.person(mia.text[:10])
    shelf.feed()
    with pytest.raises(Ambiguous):
        shelf.profile(mia.text[:10])
    assert shelf.profile(mia.text[:11])["identity"] == mia.text
    assert shelf.profile(thief.text)["identity"] == thief.text


def test_a_mistyped_id_is_not_taken_for_a_name(shelf: Shelf, me: Person) -> None:
    shelf.feed()
    wrong = me.text[:-1] + ("a" if me.text[-1] != "a" else "b")
    with shelf.views.reader() as reader:
        for ask in (reader.profile, reader.identity):
            with pytest.raises(BadTextForm):
                ask(wrong)
        assert reader.identity(me.text) == me.identity
        unheard = to_text(Kind.IDENTITY, b"u" * 32)
        assert reader.identity(unheard) == b"u" * 32
        with pytest.raises(NotFound):
            reader.profile(unheard)


def test_entries_are_found_by_an_unambiguous_prefix(shelf: Shelf, me: Person) -> None:
    refs = [me.post(str(number)) for number in range(300)]
    texts = [to_text(Kind.ENTRY, ref.id) for ref in refs]
    shelf.feed()
    with shelf.views.reader() as reader:
        assert [reader.entry(text[:20])["text"] for text in texts[:5]] == list("01234")
        by_start = [text for text in texts if text[:2] == texts[0][:2]]
        assert len(by_start) >= 1
        with pytest.raises(BadTextForm):
            reader.entry("e")
        with pytest.raises(NotFound):
            reader.entry(to_text(Kind.ENTRY, bytes(32)))


# --- imports -----------------------------------------------------------------------------


@pytest.mark.proves("B-11")
def test_what_oneself_has_imported_is_known(shelf: Shelf, world: World, me: Person) -> None:
    mine = me.imported("one", "1", START_MS)
    laptop = me.another_device()
    too = laptop.imported("two", "2", START_MS)
    world.person().imported("three", "3", START_MS)
    shelf.feed()
    with shelf.views.reader() as reader:
        assert reader.known_origins("twitter", "me", ["1", "2", "3", "4"]) == {
            "1": mine,
            "2": too,
        }
        assert reader.known_origins("twitter", "you", ["1"]) == {}
        assert reader.known_origins("mastodon", "me", ["1"]) == {}


def test_refs_of_a_reply_name_the_thread(shelf: Shelf, world: World, me: Person) -> None:
    root = me.post("root")
    answer = me.reply(root, "answer")
    deeper = me.reply(answer, "deeper", root)
    shelf.feed()
    with shelf.views.reader() as reader:
        assert reader.refs(to_text(Kind.ENTRY, root.id)) == (root, root)
        assert reader.refs(to_text(Kind.ENTRY, deeper.id)) == (deeper, root)


def test_a_name_that_is_nobodys_names_the_only_one_that_goes_on_from_it(
    shelf: Shelf, world: World, me: Person
) -> None:
    bob = world.person("Bob Second")
    shelf.feed()
    with pytest.raises(Nobody, match=r"^Nobody .*: bob; did you mean Bob Second\?$"):
        shelf.profile("bob")
    world.person("Bob Third")
    shelf.feed()
    with pytest.raises(Nobody, match=r"id: Bob$"):
        shelf.profile("Bob")
    me.follow(bob.identity)  # of two the one that one knows
    shelf.feed()
    with pytest.raises(Nobody, match="did you mean Bob Second"):
        shelf.profile("@Bob")
    for typed in ("Bobby", "@"):
        with pytest.raises(Nobody) as raised:
            shelf.profile(typed)
        assert "did you mean" not in str(raised.value)
