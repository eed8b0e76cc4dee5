"""Entries in any order and any batches give the same views."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from p2pblog.content.bodies import (
    Edit,
    Erase,
    Follow,
    Like,
    Pin,
    Poll,
    Profile,
    Ref,
    Repost,
    Unfollow,
    Vote,
)
from p2pblog.core.errors import BadRequest, NotFound
from p2pblog.log.entry import Entry
from p2pblog.log.identity import add_device
from p2pblog.views.calls import begin_anew, settle
from tests.views.views_world import NOW_MS, START_MS, Person, Shelf, World, Writer, entry_text

VIEWS = ("home", "local", "mentions", "requests", "tag:bread")
NAMES = ("name", "nam\u0435", "nam\xe8")
QUERIES = (
    "bread", "bread -rye", "#bread", '"rye bread"', "spelt", "which", "has:link", "has:poll",
    "lang:fi", "bread -lang:fi", "in:likes", "bread -in:likes", "rye after:1h",
)  # fmt: skip

# Each step is (who, what, on which): small numbers that `written` gives a meaning.
steps = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 17), st.integers(0, 30)), min_size=5, max_size=40
)


def written(script: list[tuple[int, int, int]]) -> tuple[World, list[Person]]:
    """Return a world of three people with seven logs, in which this has happened."""
    world = World()
    people = [world.person(announced=False) for _ in range(3)]
    writers: list[Writer] = [*people]
    devices = [world.stranger() for _ in range(4)]
    writers += devices
    posts: list[Ref] = []
    for number, (who, what, which) in enumerate(script):
        writer = writers[who]
        target = posts[which % len(posts)] if posts else None
        person = people[which % 3]
        act_ms = START_MS + which * 1000  # clocks that disagree, and tie
        match what:
            case 0 | 1:
                link = " https://rye.example" * (which % 2)
                posts.append(
                    writer.post(f"{number} rye #bread{link}", lang="fi" * (which % 3 == 0))
                )
            case 2 if target:
                posts.append(writer.reply(target, f"{number} bread", posts[0]))
            case 3 if target:
                posts.append(writer.post(f"{number} look", quote=target))
            case 4 | 5 if target:
                writer.say(Like(target, undo=what == 5), act_ms)
            case 6 | 7 if target:
                # Reposts stand in timelines, where a tie would go by arrival.
                writer.say(Repost(target, undo=what == 7), START_MS + number * 7 + 1)
            case 8:
                writer.say(Follow(person.identity), act_ms)
            case 9:
                writer.say(Unfollow(person.identity), act_ms)
            case 10:
                writer.say(Profile(f"{NAMES[which % 3]} {number % 3}"), act_ms)
            case 13 | 14 if target:
                own_posts = [post for post in posts if post.log == writer.log]
                edited = own_posts[which % len(own_posts)] if what == 13 and own_posts else target
                edit = Edit(
                    edited, f"{number} spelt #bread #t{which}", mentions=(people[0].identity,)
                )
                writer.say(edit, act_ms)
            case 15:
                posts.append(writer.post(f"{number} which?", poll=Poll(("rye", "bread"), act_ms)))
            case 16 if target:
                writer.say(Vote(target, ((which % 3,) if which % 3 else ())), act_ms)
            case 17 if target:
                writer.say(Pin(target, undo=which % 2 == 1), act_ms)
            case 12:
                own = [entry for entry in world.entries if entry.log == writer.log]
                if own:
                    gone = own[which % len(own)]
                    writer.say(Erase((Ref(gone.log, gone.seq, gone.id),)))
            case _:
                adder = (person.root, person, devices[0])[which % 2 if which < 20 else 2]
                adder.say(add_device(person.identity, devices[which % 4].key), act_ms)
    for person in people[:2]:
        world.announce(person)
    return world, people


def shown(shelf: Shelf, world: World, people: list[Person]) -> dict[str, Any]:
    """Return everything that the views answer, without cursors, which depend on arrival."""
    found: dict[str, Any] = {}
    with shelf.views.reader() as reader:
        theirs = [f"{view}:{person.text}" for person in people for view in ("user", "pinned")]
        for view in (*VIEWS, *theirs):
            try:
                found[view] = reader.timeline(view, 200)["entries"]
            except NotFound as error:  # somebody unknown must be unknown in both
                found[view] = str(error)
        for query in QUERIES:
            found[query] = reader.search(query, 200, now_ms=NOW_MS)["entries"]
        for entry in world.entries:
            text = entry_text(Ref(entry.log, entry.seq, entry.id))
            try:
                found[text] = reader.thread(text)
                found[text + " why"] = reader.why(text, now_ms=NOW_MS)
                found[text + " before"] = reader.versions(text)
            except (NotFound, BadRequest) as error:  # a like, a repost that was taken back
                found[text + " not"] = str(error)
            found[text + " by"] = reader.identity_of(entry.log)
        for person in people:
            found["of " + person.text] = (
                sorted(reader.logs_of(person.identity)),
                reader.followed(person.identity),
            )
        found["notifications"] = reader.notifications(200, now_ms=NOW_MS)
        rows = reader.people()["people"]
        found["people"] = sorted(rows, key=lambda row: row["identity"])
        found["candidates"] = [reader.people_starting(typed) for typed in ("", "name 1")]
        found["used tags"] = [reader.used_tags(typed) for typed in ("", "br")]
        found["kinds"] = reader.kinds()
        found["trends"] = reader.trends(now_ms=world.clock_ms, hours=1)
        found["conversations"] = reader.conversations(now_ms=world.clock_ms, hours=1)
    return {name: _without_cursors(value) for name, value in found.items()}


def calls(shelf: Shelf) -> list[tuple[bytes, int | None]]:
    """Return which posts address oneself, and by whom; that must be what it is found to be anew."""
    conn = shelf.views._conn
    select = "SELECT e.id, c.who FROM calls c JOIN entries e USING (place) ORDER BY e.id"
    kept = conn.execute(select).fetchall()
    conn.execute("BEGIN")
    begin_anew(conn)
    settle(conn, shelf.views._self_pid())
    anew = conn.execute(select).fetchall()
    conn.execute("ROLLBACK")
    assert kept == anew
    return kept


def _without_cursors(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_cursors(v) for k, v in value.items() if k not in ("cursor", "next")}
    return [_without_cursors(item) for item in value] if isinstance(value, list) else value


def folded(entries: list[Entry], cuts: list[int], world: World, people: list[Person]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder) / "views.sqlite", world, people[0])
        edges = sorted({0, len(entries), *(cut % (len(entries) + 1) for cut in cuts)})
        for start, end in pairwise(edges):
            shelf.feed(entries[start:end])
        answers = shown(shelf, world, people)
        answers["calls"] = calls(shelf)
        shelf.views.close()
    return answers


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    script=steps,
    chance=st.randoms(use_true_random=False),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_any_order_and_any_batches_give_the_same_views(
    script: list[tuple[int, int, int]], chance: Any, cuts: list[int]
) -> None:
    world, people = written(script)
    mixed = list(world.entries)
    chance.shuffle(mixed)
    expected = folded(world.entries, [], world, people)
    assert folded(mixed, cuts, world, people) == expected
    assert folded(world.entries[::-1], [*range(0, 200, 3)], world, people) == expected
