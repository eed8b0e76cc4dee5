"""What came of polls, and what somebody has pinned."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.content.bodies import Pin, Poll, Ref, Vote
from p2pblog.core.errors import NotFound
from tests.views.views_world import Person, Shelf, World, Writer

FAR_MS = 2_000_000_000_000


def vote(writer: Writer, poll: Ref, *choices: int, at_ms: int | None = None) -> Ref:
    return writer.say(Vote(poll, choices), at_ms)


def result(shelf: Shelf, ref: Ref) -> tuple[list[int], int]:
    poll = shelf.entry(ref)["poll"]
    return [option["votes"] for option in poll["options"]], poll["voters"]


@pytest.fixture
def people(world: World) -> list[Person]:
    return [world.person(name) for name in ("mia", "noa", "oto")]


def test_a_poll_is_shown_with_its_votes_and_ones_own(
    shelf: Shelf, me: Person, people: list[Person]
) -> None:
    post = me.post("which?", poll=Poll(("rye", "spelt"), FAR_MS))
    vote(people[0], post, 1)
    vote(people[1], post, 0)
    vote(me, post, 1)
    shelf.feed()
    poll: dict[str, Any] = shelf.entry(post)["poll"]
    assert poll == {
        "options": [
            {"text": "rye", "votes": 1, "chosen": False},
            {"text": "spelt", "votes": 2, "chosen": True},
        ],
        "voters": 3,
        "until_ms": FAR_MS,
        "many": False,
    }
    assert shelf.found("spelt") == ["which?"]


def test_each_has_one_vote_the_last_on_whichever_device(
    shelf: Shelf, world: World, me: Person, people: list[Person]
) -> None:
    post = me.post("which?", poll=Poll(("rye", "spelt", "oat"), FAR_MS))
    phone = people[0].another_device()
    vote(people[0], post, 0)
    vote(phone, post, 1)
    vote(people[1], post, 0)
    vote(people[1], post)  # taken back
    vote(world.stranger(), post, 2)  # nobody knows whose that is
    shelf.feed()
    assert result(shelf, post) == ([0, 1, 0], 1)
    vote(people[0], post, 2)
    shelf.feed()
    assert result(shelf, post) == ([0, 0, 1], 1)


def test_several_answers_only_where_several_are_asked_for(
    shelf: Shelf, me: Person, people: list[Person]
) -> None:
    one = me.post("one?", poll=Poll(("a", "b"), FAR_MS))
    many = me.post("many?", poll=Poll(("a", "b"), FAR_MS, many=True))
    for poll in (one, many):
        vote(people[0], poll, 0, 1)
        vote(people[1], poll, 1)
        vote(people[2], poll, 2)  # there is no such answer
    shelf.feed()
    assert result(shelf, one) == ([0, 1], 1)
    assert result(shelf, many) == ([1, 2], 2)


def test_a_vote_counts_if_its_time_is_not_after_the_end(
    shelf: Shelf, me: Person, people: list[Person]
) -> None:
    end_ms = me.world.clock_ms + 10_000
    post = me.post("which?", poll=Poll(("a", "b"), end_ms))
    vote(people[0], post, 0, at_ms=end_ms)
    vote(people[1], post, 0, at_ms=end_ms + 1)
    shelf.feed()
    assert result(shelf, post) == ([1, 0], 1)


def test_one_shows_first_what_one_has_pinned_of_ones_own(
    shelf: Shelf, world: World, me: Person, people: list[Person]
) -> None:
    posts = [me.post(text) for text in ("a", "b", "c")]
    for target in (posts[0], posts[2], posts[1], people[0].post("not hers")):
        me.say(Pin(target))
    me.say(Pin(posts[1], undo=True))
    people[0].say(Pin(posts[1]))
    shelf.feed()
    assert shelf.texts(f"pinned:{me.text}") == ["c", "a"]
    assert shelf.texts(f"pinned:{people[0].text}") == []
    with pytest.raises(NotFound):
        shelf.texts("pinned:nobody")
