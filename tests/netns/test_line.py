"""Three nodes on machines in a line: live over the middle, through its loss, without it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.netns.line import Line, make_line
from tests.whole.running import RunningNode, until

LIVE_S_MAX = 0.3
PORT = 4114


@pytest.fixture
def line() -> Iterator[Line]:
    yield from make_line()


@pytest.fixture
def nodes(
    line: Line, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[RunningNode, RunningNode, RunningNode]]:
    """a and c take no links; b, between them, does.  With `param` they may be introduced."""
    made = [
        RunningNode(tmp_path / name, listen=listen, overlay=request.param, on_host=host.argv)
        for name, listen, host in (
            ("a", "none", line.a),
            ("b", f"0.0.0.0:{PORT}", line.b),
            ("c", "none", line.c),
        )
    ]
    for name, node in zip(("ada", "bob", "cyd"), made, strict=True):
        node.start().init(name)
    yield made[0], made[1], made[2]
    for node in made:
        if node.process is not None:
            node.process.kill()
            node.process.communicate()


def carriers(node: RunningNode) -> dict[str, str]:
    return {peer["device"]: peer["carrier"] for peer in node.call("status")["peers"]}


def device(node: RunningNode) -> str:
    found: str = node.call("whoami")["device"]
    return found


def identity(node: RunningNode) -> str:
    found: str = node.call("whoami")["identity"]
    return found


def delay_s(writer: RunningNode, reader: RunningNode, text: str) -> float:
    """Return how long a post took from one node into the other's timeline."""
    writer.call("post", text=text)
    began_s = time.monotonic()
    until(lambda: reader.texts()[:1] == [text])
    return time.monotonic() - began_s


@pytest.mark.parametrize("nodes", [False], indirect=True)
def test_live_over_the_middle_and_through_its_loss(
    nodes: tuple[RunningNode, RunningNode, RunningNode],
) -> None:
    ada, bob, cyd = nodes
    ada.call("connect", address=f"10.78.1.2:{PORT}")
    bob.call("follow", id=identity(ada))
    cyd.call("follow", id=identity(ada))
    cyd.call("connect", address=f"10.78.2.2:{PORT}")
    assert delay_s(ada, cyd, "first") < 10
    delays = sorted(delay_s(ada, cyd, f"live {number}") for number in range(9))
    assert delays[len(delays) // 2] < LIVE_S_MAX

    # The middle node is killed while much is under way, and comes back.
    for number in range(300):
        ada.call("post", text=f"bulk {number}")
        if number == 150:
            bob.kill()
    bob.start()
    until(lambda: cyd.texts()[:1] == ["bulk 299"], within_s=60)
    until(lambda: cyd.call("status")["entries"] >= ada.call("status")["entries"], within_s=30)
    assert cyd.json("log", "verify")["errors"] == []


@pytest.mark.parametrize("nodes", [True], indirect=True)
def test_two_that_are_introduced_talk_on_when_the_middle_is_gone(
    nodes: tuple[RunningNode, RunningNode, RunningNode],
) -> None:
    ada, bob, cyd = nodes
    cyd.call("follow", id=identity(ada))
    ada.call("connect", address=f"10.78.1.2:{PORT}")
    middle = device(bob)
    cyd.call("connect", address=f"10.78.2.2:{PORT}")
    until(lambda: carriers(ada).get(device(cyd)) == "webrtc", within_s=90)
    assert carriers(cyd)[device(ada)] == "webrtc"
    bob.kill()
    until(lambda: middle not in carriers(ada) and middle not in carriers(cyd))
    assert delay_s(ada, cyd, "without the middle") < 5
