"""A post is shown as its author said it last; what it was before can be read."""

from __future__ import annotations

import pytest

from p2pblog.content.bodies import Edit, Erase, Media, Ref
from p2pblog.core.errors import BadRequest
from p2pblog.log.identity import add_device
from p2pblog.views.schema import POST
from tests.views.views_world import Person, Shelf, World, Writer, entry_text


def edit(writer: Writer, target: Ref, text: str, **fields: object) -> Ref:
    return writer.say(Edit(target, text, **fields))  # type: ignore[arg-type]


def before(shelf: Shelf, ref: Ref) -> list[str]:
    with shelf.views.reader() as reader:
        return [row["text"] for row in reader.versions(entry_text(ref))]


def test_the_last_version_is_shown_found_and_dated(shelf: Shelf, me: Person) -> None:
    post = me.post("first #one", warning="w")
    shelf.feed()
    edit(me, post, "second #two", lang="en")
    shelf.feed()
    edit(me, post, "third #three")
    shelf.feed()
    shown = shelf.entry(post)
    assert (shown["text"], shown["warning"], shown["lang"]) == ("third #three", "", "")
    assert shown["edited_ms"] == me.world.clock_ms
    assert shown["time_ms"] < shown["edited_ms"]
    assert shelf.texts("home") == shelf.texts("tag:three") == ["third #three"]
    for gone in ("first", "second"):
        assert shelf.found(gone) == []
    assert shelf.texts("tag:one") == shelf.texts("tag:two") == []
    assert before(shelf, post) == ["third #three", "second #two", "first #one"]


def test_only_its_author_changes_a_post_on_whichever_device(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    post = mia.post("hers")
    edit(me, post, "mine")
    edit(world.stranger(), post, "nobody's")
    shelf.feed()
    assert shelf.entry(post)["text"] == "hers"
    assert before(shelf, post) == ["hers"]
    phone = mia.another_device()
    edit(phone, post, "hers, from the phone")
    shelf.feed()
    assert shelf.entry(post)["text"] == "hers, from the phone"


def test_a_version_counts_as_soon_as_it_is_known_whose_it_is(shelf: Shelf, world: World) -> None:
    mia = world.person("mia", announced=False)
    phone = world.stranger()
    post = mia.post("old")
    edit(phone, post, "new")
    shelf.feed()
    assert shelf.entry(post)["text"] == "old"
    world.announce(mia)
    shelf.feed()
    assert shelf.entry(post)["text"] == "old"
    mia.say(add_device(mia.identity, phone.key))
    shelf.feed()
    assert shelf.entry(post)["text"] == "new"


def test_a_version_that_is_erased_gives_way_to_the_one_before(shelf: Shelf, me: Person) -> None:
    post = me.post("first")
    second = edit(me, post, "second")
    third = edit(me, post, "third")
    shelf.feed()
    me.say(Erase((third,)))
    shelf.feed()
    assert shelf.entry(post)["text"] == "second"
    assert shelf.found("third") == []
    assert before(shelf, post) == ["second", "first"]
    me.say(Erase((second,)))
    shelf.feed()
    assert (shelf.entry(post)["text"], shelf.entry(post)["edited_ms"]) == ("first", None)
    assert shelf.found("first") == ["first"]


def test_of_an_erased_post_no_version_is_shown(shelf: Shelf, me: Person) -> None:
    post = me.post("first")
    edit(me, post, "second")
    me.say(Erase((post,)))
    shelf.feed()
    assert shelf.entry(post)["erased"] is True
    assert shelf.entry(post)["text"] == ""
    assert shelf.found("first") == shelf.found("second") == []
    with pytest.raises(BadRequest):
        before(shelf, post)


def test_who_is_mentioned_in_a_new_version_is_told(shelf: Shelf, world: World, me: Person) -> None:
    mia = world.person("mia")
    post = mia.post("hello")
    shelf.feed()
    assert shelf.texts("mentions") == []
    edit(mia, post, "hello @ada", mentions=(me.identity,))
    shelf.feed()
    assert shelf.texts("mentions") == ["hello @ada"]


def test_quotes_reposts_and_threads_show_the_last_version(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    post = mia.post("frist")
    quoting, passing = me.post("look", quote=post), me.repost(post)
    me.reply(post, "you mean first")
    edit(mia, post, "first")
    shelf.feed()
    assert shelf.entry(quoting)["quoted"]["text"] == "first"
    assert shelf.entry(passing)["text"] == shelf.entry(passing)["target"]["text"] == "first"
    assert shelf.entry(passing)["edited_ms"]
    assert shelf.thread(post)[0] == (0, "first")


def test_pictures_of_a_version_go_with_it(shelf: Shelf, me: Person) -> None:
    old, new = (Media(bytes([n]) * 32, 1, "image/png") for n in (1, 2))
    post = me.post("look", media=(old,))
    version = edit(me, post, "look", media=(new,))
    shelf.feed()
    assert [m["size"] for m in shelf.entry(post)["media"]] == [1]
    me.say(Erase((version,)))
    shelf.feed()
    with shelf.views.reader() as reader:
        assert reader.unused_blobs() == [new.blob]


def test_the_index_holds_each_post_once_however_often_it_changed(shelf: Shelf, me: Person) -> None:
    post = me.post("word")
    shelf.feed()
    for number in range(5):
        edit(me, post, f"word {number}")
        shelf.feed()
    assert shelf.found("word") == ["word 4"]
    conn = shelf.views._conn
    assert conn.execute("SELECT count(*) FROM entries WHERE kind = ?", (POST,)).fetchone() == (1,)
    assert conn.execute("SELECT count(*) FROM versions").fetchone() == (1,)
