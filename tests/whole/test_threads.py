"""What a thread lacks is asked for from peers, though nobody here follows who wrote it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core.errors import NotFound
from p2pblog.core.limits import THREAD_SEEK_S_MAX
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until

NO_STRANGERS = "[policy.near]\ndepth = 0\n"
ALL_STRANGERS = '[policy.near]\ndepth = 1000\nentries_per_minute = "unlimited"\n'
Three = tuple[RunningNode, RunningNode, RunningNode]


@pytest.fixture
def three(make_node: MakeNode, tmp_path: Path) -> Three:
    """Ada, whom Cem does not know; Bob, who answers her and is linked to both; and Cem."""
    for name, config in (("bob", ALL_STRANGERS), ("cem", NO_STRANGERS)):
        (tmp_path / name).mkdir(mode=0o700)
        (tmp_path / name / "config.toml").write_text(config)
    ada, bob, cem = make_node("ada"), make_node("bob"), make_node("cem")
    bob.link_to(ada)
    cem.link_to(bob)
    cem.call("follow", id=bob.call("whoami")["identity"])
    return ada, bob, cem


def answered(ada: RunningNode, bob: RunningNode, before: int = 0, after: int = 0) -> str:
    """Have Bob answer a post of Ada's, which stands so deep in her log; return the answer."""
    for number in range(before):
        ada.call("post", text=f"before {number}")
    said = ada.call("post", text="who has flour?")["id"]
    until(lambda: held(bob, said))
    answer: str = bob.call("post", text="I do", reply_to=said)["id"]
    for number in range(after):
        ada.call("post", text=f"after {number}")
    return answer


def held(node: RunningNode, entry: str) -> Any:
    try:
        return node.call("entry", entry=entry)
    except NotFound:
        return None


def thread(node: RunningNode, entry: str) -> list[str]:
    rows = node.call("thread", entry=entry)["entries"]
    return ["(missing)" if row["missing"] else row["text"] for row in rows]


def test_a_parent_that_a_peer_holds_is_fetched(three: Three) -> None:
    ada, bob, cem = three
    answer = answered(ada, bob)
    until(lambda: held(cem, answer))
    assert thread(cem, answer) == ["(missing)", "I do"]
    found = cem.json("thread", answer, "--wait")
    assert [row["text"] for row in found["entries"]] == ["who has flour?", "I do"]
    assert cem.call("thread.seek", entry=answer) == {"missing": [], "peers": 1}
    # Only her log was taken, and she is followed by nobody.
    assert cem.call("status")["policy"]["second"]["logs"] == 1


def test_a_parent_deep_in_its_log_is_fetched_too(three: Three) -> None:
    ada, bob, cem = three
    answer = answered(ada, bob, before=20, after=260)
    newest = ada.call("timeline", view="local")["entries"][0]["id"]
    until(lambda: held(bob, newest))
    until(lambda: held(cem, answer))
    cem.call("thread.seek", entry=answer)
    assert thread(cem, answer) == ["who has flour?", "I do"]


def test_a_whole_chain_of_strangers_is_fetched(three: Three, make_node: MakeNode) -> None:
    ada, bob, cem = three
    dan = make_node("dan")
    dan.link_to(bob)
    dan.link_to(ada)
    first = ada.call("post", text="one")["id"]
    until(lambda: held(dan, first))
    second = dan.call("post", text="two", reply_to=first)["id"]
    until(lambda: held(ada, second))
    third = ada.call("post", text="three", reply_to=second)["id"]
    until(lambda: held(bob, third))
    fourth = bob.call("post", text="four", reply_to=third)["id"]
    until(lambda: held(cem, fourth))
    assert "(missing)" in thread(cem, fourth)
    assert cem.call("thread.seek", entry=fourth)["missing"] == []
    assert thread(cem, fourth) == ["one", "two", "three", "four"]


def test_what_nobody_linked_has_is_said_and_comes_when_somebody_has_it(three: Three) -> None:
    ada, bob, cem = three
    answer = answered(ada, bob)
    until(lambda: held(cem, answer))
    bob.call("block", id=ada.call("whoami")["identity"])
    took = measured(lambda: cem.call("thread.seek", entry=answer))
    assert [len(took[0]["missing"]), took[0]["peers"]] == [1, 1]
    assert THREAD_SEEK_S_MAX <= took[1] < THREAD_SEEK_S_MAX + 3
    cem.link_to(ada)  # the errand is not over yet
    until(lambda: thread(cem, answer) == ["who has flour?", "I do"])


def measured(work: Callable[[], Any]) -> tuple[Any, float]:
    began_s = time.monotonic()
    done = work()
    return done, time.monotonic() - began_s
