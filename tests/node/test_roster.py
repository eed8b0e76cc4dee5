"""The devices of an identity, gathered from what a store holds of its logs at each moment."""

from __future__ import annotations

import random

import pytest

from p2pblog.content.bodies import Body, DeviceRevoke, Post, Ref, serialize
from p2pblog.core.crypto import SigningKey
from p2pblog.log.held import Held, Range
from p2pblog.log.identity import add_device
from p2pblog.log.segment import Segment, Withheld, withheld
from p2pblog.node.roster import Roster, _gained
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

ROOT, FIRST, SECOND, THIRD, STRANGER = (SigningKey(bytes([n]) * 32) for n in range(1, 6))


def empty() -> LogStore:
    return LogStore(MemoryKeyValue(), new_epoch=bytes(16))


def write(store: LogStore, key: SigningKey, *bodies: Body) -> None:
    store.append(key, [(1000, serialize(body, bytes(16))) for body in bodies], 1)


def family() -> LogStore:
    """Return a store where the root added FIRST, that one SECOND, and that one THIRD."""
    store = empty()
    write(store, ROOT, add_device(ROOT.public, FIRST, "laptop"))
    posts = [Post(f"post {number}") for number in range(200)]
    write(store, FIRST, *posts, add_device(ROOT.public, SECOND, "phone"), *posts)
    write(store, SECOND, Post("hello"), add_device(ROOT.public, THIRD), Post("again"))
    return store


def segments(store: LogStore) -> list[Segment]:
    """Return everything in `store` in segments of up to 64 entries, newest first of each log."""
    found = []
    for log, held in store.logs.items():
        high = held.newest.high
        while high:
            segment = store.segment_down(log, max(1, high - 63), high)
            found.append(segment)
            high = segment.first - 1
    return found


def bare(body: bytes | Withheld) -> bytes | Withheld:
    """Return the body of an add as somebody sends it who withholds it, any other as it is."""
    return withheld(body) if isinstance(body, bytes) and b"device.add" in body else body


def test_devices_that_devices_added_are_devices() -> None:
    devices = Roster(family()).devices(ROOT.public)
    assert {key: device.name for key, device in devices.items()} == {
        FIRST.public: "laptop",
        SECOND.public: "phone",
        THIRD.public: "",
    }
    assert (devices[SECOND.public].entries, devices[SECOND.public].last_ms) == (3, 1000)
    assert (devices[THIRD.public].entries, devices[THIRD.public].last_ms) == (0, None)


@pytest.mark.parametrize("seed", range(5))
def test_one_roster_asked_all_along_ends_up_like_a_fresh_one(seed: int) -> None:
    """Logs arrive newest first and in turns; what was read before is not read again."""
    origin, store = family(), empty()
    roster = Roster(store)
    waiting = {log: [s for s in segments(origin) if s.log == log] for log in origin.logs}
    order = random.Random(seed)
    before: set[bytes] = set()
    while any(waiting.values()):
        log = order.choice([log for log, rest in waiting.items() if rest])
        store.ingest(waiting[log].pop(0), 1)
        found = roster.logs(ROOT.public)
        assert found >= before
        assert found == Roster(store).logs(ROOT.public)
        before = found
    assert before == {ROOT.public, FIRST.public, SECOND.public, THIRD.public}


def test_what_grows_on_top_is_noticed() -> None:
    store = family()
    roster = Roster(store)
    roster.devices(ROOT.public)
    assert not roster.is_revoked(ROOT.public, SECOND.public)
    write(store, ROOT, DeviceRevoke(SECOND.public, 1, store.entry(SECOND.public, 1).id))
    assert roster.is_revoked(ROOT.public, SECOND.public)
    devices = roster.devices(ROOT.public)
    assert devices[SECOND.public].pin is not None
    assert THIRD.public not in devices  # added after the last entry that counts


@pytest.mark.proves("I-5")
@pytest.mark.parametrize("erased", [False, True])
def test_an_add_that_somebody_withheld_counts_once_its_body_is_here(*, erased: bool) -> None:
    origin, store = family(), empty()
    roster = Roster(store)
    for segment in segments(origin):
        bodies = [bare(body) for body in segment.bodies]
        store.ingest(segment._replace(bodies=bodies), 1)
    if erased:  # which an add cannot be
        store.erase([Ref(FIRST.public, 201, bytes(32)), Ref(ROOT.public, 1, bytes(32))])
    assert roster.logs(ROOT.public) == {ROOT.public}
    for segment in segments(origin):
        store.ingest(segment, 1)
    assert roster.logs(ROOT.public) == {key.public for key in (ROOT, FIRST, SECOND, THIRD)}


@pytest.mark.proves("I-5", "I-8")
def test_nobody_but_the_root_revokes_and_nobody_but_a_device_adds() -> None:
    store = family()
    write(store, FIRST, DeviceRevoke(SECOND.public, 0, None))
    write(store, STRANGER, add_device(ROOT.public, STRANGER))
    devices = Roster(store).devices(ROOT.public)
    assert devices[SECOND.public].pin is None
    assert STRANGER.public not in devices


def test_a_text_that_looks_like_a_kind_is_no_device() -> None:
    store = family()
    write(store, FIRST, Post("device.add"), Post("\xaadevice.add"))
    assert len(Roster(store).devices(ROOT.public)) == 3


@pytest.mark.parametrize(
    ("before", "now", "gained"),
    [
        (None, [(1, 5)], [(1, 5)]),
        (None, [(8, 9), (1, 5)], [(8, 9), (1, 5)]),
        ([(1, 5)], [(1, 9)], [(6, 9)]),
        ([(5, 9)], [(3, 9)], [(3, 4)]),
        ([(5, 9)], [(3, 12)], [(3, 4), (10, 12)]),
        ([(1, 5)], [(20, 30), (1, 5)], [(20, 30)]),
        ([(20, 30), (1, 5)], [(1, 30)], [(6, 19)]),
        ([(20, 30), (1, 5)], [(15, 31), (1, 5)], [(15, 19), (31, 31)]),
    ],
)
def test_only_what_was_gained_is_read(
    before: list[tuple[int, int]] | None,
    now: list[tuple[int, int]],
    gained: list[tuple[int, int]],
) -> None:
    def held(ranges: list[tuple[int, int]]) -> Held:
        made = [Range(low, high, None, bytes(32)) for low, high in ranges]
        return Held(made[0], made[1] if len(made) > 1 else None)

    assert list(_gained(None if before is None else held(before), held(now))) == gained
