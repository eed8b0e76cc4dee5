"""Clauses of protocol/04-bodies.md section 8 that the views keep, in any order of arrival."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.bodies import (
    DeviceRevoke,
    Edit,
    Erase,
    Media,
    Pin,
    Poll,
    Post,
    Profile,
    Ref,
    Vote,
    parse,
)
from p2pblog.log.entry import Entry
from p2pblog.views.erasing import is_spared
from tests.strategies import quick
from tests.views.test_views_any_order import shown
from tests.views.views_world import START_MS, Person, Shelf, World, Writer, entry_text

seeds = st.integers(0, 2**16)
# Each is (which writer erases, which entry): of one's own, another's, a root log, an erasure.
which = st.integers(0, 40) | st.sampled_from([-1, -2])  # the last two are of root logs
erasures = st.lists(st.tuples(st.integers(0, 4), which), min_size=1, max_size=4)


def written() -> tuple[World, list[Person], list[Writer]]:
    """Two people with two devices, and a stranger, who have said things of every kind."""
    world = World()
    people = [world.person("ada"), world.person("mia")]
    writers: list[Writer] = [
        *people,
        people[0].another_device(),
        people[1].another_device(people[1]),
    ]
    writers.append(world.stranger())
    first = people[0].post("first rye #bread")
    poll = people[1].post("which?", poll=Poll(("rye", "oat"), START_MS * 2))
    for number, writer in enumerate(writers):
        said = writer.post(f"{number} rye #bread", mentions=(people[0].identity,))
        writer.reply(said, f"{number} answer", first)
        writer.like(first)
        writer.repost(first)
        writer.say(Edit(said, f"{number} oat #bread"))
        writer.say(Vote(poll, (number % 2,)))
        writer.say(Pin(said))
        writer.follow(people[number % 2].identity)
        writer.say(Profile(f"name {number}"))
    for person in people:
        person.root.post("rye by a root")
    return world, people, writers


def carried_out(
    world: World, people: list[Person], writers: list[Writer], script: list[tuple[int, int]]
) -> set[Ref]:
    """Let writers erase entries; return which erasures have to be carried out."""
    owner = {writer.log: people[number % 2].identity for number, writer in enumerate(writers[:4])}
    owner |= {person.identity: person.identity for person in people}
    due: set[Ref] = set()
    said = list(world.entries)
    for who, at in script:
        entry = said[at % len(said)]
        ref = Ref(entry.log, entry.seq, entry.id)
        writers[who].say(Erase((ref,)))
        one = owner.get(writers[who].log)
        spared = entry.log in {person.identity for person in people}
        if one is not None and one == owner.get(entry.log) and not spared:
            due.add(ref)
    return {ref for ref in due if not is_spared(parse(body_of(world, ref)))}


def body_of(world: World, ref: Ref) -> bytes:
    [entry] = [entry for entry in world.entries if entry.id == ref.id]
    return entry.body or b""


def folded(world: World, me: Person, entries: list[Entry], cuts: int, people: list[Person]) -> Any:
    """Return what the views answer once they have taken these in, and what they gave as erased."""
    erased: set[Ref] = set()
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, me)
        size = max(1, len(entries) // (cuts + 1))
        for start in range(0, len(entries), size):
            erased |= set(shelf.feed(entries[start : start + size]).erased)
        answers = shown(shelf, world, people)
        shelf.views.close()
    answers.pop("kinds")  # counts what has come, also what then had to go
    return answers, erased


@pytest.mark.proves("B-13", "B-14", "B-15")
@quick(18)
@given(erasures, seeds)
def test_what_its_own_identity_erases_is_as_if_its_body_had_never_come(
    script: list[tuple[int, int]], seed: int
) -> None:
    world, people, writers = written()
    due = carried_out(world, people, writers, script)
    mixed = list(world.entries)
    random.Random(seed).shuffle(mixed)
    answers, erased = folded(world, people[0], mixed, seed % 4, people)
    spared = {ref for ref in erased if is_spared(parse(body_of(world, ref)))}
    assert erased - spared == due  # what cannot be erased keeps its body where the bodies are
    gone = {ref.id for ref in due}
    bare = [entry._replace(body=None) if entry.id in gone else entry for entry in world.entries]
    expected, _ = folded(world, people[0], bare, 0, people)
    # Without its body none can tell what it was: a like, say, is not even named where it was one.
    named = {entry_text(ref) + what for ref in due for what in ("", " not", " before")}
    others = answers.keys() - named
    assert {name: answers[name] for name in others} == {name: expected[name] for name in others}
    assert not [text for text in lost(world, due) if text in str(answers)]


def lost(world: World, due: set[Ref]) -> set[str]:
    """Return the texts that stand in erased entries."""
    bodies = [parse(body_of(world, ref)) for ref in due]
    return {body.text for body in bodies if isinstance(body, Post | Edit)}


after = st.lists(st.sampled_from(["revoke 0", "revoke", "fork", "root fork", "again"]), max_size=4)


@pytest.mark.proves("B-16")
@quick(18)
@given(after, st.booleans())
def test_what_was_erased_stays_so_whatever_is_learned_of_the_device_that_asked(
    script: list[str], by_phone: bool
) -> None:
    world = World()
    me, mia = world.person("ada"), world.person("mia")
    phone = mia.another_device()
    before = phone.post("before")
    said = mia.post("a regret #regret")
    erasing = (phone if by_phone else mia).say(Erase((said,)))
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, me)
        shelf.feed()
        for what in script:
            match what:
                case "revoke 0":
                    mia.root.say(DeviceRevoke(erasing.log, 0, None))
                case "revoke":
                    mia.root.say(DeviceRevoke(erasing.log, before.seq, before.id))
                case "fork":
                    shelf.views.mark_forked(erasing.log, erasing.seq)
                case "root fork":
                    shelf.views.mark_forked(mia.identity, 2)
                case _:
                    shelf.feed([entry for entry in world.entries if entry.id == said.id])
            shelf.feed()
            assert shelf.texts("tag:regret") == shelf.found("regret") == []
            with shelf.views.reader() as reader:
                assert said in reader.erased()
        shelf.views.close()


pictures = st.lists(st.lists(st.integers(0, 3), max_size=3, unique=True), min_size=1, max_size=6)


@pytest.mark.proves("L-26")
@quick(18)
@given(pictures, st.lists(st.integers(0, 5), max_size=4), seeds)
def test_what_is_held_because_of_an_erased_body_goes_with_it(
    shows: list[list[int]], gone: list[int], seed: int
) -> None:
    world = World()
    me = world.person("ada")
    refs = [
        me.say(Post(f"zq{number}word", media=tuple(
            Media(bytes([blob]) * 32, 1, "image/png") for blob in blobs
        )))
        for number, blobs in enumerate(shows)
    ]  # fmt: skip
    erased = {number % len(refs) for number in gone}
    for number in erased:
        me.say(Erase((refs[number],)))
    mixed = list(world.entries)
    random.Random(seed).shuffle(mixed)
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, me)
        for start in range(0, len(mixed), 4):
            shelf.feed(mixed[start : start + 4])
        kept = {blob for n, blobs in enumerate(shows) if n not in erased for blob in blobs}
        lost_blobs = {blob for n in erased for blob in shows[n]} - kept
        with shelf.views.reader() as reader:
            unused = set(reader.unused_blobs())
        assert not unused & {bytes([blob]) * 32 for blob in kept}
        early = {bytes([blob]) * 32 for blob in lost_blobs} - unused
        # Where the erasure came first, the pictures of the post were never taken in.
        first = {n for n in erased if place(mixed, refs[n]) > last_erasure(mixed, refs[n])}
        assert early <= {bytes([blob]) * 32 for n in first for blob in shows[n]}
        shelf.views.scrub()
        for number in range(len(refs)):
            assert shelf.found(f"zq{number}word") == (
                [] if number in erased else [f"zq{number}word"]
            )
        shelf.views.close()
        files = b"".join(path.read_bytes() for path in Path(folder).iterdir())
        assert not [n for n in erased if f"zq{n}word".encode() in files]


def place(entries: list[Entry], ref: Ref) -> int:
    return next(at for at, entry in enumerate(entries) if entry.id == ref.id) // 4


def last_erasure(entries: list[Entry], ref: Ref) -> int:
    """Return in which batch the erasure of an entry, and what shows whose it is, had come."""
    found = 0
    for at, entry in enumerate(entries):
        body = parse(entry.body or b"")
        if (isinstance(body, Erase) and ref in body.targets) or entry.seq == 1:
            found = max(found, at // 4)
    return found
