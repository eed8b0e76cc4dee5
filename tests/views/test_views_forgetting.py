"""Entries that are forgotten might never have come, and may come again; so with bodies."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from p2pblog.content.bodies import Media
from p2pblog.core.errors import NotFound
from p2pblog.log.entry import Entry
from p2pblog.views.schema import END
from tests.views.test_views_any_order import shown, steps, written
from tests.views.views_world import Person, Shelf, World

ERASES = 12
BLOB = bytes(32)


def answers(shelf: Shelf, world: World, people: list[Person]) -> dict[str, Any]:
    """Return what the views answer, but how many entries ever came, and who was ever heard of."""
    found = shown(shelf, world, people)
    del found["kinds"]
    return {
        name: [] if name.startswith("user:") and isinstance(value, str) else value
        for name, value in found.items()
    }


def kept_of(entries: list[Entry], below: dict[bytes, int]) -> list[Entry]:
    return [entry for entry in entries if entry.seq >= below.get(entry.log, 0)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=steps, chance=st.randoms(use_true_random=False))
def test_what_is_forgotten_might_never_have_come_and_may_come_again(
    script: list[tuple[int, int, int]], chance: Any
) -> None:
    # What was erased stays so, whoever asked for it is forgotten or not: not here, therefore.
    world, people = written([step for step in script if step[1] != ERASES])
    newest = {entry.log: entry.seq for entry in world.entries}
    below = {
        log: chance.choice([END, END, chance.randint(1, newest[log])])
        for log in chance.sample(sorted(newest), min(len(newest), chance.randrange(4)))
    }
    kept = kept_of(world.entries, below)
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, people[0])
        never = Shelf(Path(folder) / "never.sqlite", world, people[0])
        shelf.feed(world.entries)
        whole = answers(shelf, world, people)
        shelf.views.forget(below)
        never.feed(kept)
        assert answers(shelf, world, people) == answers(never, world, people)
        shelf.feed([entry for entry in world.entries if entry not in kept])
        assert answers(shelf, world, people) == whole
        shelf.views.close()
        never.views.close()


def test_who_is_forgotten_is_in_no_timeline_search_thread_or_count(
    shelf: Shelf, world: World, me: Person
) -> None:
    eve, mia = world.person("eve"), world.person("mia")
    me.follow(eve.identity)
    mine = me.post("mine")
    hers = eve.post("hers #bread", media=(Media(BLOB, 9, "image/png", ""),))
    eve.like(mine)
    eve.reply(mine, "to you")
    answer = mia.reply(hers, "really?")
    mia.post("look", quote=hers)
    shelf.feed()
    assert shelf.entry(mine)["likes"] == shelf.entry(mine)["replies"] == 1
    changes = shelf.views.forget({eve.log: END, eve.identity: END})
    assert changes.owners == {eve.identity}
    assert shelf.texts("home") == ["mine"]
    assert shelf.texts("local") == ["look", "really?", "mine"]
    assert shelf.found("bread") == shelf.found("hers") == []
    assert shelf.entry(mine)["likes"] == shelf.entry(mine)["replies"] == 0
    assert shelf.thread(answer) == [(0, "?"), (1, "really?")]
    with pytest.raises(NotFound):
        shelf.entry(hers)
    with pytest.raises(NotFound):
        shelf.profile("eve")
    with shelf.views.reader() as reader:
        assert reader.unused_blobs() == [BLOB]
        assert [row["name"] for row in reader.people()["people"]] == ["mia"]
    assert shelf.views.unscrubbed


def test_no_file_of_the_views_holds_what_was_forgotten(shelf: Shelf, world: World) -> None:
    eve = world.person("eve-name")
    for number in range(300):
        eve.post(f"secret{number}")
    shelf.feed()
    shelf.views.forget({eve.log: END})
    assert shelf.views.scrub()
    for file in shelf.path.parent.iterdir():
        assert b"secret" not in file.read_bytes()
        assert b"eve-name" not in file.read_bytes()


def test_a_fork_of_a_log_that_is_gone_is_not_remembered(shelf: Shelf, world: World) -> None:
    eve = world.person("eve")
    eve.post("one")
    shelf.feed()
    entries = [entry for entry in world.entries if entry.log == eve.log]
    shelf.views.mark_forked(eve.log, 1)
    assert shelf.texts("local") == []
    shelf.views.forget({eve.log: END})
    shelf.feed(entries)
    assert shelf.texts("local") == ["one"]


def test_bodies_let_go_of_show_nothing_until_they_come_back(
    shelf: Shelf, world: World, me: Person
) -> None:
    eve = world.person("eve")
    refs = [eve.post(f"post{number} #bread") for number in range(4)]
    answer = me.reply(refs[0], "an answer")
    shelf.feed()
    gone: dict[bytes, list[int]] = defaultdict(list)
    for ref in refs[:3]:
        gone[ref.log].append(ref.seq)
    shelf.views.withhold(gone)
    assert shelf.texts("local") == ["an answer", "post3 #bread"]
    assert shelf.found("bread") == ["post3 #bread"]
    assert shelf.thread(answer) == [(0, "?"), (1, "an answer")]
    assert shelf.profile("eve")["posts"] == 1
    assert shelf.views.unscrubbed
    shelf.views.scrub()
    assert all(b"post1" not in file.read_bytes() for file in shelf.path.parent.iterdir())
    back = [entry for entry in world.entries if entry.log == eve.log and entry.seq in gone[eve.log]]
    shelf.feed(back)
    assert shelf.texts("local") == ["an answer"] + [f"post{n} #bread" for n in (3, 2, 1, 0)]
    assert shelf.profile("eve")["posts"] == 4


def test_what_came_and_is_gone_already_is_passed_over(shelf: Shelf, world: World) -> None:
    shelf.feed()
    before = shelf.views.indexed
    assert shelf.views.skip(before + 10).indexed == before + 10
    reopened = shelf.open()
    assert reopened.indexed == before + 10
    reopened.close()
