"""The demo's neighbourhood: the script holds together, and neighbours answer the visitor."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from p2pblog.cli.demo_life import HOME_ENTRIES_MIN, Life, Street
from p2pblog.cli.demo_script import ANSWERS, LATER, OPENING, PAST, PEOPLE, VISITOR
from p2pblog.cli.face import Document, Progress
from p2pblog.content.text import clean, graphemes
from p2pblog.core.errors import NotFound
from p2pblog.core.limits import POST_GRAPHEMES_MAX

NEIGHBOURS = {who.key for who in PEOPLE} - {VISITOR}


class World:
    """Everything that was ever done, shared by all nodes; new entries take time to spread."""

    def __init__(self) -> None:
        self.entries: list[Document] = []
        self.calls: list[tuple[str, str, Document]] = []
        self.now_s = 0.0
        self.delay_s = 0.0


class WorldNode:
    """One person's view of the world."""

    fresh = False

    def __init__(self, world: World, key: str) -> None:
        self.world, self.key = world, key

    def call(
        self, method: str, /, *, on_progress: Progress | None = None, **params: Any
    ) -> Document:
        world = self.world
        world.calls.append((self.key, method, params))
        match method:
            case "init":
                return {"identity": f"i-{self.key}"}
            case "status":
                return {"listening": [f"{self.key}:1"]}
            case "post":
                for ref in ("reply_to", "quote"):
                    if ref in params:
                        self._entry(params[ref])
                return self._add(kind="post", **params)
            case "import.batch":
                for item in params["items"]:
                    self._add(kind="post", text=item["text"])
                return {}
            case "like" | "repost":
                self._entry(params["entry"])
                return {}
            case "entry":
                return self._entry(params["entry"])
            case "timeline" if params["view"].startswith("user:"):
                author = params["view"].removeprefix("user:")
                return {"entries": [e for e in reversed(world.entries) if e["author"] == author]}
            case "timeline":
                return {"entries": world.entries}
            case _:
                return {}

    def _add(self, **fields: Any) -> Document:
        number = len(self.world.entries)
        entry = {"id": f"e{number}", "author": f"i-{self.key}", "at_s": self.world.now_s, **fields}
        self.world.entries.append(entry)
        return entry

    def _entry(self, entry_id: str) -> Document:
        entry = self.world.entries[int(entry_id[1:])]
        own = entry["author"] == f"i-{self.key}"
        if not own and self.world.now_s < entry["at_s"] + self.world.delay_s:
            raise NotFound(entry_id)
        return entry


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def street(world: World) -> Street:
    street = Street({who.key: WorldNode(world, who.key) for who in PEOPLE})
    street.move_in(1_800_000_000_000)
    street.meet()
    return street


def live(world: World, life: Life, seconds: float) -> None:
    end_s = world.now_s + seconds
    while world.now_s < end_s:
        due_s = life.step(world.now_s)
        world.now_s = max(min(due_s, end_s), world.now_s + 0.01)


def test_every_line_names_lines_before_it_and_people_who_live_here() -> None:
    known: set[str] = set()
    for said in OPENING + LATER:
        assert said.who in NEIGHBOURS
        assert {said.to, said.quote} - {""} <= known, said.key
        assert {*said.likes, *said.passes_on} <= NEIGHBOURS - {said.who}, said.key
        assert said.key not in known
        known.add(said.key)
    assert {past.who for past in PAST} == {answer.who for answer in ANSWERS} == NEIGHBOURS


def test_every_text_can_be_posted_and_shown_as_it_is() -> None:
    texts = [each.text for each in (*PAST, *OPENING, *LATER, *ANSWERS)]
    assert len(set(texts)) == len(texts)
    assert all(0 < graphemes(text) <= POST_GRAPHEMES_MAX and clean(text) == text for text in texts)


def test_everybody_has_a_past_of_their_own_oldest_first(world: World, street: Street) -> None:
    imports = [(key, p["items"]) for key, method, p in world.calls if method == "import.batch"]
    assert {key for key, _ in imports} == NEIGHBOURS
    for _, items in imports:
        times = [item["time_ms"] for item in items]
        assert times == sorted(times)
        assert max(times) < 1_800_000_000_000


def test_everybody_links_once_to_everybody_and_follows_all(world: World, street: Street) -> None:
    counted = Counter(method for _, method, _ in world.calls)
    people = len(PEOPLE)
    assert counted["connect"] == people * (people - 1) // 2
    assert counted["follow"] == people * (people - 1)


@pytest.mark.parametrize("delay_s", [0.0, 1.0])
def test_the_whole_script_is_said_once(world: World, street: Street, delay_s: float) -> None:
    world.delay_s = delay_s
    life = Life(street, now_s=0.0, chance=random.Random(1))
    live(world, life, 3600)
    said = Counter(p["text"] for _, method, p in world.calls if method == "post")
    for line in OPENING + LATER:
        assert any(entry["text"] == line.text for entry in world.entries)
        assert delay_s or said[line.text] == 1
    texts = [entry["text"] for entry in world.entries]
    assert len(set(texts)) == len(texts)
    liked = {(key, p["entry"]) for key, method, p in world.calls if method == "like"}
    assert len(liked) == sum(len(line.likes) for line in OPENING + LATER)


def test_it_has_begun_when_the_opening_is_said(world: World, street: Street) -> None:
    life = Life(street, now_s=0.0, chance=random.Random(1))
    assert not life.has_begun()
    life.step(0.0)
    assert life.has_begun()
    assert len(world.entries) == HOME_ENTRIES_MIN + len(OPENING)


def answers_to(world: World, entry: Document) -> list[Document]:
    return [each for each in world.entries if each.get("reply_to") == entry["id"]]


def test_a_post_by_the_visitor_is_answered_once_within_seconds(
    world: World, street: Street
) -> None:
    life = Life(street, now_s=0.0, chance=random.Random(1))
    live(world, life, 3)
    post = street.nodes[VISITOR].call("post", text="Is there any bread left?")
    live(world, life, 6)
    assert [answer["author"] for answer in answers_to(world, post)] == ["i-mia"]
    live(world, life, 600)
    assert len(answers_to(world, post)) == 1


def test_whoever_is_replied_to_is_the_one_who_answers(world: World, street: Street) -> None:
    life = Life(street, now_s=0.0, chance=random.Random(1))
    live(world, life, 1)
    for who in sorted(NEIGHBOURS):
        theirs = next(entry for entry in world.entries if entry["author"] == f"i-{who}")
        reply = street.nodes[VISITOR].call("post", text="Oh.", reply_to=theirs["id"])
        live(world, life, 6)
        assert [answer["author"] for answer in answers_to(world, reply)] == [f"i-{who}"]


def test_words_are_looked_for_where_words_begin(world: World, street: Street) -> None:
    life = Life(street, now_s=0.0, chance=random.Random(1))
    post = street.nodes[VISITOR].call("post", text="Grand weather, vacation, training.")
    live(world, life, 8)
    (answer,) = answers_to(world, post)
    assert answer["text"] in {each.text for each in ANSWERS if each.words == ("",)}


def test_nobody_repeats_themselves_however_much_the_visitor_says(
    world: World, street: Street
) -> None:
    life = Life(street, now_s=0.0, chance=random.Random(1))
    posts = []
    for number in range(40):
        posts.append(street.nodes[VISITOR].call("post", text=f"hello? bread cat {number}"))
        live(world, life, 6)
    answers = [answer["text"] for post in posts for answer in answers_to(world, post)]
    assert len(set(answers)) == len(answers) > 8
    likes = {p["entry"] for _, method, p in world.calls if method == "like"}
    assert all(answers_to(world, post) or post["id"] in likes for post in posts)
