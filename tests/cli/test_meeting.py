"""A command that had to start a node lets it meet somebody first, and waits for nobody in vain."""

from __future__ import annotations

import time
from typing import Any

import pytest

from p2pblog.cli import meeting
from p2pblog.cli.face import Document
from tests.cli.cli_fakes import DEVICE, FakeNode, invoke

PAGE: Document = {"entries": [], "next": None}
PEER = {"device": DEVICE, "address": "10.0.0.7:1", "carrier": "tcp", "name": "", "near": True}
STATUS: Document = {
    "listening": ["0.0.0.0:4114"],
    "peers": [],
    "logs": 0,
    "entries": 0,
    "arrival": 0,
    "indexed": 0,
    "lan": True,
    "lan_error": "",
    "looking": [],
}


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now_s)
        monkeypatch.setattr(time, "sleep", self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now_s += seconds

    @property
    def waited_s(self) -> float:
        return self.now_s - 100


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.delenv("P2PBLOG_NO_WAIT", raising=False)
    return Clock(monkeypatch)


def fresh(*, known: list[Document] | None = None, **status: Any) -> FakeNode:
    found = STATUS | status
    node = FakeNode(timeline=PAGE, people={"people": []}, status=found, search=PAGE)
    node.answers["peers"] = {"peers": known or []}
    node.fresh = True
    return node


@pytest.mark.parametrize("args", [["timeline"], ["people"], ["status"], ["peers"], ["search", "x"]])
def test_what_peers_bring_is_waited_for_two_seconds_at_most(args: list[str], clock: Clock) -> None:
    assert invoke(*args, node=fresh()).exit_code == 0
    assert meeting.MEET_S_MAX <= clock.waited_s < meeting.MEET_S_MAX + 0.1


def test_a_link_with_nothing_more_to_say_ends_the_wait(clock: Clock) -> None:
    invoke("timeline", node=fresh(peers=[PEER], arrival=7, indexed=7))
    assert meeting.QUIET_S <= clock.waited_s < meeting.QUIET_S + 0.1


def test_as_long_as_entries_come_in_the_wait_goes_on(clock: Clock) -> None:
    node = fresh()

    def growing() -> Document:
        come = min(int(clock.waited_s * 10), 10)
        return STATUS | {"peers": [PEER], "arrival": come, "indexed": come}

    node.answers["status"] = growing
    invoke("timeline", node=node)
    assert 1 + meeting.QUIET_S <= clock.waited_s < 1.2 + meeting.QUIET_S


def test_entries_that_are_not_shown_yet_are_waited_for(clock: Clock) -> None:
    invoke("timeline", node=fresh(peers=[PEER], arrival=7, indexed=6))
    assert clock.waited_s >= meeting.MEET_S_MAX


@pytest.mark.parametrize(
    "status",
    [
        {"lan": False},
        {"lan_error": "no-interface"},
        {"listening": []},
        {"lan": False, "known": [{"linked": False, "last_error": "unreachable"}]},
    ],
)
def test_where_nobody_can_come_nobody_is_waited_for(status: Document, clock: Clock) -> None:
    invoke("timeline", node=fresh(**status))
    assert clock.waited_s == 0


@pytest.mark.parametrize(
    "status",
    [{"looking": ["10.0.0.7:1"]}, {"known": [{"linked": False, "last_error": ""}]}],
)
def test_a_known_peer_is_waited_for_without_a_lan(status: Document, clock: Clock) -> None:
    invoke("timeline", node=fresh(lan=False, **status))
    assert clock.waited_s >= meeting.MEET_S_MAX


def test_a_node_that_ran_before_is_asked_at_once(clock: Clock) -> None:
    node = fresh()
    node.fresh = False
    invoke("timeline", node=node)
    assert (clock.waited_s, [method for method, _ in node.calls]) == (0, ["timeline"])


def test_scripts_may_choose_not_to_wait(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    invoke("timeline", "--no-wait", node=fresh())
    monkeypatch.setenv("P2PBLOG_NO_WAIT", "1")
    invoke("people", node=fresh())
    assert clock.waited_s == 0


def test_only_a_terminal_is_told(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoke("timeline", node=fresh()).stderr == ""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    assert invoke("timeline", node=fresh()).stderr == "looking for peers ...\n"
