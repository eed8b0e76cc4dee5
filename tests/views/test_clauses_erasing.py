"""Clauses of protocol/04-bodies.md section 8: what was erased is not shown again."""

from __future__ import annotations

import random

import pytest

from p2pblog.content.bodies import DeviceRevoke, Erase
from tests.views.views_world import Person, Shelf, World


@pytest.mark.proves("B-16")
@pytest.mark.parametrize("learned", ["revoked", "revoked whole", "forked", "root forked"])
def test_what_was_erased_stays_so_whatever_is_learned_of_the_device_that_asked(
    shelf: Shelf, world: World, me: Person, learned: str
) -> None:
    mia = world.person("mia")
    said = mia.post("a regret #regret")
    phone = mia.another_device()
    before = phone.post("from the phone")
    erasing = phone.say(Erase((said,)))
    shelf.feed()
    assert shelf.entry(said)["erased"] is True
    match learned:
        case "revoked":
            mia.root.say(DeviceRevoke(phone.log, before.seq, before.id))
        case "revoked whole":
            mia.root.say(DeviceRevoke(phone.log, 0, None))
        case "forked":
            shelf.views.mark_forked(phone.log, erasing.seq)
        case _:
            shelf.views.mark_forked(mia.identity, 2)
    shelf.feed()
    again = [entry for entry in world.entries if entry.id == said.id]
    shelf.feed(again)  # somebody passes it on once more
    assert shelf.texts("tag:regret") == shelf.found("regret") == []
    assert shelf.entry(said)["erased"] is True
    assert shelf.entry(said)["text"] == ""


@pytest.mark.proves("B-13", "B-14")
@pytest.mark.parametrize("seed", range(10))
def test_what_is_erased_does_not_depend_on_the_order_of_arrival(
    shelf: Shelf, world: World, me: Person, seed: int
) -> None:
    mia, eve = world.person("mia"), world.person("eve")
    kept, gone = mia.post("kept rye"), mia.post("gone rye")
    mia.another_device().say(Erase((gone,)))
    eve.say(Erase((kept,)))
    order = list(world.entries)
    random.Random(seed).shuffle(order)
    for entry in order:
        shelf.feed([entry])
    assert shelf.found("rye") == ["kept rye"]
    assert [shelf.entry(ref)["erased"] for ref in (kept, gone)] == [False, True]
