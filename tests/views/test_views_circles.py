"""Whose logs are at second hand: known in bounded time, the best known first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from p2pblog.core import limits
from p2pblog.log.identity import add_device
from p2pblog.views import circles
from p2pblog.views.schema import FOLLOWS
from tests.views.views_world import START_MS, Person, Shelf, World


def second(shelf: Shelf, me: Person) -> dict[bytes, list[bytes]]:
    with shelf.views.reader() as reader:
        return reader.second_logs(me.identity)


def test_at_second_hand_are_those_whom_ones_followed_follow(
    shelf: Shelf, world: World, me: Person
) -> None:
    mia, otis, eve, zoe, kim = (world.person(name) for name in ("mia", "otis", "eve", "zoe", "kim"))
    me.follow(mia.identity)
    me.follow(otis.identity)
    for person in (mia, otis):
        for whom in (me, mia, otis, zoe):
            person.follow(whom.identity)
    otis.follow(eve.identity)
    otis.follow(kim.identity)
    otis.unfollow(kim.identity)
    eve.follow(kim.identity)
    shelf.feed()
    found = second(shelf, me)
    assert list(found) == [zoe.identity, eve.identity]
    assert set(found[zoe.identity]) == {zoe.identity, zoe.log}
    me.unfollow(otis.identity)
    shelf.feed()
    assert list(second(shelf, me)) == [otis.identity, zoe.identity]


def test_of_several_devices_the_last_word_counts(shelf: Shelf, world: World, me: Person) -> None:
    mia, zoe = world.person("mia"), world.person("zoe")
    laptop = world.stranger()
    mia.say(add_device(mia.identity, laptop.key))
    me.follow(mia.identity)
    mia.follow(zoe.identity)
    laptop.unfollow(zoe.identity)
    shelf.feed()
    assert second(shelf, me) == {}
    mia.follow(zoe.identity)
    shelf.feed()
    assert list(second(shelf, me)) == [zoe.identity]


def test_nobody_is_at_second_hand_of_nobody(shelf: Shelf, world: World, me: Person) -> None:
    shelf.feed()
    assert second(shelf, me) == {}
    with shelf.views.reader() as reader:
        assert reader.second_logs(bytes(32)) == {}


def test_a_log_of_two_identities_is_claimed_by_both(shelf: Shelf, world: World, me: Person) -> None:
    mia, eve = world.person("mia"), world.person("eve")
    device = world.stranger()
    for person in (mia, eve):
        person.say(add_device(person.identity, device.key))
    shelf.feed()
    with shelf.views.reader() as reader:
        for person in (mia, eve):
            assert device.log in reader.claimed_by(person.identity)
        shown = [device.log in reader.logs_of(person.identity) for person in (mia, eve)]
    assert sorted(shown) == [False, True]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Views in which oneself follows 3,000 people, each of whom follows 60 of 20,000."""
    world = World()
    me = world.person("ada")
    shelf = Shelf(tmp_path_factory.mktemp("crowd") / "views.sqlite", world, me)
    shelf.feed()
    conn = shelf.views._conn
    conn.execute("BEGIN")
    [(own,)] = conn.execute("SELECT pid FROM people WHERE key = ?", (me.identity,)).fetchall()
    people = range(100, 23_100)
    conn.executemany(
        "INSERT INTO people(pid, key) VALUES (?, ?)", ((pid, pid.to_bytes(32)) for pid in people)
    )
    conn.executemany(
        "INSERT INTO logs(lid, key, person) VALUES (?, ?, ?)",
        ((pid, b"l" + pid.to_bytes(31), pid) for pid in people),
    )
    first = range(100, 3_100)
    conn.executemany(
        f"INSERT INTO acts VALUES ({FOLLOWS}, ?, ?, ?, 1, {START_MS}, 1, 1)",
        (
            *((pid, own, 1) for pid in first),
            *((3_100 + (pid * 7 + n * 97) % 20_000, pid, pid) for pid in first for n in range(60)),
        ),
    )
    conn.execute("COMMIT")
    yield shelf
    shelf.views.close()


def test_thousands_who_follow_hundreds_cost_no_more_than_the_bounds(crowd: Shelf) -> None:
    me = crowd.me
    assert me is not None
    with crowd.views.reader() as reader, reader._snapshot() as s:
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        s.conn.set_progress_handler(count, 100)
        found = circles.second(s, me.identity)
    assert len(found) == limits.SECOND_PEOPLE_MAX
    # Of 180,000 follows a part is looked at: 20 steps of SQLite's for each of these, and 100 for
    # each person followed and each one found, are enough.
    bound = 20 * limits.SECOND_FOLLOWS_MAX + 100 * (3_000 + limits.SECOND_PEOPLE_MAX)
    assert steps * 100 < bound
