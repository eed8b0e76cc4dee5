"""How long writing waits for who says that one's own log goes on: protocol/03-logs.md, L-22."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.sync.claims import Claims

FULL_S = limits.OWN_CLAIM_S_MAX
HOUR_S = limits.OWN_CLAIM_RENEW_S
HELD = 10
STRANGERS = [bytes([number]) * 32 for number in range(5)]
ADA, BOB, MINE = b"ada", b"bob", b"mine"
ACCOUNTS = {b"ada 1": ADA, b"ada 2": ADA, b"bob 1": BOB, MINE: MINE}


def claims() -> Claims:
    return Claims(HELD, ACCOUNTS, 0.0)


@pytest.mark.proves("L-22")
def test_who_says_that_the_log_goes_on_is_waited_for_until_it_is_here() -> None:
    one = claims()
    assert one.wait_s(0) == 0
    one.told(STRANGERS[0], HELD + 5, 1.0)
    assert one.wait_s(1.0) == FULL_S
    one.grew(HELD + 3, 2.0)
    one.shown(2.0)
    assert one.wait_s(3.0) == FULL_S - 1
    one.grew(HELD + 5, 4.0)
    one.shown(4.0)
    assert one.wait_s(4.0) == 0


@pytest.mark.proves("L-22")
@pytest.mark.parametrize(
    "happens",
    [
        lambda one, device: one.told(device, HELD, 2.0),
        lambda one, device: one.told(device, 0, 2.0),
        lambda one, device: one.gone(device, 2.0),
        lambda one, device: one.grew(HELD + 1, 2.0),
    ],
    ids=["it offers less", "it has none", "it leaves", "it is written here"],
)
def test_a_claim_that_stands_no_more_holds_nothing_up(
    happens: Callable[[Claims, bytes], None],
) -> None:
    one = claims()
    one.told(STRANGERS[0], HELD + 1, 1.0)
    happens(one, STRANGERS[0])
    assert one.wait_s(2.0) == 0


@pytest.mark.proves("L-22")
def test_a_new_peer_gets_a_moment_to_say_what_it_holds() -> None:
    one = claims()
    one.linked(STRANGERS[0], 5.0)
    assert one.wait_s(5.0) == limits.OWN_GREETING_S_MAX
    one.told(STRANGERS[0], 0, 5.1)
    assert one.wait_s(5.1) == 0
    one.linked(STRANGERS[1], 6.0)
    assert one.wait_s(6.0 + limits.OWN_GREETING_S_MAX) == 0
    one.linked(STRANGERS[2], 8.0)
    one.told(STRANGERS[2], HELD + 1, 8.1)
    assert one.wait_s(8.1 + limits.OWN_GREETING_S_MAX) > 1


@pytest.mark.proves("L-27")
def test_ever_new_peers_hold_writing_up_no_longer_than_one_does() -> None:
    one = claims()
    asked_s, end_s = 1.0, 1.0 + limits.OWN_GREETING_S_MAX
    for number in range(1, 200):
        one.linked(bytes([number]) * 32, asked_s + number / 100)
    one.linked(STRANGERS[0], end_s - 0.1)
    assert one.wait_s(end_s - 0.1, asked_s) == pytest.approx(0.1)
    assert one.wait_s(end_s, asked_s) == 0
    one.told(STRANGERS[0], limits.SEQ_MAX, end_s)
    assert one.wait_s(end_s, asked_s) > 1  # what is said is waited for as ever


@pytest.mark.proves("L-27")
def test_what_is_claimed_and_not_shown_is_waited_for_once() -> None:
    one = claims()
    one.told(STRANGERS[0], HELD + 1, 0.0)
    assert one.doubted(FULL_S - 1) == set()
    assert one.wait_s(FULL_S) == 0
    assert one.doubted(FULL_S) == {STRANGERS[0]}
    now_s = FULL_S + 1.0
    one.told(STRANGERS[0], HELD + 900, now_s)
    assert one.wait_s(now_s) == 0
    for device in STRANGERS:  # by another link, or another name
        one.gone(device, now_s)
        one.linked(device, now_s)
        one.told(device, HELD + 900, now_s + 1)
        now_s += 2
        assert one.wait_s(now_s) == 0
    assert one.doubted(now_s) == set(STRANGERS)


def test_while_nobody_claims_anything_patience_grows_back() -> None:
    one = claims()
    one.told(STRANGERS[0], HELD + 1, 0.0)
    one.told(STRANGERS[0], HELD, FULL_S)
    one.told(STRANGERS[0], HELD + 1, FULL_S + HOUR_S / 2)
    assert one.wait_s(FULL_S + HOUR_S / 2) == pytest.approx(FULL_S / 2)
    # A claim that stands for ever is waited for once.
    assert one.wait_s(9 * HOUR_S) == 0


def test_strangers_do_not_use_up_the_patience_with_friends() -> None:
    one = claims()
    one.told(STRANGERS[0], HELD + 1, 0.0)
    assert one.wait_s(FULL_S) == 0
    for device in (b"ada 1", b"bob 1", MINE):
        now_s = FULL_S + 1.0
        one.told(device, HELD + 1, now_s)
        assert one.wait_s(now_s) == FULL_S
        one.gone(device, now_s)
    # All the devices of one person are one.
    one.told(b"ada 1", HELD + 1, 100.0)
    one.told(b"ada 2", HELD + 1, 100.0 + FULL_S)
    assert one.wait_s(100.0 + FULL_S) == 0


def test_who_becomes_a_friend_is_charged_as_one() -> None:
    one = Claims(HELD, {}, 0.0)
    one.told(b"ada 1", HELD + 1, 0.0)
    assert one.wait_s(FULL_S) == 0
    one.know(ACCOUNTS, FULL_S)
    assert one.wait_s(FULL_S) == FULL_S


def test_once_entries_came_everybody_is_believed_anew() -> None:
    one = claims()
    one.told(STRANGERS[0], HELD + 9, 0.0)
    assert one.wait_s(FULL_S) == 0
    one.grew(HELD + 1, FULL_S + 1)
    one.shown(FULL_S + 1)
    assert one.wait_s(FULL_S + 1) == FULL_S


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["linked", "told", "lower", "gone", "write"]),
        st.sampled_from([*STRANGERS, *ACCOUNTS]),
        st.floats(0, 40),
    ),
    max_size=60,
)


@pytest.mark.proves("L-27")
@given(STEPS)
def test_liars_hold_writing_up_for_a_bounded_time_whatever_they_do(
    steps: list[tuple[str, bytes, float]],
) -> None:
    one, now_s, blocked_s, held = claims(), 0.0, 0.0, HELD
    for what, device, later_s in steps:
        match what:
            case "linked":
                one.linked(device, now_s)
            case "told":
                one.told(device, held + 7, now_s)
            case "lower":
                one.told(device, held, now_s)
            case "gone":
                one.gone(device, now_s)
            case "write":
                held += 1
                one.grew(held, now_s)
        blocked_s += min(one.wait_s(now_s), later_s)
        now_s += later_s
    accounts = len(set(ACCOUNTS.values())) + 1
    assert blocked_s <= accounts * (FULL_S + now_s * FULL_S / HOUR_S) + 1e-6
