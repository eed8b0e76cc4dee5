"""Nothing of whoever is blocked is fetched, kept, shown or passed on; unblocked, it comes again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core.textform import Kind, to_text
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until
from tests.whole.test_erasing import PICTURE, files_with


def identity(node: RunningNode) -> str:
    found: str = node.call("whoami")["identity"]
    return found


def held(node: RunningNode, distance: str) -> Any:
    return node.call("status")["policy"][distance]


def test_a_stranger_who_is_blocked_is_gone_and_stays_away(
    make_node: MakeNode, tmp_path: Path
) -> None:
    ada, bob, eve = make_node("ada"), make_node("bob"), make_node("eve")
    picture = tmp_path / "cat.png"
    picture.write_bytes(PICTURE)
    said = eve.json("post", "secret-4711 #bread", "--media", str(picture), "--alt", "secret-alt")
    bob.link_to(eve)
    until(lambda: bob.texts("local"))
    bob.call("media", entry=said["id"], index=0)
    answer = bob.call("post", text="no thanks", reply_to=said["id"])
    assert held(bob, "near")["logs"] == 2
    assert files_with(bob.home, "secret-4711")
    assert list((bob.home / "blobs").iterdir())

    done = bob.json("block", identity(eve)[:12])
    assert done == {"changed": True, "identity": identity(eve)}
    assert bob.json("block", identity(eve))["changed"] is False
    for text in ("secret-4711", "secret-alt"):
        assert files_with(bob.home, text) == []
    assert list((bob.home / "blobs").iterdir()) == []
    assert bob.texts("local") == ["no thanks"]
    assert bob.call("search", query="#bread")["entries"] == []
    thread = bob.call("thread", entry=answer["id"])["entries"]
    assert [(one["text"], one["missing"]) for one in thread] == [("", True), ("no thanks", False)]
    assert "no entry" in bob.run("thread", said["id"], status=1).stderr
    assert held(bob, "near")["logs"] == 0
    # What she says now comes neither to him nor, through him, to anybody else; the link goes on.
    eve.call("post", text="secret-4712")
    ada.link_to(bob)
    until(lambda: "no thanks" in ada.texts("local"))
    eve.call("post", text="secret-4713")
    assert len(bob.call("status")["peers"]) == 2
    for node in (ada, bob):
        assert files_with(node.home, "secret-471") == []
    # After a restart, too.
    bob.stop()
    bob.start()
    bob.link_to(eve)
    bob.call("post", text="still here")
    until(lambda: "still here" in eve.texts("local"))
    assert files_with(bob.home, "secret-471") == []
    assert bob.json("log", "verify")["errors"] == []
    listed = bob.json("block")["blocked"]
    assert [one["identity"] for one in listed] == [identity(eve)]
    assert bob.call("status")["blocked"] == 1

    assert bob.json("unblock", identity(eve)[:8])["changed"] is True
    assert bob.json("unblock", identity(eve))["changed"] is False
    wanted = {"secret-4711 #bread", "secret-4712", "secret-4713"}
    until(lambda: wanted <= set(bob.texts("local")))
    ada.link_to(bob)
    until(lambda: wanted <= set(ada.texts("local")))
    assert bob.json("log", "verify")["errors"] == []


def test_whom_one_follows_can_be_blocked_and_comes_back(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=identity(ada))
    for number in range(70):
        ada.call("post", text=f"secret-{number}")
    until(lambda: len(bob.texts()) == 70)
    bob.run("block", "ada")
    assert files_with(bob.home, "secret-") == []
    assert bob.texts() == []
    # The follow that bob has published stands, and says nothing of the block.
    until(lambda: ada.call("profile", id=identity(ada))["followers"] == 1)
    ada.call("post", text="secret-70")
    bob.call("post", text="hello")
    until(lambda: "hello" in ada.texts("local"))
    assert bob.texts() == ["hello"]
    refused = bob.run("follow", identity(ada), status=2)
    assert "unblock" in refused.stderr
    bob.run("unblock", identity(ada))
    until(lambda: len(bob.texts()) == 72)
    assert bob.json("log", "verify")["errors"] == []


def test_a_node_that_was_killed_in_the_middle_finishes_when_it_starts(make_node: MakeNode) -> None:
    ada, eve = make_node("ada"), make_node("eve")
    ada.link_to(eve)
    eve.call("post", text="secret-1")
    until(lambda: ada.texts("local"))
    eve_id = identity(eve)
    ada.stop()
    block_only_in_the_store(ada.home, eve_id)
    ada.start()
    until(lambda: not files_with(ada.home, "secret-1"))
    assert ada.texts("local") == []
    assert [one["identity"] for one in ada.json("block")["blocked"]] == [eve_id]


async def test_of_calls_at_the_same_time_one_changes_something(make_node: MakeNode) -> None:
    bob, whom = make_node("bob"), to_text(Kind.IDENTITY, bytes([7]) * 32)
    for method in ("block", "unblock"):
        calls = (asyncio.to_thread(bob.call, method, id=whom) for _ in range(8))
        done = await asyncio.gather(*calls)
        assert [one["changed"] for one in done].count(True) == 1, method


def test_a_bundle_brings_nothing_of_who_is_blocked(make_node: MakeNode, tmp_path: Path) -> None:
    ada, eve = make_node("ada"), make_node("eve")
    eve.call("post", text="secret-2")
    stick = tmp_path / "stick.p2pblog"
    eve.json("log", "export", str(stick))
    ada.run("block", identity(eve))
    # The root log is known by its name, a device only once its identity says so.
    taken = ada.json("log", "import", str(stick))
    assert taken["new"] < taken["entries"]


def test_nobody_blocks_themselves(make_node: MakeNode) -> None:
    ada = make_node("ada")
    assert "yourself" in ada.run("block", identity(ada), status=2).stderr
    assert ada.json("block") == {"blocked": []}
    assert ada.run("unblock", "nobody", status=1).stderr.count("\n") == 1


@pytest.mark.parametrize("swept", [True, False])
def test_a_repair_keeps_the_block(make_node: MakeNode, swept: bool) -> None:
    ada, eve = make_node("ada"), make_node("eve")
    ada.link_to(eve)
    eve.call("post", text="secret-3")
    until(lambda: ada.texts("local"))
    eve_id = identity(eve)
    if swept:
        ada.run("block", eve_id)
    ada.stop()
    if not swept:
        block_only_in_the_store(ada.home, eve_id)
    next((ada.home / "store").glob("CURRENT")).unlink()
    ada.run("log", "repair")
    ada.start()
    ada.link_to(eve)
    ada.call("post", text="hello")
    until(lambda: "hello" in eve.texts("local"))
    assert ada.texts("local") == ["hello"]
    assert [one["identity"] for one in ada.json("block")["blocked"]] == [eve_id]


def block_only_in_the_store(home: Path, identity_text: str) -> None:
    """Leave a home as a node does that was killed right after it had kept a block."""
    from p2pblog.core.textform import Kind, from_text
    from p2pblog.store.leveldb import LevelKeyValue
    from p2pblog.store.logs import LogStore

    store = LogStore(LevelKeyValue(home / "store"), new_epoch=bytes(16))
    root = from_text(Kind.IDENTITY, identity_text)
    own = from_text(Kind.IDENTITY, json_identity(home))
    others = [log for log in store.logs if log != own and log not in device_of(home)]
    store.block(root, others, 5)
    store.close()


def json_identity(home: Path) -> str:
    import json

    found: str = json.loads((home / "identity.json").read_text())["identity"]
    return found


def device_of(home: Path) -> set[bytes]:
    from p2pblog.core.crypto import SigningKey

    return {SigningKey((home / "device.key").read_bytes()).public}
