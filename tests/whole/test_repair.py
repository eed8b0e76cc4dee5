"""A damaged store is explained, repaired, and made whole again by a peer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until


def follow_each_other(ada: RunningNode, bob: RunningNode) -> None:
    who = [node.call("whoami")["identity"] for node in (ada, bob)]
    ada.call("follow", id=who[1])
    bob.call("follow", id=who[0])
    bob.link_to(ada)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def everything(node: RunningNode) -> list[str]:
    return sorted(node.texts())


@pytest.mark.timeout(180)
def test_a_damaged_store_is_explained_and_repaired_and_a_peer_gives_the_rest(
    make_node: MakeNode,
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    follow_each_other(ada, bob)
    for number in range(20):
        ada.call("post", text=f"ada {number}")
        bob.call("post", text=f"bob {number}")
    until(lambda: everything(bob) == everything(ada) and len(bob.texts()) == 40)
    whole = everything(bob)
    bob.stop()
    store = bob.home / "store"
    # The list of the files is gone, and so is the end of what was written last.
    (log,) = store.glob("*.log")
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    (manifest,) = store.glob("MANIFEST-*")
    manifest.unlink()
    damaged = files(store)

    said = bob.run("timeline", status=1).stderr
    assert said.count("\n") == 1
    assert "store is damaged" in said
    checks = {
        each["name"]: each
        for each in json.loads(bob.run("doctor", "--json", status=1).stdout)["checks"]
    }
    assert checks["node"]["state"] == checks["store"]["state"] == "fail"
    assert manifest.name in checks["store"]["message"]
    assert checks["store"]["advice"] == "run: p2pblog log repair"
    after = files(store)
    assert {name: after[name] for name in damaged if not name.startswith("LOG")} == {
        name: kept for name, kept in damaged.items() if not name.startswith("LOG")
    }

    found = bob.json("log", "repair")
    assert found["repaired"]
    assert found["entries"] > 0
    assert files(Path(found["aside"])) == after
    lost = sum(log["behind"] for log in found["logs"])
    assert lost > 0  # bob's own newest entries, which only ada has now
    assert "nothing was changed" in bob.run("log", "repair").stdout

    ada.stop()
    bob.start()
    refused = bob.run("post", "too early", status=1).stderr
    assert "were written, and" in refused
    ada.start()
    bob.link_to(ada)
    until(lambda: everything(bob) == whole)
    assert bob.json("log", "verify")["errors"] == []
    bob.call("post", text="back again")
    until(lambda: "back again" in ada.texts())
    for node in (ada, bob):
        assert node.call("status")["forked"] == 0


@pytest.mark.parametrize("views_too", [False, True])
def test_a_store_that_is_gone_does_not_fork_its_log(tmp_path: Path, views_too: bool) -> None:
    home = tmp_path / "home"
    node = RunningNode(home).start().init("ada")
    for number in range(3):
        node.call("post", text=f"old {number}")
    node.stop()
    shutil.rmtree(home / "store")
    if views_too:
        for path in home.glob("views.sqlite*"):
            path.unlink()
    node.start()
    refused = node.run("post", "new", status=1).stderr
    assert "4 entries were written, and 0 are here" in refused
    assert "doctor" in refused
    checks = {
        one["name"]: one
        for one in json.loads(node.run("doctor", "--json", status=1).stdout)["checks"]
    }
    assert checks["own log"]["state"] == "fail"
    assert "--declare-lost" in checks["own log"]["advice"]
    # Nobody has them: it goes on all the same, once that is said.
    node.stop()
    assert "goes on without" in node.run("log", "repair", "--declare-lost").stdout
    node.start()
    assert node.json("post", "new")["seq"] == 1
    checks = {one["name"]: one for one in node.json("doctor")["checks"]}
    assert checks["own log"]["state"] == "ok"
    node.stop()


def test_a_repair_waits_for_the_node_to_end(make_node: MakeNode) -> None:
    ada = make_node("ada")
    said = ada.run("log", "repair", status=1).stderr
    assert "p2pblog stop" in said
    assert said.count("\n") == 1


def test_a_store_that_lost_its_end_unnoticed_does_not_fork_its_log(tmp_path: Path) -> None:
    node = RunningNode(tmp_path / "home").start().init("ada")
    node.call("post", text="kept")
    node.stop()
    shutil.copytree(tmp_path / "home" / "store", tmp_path / "older")
    node.start().call("post", text="lost")
    node.stop()
    shutil.rmtree(tmp_path / "home" / "store")
    shutil.copytree(tmp_path / "older", tmp_path / "home" / "store")
    node.start()
    refused = node.run("post", "a fork", status=1)
    assert "were written, and" in refused.stderr
    assert node.texts() == ["kept"]
    node.stop()
