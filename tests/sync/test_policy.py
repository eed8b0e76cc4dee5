"""What a node wants: its own, whom it follows, a little of the neighbours', and of who is blocked
nothing."""

from __future__ import annotations

import pytest

from p2pblog.core import limits
from p2pblog.log.held import Held, Range
from p2pblog.log.segment import Segment, Withheld
from p2pblog.sync.planning import WHOLE
from p2pblog.sync.policy import Policy
from p2pblog.sync.rules import DEFAULT_RULES, Distance, Rule

NOW_S = 1000.0


def name(number: int) -> bytes:
    return number.to_bytes(32)


def held(low: int, high: int) -> Held:
    return Held(Range(low, high, None if low == 1 else bytes(32), bytes(32)))


def arrived(log: bytes, entries: int, size: int = 1) -> Segment:
    return Segment(log, 1, None, [0] * entries, [bytes(size)] * entries, [])


def with_rule(distance: Distance, **rule: int | None) -> dict[Distance, Rule]:
    return {**DEFAULT_RULES, distance: Rule(**{"depth": 100, **rule})}  # type: ignore[arg-type]


def take(policy: Policy, segment: Segment, near: bool, asked: bool, now_s: float) -> bool:
    """Have a policy take in entries, if it does, all of which are new."""
    if not policy.admit(segment, near, asked, now_s):
        return False
    policy.charge(segment, near, len(segment.bodies), now_s)
    return True


# --- how far, how deep ------------------------------------------------------------------


def test_what_is_followed_is_wanted_whole_and_strangers_only_nearby() -> None:
    policy = Policy({}, {})
    assert policy.want([name(1)])
    assert not policy.want([name(1)])
    for near in (False, True):
        assert policy.depth(name(1), near) == WHOLE
    assert policy.depth(name(2), False) == 0
    assert policy.depth(name(2), True) == limits.NEAR_ENTRIES


def test_an_errand_takes_a_strangers_log_for_a_while() -> None:
    log = name(7)
    logs: dict[bytes, Held] = {}
    policy = Policy(logs, {})
    assert (policy.depth(log, False), policy.missing()) == (0, [])
    policy.go_for(log, 5)
    assert policy.depth(log, False) == policy.depth(log, True) == limits.SECOND_ENTRIES
    assert policy.missing() == [log]
    logs[log] = held(1, 90)
    policy.count(log)
    assert policy.missing() == []
    assert policy.total(Distance.SECOND).entries == 90
    policy.return_from(log)
    assert policy.depth(log, False) == 0
    assert policy.total(Distance.SECOND).entries == 0
    assert policy.total(Distance.NEAR).entries == 90


def test_an_errand_goes_as_deep_as_its_entry_and_no_deeper_than_it_may() -> None:
    log, far = name(7), 10_000
    logs = {log: held(far - 99, far)}
    policy = Policy(logs, {})
    policy.go_for(log, far - 300)
    assert policy.depth(log, False) == 301
    policy.go_for(log, far - 250)  # somebody else's, of the same log
    assert policy.depth(log, False) == 301
    policy.return_from(log)
    policy.go_for(log, far - limits.ERRAND_ENTRIES_MAX + 1)
    assert policy.depth(log, False) == limits.ERRAND_ENTRIES_MAX
    policy.return_from(log)
    policy.go_for(log, far - limits.ERRAND_ENTRIES_MAX)
    assert policy.depth(log, False) == limits.SECOND_ENTRIES
    policy.go_for(log, 2**53)
    assert policy.depth(log, False) == limits.SECOND_ENTRIES


def test_an_errand_is_bounded_as_others_are_and_never_leads_to_who_is_blocked() -> None:
    log, blocked, whole = name(7), name(8), name(9)
    policy = Policy({}, {}, rules=with_rule(Distance.SECOND, entries_per_minute=20))
    policy.want([whole], blocked=[blocked])
    for one in (log, blocked, whole):
        policy.go_for(one, 1)
    assert policy.depth(blocked, True) == 0
    assert policy.depth(whole, False) == WHOLE
    assert take(policy, arrived(log, 120), False, True, NOW_S)
    assert policy.depth(log, False) == 0
    none = Policy({}, {}, rules=with_rule(Distance.SECOND, depth=0))
    none.go_for(log, 1)
    assert none.depth(log, True) == 0


def test_each_distance_has_its_depth_and_the_nearest_one_counts() -> None:
    policy = Policy({}, {})
    own, followed, second, blocked = map(name, range(1, 5))
    policy.want(
        [own, followed, blocked],
        own=[own],
        second=[own, followed, second, blocked],
        blocked=[own, blocked],
    )
    for near in (False, True):
        found = [policy.distance(log, near) for log in (own, followed, second, blocked)]
        assert found == [Distance.OWN, Distance.FOLLOWED, Distance.SECOND, Distance.BLOCKED]
        depths = [policy.depth(log, near) for log in (own, followed, second, blocked)]
        assert depths == [WHOLE, WHOLE, limits.SECOND_ENTRIES, 0]
    assert policy.distance(name(9), True) == Distance.NEAR
    assert policy.distance(name(9), False) == Distance.FAR


def test_who_is_known_stays_so_while_a_quota_is_used_up_and_looking_holds_nothing_back() -> None:
    own, followed, second, blocked, stranger = map(name, range(1, 6))
    policy = Policy({}, {}, rules=with_rule(Distance.SECOND, entries_per_minute=20))
    policy.want([own, followed], own=[own], second=[second], blocked=[blocked])
    assert take(policy, arrived(second, 120), False, True, NOW_S)
    known = [policy.is_known(log) for log in (own, followed, second, blocked, stranger)]
    assert known == [True, True, True, False, False]
    assert policy.reach(second, False) == 100
    assert policy.refill(NOW_S + 3600) == []
    assert take(policy, arrived(second, 120), False, True, NOW_S + 3600)
    assert policy.depth(second, False) == 0  # asked in earnest, and held back
    assert policy.refill(NOW_S + 7200) == [second]


def test_any_other_wish_is_a_change() -> None:
    policy = Policy({}, {})
    one = [name(1)]
    assert policy.want(one)
    assert policy.want(one, own=one)
    assert policy.want(one, own=one, second=[name(2)])
    assert policy.want(one, own=one, second=[name(2)], blocked=[name(2)])
    assert policy.want(one, one, own=one, second=[name(2)], blocked=[name(2)])
    assert not policy.want(one, one, own=one, second=[name(2)], blocked=[name(2)])


def test_strangers_have_room_for_so_many_logs_and_so_many_entries() -> None:
    logs = {name(number): held(1, 5) for number in range(1, limits.NEAR_LOGS_MAX + 2)}
    policy = Policy(logs, {})
    policy.want([name(1)])
    assert policy.depth(name(0), True) == 0
    assert policy.depth(name(2), True) == limits.NEAR_ENTRIES  # it has its place
    del logs[name(3)]
    policy.count(name(3))
    assert policy.depth(name(0), True) == limits.NEAR_ENTRIES
    logs[name(2)] = held(1, limits.NEAR_HELD_ENTRIES_MAX)
    assert policy.depth(name(2), True) == 0


def test_strangers_have_so_many_bytes_together_and_others_do_not_count() -> None:
    logs = {name(number): held(1, 5) for number in range(1, 4)}
    sizes = dict.fromkeys(logs, 40)
    rules = with_rule(Distance.NEAR, total_bytes=100)
    policy = Policy(logs, {}, rules=rules, sizes=sizes)
    assert policy.total(Distance.NEAR).size == 120
    assert policy.depth(name(1), True) == policy.depth(name(9), True) == 0
    assert not policy.admit(arrived(name(1), 1), True, True, NOW_S)
    policy.want([name(1)])
    assert policy.total(Distance.NEAR).size == 80
    assert policy.total(Distance.FOLLOWED).size == 40
    assert policy.depth(name(2), True) == policy.depth(name(9), True) == 100
    assert policy.admit(arrived(name(2), 1), True, True, NOW_S)
    sizes[name(2)] = 60  # it grew
    assert policy.depth(name(2), True) == 0


def test_far_logs_share_the_room_of_near_ones() -> None:
    logs = {name(number): held(1, 5) for number in range(3)}
    policy = Policy(logs, {}, rules=with_rule(Distance.FAR, logs=3))
    assert policy.depth(name(9), False) == 0
    assert policy.depth(name(2), False) == 100
    del logs[name(1)]
    policy.count(name(1))
    assert policy.depth(name(9), False) == 100


def test_what_is_missing_is_named_in_one_order() -> None:
    logs = {name(1): held(1, 5), name(2): held(2, 5), name(3): held(1, 5), name(5): held(1, 5)}
    policy = Policy(logs, {name(3): [4], name(5): [1]})
    policy.want({name(number) for number in range(1, 5)}, {name(1)})
    assert policy.missing() == [name(number) for number in range(1, 6)]


def test_of_those_at_second_hand_is_missing_what_is_not_as_deep_as_it_should_be() -> None:
    deep = limits.SECOND_ENTRIES
    logs = {
        name(1): held(1, 5),
        name(2): held(2, deep + 1),
        name(3): held(3, deep + 1),
    }
    policy = Policy(logs, {})
    policy.want([], second=map(name, range(1, 6)), blocked=[name(5)])
    assert policy.missing() == [name(3), name(4)]


def test_a_log_is_cut_to_its_depth_when_it_is_full_or_has_a_gap() -> None:
    log = name(1)
    logs = {log: held(1, 999)}
    policy = Policy(logs, {}, rules=with_rule(Distance.NEAR, log_entries=1000))
    assert policy.surplus(name(2)) == policy.surplus(log) == 0
    logs[log] = held(1, 1000)
    assert policy.depth(log, True) == 0
    assert policy.surplus(log) == 901
    logs[log] = held(901, 1000)
    assert policy.depth(log, True) == 100
    assert policy.surplus(log) == 0
    logs[log] = Held(held(901, 1000).newest, held(1, 5).newest)
    assert policy.surplus(log) == 901
    logs[log] = Held(held(902, 1000).newest, held(1, 5).newest)
    assert policy.surplus(log) == 0  # not yet: what is held alone is not deep enough
    policy.want([log])
    logs[log] = Held(held(901, 1000).newest, held(1, 5).newest)
    assert policy.surplus(log) == 0


# --- how fast ---------------------------------------------------------------------------


def test_what_is_own_or_followed_is_not_counted() -> None:
    policy = Policy({}, {})
    policy.want([name(1), name(2)], own=[name(1)])
    for number in (1, 2):
        for _ in range(100):
            assert take(policy, arrived(name(number), 512, 8000), False, False, NOW_S)
        assert policy.depth(name(number), False) == WHOLE
    assert policy.due_s() == float("inf")


def test_a_log_that_floods_is_held_back_until_its_quota_has_come_back() -> None:
    spent = []
    policy = Policy(
        {},
        {},
        rules=with_rule(Distance.NEAR, depth=10, entries_per_minute=120),
        on_spent=lambda: spent.append(policy.due_s()),
    )
    flood, other = name(1), name(2)
    assert take(policy, arrived(flood, 129), True, False, NOW_S)
    assert policy.depth(flood, True) == 10
    assert spent == []
    assert take(policy, arrived(flood, 1), True, False, NOW_S)
    assert policy.depth(flood, True) == 0
    assert policy.depth(other, True) == 10
    assert not take(policy, arrived(flood, 3), True, False, NOW_S)
    assert policy.refused[Distance.NEAR].entries == 3
    assert spent[0] == NOW_S + 15.0
    assert policy.refill(NOW_S + 14.9) == []
    assert policy.depth(flood, True) == 0
    assert policy.refill(NOW_S + 15.0) == [flood]
    assert policy.due_s() == float("inf")
    assert policy.depth(flood, True) == 10
    assert take(policy, arrived(flood, 30), True, False, NOW_S + 15.0)
    assert policy.depth(flood, True) == 0


def test_what_was_asked_for_is_taken_up_to_a_quota_more() -> None:
    policy = Policy({}, {}, rules=with_rule(Distance.NEAR, depth=40, entries_per_minute=60))
    log = name(1)
    taken = [take(policy, arrived(log, 50), True, True, NOW_S) for _ in range(6)]
    assert taken == [True] * 4 + [False] * 2
    assert policy.due_s() == pytest.approx(NOW_S + 115.0)


def test_what_was_here_or_is_a_lie_uses_up_no_quota() -> None:
    policy = Policy({}, {}, rules=with_rule(Distance.NEAR, depth=40, entries_per_minute=60))
    log = name(1)
    for _ in range(10):
        assert policy.admit(arrived(log, 500), True, False, NOW_S)
        policy.charge(arrived(log, 500), True, 0, NOW_S)
    assert policy.depth(log, True) == 40
    policy.charge(arrived(log, 500), True, 99, NOW_S)
    assert policy.depth(log, True) == 40
    policy.charge(arrived(log, 500), True, 1, NOW_S)
    assert policy.depth(log, True) == 0


def test_what_is_asked_for_at_first_leaves_a_minutes_worth() -> None:
    policy = Policy({}, {}, rules=with_rule(Distance.NEAR, entries_per_minute=2))
    assert take(policy, arrived(name(1), 100), True, True, NOW_S)
    assert take(policy, arrived(name(1), 1), True, False, NOW_S)
    assert policy.depth(name(1), True) == 100
    assert take(policy, arrived(name(1), 1), True, False, NOW_S)
    assert policy.depth(name(1), True) == 0


def test_bytes_are_counted_with_what_an_entry_weighs_beside_its_body() -> None:
    rules = with_rule(Distance.NEAR, bytes_per_minute=1000)
    policy = Policy({}, {}, rules=rules)
    log = name(1)
    assert take(policy, arrived(log, 1, 1000 - limits.ENTRY_BYTES - 1), True, False, NOW_S)
    assert policy.depth(log, True) == 100
    without = arrived(log, 1)._replace(bodies=[Withheld(8000, bytes(32))])
    assert take(policy, without, True, False, NOW_S)
    assert policy.depth(log, True) == 0


def test_many_strangers_together_take_no_more_than_all_may() -> None:
    rules = with_rule(Distance.NEAR, total_bytes_per_minute=10_000)
    policy = Policy({}, {}, rules=rules)
    policy.want([name(0)])
    taken = 0
    while policy.depth(name(taken + 1), True):
        assert take(policy, arrived(name(taken + 1), 1, 1000), True, True, NOW_S)
        taken += 1
    assert taken == 10
    assert policy.depth(name(0), True) == WHOLE
    policy.want([name(0)], second=[name(99)])
    assert policy.depth(name(99), True) == limits.SECOND_ENTRIES
    assert policy.refill(NOW_S + 60) == [name(taken + 1)]


def test_a_log_held_back_as_a_strangers_is_free_once_it_is_followed() -> None:
    policy = Policy({}, {}, rules=with_rule(Distance.NEAR, entries_per_minute=1))
    log = name(1)
    take(policy, arrived(log, 200), True, True, NOW_S)
    assert policy.depth(log, True) == 0
    policy.want([log])
    assert policy.depth(log, True) == WHOLE
    assert take(policy, arrived(log, 200), True, False, NOW_S)


def test_those_who_wait_are_asked_for_a_few_at_a_time() -> None:
    rules = with_rule(Distance.NEAR, total_bytes_per_minute=1)
    policy = Policy({}, {}, rules=rules)
    take(policy, arrived(name(0), 1), True, True, NOW_S)
    waiting = limits.QUOTA_WAITING_MAX + 10
    for number in range(waiting):
        assert policy.depth(name(number), True) == 0
    now_s, freed = policy.due_s(), []
    while now_s < float("inf"):
        once = policy.refill(now_s)
        assert 0 < len(once) <= limits.QUOTA_FREED_MAX
        freed += once
        assert policy.due_s() >= now_s + limits.QUOTA_AGAIN_S
        now_s = policy.due_s()
    assert freed == [name(number) for number in range(limits.QUOTA_WAITING_MAX)]


# --- who is blocked ---------------------------------------------------------------------


def test_of_blocked_logs_nothing_is_wanted_or_taken_and_what_came_is_counted() -> None:
    policy = Policy({}, {})
    log = name(1)
    policy.want([log], blocked=[log])
    for asked in (False, True):
        for near in (False, True):
            assert not policy.admit(arrived(log, 5), near, asked, NOW_S)
    assert policy.depth(log, True) == 0
    assert policy.missing() == []
    assert policy.refused[Distance.BLOCKED].entries == 20
    assert policy.due_s() == float("inf")
    policy.want([log])
    assert policy.depth(log, False) == WHOLE
    assert policy.admit(arrived(log, 5), False, False, NOW_S)


def test_what_is_not_wanted_is_not_taken_and_not_counted_as_refused() -> None:
    policy = Policy({}, {})
    assert not policy.admit(arrived(name(1), 5), False, True, NOW_S)
    assert policy.refused[Distance.FAR].entries == 0
