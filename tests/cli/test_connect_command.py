"""connect: by an address, or by texts that people carry."""

from __future__ import annotations

import json
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from p2pblog.api.spawn import LOCK_NAME
from p2pblog.core.errors import BadOffer, NoPath, OfferEnded
from tests.cli.cli_fakes import DEVICE, NOW_MS, FakeNode, invoke

LINKED = {"device": DEVICE, "address": "198.51.100.7:40000"}
OFFER = {"offer": "oabc", "expires_ms": NOW_MS + 600_000}
ANSWER = {"answer": "axyz"}


def test_an_address_is_passed_on() -> None:
    node = FakeNode(connect={"device": DEVICE, "address": "[fe80::1%eth0]:4114"})
    shown = invoke("connect", "[fe80::1%eth0]:4114", node=node).stdout
    assert node.calls == [("connect", {"address": "[fe80::1%eth0]:4114"})]
    assert node.started == [True]
    assert shown == f"Linked to {DEVICE[:10]} at [fe80::1%eth0]:4114\n"


def test_an_offer_stands_alone_in_the_first_line() -> None:
    node = FakeNode(connect__offer=OFFER)
    shown = invoke("connect", "--offer", node=node).stdout.splitlines()
    assert node.calls == [("connect.offer", {})]
    assert shown[0] == "oabc"
    assert "p2pblog connect --answer TEXT" in shown[2]
    assert "within 10 minutes" in shown[3]
    assert "p2pblog connect --accept TEXT" in shown[3]


def test_an_answer_stands_alone_in_the_first_line() -> None:
    node = FakeNode(connect__answer=ANSWER)
    shown = invoke("connect", "--answer", "oabc", node=node).stdout.splitlines()
    assert node.calls == [("connect.answer", {"offer": "oabc"})]
    assert shown[0] == "axyz"


def test_an_answer_that_is_accepted_makes_a_link() -> None:
    node = FakeNode(connect__accept=LINKED)
    shown = invoke("connect", "--accept", "axyz", node=node).stdout
    assert node.calls == [("connect.accept", {"answer": "axyz"})]
    assert shown == f"Linked to {DEVICE[:10]} at 198.51.100.7:40000\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [(["--offer"], OFFER), (["--answer", "oabc"], ANSWER), (["--accept", "axyz"], LINKED)],
    ids=["offer", "answer", "accept"],
)
def test_json_is_what_the_node_said(args: list[str], said: dict[str, object]) -> None:
    node = FakeNode(connect__offer=OFFER, connect__answer=ANSWER, connect__accept=LINKED)
    assert json.loads(invoke("connect", *args, "--json", node=node).stdout) == said


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["10.0.0.1:4114", "--offer"],
        ["--offer", "--answer", "o"],
        ["--answer", "o", "--accept", "a"],
    ],
)
def test_one_way_at_a_time(args: list[str]) -> None:
    node = FakeNode()
    result = invoke("connect", *args, node=node)
    assert result.exit_code == 2
    assert "--offer, --answer and --accept" in result.stderr
    assert node.started == []


@pytest.mark.parametrize("args", [["--offer"], ["--answer", "o"], ["--accept", "a"]])
def test_no_node_is_started_that_could_not_wait(args: list[str]) -> None:
    node = FakeNode()
    node.running = False
    result = invoke("connect", *args, node=node)
    assert result.exit_code == 1
    assert "start one: p2pblog node" in result.stderr
    assert node.started == [False]


def test_a_node_that_is_silent_is_another_thing(tmp_path: Path) -> None:
    node = FakeNode()
    node.running = False
    with (tmp_path / LOCK_NAME).open("w") as lock:
        flock(lock, LOCK_EX)
        result = invoke("connect", "--offer", node=node, home=tmp_path)
    assert result.exit_code == 1
    assert "start one" not in result.stderr


@pytest.mark.parametrize(
    ("error", "status"), [(BadOffer("it is too long"), 2), (OfferEnded(), 1), (NoPath(), 1)]
)
def test_what_went_wrong_is_said_in_one_line(error: Exception, status: int) -> None:
    result = invoke("connect", "--accept", "axyz", node=FakeNode(connect__accept=error))
    assert result.exit_code == status
    assert result.stderr == f"p2pblog: {error}\n"
