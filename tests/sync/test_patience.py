"""When a session gives a peer up: silence, and a peer that reads nothing."""

from __future__ import annotations

import pytest

from p2pblog.core import limits
from p2pblog.core.errors import PeerTimeout
from p2pblog.sync.patience import Patience

NOW_S = 1000.0


def test_a_sign_of_life_is_asked_for_once_and_then_missed() -> None:
    patience = Patience(NOW_S)
    assert not patience.tick(NOW_S + limits.PING_AFTER_S - 1)
    assert patience.tick(NOW_S + limits.PING_AFTER_S)
    assert not patience.tick(NOW_S + limits.PING_AFTER_S + 1)
    assert patience.deadline_s() == NOW_S + limits.SILENCE_S_MAX
    with pytest.raises(PeerTimeout):
        patience.tick(NOW_S + limits.SILENCE_S_MAX)


def test_any_message_is_a_sign_of_life() -> None:
    patience = Patience(NOW_S)
    assert patience.tick(NOW_S + limits.PING_AFTER_S)
    patience.heard(NOW_S + 10)
    assert not patience.tick(NOW_S + limits.SILENCE_S_MAX - 1)
    assert patience.tick(NOW_S + limits.SILENCE_S_MAX)


def test_a_peer_that_reads_slowly_is_waited_for_and_one_that_reads_nothing_is_not() -> None:
    patience = Patience(NOW_S)
    now_s, unsent = NOW_S, 5_000_000
    while now_s < NOW_S + 10 * limits.UNREAD_S_MAX:
        patience.waits(unsent, now_s)
        now_s, unsent = now_s + limits.UNREAD_S_MAX - 1, unsent - 1
    patience.waits(unsent, now_s)
    patience.waits(unsent + 5, now_s + limits.UNREAD_S_MAX - 1)
    with pytest.raises(PeerTimeout):
        patience.waits(unsent + 5, now_s + limits.UNREAD_S_MAX)


def test_a_link_that_was_free_in_between_begins_anew() -> None:
    patience = Patience(NOW_S)
    patience.waits(5_000_000, NOW_S)
    patience.waits(0, NOW_S + limits.UNREAD_S_MAX - 1)
    patience.waits(5_000_000, NOW_S + limits.UNREAD_S_MAX + 1)
    with pytest.raises(PeerTimeout):
        patience.waits(5_000_000, NOW_S + 2 * limits.UNREAD_S_MAX + 1)
