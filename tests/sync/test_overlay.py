"""Who links to whom: newcomers, failures, bounds, and the way to members by way of others."""

from __future__ import annotations

import random
from collections import Counter, deque

import pytest

from p2pblog.core import limits
from p2pblog.sync.messages import Join, Member, Relay, Shuffle
from p2pblog.sync.overlay import Dial, Drop, Effect, Overlay, Sealed, Send


def device(number: int) -> bytes:
    return number.to_bytes(32)


class World:
    """Overlays of many nodes, with links that come up at once."""

    def __init__(self, seed: int, size: int) -> None:
        self.chance = random.Random(seed)
        self.now_s = 0.0
        self.nodes: dict[bytes, Overlay] = {}
        self.pending: deque[tuple[bytes, Effect]] = deque()
        self.got: list[tuple[bytes, Sealed]] = []
        for number in range(size):
            self.join(number)

    def member(self, number: int) -> Member:
        return Member(device(number), (f"8.8.{number // 250}.{number % 250}:4114",))

    def join(self, number: int) -> None:
        me = self.member(number)
        others = list(self.nodes)
        self.nodes[me.device] = Overlay(lambda: me, lambda device: False, random=self.chance.random)
        if others:
            self.link(me.device, self.chance.choice(others))
        self.settle()

    def link(self, one: bytes, other: bytes) -> None:
        if other not in self.nodes or one == other or other in self.nodes[one].active:
            return
        for at, to, dialled in ((one, other, True), (other, one, False)):
            member = self.member(int.from_bytes(to)) if dialled else Member(to, ())
            effects = self.nodes[at].linked(member, dialled=dialled, near=False, now_s=self.now_s)
            self.pending.extend((at, effect) for effect in effects)

    def settle(self) -> None:
        while self.pending:
            at, effect = self.pending.popleft()
            if at not in self.nodes:
                continue
            match effect:
                case Send(to, message):
                    if to in self.nodes[at].active and to in self.nodes:
                        effects = self.nodes[to].receive(at, message, self.now_s)
                        self.pending.extend((to, one) for one in effects)
                case Dial(member):
                    self.link(at, member.device)
                case Drop(gone):
                    if gone in self.nodes:
                        self.nodes[gone].unlinked(at, self.now_s)
                case Sealed():
                    self.got.append((at, effect))

    def fail(self, share: float) -> None:
        for gone in self.chance.sample(list(self.nodes), int(len(self.nodes) * share)):
            for other in self.nodes.pop(gone).active:
                if other in self.nodes:
                    self.nodes[other].unlinked(gone, self.now_s)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now_s += 1
            for one, node in list(self.nodes.items()):
                if node.deadline_s() <= self.now_s:
                    self.pending.extend((one, effect) for effect in node.tick(self.now_s))
            self.settle()

    def reached(self) -> int:
        start = next(iter(self.nodes))
        seen, queue = {start}, deque([start])
        while queue:
            for other in self.nodes[queue.popleft()].active:
                if other in self.nodes and other not in seen:
                    seen.add(other)
                    queue.append(other)
        return len(seen)


@pytest.mark.parametrize("seed", range(3))
def test_a_network_that_loses_a_third_of_its_nodes_stays_one(seed: int) -> None:
    world = World(seed, 300)
    world.run(180)
    assert world.reached() == 300
    degrees = Counter(len(node.active) for node in world.nodes.values())
    assert min(degrees) >= 2
    assert sum(degrees[count] for count in (2, 3)) < 300 // 10
    assert max(degrees) <= limits.ACTIVE_VIEW_MAX
    assert max(len(node.passive) for node in world.nodes.values()) <= limits.PASSIVE_VIEW_MAX
    world.fail(1 / 3)
    world.run(300)
    assert world.reached() == 200
    assert min(len(node.active) for node in world.nodes.values()) >= 2


@pytest.mark.parametrize("seed", range(5))
def test_strangers_who_link_again_and_again_drive_out_nobody_else(seed: int) -> None:
    friends = {device(number) for number in (3, 8)}
    node = Overlay(
        lambda: Member(device(0), ()), friends.__contains__, random=random.Random(seed).random
    )
    for number in range(1, limits.ACTIVE_VIEW_MAX + 1):
        node.linked(Member(device(number), ()), dialled=False, near=False, now_s=number)
    stayed = set(node.active[: limits.ACTIVE_VIEW]) | friends
    for number in range(100, 400):
        effects = node.linked(Member(device(number), ()), dialled=False, near=False, now_s=number)
        assert [type(one) for one in effects] == [Drop]
        assert device(number) in node.active  # a newcomer gets in, for the time being
    assert stayed - set(node.active) <= {device(number) for number in (4, 5, 6)}
    assert friends | {device(1), device(2)} <= set(node.active)


def test_newcomers_are_spread_and_not_left_with_their_first_contact() -> None:
    world = World(5, 200)
    world.run(60)
    together = Counter(len(node.active) for node in world.nodes.values())
    assert together.total() == 200
    # Everybody came in by one random node; with walks, links are near to even.
    assert max(together) <= 2 * limits.ACTIVE_VIEW


def test_what_is_sealed_finds_its_way_and_back_again() -> None:
    world = World(9, 100)
    world.run(120)
    found = tried = 0
    for one, node in world.nodes.items():
        for member in node.passive[:3]:
            tried += 1
            world.got.clear()
            world.pending.extend((one, e) for e in node.seal_for(member.device, b"hi", world.now_s))
            world.settle()
            if world.got != [(member.device, Sealed(one, b"hi"))]:
                continue
            found += 1
            world.got.clear()
            back = world.nodes[member.device].seal_for(one, b"ho", world.now_s)
            world.pending.extend((member.device, e) for e in back)
            world.settle()
            assert world.got == [(one, Sealed(member.device, b"ho"))]
        world.run(3)
    assert tried > 100
    assert found > tried // 2


def two() -> Overlay:
    node = Overlay(
        lambda: Member(device(1), ("10.0.0.1:4114", "8.8.8.8:1")),
        lambda device: False,
        random=lambda: 0.5,
    )
    node.linked(Member(device(2), ()), dialled=False, near=False, now_s=0.0)
    node.linked(Member(device(3), ()), dialled=False, near=True, now_s=0.0)
    return node


@pytest.mark.proves("M-5")
def test_private_addresses_are_told_on_the_lan_only() -> None:
    node = two()
    newcomer = Member(device(9), ("192.168.1.5:4114", "9.9.9.9:4114", "[fe80::1%eth0]:1"))
    join = Join(limits.JOIN_HOPS, newcomer)
    node.linked(newcomer, dialled=False, near=True, now_s=0.0)
    effects = node.receive(device(9), join, 0.0)
    told = {e.device: e.message.member for e in effects if isinstance(e, Send)}  # type: ignore[union-attr]
    assert told[device(2)].addresses == ("9.9.9.9:4114",)
    assert told[device(3)].addresses == newcomer.addresses


@pytest.mark.proves("M-2", "M-4")
def test_a_flood_is_ignored_beyond_a_share() -> None:
    node = two()
    taken = 0
    for number in range(1000):
        shuffle = Shuffle(0, [Member(device(1000 + number), ())])
        before = len(node.passive), node.passive[-1:] if node.passive else []
        node.receive(device(2), shuffle, 1.0)
        taken += (len(node.passive), node.passive[-1:]) != before
    assert taken <= limits.OVERLAY_MESSAGES_PER_MINUTE
    assert len(node.passive) <= limits.PASSIVE_VIEW_MAX
    dials = [
        effect
        for number in range(100)
        for effect in node.receive(device(2), Join(0, Member(device(number + 5000), ())), 61.0)
        if isinstance(effect, Dial)
    ]
    assert len(dials) == 1


def test_who_looks_for_links_learns_of_members_that_pass() -> None:
    node = two()
    shuffle = Shuffle(limits.SHUFFLE_HOPS, [Member(device(7), ())])
    (sent,) = node.receive(device(2), shuffle, 0.0)
    assert sent == Send(device(3), Shuffle(limits.SHUFFLE_HOPS - 1, shuffle.members))
    assert [member.device for member in node.passive] == [device(7)]
    for number in range(4, 4 + limits.ACTIVE_VIEW):
        node.linked(Member(device(number), ()), dialled=False, near=False, now_s=0.0)
    before = node.passive
    node.receive(device(2), Shuffle(limits.SHUFFLE_HOPS, [Member(device(77), ())]), 0.0)
    assert node.passive == before


@pytest.mark.proves("M-6")
def test_a_relay_does_not_travel_for_ever() -> None:
    node = two()
    node.receive(device(2), Shuffle(0, [Member(device(7), ())]), 0.0)
    relay = Relay(3, device(5), device(7), b"x")
    (sent,) = node.receive(device(3), relay, 0.0)
    assert sent == Send(device(2), relay._replace(hops=2))
    assert node.receive(device(3), relay._replace(hops=0), 0.0) == []
    # Not back to where it comes from.
    assert node.receive(device(2), relay, 0.0) == []
    # A way that was learnt long ago counts no more.
    assert node.receive(device(3), relay, limits.ROUTE_S_MAX + 1.0) == []


@pytest.mark.proves("M-3")
def test_joins_and_shuffles_end() -> None:
    node = two()
    node.linked(Member(device(4), ()), dialled=False, near=False, now_s=0.0)
    newcomer = Member(device(9), ())
    for hops in range(limits.JOIN_HOPS):
        sent = node.receive(device(2), Join(hops, newcomer), 100.0 * hops)
        passed = [one.message.hops for one in sent if isinstance(one, Send)]
        assert passed == ([hops - 1] if hops else [])
    for hops in range(limits.SHUFFLE_HOPS + 1):
        sent = node.receive(device(2), Shuffle(hops, [newcomer]), 10_000.0 + hops)
        passed = [one.message.hops for one in sent if isinstance(one, Send)]
        assert passed == ([hops - 1] if hops else [])
