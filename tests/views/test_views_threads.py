"""Threads in reading order, also where what entries say about them is a lie."""

from __future__ import annotations

import random

from p2pblog.content.bodies import Ref
from p2pblog.core.encoding import encode
from p2pblog.core.limits import THREAD_ENTRIES_MAX
from tests.views.views_world import Person, Shelf, World, entry_text


def test_answers_stand_below_what_they_answer_older_ones_first(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    root = me.post("root")
    first = mia.reply(root, "first")
    second = mia.reply(root, "second")
    me.reply(first, "to first", root)
    deep = me.reply(second, "to second", root)
    mia.reply(first, "to first, later", root)
    mia.post("another thread")
    shelf.feed(random.Random(3).sample(world.entries, len(world.entries)))
    expected = [
        (0, "root"),
        (1, "first"),
        (2, "to first"),
        (2, "to first, later"),
        (1, "second"),
        (2, "to second"),
    ]
    for asked in (root, first, deep):
        assert shelf.thread(asked) == expected
    with shelf.views.reader() as reader:
        assert reader.thread(entry_text(deep))["focus"] == entry_text(deep)


def test_what_is_answered_but_not_here_is_a_placeholder(
    shelf: Shelf, world: World, me: Person
) -> None:
    root = me.post("root")
    absent = world.person().reply(root, "absent")
    hidden = world.entries.pop()
    me.reply(absent, "to the absent one", root)
    me.reply(absent, "again", root)
    shelf.feed()
    assert shelf.thread(root) == [
        (0, "root"),
        (1, "?"),
        (2, "to the absent one"),
        (2, "again"),
    ]
    with shelf.views.reader() as reader:
        row = reader.thread(entry_text(root))["entries"][1]
    assert (row["id"], row["seq"], row["replies"]) == (entry_text(absent), absent.seq, 2)
    shelf.feed([hidden])
    assert shelf.thread(root)[1] == (1, "absent")


def test_a_thread_whose_first_entry_is_not_here_begins_with_a_placeholder(
    shelf: Shelf, world: World, me: Person
) -> None:
    root = world.person().post("absent")
    world.entries.pop()
    answer = me.reply(root, "answer")
    shelf.feed()
    assert shelf.thread(answer) == [(0, "?"), (1, "answer")]


def test_an_answer_that_lies_about_its_thread_hangs_below_the_first_entry(
    shelf: Shelf, world: World, me: Person
) -> None:
    liar = world.person()
    root, elsewhere = me.post("root"), me.post("elsewhere")
    there = me.reply(elsewhere, "there")
    lie = liar.reply(there, "I belong here", root)
    shelf.feed()
    assert shelf.thread(lie) == [(0, "root"), (1, "I belong here")]
    assert shelf.thread(there) == [(0, "elsewhere"), (1, "there")]


def test_roots_that_name_each_other_do_not_loop(shelf: Shelf, world: World) -> None:
    liar = world.person()
    made_up = Ref(liar.log, 99, b"\x07" * 32)
    first = liar.post("first", root=made_up)
    second = liar.post("second", reply=first, root=first)
    third = liar.post("third", reply=second, root=second)
    shelf.feed()
    assert shelf.thread(first) == [(0, "?"), (1, "first")]
    assert shelf.thread(second) == [(0, "first"), (1, "second")]
    assert shelf.thread(third) == [(0, "second"), (1, "third")]


def test_an_answer_without_a_root_or_a_root_without_an_answer_is_read_kindly(
    shelf: Shelf, me: Person
) -> None:
    root = me.post("root")
    half = me.post("only reply", reply=root)
    other = me.post("only root", root=root)
    shelf.feed()
    assert shelf.thread(half) == [(0, "root"), (1, "only reply"), (1, "only root")]
    assert shelf.entry(other)["reply_to"] == entry_text(root)
    assert shelf.entry(root)["replies"] == 2


def test_a_long_thread_is_cut_but_keeps_what_was_asked_for(
    shelf: Shelf, world: World, me: Person
) -> None:
    root = me.post("root")
    last = root
    for number in range(THREAD_ENTRIES_MAX + 200):
        last = me.reply(last, str(number), root)
    shelf.feed()
    shown = shelf.thread(last)
    assert len(shown) <= THREAD_ENTRIES_MAX
    assert shown[0] == (0, "root")
    assert shown[1] == (1, "0")
    assert str(THREAD_ENTRIES_MAX + 199) in [text for _, text in shown]
    assert str(THREAD_ENTRIES_MAX + 198) in [text for _, text in shown]


def test_a_thread_full_of_answers_to_nothing_stays_bounded(
    shelf: Shelf, world: World, me: Person
) -> None:
    liar = world.person()
    root = me.post("root")
    for number in range(THREAD_ENTRIES_MAX + 100):
        liar.reply(Ref(liar.log, 1, number.to_bytes(32)), str(number), root)
    shelf.feed()
    assert len(shelf.thread(root)) <= THREAD_ENTRIES_MAX


def test_an_answer_to_a_kind_of_the_future_shows_it(shelf: Shelf, world: World, me: Person) -> None:
    poll = world.person("mia").raw(encode([bytes(16), "poll", {"question": "?"}]))
    answer = me.reply(poll, "yes")
    shelf.feed()
    with shelf.views.reader() as reader:
        rows = reader.thread(entry_text(answer))["entries"]
    assert [(row["kind"], row["name"], row["missing"]) for row in rows] == [
        ("unknown", "mia", False),
        ("post", "ada", False),
    ]
