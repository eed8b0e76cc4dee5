"""Sessions of a node with a policy: a flood is held back, and asked for again later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from p2pblog.content.bodies import Post, serialize
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_message
from p2pblog.sync.policy import Policy
from p2pblog.sync.rules import DEFAULT_RULES, Distance
from p2pblog.sync.session import Session
from tests.ends import NOW_S, End, carry, join

EVE, ADA = (SigningKey(bytes([number]) * 32) for number in (1, 2))
DEPTH, PER_MINUTE = 10, 30
AT_ONCE = DEPTH + PER_MINUTE


class Node(End):
    """An end that writes logs, and takes what a policy lets it take."""

    def __init__(self, **near: int) -> None:
        super().__init__()
        rule = replace(DEFAULT_RULES[Distance.NEAR], **near)
        rules = {**DEFAULT_RULES, Distance.NEAR: rule}
        self.policy = Policy(self.store.logs, self.store.bare, rules=rules, sizes=self.store.sizes)
        self.replica.depth = self.policy.depth
        self.replica.missing = self.policy.missing
        self.replica.admit = lambda segment, near, asked, now_s: self.policy.admit(
            segment, near, asked, now_s + self.later_s
        )
        self.replica.charge = lambda segment, near, new, now_s: self.policy.charge(
            segment, near, new, now_s + self.later_s
        )
        self.later_s = 0.0

    def write(self, key: SigningKey, count: int = 1) -> None:
        body = serialize(Post("spam"), bytes(16))
        self.store.append(key, [(NOW_S.__trunc__(), body)] * count, 5)
        self.tell(key.public)

    def high(self, key: SigningKey) -> int:
        return self.replica.high(key.public)

    def refill(self, session: Session) -> None:
        """Let the time come, for the policy, at which quotas are free again."""
        self.later_s = self.policy.due_s() - self.now_s
        session.seek(self.policy.refill(self.policy.due_s()))


@pytest.fixture
def eve() -> Node:
    return Node()


@pytest.fixture
def bob() -> Node:
    return Node(depth=DEPTH, entries_per_minute=PER_MINUTE)


def test_of_a_flood_no_more_is_taken_than_the_quota_and_the_rest_later(
    eve: Node, bob: Node
) -> None:
    at_eve, at_bob = join(eve, bob)
    for _ in range(200):
        eve.write(EVE)
        carry((eve, at_eve, bob, at_bob))
        bob.now_s = eve.now_s = NOW_S  # all within a moment
    assert bob.store.logs[EVE.public].entries == AT_ONCE
    assert bob.policy.refused[Distance.NEAR].entries >= 1
    assert bob.policy.depth(EVE.public, True) == 0
    # Nothing more is ever said of it, and still it is asked for once there is room.
    bob.refill(at_bob)
    carry((eve, at_eve, bob, at_bob))
    assert bob.high(EVE) == eve.high(EVE) == 200
    assert bob.store.logs[EVE.public].newest.low == 191


def test_a_friend_is_heard_in_the_middle_of_a_flood(eve: Node, bob: Node) -> None:
    bob.policy.want([ADA.public])
    at_eve, at_bob = join(eve, bob)
    eve.write(EVE, 500)
    for number in range(100):
        eve.write(EVE, 10)
        eve.write(ADA)
        carry((eve, at_eve, bob, at_bob))
        bob.now_s = eve.now_s = NOW_S
        assert bob.high(ADA) == number + 1
    assert bob.store.logs[EVE.public].entries <= AT_ONCE + limits.GRAFT_ENTRIES_MAX


def test_a_log_that_did_not_fit_when_it_was_offered_comes_when_there_is_room(eve: Node) -> None:
    bob = Node(depth=10, total_bytes_per_minute=10 * 2 * limits.ENTRY_BYTES)
    for number in range(10, 40):
        eve.write(SigningKey(bytes([number]) * 32), 5)
    at_eve, at_bob = join(eve, bob)
    carry((eve, at_eve, bob, at_bob))
    first = len(bob.store.logs)
    assert 0 < first < 20
    for _ in range(40):
        if bob.policy.due_s() < float("inf"):
            bob.refill(at_bob)
            carry((eve, at_eve, bob, at_bob))
    assert len(bob.store.logs) == 30


def test_a_peer_that_sends_more_than_was_asked_for_is_cut_short_and_kept(
    eve: Node, bob: Node
) -> None:
    """An answer of many segments, each within what was asked for, but not all together."""
    eve.write(EVE, 1000)
    at_eve, at_bob = join(eve, bob)
    asked = None
    for _ in range(20):
        for message in bob.output(at_bob):
            if isinstance(read := decode_message(message), m.WantLatest):
                asked = read
            elif asked is None:
                eve.receive(at_eve, message)
        for message in eve.output(at_eve):
            bob.receive(at_bob, message)
    assert asked is not None
    high = 1000
    while high > 0:
        part = eve.store.segment_down(EVE.public, high - 9, high)
        at_bob.receive(m.Entries(asked.number, part), bob.now_s)
        bob.settle(at_bob)
        high = part.first - 1
    assert not at_bob.ended
    assert bob.store.logs[EVE.public].entries <= 2 * AT_ONCE
    assert bob.policy.refused[Distance.NEAR].entries >= 1000 - 2 * AT_ONCE


def test_what_is_blocked_meanwhile_is_dropped_and_the_session_goes_on(eve: Node, bob: Node) -> None:
    bob.policy.want([EVE.public, ADA.public])
    at_eve, at_bob = join(eve, bob)
    eve.write(EVE, 3)
    carry((eve, at_eve, bob, at_bob))
    assert bob.high(EVE) == 3
    bob.store.block(b"i" * 32, [EVE.public], 5)
    bob.policy.want([EVE.public, ADA.public], blocked=[EVE.public])
    bob.tell(EVE.public)
    at_bob.consider_all(bob.now_s)
    eve.write(EVE, 3)  # which is pushed: bob had asked for that
    eve.write(ADA)
    carry((eve, at_eve, bob, at_bob))
    assert bob.high(EVE) == 0
    assert bob.high(ADA) == 1
    assert bob.policy.refused[Distance.BLOCKED].entries == 3
    assert not at_bob.ended
    # Nobody hears of it from here, in an offer or a sum.
    zoe = Node(depth=10)
    at_zoe, at_bob_again = join(zoe, bob)
    carry((zoe, at_zoe, bob, at_bob_again))
    assert list(zoe.store.logs) == [ADA.public]
    assert len(bob.replica.frontier) == 1
    assert at_zoe.offered(EVE.public) == 0
    # Unblocked, it is asked for again.
    bob.store.unblock(b"i" * 32)
    bob.policy.want([EVE.public, ADA.public])
    at_bob.seek([EVE.public])
    carry((eve, at_eve, bob, at_bob), (zoe, at_zoe, bob, at_bob_again))
    assert bob.high(EVE) == 6
    assert zoe.high(EVE) == 6


def test_what_comes_again_is_told_as_if_it_had_never_been_here(eve: Node, bob: Node) -> None:
    zoe = Node(depth=0)
    bob.policy.want([EVE.public])
    pairs = (eve, *join(eve, bob), bob), (zoe, *join(zoe, bob), bob)
    links = [(first, at_first, second, at_second) for first, at_first, at_second, second in pairs]
    eve.write(EVE, 3)
    carry(*links)
    bob.store.block(b"i" * 32, [EVE.public], 5)
    bob.tell(EVE.public)
    zoe.policy.want([EVE.public])
    links[1][1].consider_all(zoe.now_s)
    carry(*links)
    assert zoe.high(EVE) == bob.high(EVE) == 0
    bob.store.unblock(b"i" * 32)
    links[0][3].seek([EVE.public])
    carry(*links)
    assert bob.high(EVE) == zoe.high(EVE) == 3


def test_many_logs_are_sought_in_several_messages(eve: Node, bob: Node) -> None:
    at_eve, at_bob = join(eve, bob)
    carry((eve, at_eve, bob, at_bob))
    logs = [number.to_bytes(32) for number in range(limits.SEEK_LOGS_MAX + 1)]
    at_bob.seek(logs)
    sought = [decode_message(data) for data in bob.output(at_bob)]
    assert sought == [m.Seek(logs[:-1]), m.Seek(logs[-1:])]


def test_the_logs_at_second_hand_are_sought_from_peers_that_say_nothing_of_them(
    eve: Node,
) -> None:
    bob = Node(depth=0)
    eve.write(EVE, 500)
    ends = join(eve, bob)
    carry((eve, ends[0], bob, ends[1]))
    assert bob.high(EVE) == 0
    bob.policy.want([], second=[EVE.public])
    ends[1].consider_all(bob.now_s)
    carry((eve, ends[0], bob, ends[1]))
    newest = bob.store.logs[EVE.public].newest
    assert (newest.low, newest.high) == (501 - limits.SECOND_ENTRIES, 500)
