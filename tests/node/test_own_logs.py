"""A node's own logs between what its hub hears and what a person writes."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import OwnLogBehind
from p2pblog.node.own_logs import OwnLogs
from p2pblog.node.peer import Peer
from p2pblog.node.place import Place
from p2pblog.store.keyvalue import MemoryKeyValue
from p2pblog.store.logs import LogStore

ME = SigningKey(b"m" * 32)
LOG, OTHER = ME.public, b"another log of mine, 32 bytes..."
FULL_S = limits.OWN_CLAIM_S_MAX


class World:
    """A store, peers that claim, and a clock that `sleep` moves on."""

    def __init__(self, *, is_copy: bool = False) -> None:
        self.now_s = 100.0
        self.store = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
        self.peers: list[Peer] = []
        self.kept = 0
        place = cast("Place", SimpleNamespace(is_copy=is_copy, keep=self.keep))
        self.logs = OwnLogs(self.store, lambda: self.peers, place, clock_s=lambda: self.now_s)
        self.sleeps = 0

    def keep(self) -> None:
        self.kept += 1

    def write(self, count: int) -> None:
        self.store.append(ME, [(1, b"x")] * count, 5)
        self.logs.grew(LOG)

    def link(self, number: int, **offered: Any) -> Peer:
        device = bytes([number]) * 32
        held = {"log": offered.get("log", 0), "other": offered.get("other", 0)}
        session = SimpleNamespace(
            was_told=True, held=held, offered=lambda log: held[{LOG: "log", OTHER: "other"}[log]]
        )
        peer = cast("Peer", SimpleNamespace(device=device, session=session))
        self.peers.append(peer)
        self.logs.link_changed(device, up=True)
        self.logs.heard(peer)
        return peer

    def unlink(self, peer: Peer) -> None:
        self.peers.remove(peer)
        self.logs.link_changed(peer.device, up=False)

    async def sleep(self, delay_s: float) -> None:
        self.sleeps += 1
        self.now_s += delay_s


async def test_a_copy_waits_for_somebody_who_knows_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(is_copy=True)
    monkeypatch.setattr(asyncio, "sleep", world.sleep)
    world.link(1)  # who knows nothing of it
    waiting = asyncio.create_task(world.logs.settled(LOG))
    await waiting
    assert world.now_s == pytest.approx(100 + limits.COPY_WAIT_S_MAX, abs=0.1)
    assert world.kept == 1
    await world.logs.settled(LOG)  # nobody has come: that was all that can be done
    assert world.now_s == pytest.approx(100 + limits.COPY_WAIT_S_MAX, abs=0.1)
    assert world.kept == 1

    world = World(is_copy=True)
    monkeypatch.setattr(asyncio, "sleep", world.sleep)
    world.write(3)
    world.link(1, log=3)
    await world.logs.settled(LOG)
    assert world.sleeps == 0


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(asyncio, "sleep", made.sleep)
    made.logs.watch(LOG)
    made.write(3)
    return made


async def test_writing_waits_for_what_is_claimed_and_no_longer_than_patience_lasts(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.logs.settled(LOG)
    assert world.sleeps == 0
    world.link(1, log=9)
    await world.logs.settled(LOG)
    assert world.now_s == pytest.approx(100 + FULL_S)
    await world.logs.settled(LOG)
    assert world.now_s == pytest.approx(100 + FULL_S)
    assert [record.message.partition(" says")[2] for record in caplog.records] == [
        " that this log goes on and does not show it: writing on"
    ]


async def test_what_comes_in_ends_the_wait(world: World) -> None:
    world.link(1, log=5)
    waiting = asyncio.create_task(world.logs.settled(LOG))
    elsewhere = LogStore(MemoryKeyValue(), new_epoch=bytes(16))
    elsewhere.append(ME, [(1, b"x")] * 5, 5)
    world.store.ingest(elsewhere.segment_up(LOG, 4, 5), 5)
    world.logs.grew(LOG)
    world.logs.shown(LOG)
    await waiting
    assert world.now_s < 101


async def test_while_entries_keep_coming_a_post_is_refused_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.link(1, log=10**6)

    async def more_comes(delay_s: float) -> None:
        await world.sleep(delay_s)
        world.logs.shown(LOG)

    monkeypatch.setattr(asyncio, "sleep", more_comes)
    with pytest.raises(OwnLogBehind):
        await world.logs.settled(LOG)
    assert world.now_s == pytest.approx(100 + limits.OWN_WAIT_S_MAX, abs=0.1)


async def test_a_log_is_behind_while_who_offers_more_is_believed(world: World) -> None:
    assert world.logs.behind([LOG, OTHER]) is None
    honest = world.link(1, log=3, other=0)
    assert world.logs.behind([LOG]) is False
    assert world.logs.behind([OTHER]) is None
    world.link(2, other=4)
    assert world.logs.behind([LOG, OTHER]) is True
    world.now_s += FULL_S
    assert world.logs.behind([LOG, OTHER]) is False
    world.unlink(honest)
    assert world.logs.behind([LOG]) is None


async def test_whom_one_follows_and_ones_own_devices_are_believed_beside_strangers(
    world: World,
) -> None:
    world.link(1, log=9)
    world.now_s += FULL_S
    assert world.logs.behind([LOG]) is False
    friend, mine = bytes([2]) * 32, bytes([3]) * 32
    world.logs.know([mine], {b"friend": [friend]})
    for number in (2, 3, 4):
        peer = world.link(number, log=9)
        assert world.logs.behind([LOG]) is (number != 4)
        world.unlink(peer)


def test_silence_says_nothing_before_a_peer_has_told_of_all_that_it_holds(world: World) -> None:
    peer = world.link(2)
    assert world.logs.watch(LOG).wait_s(world.now_s) == 0
    world.unlink(peer)
    world.logs.link_changed(peer.device, up=True)
    peer.session.was_told = False
    world.logs.heard(peer)
    assert world.logs.watch(LOG).wait_s(world.now_s) == limits.OWN_GREETING_S_MAX
    peer.session.was_told = True
    world.logs.heard(peer)
    assert world.logs.watch(LOG).wait_s(world.now_s) == 0
