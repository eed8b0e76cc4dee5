"""Clauses of protocol/04-bodies.md and 05-identity.md about whose an entry is and what counts.

Small worlds of a few identities, their devices and strangers, in any order of arrival; what the
views should say follows from the world by a rule of a few lines.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.bodies import DeviceAdd, Follow, Like, Repost, Unfollow
from p2pblog.core.encoding import encode
from p2pblog.core.errors import NotFound
from p2pblog.core.textform import Kind, to_text
from p2pblog.log.identity import add_device
from tests.strategies import quick
from tests.views.views_world import START_MS, Person, Shelf, World, Writer


@contextmanager
def shelved(
    world: World, me: Person, seed: int, forks: dict[bytes, int] | None = None
) -> Iterator[Shelf]:
    """Give views that have taken in the world, and forks of it, in some order and some batches."""
    chance = random.Random(seed)
    entries = list(world.entries)
    if seed:
        chance.shuffle(entries)
    cuts = sorted({0, len(entries), *(chance.randrange(len(entries)) for _ in range(seed % 4))})
    if seed % 4 == 3:  # one by one
        cuts = [*range(len(entries) + 1)]
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, me)
        known = dict(forks or {})
        for start, end in pairwise(cuts):
            if known and chance.random() < 0.5:
                shelf.views.mark_forked(*known.popitem())
            shelf.feed(entries[start:end])
        while known:
            shelf.views.mark_forked(*known.popitem())
        yield shelf
        shelf.views.close()


seeds = st.integers(0, 2**16)
# Who says something, what, and by which clock.
words = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["yes", "no"]), st.integers(0, 3)), max_size=12
)


def family(world: World) -> tuple[list[Person], list[Writer], dict[bytes, bytes]]:
    """Return people, who may speak, and whose each log is: of the last one nobody knows."""
    people = [world.person(name) for name in ("ada", "mia", "bob")]
    writers: list[Writer] = [*people, people[0].another_device(), people[1].another_device()]
    owner = {
        one.log: person.identity for one, person in zip(writers, [*people, *people], strict=False)
    }
    return (
        people,
        [*writers, world.stranger(), people[2].root],
        owner | {people[2].root.log: people[2].identity},
    )


def last_words(said: list[tuple[bytes, int, bool]], owner: dict[bytes, bytes]) -> set[bytes]:
    """Return the identities whose last word is yes: (log, time, yes), in the order of writing."""
    by_log = {log: (time_ms, log, yes) for log, time_ms, yes in said}
    by_identity: dict[bytes, list[tuple[int, bytes, bool]]] = defaultdict(list)
    for log, word in by_log.items():
        if log in owner:
            by_identity[owner[log]].append(word)
    return {identity for identity, one in by_identity.items() if max(one)[2]}


@pytest.mark.proves("B-9")
@quick(25)
@given(words, st.sampled_from(["like", "repost", "follow"]), seeds)
def test_counts_are_of_identities_once_each_and_of_no_stranger(
    script: list[tuple[int, str, int]], what: str, seed: int
) -> None:
    world = World()
    people, writers, owner = family(world)
    post = people[0].post("hello")
    said = []
    for who, answer, clock in script:
        yes, time_ms = answer == "yes", START_MS + 10**6 + clock
        match what:
            case "like":
                writers[who].say(Like(post, undo=not yes), time_ms)
            case "repost":
                writers[who].say(Repost(post, undo=not yes), time_ms)
            case _:
                kind = Follow if yes else Unfollow
                writers[who].say(kind(people[0].identity), time_ms)
        said.append((writers[who].log, time_ms, yes))
    counted = last_words(said, owner)
    with shelved(world, people[1], seed) as shelf:
        if what == "follow":
            found = shelf.profile("ada")["followers"]
            counted.discard(people[0].identity)  # nobody follows themselves
        else:
            found = shelf.entry(post)[f"{what}s"]
        assert found == len(counted)


@pytest.mark.proves("B-10")
@quick(25)
@given(st.lists(st.tuples(st.sampled_from(["reply", "quote", "mention", "both", "none"]),
                          st.booleans()), max_size=6), seeds)  # fmt: skip
def test_an_imported_entry_notifies_nobody(script: list[tuple[str, bool]], seed: int) -> None:
    world = World()
    me, mia = world.person("ada"), world.person("mia")
    said = me.post("mine")
    expected = set()
    for number, (how, imported) in enumerate(script):
        fields: dict[str, Any] = {}
        if how in ("reply", "both"):
            fields |= {"reply": said, "root": said}
        if how == "quote":
            fields["quote"] = said
        if how in ("mention", "both"):
            fields["mentions"] = (me.identity,)
        text = f"text {number}"
        if imported:
            mia.imported(text, str(number), START_MS + number, **fields)
        else:
            mia.post(text, **fields)
            expected |= {text} if fields else set()
    with shelved(world, me, seed) as shelf:
        assert set(shelf.texts("mentions")) == expected


@pytest.mark.proves("B-3")
@quick(15)
@given(st.lists(st.sampled_from(["posts", "Post", "pos", "post ", "like2", "p" * 32]), max_size=5),
       seeds)  # fmt: skip
def test_a_kind_that_is_not_known_is_in_no_timeline_search_or_count(
    kinds: list[str], seed: int
) -> None:
    world = World()
    me = world.person("ada")
    said = me.post("hello #bread")
    content = {"text": "never #bread", "reply": [said.log, said.seq, said.id], "undo": False,
               "target": [said.log, said.seq, said.id], "name": "never"}  # fmt: skip
    refs = [me.raw(encode([bytes(16), kind, content])) for kind in kinds]
    with shelved(world, me, seed) as shelf:
        assert shelf.texts("home") == shelf.texts("tag:bread") == ["hello #bread"]
        assert shelf.found("never") == []
        row, profile = shelf.entry(said), shelf.profile("ada")
        assert (row["likes"], row["reposts"], row["replies"]) == (0, 0, 0)
        assert (profile["name"], profile["posts"]) == ("ada", 1)
        for ref, kind in zip(refs, kinds, strict=True):  # and it says that something is there
            assert shelf.entry(ref)["kind"] == "unknown"
            assert "never" not in str(shelf.entry(ref)), kind


# Each claim is (who claims, on which root log or device's log, which device, with its consent).
claims = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 3), st.sampled_from("yyyn")),
    min_size=1,
    max_size=10,
)


@pytest.mark.proves("I-6", "I-7")
@quick(50)
@given(claims, seeds)
def test_a_log_is_shown_as_its_identitys_the_one_with_the_smallest_key_or_as_nobodys(
    script: list[tuple[int, int, int, str]], seed: int
) -> None:
    world = World()
    me = world.person("ada")
    roots = [world.stranger() for _ in range(3)]
    devices = [world.stranger() for _ in range(4)]
    refs = {device.log: device.post(f"from {n}") for n, device in enumerate(devices)}
    refs |= {root.log: root.post(f"by root {n}") for n, root in enumerate(roots)}
    adds: list[tuple[bytes, bytes, bytes]] = []
    for whose, at, which, consent in script:
        root, device = roots[whose], devices[which]
        add = add_device(root.log, device.key)
        if consent == "n":  # to somebody else
            add = DeviceAdd(add.device, add_device(me.identity, device.key).consent, "")
        writer = root if at > 3 else devices[at]
        writer.say(add)
        if consent == "y":
            adds.append((root.log, writer.log, device.log))
    owners: dict[bytes, set[bytes]] = defaultdict(set)
    for _ in adds:
        for root_log, log, device_log in adds:
            if log == root_log or root_log in owners[log]:
                owners[root_log].add(root_log)
                owners[device_log].add(root_log)
    with shelved(world, me, seed) as shelf, shelf.views.reader() as reader:
        for log, ref in refs.items():
            expected = min(owners[log], default=None)
            assert reader.identity_of(log) == expected
            author = shelf.entry(ref)["author"]
            assert author == (None if expected is None else to_text(Kind.IDENTITY, expected))


@pytest.mark.proves("L-21")
@quick(25)
@given(st.integers(1, 8), st.lists(st.integers(2, 10), max_size=4), st.integers(0, 12), seeds)
def test_what_stands_at_the_lowest_fork_or_above_counts_for_nothing(
    count: int, forks: list[int], after: int, seed: int
) -> None:
    world = World()
    me, mia = world.person("ada"), world.person("mia")
    said = me.post("mine")
    refs = [mia.reply(said, f"post {number}") for number in range(count)]
    chance = random.Random(seed)
    entries = list(world.entries)
    chance.shuffle(entries)
    cut = min(after, len(entries))
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, me)
        shelf.feed(entries[:cut])
        for seq in forks:
            shelf.views.mark_forked(mia.log, seq)
        shelf.feed(entries[cut:])
        lowest = min(forks, default=99)
        counting = [f"post {n}" for n, ref in enumerate(refs) if ref.seq < lowest]
        assert shelf.texts("user:mia") == counting[::-1]
        assert set(shelf.found("post")) == set(counting)
        assert shelf.entry(said)["replies"] == len(counting)
        for ref in refs:
            if ref.seq >= lowest:
                with pytest.raises(NotFound):
                    shelf.entry(ref)
        shelf.views.close()
