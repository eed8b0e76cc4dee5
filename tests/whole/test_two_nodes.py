"""Two real nodes on 127.0.0.1 read each other."""

from __future__ import annotations

import socket
import subprocess
import threading
from pathlib import Path

import pytest

from p2pblog.core.errors import P2PBlogError
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until


def test_a_post_reaches_a_follower_and_a_reply_comes_back(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.json("whoami")["identity"])
    said = ada.json("post", "good morning")
    found = until(lambda: bob.json("timeline")["entries"], within_s=2)
    assert [(one["id"], one["text"], one["name"]) for one in found] == [
        (said["id"], "good morning", "ada")
    ]
    answer = bob.json("post", "to you too", "--reply-to", said["id"][:12])
    mentions = until(lambda: ada.json("timeline", "mentions")["entries"], within_s=2)
    assert [(one["id"], one["reply_to"]) for one in mentions] == [(answer["id"], said["id"])]
    thread = ada.json("thread", said["id"])["entries"]
    assert [(one["text"], one["depth"]) for one in thread] == [
        ("good morning", 0),
        ("to you too", 1),
    ]


def test_mdns_on_the_loopback_is_enough(make_node: MakeNode) -> None:
    ada = make_node("ada", lan=True)
    bob = make_node("bob", lan=True)
    until(lambda: bob.call("status")["peers"], within_s=10)
    ada.call("post", text="is anybody there?")
    until(lambda: "is anybody there?" in bob.texts("local"))
    people = bob.call("people", near=True)["people"]
    assert [(one["name"], one["near"], one["followed"]) for one in people] == [("ada", True, False)]


def test_likes_reposts_and_quotes_arrive(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    ada.call("follow", id=bob.call("whoami")["identity"])
    said = ada.call("post", text="soup #recipes", warning="food", lang="en")
    until(lambda: bob.texts())
    bob.run("like", said["id"])
    bob.run("repost", said["id"])
    bob.run("post", "look", "--quote", said["id"])
    entry = until(
        lambda: (one := ada.call("entry", entry=said["id"]))["reposts"] and one, within_s=2
    )
    assert (entry["likes"], entry["reposts"], entry["warning"]) == (1, 1, "food")
    until(lambda: "look" in ada.texts("mentions"))
    assert [one["id"] for one in bob.json("timeline", "tag:recipes")["entries"]] == [said["id"]]
    assert [one["id"] for one in bob.json("search", "soup")["entries"]] == [said["id"]]
    bob.call("like", entry=said["id"], undo=True)
    until(lambda: ada.call("entry", entry=said["id"])["likes"] == 0)


def test_a_picture_is_fetched_on_demand(make_node: MakeNode, tmp_path: Path) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 700)
    said = ada.json("post", "my cat", "--media", str(picture), "--alt", "a cat")
    entry = until(lambda: bob.call("timeline", view="home")["entries"])[0]
    assert [(one["alt"], one["size"], one["have"]) for one in entry["media"]] == [
        ("a cat", 179_208, False)
    ]
    path = Path(bob.call("media", entry=said["id"], index=0)["path"])
    assert path.read_bytes() == picture.read_bytes()
    assert bob.call("entry", entry=said["id"])["media"][0]["have"]


def test_who_restarts_is_found_again_and_catches_up(make_node: MakeNode) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    ada, bob = make_node("ada", listen=address), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    ada.call("post", text="one")
    until(lambda: bob.texts() == ["one"])
    ada.kill()
    until(lambda: not bob.call("status")["peers"])
    ada.start().call("post", text="two")
    until(lambda: bob.texts() == ["two", "one"])
    bob.stop()
    ada.call("post", text="three")
    bob.start()
    until(lambda: bob.texts() == ["three", "two", "one"])


def test_a_bundle_on_a_stick_carries_everything(make_node: MakeNode, tmp_path: Path) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    for number in range(70):
        ada.call("post", text=f"post {number}")
    bob.call("follow", id=ada.call("whoami")["identity"])
    stick = tmp_path / "stick.p2pblog"
    exported = ada.json("log", "export", str(stick))
    assert exported["entries"] == 72
    taken = bob.json("log", "import", str(stick))
    assert taken == {"logs": 2, "entries": 72, "new": 72, "partly": 0}
    assert bob.json("log", "import", str(stick))["new"] == 0
    assert len(bob.texts()) == 70
    assert bob.json("log", "verify")["errors"] == []


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\xff\xff\xff\xff" + bytes(100),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00\x30" + bytes(20),
        b"\x00\x30" + bytes(48),
        b"",
    ],
    ids=["http", "4 GiB", "tls", "half a frame", "another network", "nothing"],
)
def test_whoever_speaks_otherwise_is_dropped_and_harms_nobody(
    make_node: MakeNode, said: bytes
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    host, _, port = ada.address().rpartition(":")
    with socket.create_connection((host, int(port)), timeout=15) as stranger:
        stranger.sendall(said)
        stranger.shutdown(socket.SHUT_WR)
        assert stranger.recv(100) == b""
    bob.call("follow", id=ada.call("whoami")["identity"])
    ada.call("post", text="still here")
    until(lambda: bob.texts() == ["still here"])


def test_another_networks_node_is_refused_and_counted(make_node: MakeNode) -> None:
    ada = make_node("ada")
    eve = make_node("eve", env={"P2PBLOG_NETWORK_KEY": _other_network()})
    refused = eve.run("connect", ada.address(), status=1)
    assert refused.stderr.count("\n") == 1
    until(lambda: ada.call("status")["counters"].get("other-network") == 1)


def test_nobody_at_an_address_is_one_line(make_node: MakeNode) -> None:
    ada = make_node("ada")
    for address, status in (("127.0.0.1:1", 1), ("nonsense", 1), ("127.0.0.1:99999", 1)):
        refused = ada.run("connect", address, status=None)
        assert refused.returncode in (1, 2), address
        assert refused.stderr.count("\n") == 1
        assert "Traceback" not in refused.stderr
        assert status


@pytest.mark.proves("S-29")
def test_a_node_does_not_link_to_itself(make_node: MakeNode) -> None:
    ada = make_node("ada")
    assert "own" in ada.run("connect", ada.address(), status=1).stderr
    assert ada.call("peers")["peers"] == []


@pytest.mark.proves("H-2")
def test_many_commands_at_once_never_fork(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    threads = [
        threading.Thread(
            target=lambda name=name: [ada.call("post", text=f"{name} {n}") for n in range(20)]
        )
        for name in "abcdefgh"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: len(bob.texts()) == 160)
    for node in (ada, bob):
        report = node.json("log", "verify")
        assert (report["errors"], node.call("status")["forked"]) == ([], 0)


def test_a_node_that_a_command_started_ends_by_itself(tmp_path: Path) -> None:
    node = RunningNode(tmp_path / "home")
    node.run("init", "--name", "ada")
    pid = _pid(node)
    node.run("post", "hello")
    assert _pid(node) == pid
    until(lambda: not Path(f"/proc/{pid}").exists(), within_s=10)
    assert [one["text"] for one in node.json("timeline")["entries"]] == ["hello"]
    last = _pid(node)
    until(lambda: not Path(f"/proc/{last}").exists(), within_s=10)


def _pid(node: RunningNode) -> int:
    pid: int = node.call("hello")["pid"]
    return pid


def _other_network() -> str:
    from p2pblog.core.textform import Kind, to_text

    return to_text(Kind.NETWORK, b"another network, another key 32b")


def test_a_second_node_on_a_home_is_refused_in_one_line(make_node: MakeNode) -> None:
    ada = make_node("ada")
    done = subprocess.run(
        ada.argv("node", "--listen", "127.0.0.1:0", "--no-lan"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    ada.call("post", text="undisturbed")


def test_two_beginnings_at_once_make_one_identity(tmp_path: Path) -> None:
    node = RunningNode(tmp_path / "home").start()
    made: list[object] = []
    refused: list[str] = []

    def begin(name: str) -> None:
        try:
            made.append(node.call("init", name=name)["identity"])
        except P2PBlogError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=begin, args=(name,)) for name in ("ada", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, refused) == ([node.call("whoami")["identity"]], ["identity-exists"])
    assert node.call("status")["logs"] == 2
    node.stop()


@pytest.mark.proves("I-4")
def test_a_beginning_that_was_cut_short_gives_nobody_else_ones_posts(tmp_path: Path) -> None:
    node = RunningNode(tmp_path / "home").start().init("lost")
    node.stop()
    (tmp_path / "home" / "identity.json").unlink()
    node.start().init("found")
    node.call("post", text="mine")
    assert node.texts() == ["mine"]
    assert node.call("whoami")["name"] == "found"
    node.stop()
