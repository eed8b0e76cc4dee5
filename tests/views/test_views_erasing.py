"""What is erased leaves timelines, searches, counts, threads, quotes and the file itself."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from p2pblog.content.bodies import Erase, Media, Outside, Post, Profile, Ref, Repost
from p2pblog.core.encoding import Value, encode
from p2pblog.core.errors import NotFound
from p2pblog.views.database import Views
from tests.views.views_world import EPOCH, Person, Shelf, World, Writer, arrived, entry_text


def erase(writer: Writer, *targets: Ref) -> Ref:
    return writer.say(Erase(targets))


@pytest.mark.proves("B-14")
def test_an_erased_post_is_gone_from_timelines_searches_and_counts(
    shelf: Shelf, me: Person
) -> None:
    kept, gone = me.post("rye #bread stays"), me.post("rye #bread goes")
    shelf.feed()
    erase(me, gone)
    changes = shelf.feed()
    assert changes.erased == (gone,)
    assert shelf.texts("home") == shelf.texts("tag:bread") == ["rye #bread stays"]
    assert shelf.found("rye") == ["rye #bread stays"]
    assert shelf.found("goes") == []
    assert shelf.profile("ada")["posts"] == 1
    row = shelf.entry(gone)
    assert (row["erased"], row["text"], row["cursor"]) == (True, "", None)
    assert shelf.entry(kept)["erased"] is False


def test_a_thread_keeps_the_place_of_what_was_erased(shelf: Shelf, me: Person) -> None:
    root = me.post("root")
    middle = me.reply(root, "middle")
    me.reply(middle, "leaf", root)
    leaf = me.reply(root, "no answers")
    erase(me, middle, leaf)
    shelf.feed()
    assert shelf.thread(root) == [(0, "root"), (1, ""), (2, "leaf")]
    assert shelf.entry(root)["replies"] == 0
    with shelf.views.reader() as reader:
        rows = reader.thread(entry_text(root))["entries"]
    assert [row["erased"] for row in rows] == [False, True, False]


def test_a_thread_whose_first_entry_was_erased_is_still_one(shelf: Shelf, me: Person) -> None:
    root = me.post("root")
    leaf = me.reply(root, "leaf")
    erase(me, root)
    shelf.feed()
    assert shelf.thread(leaf) == [(0, ""), (1, "leaf")]


@pytest.mark.proves("B-14")
def test_quotes_and_reposts_show_nothing_of_what_was_erased(
    shelf: Shelf, world: World, me: Person
) -> None:
    said = me.post("regret", warning="also regret")
    mia = world.person("mia")
    quoting, passing = mia.post("look", quote=said), mia.repost(said)
    shelf.feed()
    erase(me, said)
    shelf.feed()
    assert "regret" not in str([shelf.entry(quoting), shelf.entry(passing)])
    assert shelf.entry(quoting)["quoted"]["erased"] is True
    assert shelf.entry(passing)["target"]["erased"] is True


@pytest.mark.proves("B-13")
def test_nobody_else_can_erase(shelf: Shelf, world: World, me: Person) -> None:
    said = me.post("mine")
    eve = world.person("eve")
    erase(eve, said)
    erase(world.stranger(), said)
    assert shelf.feed().erased == ()
    assert shelf.entry(said)["text"] == "mine"


@pytest.mark.proves("B-13")
def test_another_device_erases_once_it_is_known_to_be_one(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    said = mia.post("wrong")
    shelf.feed()
    phone = mia.another_device()
    adding = world.entries[-1]
    erase(phone, said)
    shelf.feed([world.entries[-1]])
    assert shelf.entry(said)["text"] == "wrong"
    assert shelf.feed([adding]).erased == (said,)
    assert shelf.entry(said)["erased"] is True


@pytest.mark.proves("B-13")
@pytest.mark.parametrize("withheld", [False, True])
def test_what_was_erased_before_it_came_is_never_shown(
    shelf: Shelf, world: World, me: Person, *, withheld: bool
) -> None:
    said = me.post("early")
    late = world.entries[-1]
    erase(me, said)
    changes = shelf.feed([world.entries[-1], *world.entries[:-2]])
    assert changes.erased == (said,)
    came = shelf.feed([late._replace(body=None) if withheld else late])
    assert came.erased == (() if withheld else (said,))  # its body came, and has to go
    assert shelf.entry(said)["erased"] is True
    assert shelf.found("early") == []


def test_an_entry_whose_body_comes_later_is_shown_once(
    shelf: Shelf, world: World, me: Person
) -> None:
    said = me.post("came late")
    bare = world.entries[-1]._replace(body=None)
    shelf.feed([*world.entries[:-1], bare])
    for _ in range(2):  # a journal read again gives it twice
        shelf.feed([world.entries[-1]])
        assert shelf.texts("home") == ["came late"]
    assert shelf.profile("ada")["posts"] == 1
    erase(me, said)
    shelf.feed([world.entries[-1]])
    assert shelf.texts("home") == []


def test_a_withheld_entry_that_was_erased_is_shown_as_such(
    shelf: Shelf, world: World, me: Person
) -> None:
    said = me.post("never seen")
    shelf.feed([entry._replace(body=None) for entry in world.entries[-1:]])
    with pytest.raises(NotFound):
        shelf.entry(said)
    erase(me, said)
    shelf.feed([*world.entries[:-2], world.entries[-1]])
    assert shelf.entry(said)["erased"] is True


@pytest.mark.proves("B-14")
def test_erased_likes_follows_names_and_reposts_were_never_said(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    said = me.post("hello")
    unsaid = (
        mia.like(said),
        mia.follow(me.identity),
        mia.say(Profile("wrong name")),
        mia.repost(said),
        mia.say(Repost(outside=Outside("carla", "outside text"))),
    )
    shelf.feed()
    assert shelf.entry(said)["likes"] == shelf.entry(said)["reposts"] == 1
    erase(mia, *unsaid)
    shelf.feed()
    row = shelf.entry(said)
    assert (row["likes"], row["reposts"]) == (0, 0)
    assert shelf.profile("mia")["follows_me"] is False
    assert shelf.texts("user:mia") == []
    assert shelf.found("outside") == []


def test_erasing_the_last_word_gives_the_one_before_back(shelf: Shelf, me: Person) -> None:
    said = me.post("hello")
    me.like(said)
    undo = me.like(said, undo=True)
    shelf.feed()
    assert shelf.entry(said)["likes"] == 0
    erase(me, undo)
    shelf.feed()
    assert shelf.entry(said)["likes"] == 1


@pytest.mark.proves("B-15")
def test_erasures_cannot_be_erased_nor_devices(shelf: Shelf, world: World, me: Person) -> None:
    said = me.post("gone for good")
    erasing = erase(me, said)
    adding = Ref(me.identity, 1, world.entries[0].id)
    erase(me, erasing, adding)
    assert adding not in shelf.feed().erased  # nothing of a root log may be withheld
    assert shelf.entry(said)["erased"] is True
    assert shelf.profile("ada")["identity"] == me.text


@pytest.mark.proves("B-15")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_device_that_was_withheld_and_named_by_an_erasure_counts_once_it_is_here(
    shelf: Shelf, world: World, me: Person, when: str
) -> None:
    mia = world.person("mia")
    phone = mia.another_device(mia)
    adding = world.entries[-1]
    erase(mia, Ref(mia.log, adding.seq, adding.id))
    erasing = world.entries[-1]
    bare = adding._replace(body=None)
    shelf.feed(world.entries[:-2])
    shelf.feed([bare, erasing] if when == "after" else [erasing, bare])
    with shelf.views.reader() as reader:
        assert reader.identity_of(phone.log) is None
    shelf.feed([adding])
    with shelf.views.reader() as reader:
        assert reader.identity_of(phone.log) == mia.identity


def test_an_import_that_was_erased_is_not_imported_again(shelf: Shelf, me: Person) -> None:
    said = me.imported("old", "7", 5)
    late = shelf.world.entries[-1]
    erase(me, said)
    shelf.feed([*shelf.world.entries[:-2], shelf.world.entries[-1]])
    shelf.feed([late])
    other = me.imported("older", "8", 5)
    shelf.feed(shelf.world.entries[-1:])
    erase(me, other)
    shelf.feed(shelf.world.entries[-1:])
    with shelf.views.reader() as reader:
        assert reader.known_origins("twitter", "me", ["7", "8"]) == {"7": said, "8": other}


@pytest.mark.proves("L-26")
def test_pictures_of_erased_posts_are_unused_unless_another_shows_them(
    shelf: Shelf, me: Person
) -> None:
    cat, dog = Media(b"c" * 32, 1, "image/png"), Media(b"d" * 32, 1, "image/png")
    gone = me.say(Post("both", media=(cat, dog)))
    me.say(Post("the dog", media=(dog,)))
    shelf.feed()
    erase(me, gone)
    shelf.feed()
    with shelf.views.reader() as reader:
        assert reader.unused_blobs() == [cat.blob]


@pytest.mark.proves("L-26")
@pytest.mark.parametrize("seed", range(10))
def test_the_file_holds_no_word_of_what_was_erased(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    world = World()
    me = world.person("ada")
    secret = f"zq{chance.getrandbits(64):x}"
    posts = [me.post(f"{number} {'x' * chance.randrange(400)}") for number in range(300)]
    targets = [
        me.post(f"a {secret} text #{secret} https://{secret}.example", warning=f"{secret}w"),
        me.reply(posts[0], secret),
    ]
    posts += [me.post(f"later {number} #tag") for number in range(chance.randrange(300))]
    erase(me, *targets)
    views = Views(tmp_path / "views.sqlite", epoch=EPOCH, self_identity=me.identity)
    cut = chance.randrange(300, len(world.entries) - 1)
    views.apply(arrived(world.entries[:cut]))
    assert held(tmp_path, secret) == (cut > 302)
    views.apply(arrived(world.entries[cut:], cut + 1))
    assert views.unscrubbed
    assert views.scrub()
    assert not views.unscrubbed
    assert not held(tmp_path, secret)
    views.close()


def held(folder: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.iterdir())


def test_entries_without_meaning_are_unknown_or_passed_over(
    shelf: Shelf, world: World, me: Person
) -> None:
    unknown = me.raw(body("poll", {"question": "rye?"}))
    bad = me.raw(body("post", {"text": 7}))
    garbage = me.raw(b"\xc1")
    shelf.feed()
    assert shelf.entry(unknown)["kind"] == "unknown"
    for ref in (bad, garbage):
        with pytest.raises(NotFound):
            shelf.entry(ref)
    erase(me, unknown, bad, garbage)
    assert set(shelf.feed().erased) == {unknown, bad, garbage}
    assert shelf.entry(unknown)["erased"] is True


def body(kind: str, content: dict[str, Value]) -> bytes:
    return encode([bytes(16), kind, content])
