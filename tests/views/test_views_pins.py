"""What a revoked device or a forked log wrote beyond its end counts for nothing."""

from __future__ import annotations

import random
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from p2pblog.content.bodies import DeviceAdd, DeviceRevoke, Erase, Profile, Ref, parse
from p2pblog.core.errors import NotFound
from p2pblog.log.entry import Entry
from p2pblog.log.identity import Adds, add_device, device_set
from tests.views.test_views_any_order import shown
from tests.views.views_world import Person, Shelf, World, Writer


def revoke(person: Person, last: Ref | None, device: bytes) -> Ref:
    pin = (0, None) if last is None else (last.seq, last.id)
    return person.root.say(DeviceRevoke(device, *pin))


def stolen(world: World, me: Person) -> tuple[Person, list[Ref]]:
    """Return somebody whose device went on after it was stolen, and what it said then."""
    mia = world.person("mia")
    first = mia.post("good #tag")
    revoke(mia, first, mia.log)
    bad = [
        mia.post("bad #tag"),
        mia.reply(first, "bad answer"),
        mia.like(first),
        mia.repost(first),
        mia.follow(me.identity),
        mia.say(Profile("thief")),
        mia.raw(b"\x93\xc4\x10" + bytes(16) + b"\xa4poll\x80"),
        mia.say(Erase((first,))),
    ]
    return mia, bad


@pytest.mark.proves("I-9")
@pytest.mark.parametrize("backwards", [False, True])
def test_what_a_revoked_device_says_counts_for_nothing(
    shelf: Shelf, world: World, me: Person, *, backwards: bool
) -> None:
    me.post("mine")
    mia, bad = stolen(world, me)
    entries = world.entries[::-1] if backwards else world.entries
    for entry in entries:
        shelf.feed([entry])
    assert shelf.texts(f"user:{mia.text}") == shelf.texts("tag:tag") == ["good #tag"]
    assert shelf.found("bad") == []
    row = shelf.entry(Ref(mia.log, 2, world.entries[-10].id))
    assert (row["likes"], row["reposts"], row["replies"]) == (0, 0, 0)
    person = shelf.profile(mia.text)
    assert (person["name"], person["posts"], person["follows_me"]) == ("mia", 1, False)
    for ref in bad:
        with pytest.raises(NotFound):
            shelf.entry(ref)


@pytest.mark.proves("L-21")
def test_a_forked_log_counts_up_to_its_fork_and_its_person_is_marked(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    refs = [mia.post(f"post {number}") for number in range(4)]
    shelf.feed()
    assert shelf.profile("mia")["forked"] is False
    shelf.views.mark_forked(mia.log, refs[2].seq)
    assert shelf.texts("user:mia") == ["post 1", "post 0"]
    assert shelf.profile("mia")["forked"] is True
    shelf.views.mark_forked(mia.log, refs[3].seq)  # a later fork says nothing new
    shelf.views.mark_forked(mia.log, refs[1].seq)
    assert shelf.texts("user:mia") == ["post 0"]
    mia.post("after")
    shelf.feed()
    assert shelf.found("after") == []


@pytest.mark.proves("L-21")
def test_an_add_beyond_the_fork_of_its_log_counts_no_more(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia = world.person("mia")
    phone = mia.another_device(mia)
    phone.post("from the phone")
    shelf.feed()
    with shelf.views.reader() as reader:
        assert reader.identity_of(phone.log) == mia.identity
    changes = shelf.views.mark_forked(mia.log, 2)
    assert changes.owners == {mia.identity}
    with shelf.views.reader() as reader:
        assert reader.identity_of(phone.log) is None
    assert shelf.texts("user:mia") == []


def test_a_revocation_beyond_a_fork_of_the_root_gives_back_what_it_took(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia, bad = stolen(world, me)
    shelf.feed()
    shelf.views.mark_forked(mia.identity, 2)
    assert shelf.found("bad") == ["bad answer", "bad #tag"]
    assert shelf.profile(mia.text)["name"] == "thief"
    assert shelf.profile(mia.text)["follows_me"] is True
    assert shelf.entry(bad[0])["text"] == "bad #tag"


# Each step is (who, what, on which, pin): small numbers that `written` gives a meaning.
steps = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 20), st.integers(0, 4)),
    min_size=5,
    max_size=30,
)


def written(script: list[tuple[int, int, int, int]]) -> tuple[World, list[Person]]:
    """Three identities whose devices add each other, are revoked and speak."""
    world = World()
    people = [world.person(announced=False) for _ in range(3)]
    spare = [world.stranger() for _ in range(3)]
    writers: list[Writer] = [*people, *spare, *(person.root for person in people)]
    keys = [*people, *spare, people[0].root]
    said: list[Ref] = []
    for who, what, which, pin in script:
        writer, person = writers[who], people[which % 3]
        match what:
            case 0 | 1:
                consenting = add_device(person.identity, keys[which % len(keys)].key)
                (person.root if what else writer).say(consenting)
            case 2 | 3:
                device = keys[which % len(keys)].log
                last = bytes([pin]) * 32 if pin else None
                (person.root if what == 2 else writer).say(DeviceRevoke(device, pin, last))
            case 4 | 5 if said:
                said.append(writer.like(said[which % len(said)], undo=which > 15))
            case 6:
                said.append(writer.follow(person.identity))
            case 7:
                said.append(writer.say(Profile(f"name {which}")))
            case _:
                said.append(writer.post(f"post {len(said)} #bread"))
    listener = world.stranger()
    for person in people:
        world.announce(person)
        listener.follow(person.identity)  # so that each has been heard of in every order
    return world, people


def expected(world: World, person: Person, forks: dict[bytes, int]) -> set[bytes]:
    adds, revokes = [], []
    for entry in world.entries:
        if entry.seq >= forks.get(entry.log, entry.seq + 1) or entry.body is None:
            continue
        match parse(entry.body):
            case DeviceAdd() as add:
                adds.append(Adds(entry.log, entry.seq, add))
            case DeviceRevoke() as body if entry.log == person.identity:
                revokes.append(body)
            case _:
                pass
    return set(device_set(person.identity, adds, revokes))


def folded(
    world: World, people: list[Person], forks: dict[bytes, int], chance: random.Random, cuts: int
) -> tuple[Any, list[set[bytes]]]:
    entries = list(world.entries)
    chance.shuffle(entries)
    events: list[Entry | tuple[bytes, int]] = [*forks.items()]
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, people[0])
        edges = sorted({0, len(entries), *(chance.randrange(len(entries)) for _ in range(cuts))})
        for start, end in pairwise(edges):
            while events and chance.random() < 0.5:
                shelf.views.mark_forked(*events.pop())
            shelf.feed(entries[start:end])
        for log, seq in forks.items():
            shelf.views.mark_forked(log, seq)
        answers = shown(shelf, world, people)
        rows = shelf.views._conn.execute(
            "SELECT p.key, l.key FROM owners o JOIN people p USING (pid) JOIN logs l USING (lid)"
        ).fetchall()
        shelf.views.close()
    owned = [{log for key, log in rows if key == person.identity} for person in people]
    return answers, owned


@pytest.mark.proves("I-5", "I-8", "I-9", "B-7", "B-8")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    script=steps,
    seed=st.integers(0, 2**32),
    forked=st.lists(st.tuples(st.integers(0, 8), st.integers(1, 5)), max_size=2),
)
def test_device_sets_are_those_of_the_rule_and_views_the_same_in_any_order(
    script: list[tuple[int, int, int, int]], seed: int, forked: list[tuple[int, int]]
) -> None:
    world, people = written(script)
    chance = random.Random(seed)
    logs = sorted({entry.log for entry in world.entries})
    forks = {logs[which % len(logs)]: seq for which, seq in forked}
    answers, owned = folded(world, people, forks, chance, cuts=0)
    for person, found in zip(people, owned, strict=True):
        own_root = {person.identity}
        assert found - own_root == expected(world, person, forks) - own_root
    for cuts in (4, 12):
        again, owned_again = folded(world, people, forks, chance, cuts)
        assert owned_again == owned
        assert again == answers
