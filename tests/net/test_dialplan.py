"""Whom to dial and when: hours pass here in milliseconds."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core.limits import (
    BACKOFF_FIRST_S,
    BACKOFF_LAN_S_MAX,
    BACKOFF_S_MAX,
    DIALLED_LINKS_MAX,
    DIALS_MAX,
    KNOWN_PEERS_MAX,
    LAN_ADDRESSES_MAX,
    LAN_PEERS_MAX,
    LINK_STABLE_S,
    TIE_WAIT_S,
)
from p2pblog.net.dialplan import Dial, DialPlan

OWN = b"\x80" * 32
LARGER, SMALLER = b"\xff" * 32, b"\x01" * 32
HERE, THERE = "192.168.1.9:4114", "203.0.113.9:4114"


def plan(jitter: float = 0.5) -> DialPlan:
    return DialPlan(own=OWN, random=lambda: jitter)


def fail(plan: DialPlan, device: bytes, times: int) -> list[float]:
    """Let every dial fail at once; return how long each wait was."""
    waits, now_s = [], 0.0
    for _ in range(times):
        due_s = plan.wake_s()
        assert due_s is not None
        waits.append(due_s - now_s)
        now_s = due_s
        assert [dial.device for dial in plan.due(now_s=now_s)] == [device]
        plan.ended(device, now_s=now_s, error="unreachable")
    return waits


def test_the_smaller_key_dials_at_once() -> None:
    p = plan()
    p.found(LARGER, [HERE], now_s=10)
    assert p.due(now_s=10) == [Dial(LARGER, (HERE,))]


def test_the_larger_key_waits_and_then_dials() -> None:
    p = plan()
    p.found(SMALLER, [HERE], now_s=10)
    assert p.due(now_s=10) == []
    assert p.wake_s() == 10 + TIE_WAIT_S
    assert p.due(now_s=10 + TIE_WAIT_S) == [Dial(SMALLER, (HERE,))]


def test_the_larger_key_does_not_dial_when_the_smaller_has() -> None:
    p = plan()
    p.found(SMALLER, [HERE], now_s=10)
    p.linked(SMALLER, dialled=True, now_s=10.2)
    assert p.wake_s() is None
    assert p.due(now_s=60) == []


def test_one_dial_to_a_device_at_once() -> None:
    p = plan()
    p.found(LARGER, [HERE], now_s=0)
    assert len(p.due(now_s=0)) == 1
    p.found(LARGER, [HERE, THERE], now_s=1)
    p.known(LARGER, [THERE], now_s=1)
    p.network_changed(now_s=1)
    assert p.due(now_s=100) == []
    assert p.looking() == [HERE, THERE]


def test_we_never_dial_ourselves() -> None:
    p = plan()
    p.found(OWN, [HERE], now_s=0)
    p.known(OWN, [HERE], now_s=0)
    p.linked(OWN, dialled=True, now_s=0)
    assert p.due(now_s=1000) == []
    assert p.unlinked_devices() == []


def test_a_known_peer_is_tried_ever_more_rarely() -> None:
    p = plan(jitter=1 - 1e-9)
    p.known(LARGER, [THERE], now_s=0)
    waits = [round(wait, 3) for wait in fail(p, LARGER, 12)]
    assert waits == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, BACKOFF_S_MAX, BACKOFF_S_MAX]


def test_a_neighbour_is_tried_every_few_seconds() -> None:
    p = plan(jitter=1 - 1e-9)
    p.found(LARGER, [HERE], now_s=0)
    waits = [round(wait, 3) for wait in fail(p, LARGER, 6)]
    assert waits == [0, 1, 2, 4, BACKOFF_LAN_S_MAX, BACKOFF_LAN_S_MAX]


def test_the_jitter_is_full() -> None:
    p = plan(jitter=0.25)
    p.known(LARGER, [THERE], now_s=0)
    assert fail(p, LARGER, 4) == [0, 0.25, 0.5, 1.0]


def test_a_peer_that_is_found_again_is_dialled_soon() -> None:
    p = plan()
    p.known(LARGER, [THERE], now_s=0)
    fail(p, LARGER, 12)
    asleep_until_s = p.wake_s()
    assert asleep_until_s is not None
    now_s = asleep_until_s - 50
    p.found(LARGER, [HERE], now_s=now_s)
    assert p.due(now_s=now_s) == [Dial(LARGER, (HERE, THERE))]


@pytest.mark.proves("D-9")
def test_announcing_a_device_in_a_loop_does_not_make_us_dial_in_a_loop() -> None:
    p = plan(jitter=0)
    dials = 0
    for tick in range(1000):  # ten seconds
        now_s = tick / 100
        p.found(LARGER, [HERE], now_s=now_s)
        for dial in p.due(now_s=now_s):
            dials += 1
            p.ended(dial.device, now_s=now_s, error="unreachable")
    assert dials <= 10 / BACKOFF_FIRST_S + 1


def test_another_network_means_another_try() -> None:
    p = plan()
    p.known(LARGER, [THERE], now_s=0)
    fail(p, LARGER, 12)
    p.network_changed(now_s=1000)
    wake_s = p.wake_s()
    assert wake_s is not None
    assert wake_s <= 1000 + BACKOFF_FIRST_S


def test_after_another_network_not_everybody_is_dialled_in_the_same_instant() -> None:
    p = DialPlan(own=OWN, random=random.Random(1).random)
    for n in range(10):
        p.known(bytes([0x90 + n]) * 32, [THERE], now_s=0)
        p.due(now_s=0)
        p.ended(bytes([0x90 + n]) * 32, now_s=0, error="unreachable")
    p.network_changed(now_s=0)
    assert len(p.due(now_s=0.5)) in range(1, 10)


def test_a_link_that_breaks_after_a_while_is_restored_at_once() -> None:
    p = plan()
    p.found(LARGER, [HERE], now_s=0)
    fail(p, LARGER, 5)
    p.linked(LARGER, dialled=True, now_s=100)
    p.unlinked(LARGER, now_s=100 + LINK_STABLE_S)
    assert p.wake_s() == 100 + LINK_STABLE_S + 0.5 * BACKOFF_FIRST_S


def test_who_is_let_go_of_again_and_again_beyond_the_lan_dials_ever_more_rarely() -> None:
    p = plan(jitter=1.0)
    p.known(LARGER, [THERE], now_s=0)
    now_s, waits = 0.0, []
    for _ in range(12):
        now_s = p.wake_s() or 0.0
        assert p.due(now_s=now_s)
        p.linked(LARGER, dialled=True, now_s=now_s)
        p.ended(LARGER, now_s=now_s)
        now_s += 2 * LINK_STABLE_S
        p.unlinked(LARGER, now_s=now_s)
        waits.append((p.wake_s() or 0.0) - now_s)
    assert waits == [min(BACKOFF_S_MAX, 2.0**number) for number in range(12)]
    # One that lasted starts afresh.
    now_s = p.wake_s() or 0.0
    p.due(now_s=now_s)
    p.linked(LARGER, dialled=True, now_s=now_s)
    p.ended(LARGER, now_s=now_s)
    p.unlinked(LARGER, now_s=now_s + BACKOFF_S_MAX)
    assert p.wake_s() == now_s + BACKOFF_S_MAX + BACKOFF_FIRST_S


def test_a_link_that_breaks_at_once_counts_as_a_failure() -> None:
    p = plan(jitter=1 - 1e-9)
    p.known(LARGER, [THERE], now_s=0)
    now_s, waits = 0.0, []
    for _ in range(5):
        assert p.due(now_s=now_s)
        p.linked(LARGER, dialled=True, now_s=now_s)
        p.ended(LARGER, now_s=now_s)
        p.unlinked(LARGER, now_s=now_s)
        due_s = p.wake_s()
        assert due_s is not None
        waits.append(round(due_s - now_s, 3))
        now_s = due_s
    assert waits == [1, 2, 4, 8, 16]


def test_a_dial_that_ends_without_a_link_is_a_failure_and_says_why() -> None:
    p = plan()
    p.found(LARGER, [HERE], now_s=0)
    p.due(now_s=0)
    p.ended(LARGER, now_s=1, error="other-network")
    assert p.unlinked_devices() == [(LARGER, (HERE,), "other-network")]
    assert p.looking() == []
    assert p.due(now_s=1) == []


def test_a_peer_that_left_the_lan_is_dialled_no_more() -> None:
    p = plan()
    p.found(LARGER, [HERE], now_s=0)
    p.lost(LARGER)
    assert p.due(now_s=1000) == []
    assert p.unlinked_devices() == []


def test_a_peer_that_left_the_lan_is_still_looked_for_where_it_was_known() -> None:
    p = plan()
    p.known(LARGER, [THERE], now_s=0)
    p.found(LARGER, [HERE], now_s=0)
    p.lost(LARGER)
    assert p.due(now_s=1000) == [Dial(LARGER, (THERE,))]


def test_a_peer_may_leave_while_it_is_dialled() -> None:
    p = plan()
    p.found(LARGER, [HERE], now_s=0)
    p.due(now_s=0)
    p.lost(LARGER)
    p.ended(LARGER, now_s=1, error="unreachable")
    assert p.unlinked_devices() == []
    p.ended(LARGER, now_s=2)
    p.unlinked(LARGER, now_s=2)


def test_addresses_forgotten_are_not_dialled() -> None:
    p = plan()
    p.known(LARGER, [THERE], now_s=0)
    p.known(LARGER, [], now_s=0)
    assert p.due(now_s=1000) == []
    assert p.wake_s() is None


def test_whoever_dials_us_need_not_be_dialled_and_is_forgotten_afterwards() -> None:
    p = plan()
    p.linked(LARGER, dialled=True, now_s=0)
    p.unlinked(LARGER, now_s=100)
    assert p.due(now_s=1000) == []
    assert p.unlinked_devices() == []


def key(n: int) -> bytes:
    return b"\xff" + n.to_bytes(31)


def test_only_so_many_dials_at_once_and_the_next_when_one_ends() -> None:
    p = plan()
    for n in range(DIALS_MAX + 5):
        p.found(key(n), [HERE], now_s=n)
    first = p.due(now_s=100)
    assert [dial.device for dial in first] == [key(n) for n in range(DIALS_MAX)]  # oldest first
    assert p.wake_s() is None  # nothing to wake for: no room
    p.ended(key(0), now_s=100, error="unreachable")
    assert [dial.device for dial in p.due(now_s=100)] == [key(DIALS_MAX)]


def test_links_enough_means_no_more_dials() -> None:
    p = plan()
    for n in range(DIALLED_LINKS_MAX):
        p.linked(key(n), dialled=True, now_s=0)
    p.found(LARGER, [HERE], now_s=0)
    assert p.due(now_s=10) == []
    assert p.wake_s() is None
    p.unlinked(key(0), now_s=10)
    assert [dial.device for dial in p.due(now_s=10)] == [LARGER]


def test_the_lists_are_bounded() -> None:
    p = plan()
    for n in range(LAN_PEERS_MAX + 10):
        p.found(key(n), [HERE] * 100, now_s=0)
    assert len(p.unlinked_devices()) == LAN_PEERS_MAX
    for n in range(KNOWN_PEERS_MAX + 10):
        p.known(key(10_000 + n), [f"h:{port}" for port in range(100)], now_s=0)
    listed = p.unlinked_devices()
    assert len(listed) == LAN_PEERS_MAX + KNOWN_PEERS_MAX
    assert max(len(addresses) for _, addresses, _ in listed) == LAN_ADDRESSES_MAX
    for n in range(LAN_PEERS_MAX):  # there is room again when they leave
        p.lost(key(n))
    p.found(LARGER, [HERE], now_s=0)
    assert LARGER in {device for device, _, _ in p.unlinked_devices()}


EVENTS = st.sampled_from(["found", "lost", "known", "forget", "linked", "unlinked", "ended"])


@settings(max_examples=200)
@given(st.lists(st.tuples(EVENTS, st.integers(0, 3), st.floats(0, 3)), max_size=60))
def test_whatever_happens_nobody_is_dialled_twice_or_while_linked(
    events: list[tuple[str, int, float]],
) -> None:
    p = DialPlan(own=OWN, random=random.Random(0).random)
    devices = [SMALLER, LARGER, b"\x90" * 32, OWN]
    dialling: set[bytes] = set()
    linked: set[bytes] = set()
    now_s = 0.0
    for event, which, after_s in events:
        now_s += after_s
        device = devices[which]
        match event:
            case "found":
                p.found(device, [HERE], now_s=now_s)
            case "lost":
                p.lost(device)
            case "known":
                p.known(device, [THERE], now_s=now_s)
            case "forget":
                p.known(device, [], now_s=now_s)
            case "linked":
                p.linked(device, dialled=True, now_s=now_s)
                linked.add(device)
            case "unlinked":
                p.unlinked(device, now_s=now_s)
                linked.discard(device)
            case "ended" if device in dialling:
                p.ended(device, now_s=now_s, error="timeout")
                dialling.discard(device)
        for dial in p.due(now_s=now_s):
            assert dial.device not in dialling | linked | {OWN}
            assert dial.addresses
            dialling.add(dial.device)
        wake_s = p.wake_s()
        assert wake_s is None or wake_s > now_s  # what is due has been handed out


def test_links_that_others_began_leave_room_for_ours() -> None:
    plan = DialPlan(own=bytes(32), random=lambda: 0.0)
    for number in range(1, DIALLED_LINKS_MAX + 1):
        plan.linked(number.to_bytes(32), dialled=False, now_s=0.0)
    friend = bytes([255]) * 32
    plan.known(friend, ["10.0.0.1:4114"], now_s=0.0)
    assert [dial.device for dial in plan.due(now_s=60.0)] == [friend]
