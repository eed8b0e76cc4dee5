"""The main job on two machines with a cable between them and no other network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.netns.cable import Lan
from tests.whole.running import RunningNode, until


@pytest.fixture
def pair(lan: Lan, tmp_path: Path) -> Iterator[tuple[Lan, RunningNode, RunningNode]]:
    ada = RunningNode(tmp_path / "a", listen="0.0.0.0:0", lan=True, on_host=lan.a.argv)
    bob = RunningNode(tmp_path / "b", listen="0.0.0.0:0", lan=True, on_host=lan.b.argv)
    yield lan, ada.start().init("ada"), bob.start().init("bob")
    for node in (ada, bob):
        if node.process is not None:
            node.process.kill()
            node.process.communicate()


def test_two_machines_find_each_other_and_heal(pair: tuple[Lan, RunningNode, RunningNode]) -> None:
    lan, ada, bob = pair
    until(lambda: bob.call("status")["peers"], within_s=10)
    people = until(lambda: bob.call("people", near=True)["people"], within_s=5)
    assert [one["name"] for one in people] == ["ada"]
    bob.run("follow", people[0]["identity"])
    ada.run("post", "on one cable")
    until(lambda: [e["text"] for e in bob.json("timeline")["entries"]], within_s=2)
    lan.cut()
    ada.call("post", text="while it was cut")
    until(lambda: not bob.call("status")["peers"], within_s=20)
    lan.restore()
    until(lambda: bob.texts() == ["while it was cut", "on one cable"], within_s=20)
    ada.call("post", text="and after")
    until(lambda: bob.texts()[0] == "and after", within_s=2)


def test_a_short_break_heals_too(pair: tuple[Lan, RunningNode, RunningNode]) -> None:
    lan, ada, bob = pair
    until(lambda: bob.call("status")["peers"], within_s=10)
    bob.call("follow", id=ada.call("whoami")["identity"])
    lan.cut()
    ada.call("post", text="in the dark")
    lan.restore()
    until(lambda: bob.texts() == ["in the dark"], within_s=20)


def test_two_machines_that_do_not_look_for_each_other_link_by_hand(
    lan: Lan, tmp_path: Path
) -> None:
    ada = RunningNode(tmp_path / "a", listen="0.0.0.0:0", on_host=lan.a.argv)
    bob = RunningNode(tmp_path / "b", listen="0.0.0.0:0", on_host=lan.b.argv)
    try:
        ada.start().init("ada")
        bob.start().init("bob")
        bob.call("follow", id=ada.call("whoami")["identity"])
        answer = bob.json("connect", "--answer", ada.json("connect", "--offer")["offer"])["answer"]
        linked = ada.json("connect", "--accept", answer)
        assert linked["address"].startswith(f"{lan.b.v4}:")
        ada.call("post", text="carried by hand")
        until(lambda: bob.texts() == ["carried by hand"])
        [peer] = bob.call("status")["peers"]
        assert (peer["carrier"], peer["near"]) == ("webrtc", True)
        assert peer["address"].startswith(f"{lan.a.v4}:")
        lan.cut()
        until(lambda: not ada.call("status")["peers"], within_s=20)
        until(lambda: not bob.call("status")["peers"], within_s=20)
    finally:
        for node in (ada, bob):
            if node.process is not None:
                node.kill()
