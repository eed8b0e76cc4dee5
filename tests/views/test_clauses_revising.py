"""Clauses of protocol/04-bodies.md section 4 about versions of posts, votes and pins.

Small worlds of a few identities, their devices and a stranger, in any order of arrival: some of
what they say is erased, some stands where a log forks, and what is shown follows by a short rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.content.bodies import Body, Edit, Erase, Pin, Poll, Ref, Repost, Vote
from p2pblog.core.errors import NotFound
from tests.strategies import quick
from tests.views.test_clauses_counts import family, seeds, shelved
from tests.views.views_world import START_MS, Shelf, World, entry_text

CLOCK_MS = START_MS + 10**6
END = 2**53


class Step(NamedTuple):
    """Who says something, about what, by which clock, and whether it is erased then."""

    who: int
    about: int
    clock: int
    gone: bool
    what: Any


class Said(NamedTuple):
    """A step that was carried out; number: which one."""

    ref: Ref
    target: Ref
    time_ms: int
    what: Any
    number: int


def scripts(what: st.SearchStrategy[Any], about: int) -> st.SearchStrategy[list[Step]]:
    """Return what may be said about so many things; mostly by the first one's author, about it."""
    who = st.sampled_from([0, 0, 3, 3, 1, 2, 4, 5, 6])
    which = st.integers(0, about - 1) | st.integers(0, 1)
    gone = st.sampled_from([False, False, False, True])
    return st.lists(st.builds(Step, who, which, st.integers(0, 3), gone, what), max_size=10)


# Which post is erased; which log forks (ada's first device, her phone, a stranger's), and where.
erased = st.none() | st.integers(0, 3)
forks = st.none() | st.tuples(st.sampled_from([0, 3, 5]), st.integers(1, 6))


class Small:
    """Posts of ada, of her phone, of a stranger and of mia, and what is none; then a script."""

    def __init__(self, gone: int | None, fork: tuple[int, int] | None, **asked: Any) -> None:
        self.world = World()
        self.people, self.writers, self.owner = family(self.world)
        self.me = self.people[0]
        ada, mia, _, phone, _, stranger, _ = self.writers
        self.posts = [
            ada.post("original 0", **asked),
            phone.post("original 1"),
            stranger.post("original 2", **asked),
            mia.post("original 3", **asked),
        ]
        self.others = [ada.say(Repost(self.posts[3])), ada.say(Edit(self.posts[2], "not hers"))]
        self.gone: set[Ref] = set()
        if gone is not None:
            self.erase(self.posts[gone])
        self.ends = {} if fork is None else {self.writers[fork[0]].log: fork[1]}

    def play(self, script: list[Step], body: Callable[[Ref, Step, int], Body]) -> list[Said]:
        """Carry a script out; return what of it counts, in the order of writing."""
        said, about = [], self.posts + self.others
        for number, step in enumerate(script):
            target, time_ms = about[step.about], CLOCK_MS + step.clock
            ref = self.writers[step.who].say(body(target, step, number), time_ms)
            said.append(Said(ref, target, time_ms, step.what, number))
            if step.gone:
                self.erase(ref)
        return [one for one in said if self.counts(one.ref)]

    def erase(self, ref: Ref) -> None:
        """Let its identity erase an entry; of a root's log, and of nobody's, that does nothing."""
        mine = [one for one in self.people if one.identity == self.owner.get(ref.log)]
        (mine or self.people)[0].root.say(Erase((ref,)))
        if mine and ref.log != mine[0].identity:
            self.gone.add(ref)

    def counts(self, ref: Ref) -> bool:
        """Tell whether an entry stands: it is not erased, nor beyond the fork of its log."""
        return ref not in self.gone and ref.seq < self.ends.get(ref.log, END)

    def whose(self, ref: Ref) -> bytes:
        """Return the identity of an entry; the log itself where nobody knows."""
        return self.owner.get(ref.log, ref.log)


def last(said: list[Said], target: Ref, small: Small) -> dict[bytes, Said]:
    """Return what each identity said last about a target (B-7, B-8)."""
    by_log = {one.ref.log: one for one in said if one.target == target}
    by_time = sorted(by_log.values(), key=lambda one: (one.time_ms, one.ref.log))
    return {small.whose(one.ref): one for one in by_time}


def shows(shelf: Shelf, ref: Ref) -> bool:
    """Tell whether a post is shown with what it says."""
    try:
        return not shelf.entry(ref)["erased"]
    except NotFound:
        return False


def texts_of_versions(shelf: Shelf, ref: Ref) -> set[str]:
    with shelf.views.reader() as reader:
        return {row["text"] for row in reader.versions(entry_text(ref))}


@pytest.mark.proves("B-18")
@quick(150)
@given(scripts(st.none(), 6), erased, forks, seeds)
def test_a_post_is_shown_as_its_identitys_last_version_says_it(
    script: list[Step], gone: int | None, fork: tuple[int, int] | None, seed: int
) -> None:
    small = Small(gone, fork)
    said = small.play(script, lambda ref, _, number: Edit(ref, f"version {number}"))
    found = []
    with shelved(small.world, small.me, seed, small.ends) as shelf:
        for at, post in enumerate(small.posts):
            assert shows(shelf, post) == small.counts(post)
            if not small.counts(post):
                continue
            edit = last(said, post, small).get(small.whose(post))
            row = shelf.entry(post)
            assert row["text"] == (f"version {edit.number}" if edit else f"original {at}")
            assert row["edited_ms"] == (edit.time_ms if edit else None)
            found.append(row["text"])
            own = (one for one in said if one.target == post)
            theirs = {one.number for one in own if small.whose(one.ref) == small.whose(post)}
            versions = {f"original {at}", *(f"version {number}" for number in theirs)}
            assert texts_of_versions(shelf, post) == versions
        # It is found by the words that it shows, and by no others.
        assert sorted(shelf.found("original") + shelf.found("version")) == sorted(found)
        assert shelf.found("hers") == []


choices = st.sets(st.integers(0, 3), max_size=2) | st.sets(st.integers(0, 2), max_size=1)


@pytest.mark.proves("B-19")
@quick(150)
@given(scripts(choices, 4), st.booleans(), erased, forks, seeds)
def test_each_identity_has_one_vote_the_last_if_it_is_in_time_and_for_what_was_asked(
    script: list[Step], many: bool, gone: int | None, fork: tuple[int, int] | None, seed: int
) -> None:
    until_ms = CLOCK_MS + 2
    small = Small(gone, fork, poll=Poll(("rye", "oat", "spelt"), until_ms, many))
    said = small.play(script, lambda ref, step, _: Vote(ref, tuple(sorted(step.what))))
    with shelved(small.world, small.me, seed, small.ends) as shelf:
        for at, post in enumerate(small.posts):
            assert shows(shelf, post) == small.counts(post)
            if not small.counts(post):
                continue
            counted = {
                identity: one.what
                for identity, one in last(said, post, small).items()
                if identity in small.owner.values()
                and one.time_ms <= until_ms
                and one.what <= {0, 1, 2}
                and (many or len(one.what) <= 1)
            }
            poll = shelf.entry(post)["poll"]
            if at == 1:  # it asks nothing, whatever anybody votes
                assert poll is None
                continue
            votes = [sum(n in one for one in counted.values()) for n in range(3)]
            assert [option["votes"] for option in poll["options"]] == votes
            assert poll["voters"] == sum(map(bool, counted.values()))
            own = counted.get(small.me.identity, set())
            assert {n for n in range(3) if poll["options"][n]["chosen"]} == own


@pytest.mark.proves("B-20")
@quick(150)
@given(scripts(st.booleans(), 6), erased, forks, seeds)
def test_an_identity_pins_posts_of_its_own_and_nothing_else(
    script: list[Step], gone: int | None, fork: tuple[int, int] | None, seed: int
) -> None:
    small = Small(gone, fork)
    said = small.play(script, lambda ref, step, _: Pin(ref, undo=step.what))
    with shelved(small.world, small.me, seed, small.ends) as shelf:
        for person in small.people:
            pinned = set()
            for at, post in enumerate(small.posts):
                word = last(said, post, small).get(person.identity)
                own = small.whose(post) == person.identity and small.counts(post)
                if own and word is not None and not word.what:
                    pinned.add(f"original {at}")
            assert set(shelf.texts(f"pinned:{person.text}")) == pinned
