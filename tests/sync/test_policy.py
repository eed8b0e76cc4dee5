"""What a node wants: its own, whom it follows, and a little of the neighbours'."""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.log.held import Held, Range
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.policy import Policy


def name(number: int) -> bytes:
    return number.to_bytes(32)


def held(low: int, high: int) -> Held:
    return Held(Range(low, high, None if low == 1 else bytes(32), bytes(32)))


def test_what_is_followed_is_wanted_whole_and_strangers_only_nearby() -> None:
    policy = Policy({}, {})
    assert policy.want([name(1)])
    assert not policy.want([name(1)])
    for near in (False, True):
        assert policy.depth(name(1), near) == WHOLE
    assert policy.depth(name(2), False) == 0
    assert policy.depth(name(2), True) == limits.NEAR_ENTRIES


def test_strangers_have_room_for_so_many_logs_and_so_many_entries() -> None:
    logs = {name(number): held(1, 5) for number in range(1, limits.NEAR_LOGS_MAX + 2)}
    policy = Policy(logs, {})
    policy.want([name(1)])
    assert policy.depth(name(0), True) == 0
    assert policy.depth(name(2), True) == limits.NEAR_ENTRIES  # it has its place
    del logs[name(3)]
    assert policy.depth(name(0), True) == limits.NEAR_ENTRIES
    logs[name(2)] = held(1, limits.NEAR_HELD_ENTRIES_MAX)
    assert policy.depth(name(2), True) == 0


def test_what_is_missing_is_named_in_one_order() -> None:
    logs = {name(1): held(1, 5), name(2): held(2, 5), name(3): held(1, 5), name(5): held(1, 5)}
    policy = Policy(logs, {name(3): [4], name(5): [1]})
    policy.want({name(number) for number in range(1, 5)}, {name(1)})
    assert policy.missing() == [name(number) for number in range(1, 6)]
