"""Two nodes that cannot dial each other link by texts that their people carry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from p2pblog.core.textform import Kind, to_text
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until

OTHER_NETWORK = to_text(Kind.NETWORK, bytes(32))
LIBRARIES = ("aiortc", "aioice", "libavcodec")


def libraries(node: RunningNode) -> set[str]:
    """Return which of the libraries of data channels a node's process has mapped (Linux)."""
    assert node.process is not None
    maps = Path(f"/proc/{node.process.pid}/maps").read_text()
    return {name for name in LIBRARIES if name in maps}


def test_nodes_link_by_texts_and_read_each_other(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    for one, other in ((ada, bob), (bob, ada)):
        one.call("follow", id=other.call("whoami")["identity"])
    ada.call("post", text="before")
    offer = ada.run("connect", "--offer").stdout.splitlines()[0]
    answer = bob.json("connect", "--answer", offer)["answer"]
    assert bob.json("connect", "--answer", offer)["answer"] == answer
    linked = ada.json("connect", "--accept", answer)
    assert linked["device"] == bob.call("whoami")["device"]
    until(lambda: bob.texts() == ["before"])
    bob.call("post", text="an answer")
    until(lambda: ada.texts() == ["an answer", "before"])
    ada.call("post", text="live")
    until(lambda: bob.texts() == ["live", "an answer", "before"])

    [peer] = ada.call("status")["peers"]
    assert peer["carrier"] == "webrtc"
    assert peer["near"]
    assert peer["address"] == linked["address"]
    assert peer["address"].startswith("127.0.0.1:")
    assert [one["carrier"] for one in bob.json("peers")["peers"]] == ["webrtc"]

    bob.stop()
    until(lambda: ada.call("status")["peers"] == [])
    assert ada.call("peers")["peers"] == []  # there is no address to dial it at
    ada.stop()


def test_the_libraries_of_data_channels_are_loaded_when_somebody_wants_one(
    make_node: MakeNode,
) -> None:
    ada = make_node("ada")
    ada.call("post", text="without them")
    if not Path(f"/proc/{ada.process.pid}/maps").exists():  # type: ignore[union-attr]
        pytest.skip("only Linux tells what a process has loaded")
    assert libraries(ada) == set()
    ada.call("connect.offer")
    assert "libavcodec" in libraries(ada)


def test_what_is_not_an_answer_to_an_offer_here_says_what_to_do(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    offer = ada.call("connect.offer")["offer"]
    assert "it is an offer, not an answer" in ada.run("connect", "--accept", offer, status=2).stderr
    assert "copy it again" in bob.run("connect", "--answer", offer[:-1], status=2).stderr
    assert "this node's own" in ada.run("connect", "--answer", offer, status=2).stderr
    answer = bob.call("connect.answer", offer=offer)["answer"]
    assert "connect --offer" in bob.run("connect", "--accept", answer, status=1).stderr
    wrapped = "\n".join(answer[at : at + 40].upper() for at in range(0, len(answer), 40))
    assert json.loads(ada.run("connect", "--json", "--accept", wrapped).stdout)["address"]
    assert "connect --offer" in ada.run("connect", "--accept", answer, status=1).stderr


def test_without_a_node_that_stays_there_is_nobody_to_wait(tmp_path: Path) -> None:
    node = RunningNode(tmp_path / "nobody")
    assert "start one: p2pblog node" in node.run("connect", "--offer", status=1).stderr


def test_an_answer_of_another_network_makes_no_link(make_node: MakeNode) -> None:
    ada = make_node("ada")
    bob = make_node("bob", env={"P2PBLOG_NETWORK_KEY": OTHER_NETWORK})
    answer = bob.call("connect.answer", offer=ada.call("connect.offer")["offer"])["answer"]
    assert ada.run("connect", "--accept", answer, status=1).stderr
    assert ada.call("status")["peers"] == bob.call("status")["peers"] == []
    until(lambda: bob.call("status")["counters"] == {"other-network": 1})
