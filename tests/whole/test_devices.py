"""Real nodes on 127.0.0.1: two homes become two devices of one identity; revoking; restoring."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core.errors import (
    BadCode,
    BadRequest,
    BadWords,
    DeviceRevoked,
    IdentityExists,
    NoIdentity,
    NotFound,
    P2PBlogError,
    PairingEnded,
    Restoring,
)
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RunningNode]:
    """A node whose home has no identity yet."""
    node = RunningNode(tmp_path / "empty").start()
    yield node
    if node.process is not None:
        node.process.kill()
        node.process.communicate()


def pair(old: RunningNode, new: RunningNode, name: str = "") -> dict[str, Any]:
    """Make `new` a device of `old`'s identity; return what both were shown."""
    offer = old.call("device.offer")
    shown = new.call("device.join", code=offer["code"], at=offer["addresses"][0], name=name)
    came = old.call("device.wait")
    assert (came["device"], came["compare"]) == (shown["device"], shown["compare"])
    assert old.call("device.confirm", accept=True, compare=came["compare"])["added"]
    new.call("device.joined")
    return {**shown, "came": came}


def wait_for_peer(node: RunningNode) -> None:
    until(lambda: node.call("status")["peers"])


@pytest.mark.proves("I-14")
def test_two_homes_become_one_person_whom_a_third_reads(
    make_node: MakeNode, empty: RunningNode
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    ada.call("post", text="from the laptop")
    bob.link_to(ada)
    identity = ada.call("whoami")["identity"]
    bob.call("follow", id=identity)
    shown = pair(ada, empty, "phone")
    assert (shown["identity"], shown["name"], shown["came"]["name"]) == (identity, "ada", "phone")
    assert empty.call("whoami")["identity"] == identity
    empty.call("post", text="from the phone")
    view = f"user:{identity}"
    both = ["from the phone", "from the laptop"]
    for node in (ada, bob, empty):
        until(partial(lambda one: one.texts(view) == both, node))
    entries = bob.call("timeline", view=view, limit=10)["entries"]
    assert {entry["author"] for entry in entries} == {identity}
    assert len({entry["log"] for entry in entries}) == 2
    until(lambda: empty.call("whoami")["name"] == "ada")
    rows = empty.json("device", "list")["devices"]
    assert [(row["this"], row["name"], row["revoked"]) for row in rows] == [
        (True, "phone", False),
        (False, "", False),
    ]


def test_what_one_device_follows_the_other_follows(make_node: MakeNode, empty: RunningNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    ada.call("follow", id=bob.call("whoami")["identity"])
    pair(ada, empty)
    empty.link_to(bob)
    bob.call("post", text="hello")
    until(lambda: "hello" in empty.texts())


@pytest.mark.proves("I-15")
def test_who_is_refused_stays_nobody(make_node: MakeNode, empty: RunningNode) -> None:
    ada = make_node("ada")
    offer = ada.call("device.offer")
    empty.call("device.join", code=offer["code"], at=offer["addresses"][0])
    ada.call("device.wait")
    assert ada.call("device.confirm", accept=False) == {"added": False}
    with pytest.raises(PairingEnded):
        empty.call("device.joined")
    assert len(ada.call("device.list")["devices"]) == 1
    assert not (empty.home / "device.key").exists()
    assert "words" in empty.call("init", name="somebody else")


@pytest.mark.proves("I-11")
def test_a_code_is_good_once_and_a_wrong_one_never(
    make_node: MakeNode, empty: RunningNode, tmp_path: Path
) -> None:
    ada = make_node("ada")
    offer = ada.call("device.offer")
    at = offer["addresses"][0]
    words = offer["code"].split()
    wrong = " ".join([*words[1:], words[0]]) if len(set(words)) > 1 else "zoo " * 6
    with pytest.raises(BadCode):
        empty.call("device.join", code=wrong, at=at)
    with pytest.raises(BadCode):
        empty.call("device.join", code="one two three", at=at)
    empty.call("device.join", code=offer["code"], at=at)
    refused = empty.run("device", "join", offer["code"], "--at", at, status=1)
    assert refused.stderr.count("\n") == 1


async def test_of_offers_made_at_the_same_time_one_is_left(make_node: MakeNode) -> None:
    ada = make_node("ada")
    offers = await asyncio.gather(*(asyncio.to_thread(ada.call, "device.offer") for _ in range(4)))

    def is_open(offer: dict[str, Any]) -> bool:
        host, port = offer["addresses"][0].rsplit(":", 1)
        with socket.socket() as line:
            line.settimeout(5)
            refused: int = line.connect_ex((host, int(port)))
        return not refused

    until(lambda: [is_open(offer) for offer in offers].count(True) == 1)


@pytest.mark.proves("I-14")
def test_nobody_is_added_unseen(make_node: MakeNode, empty: RunningNode) -> None:
    ada = make_node("ada")
    offer = ada.call("device.offer")
    with pytest.raises(BadRequest):
        ada.call("device.confirm", accept=True, compare="")
    empty.call("device.join", code=offer["code"], at=offer["addresses"][0])
    compare = ada.call("device.wait")["compare"]
    other = f"{(int(compare) + 1) % 10**6:06}"
    for params in ({}, {"compare": other}, {"compare": int(compare)}):
        with pytest.raises(BadRequest):
            ada.call("device.confirm", accept=True, **params)
    empty.kill()
    with pytest.raises(PairingEnded):
        ada.call("device.ended")
    with pytest.raises(PairingEnded):
        ada.call("device.confirm", accept=True, compare=compare)
    assert len(ada.call("device.list")["devices"]) == 1


@pytest.mark.proves("I-15")
async def test_who_leaves_before_the_answer_is_added_by_nobody(
    make_node: MakeNode, empty: RunningNode
) -> None:
    ada = make_node("ada")
    offer = ada.call("device.offer")
    empty.call("device.join", code=offer["code"], at=offer["addresses"][0])
    compare = ada.call("device.wait")["compare"]
    joined = asyncio.create_task(asyncio.to_thread(empty.call, "device.joined"))
    await asyncio.sleep(0.1)  # whether it asks already or not makes no difference
    assert await asyncio.to_thread(empty.call, "device.leave") == {"left": True}
    with pytest.raises(PairingEnded):
        await joined
    with pytest.raises(PairingEnded):
        await asyncio.to_thread(ada.call, "device.ended")
    with pytest.raises(PairingEnded):
        await asyncio.to_thread(ada.call, "device.confirm", accept=True, compare=compare)
    assert await asyncio.to_thread(empty.call, "device.leave") == {"left": False}
    assert len(ada.call("device.list")["devices"]) == 1
    assert "words" in empty.call("init", name="somebody else")


def test_a_new_offer_ends_the_one_before(make_node: MakeNode, empty: RunningNode) -> None:
    ada = make_node("ada")
    before, after = ada.call("device.offer"), ada.call("device.offer")
    assert before["code"] != after["code"]
    with pytest.raises(P2PBlogError):
        empty.call("device.join", code=before["code"], at=before["addresses"][0])
    empty.call("device.join", code=after["code"], at=after["addresses"][0])


def test_on_a_lan_the_code_is_enough(make_node: MakeNode, tmp_path: Path) -> None:
    ada = make_node("ada", lan=True)
    new = RunningNode(tmp_path / "new", lan=True).start()
    try:
        adding = subprocess.Popen(
            ada.argv("device", "add", "--yes", "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert adding.stderr is not None
        code = adding.stderr.readline().split("join ")[1].split()
        joined = new.json("device", "join", *code, "--name", "tablet")
        said, _ = adding.communicate(timeout=15)
        assert json.loads(said)["device"] == joined["device"]
        assert joined["name"] == "ada"
        until(lambda: new.call("status")["peers"])
    finally:
        new.kill()


def test_three_wrong_codes_end_an_offer_in_one_line(
    make_node: MakeNode, empty: RunningNode
) -> None:
    ada = make_node("ada")
    offer = ada.call("device.offer")
    for _ in range(3):
        with pytest.raises(BadCode):
            empty.call("device.join", code="zoo " * 6, at=offer["addresses"][0])
    with pytest.raises(PairingEnded, match="3 wrong codes"):
        ada.call("device.wait")


@pytest.mark.proves("I-4")
def test_a_home_with_an_identity_joins_nobody(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    offer = ada.call("device.offer")
    with pytest.raises(IdentityExists):
        bob.call("device.join", code=offer["code"], at=offer["addresses"][0])
    with pytest.raises(IdentityExists):
        bob.call("restore", words=" ".join(ada.words))


def test_a_revoked_device_writes_no_more_and_is_shown_as_revoked(
    make_node: MakeNode, empty: RunningNode
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    phone = pair(ada, empty)["device"]
    empty.call("post", text="mine")
    until(lambda: "mine" in ada.texts())
    words = " ".join(ada.words)
    with pytest.raises(BadWords):
        ada.call("device.revoke", device=phone[:8], words=" ".join(bob.words))
    with pytest.raises(BadWords):
        ada.call("device.revoke", device=phone[:8], words=words.replace(" ", " zoo ", 1))
    with pytest.raises(BadRequest):
        ada.call("device.revoke", device=ada.call("whoami")["device"], words=words)
    with pytest.raises(NotFound):
        ada.call("device.revoke", device=bob.call("whoami")["device"], words=words)
    assert [row["revoked"] for row in ada.call("device.list")["devices"]] == [False, False]
    done = subprocess.run(
        ada.argv("device", "revoke", phone[:8], "--json"),
        input=words + "\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert json.loads(done.stdout)["kept"] == 1
    assert not ada.call("device.revoke", device=phone, words=words)["changed"]
    assert [row["revoked"] for row in ada.call("device.list")["devices"]] == [False, True]
    until(lambda: empty.call("device.list")["devices"][0]["revoked"])
    with pytest.raises(DeviceRevoked):
        empty.call("post", text="stolen")
    assert "mine" in ada.texts()


def lives_somebody(node: RunningNode) -> bool:
    try:
        return bool(node.call("whoami"))
    except NoIdentity:
        return False


@pytest.mark.proves("I-16")
def test_an_identity_comes_back_whole_from_a_peer_and_writes_only_then(
    make_node: MakeNode, empty: RunningNode
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    identity = ada.call("whoami")["identity"]
    bob.call("follow", id=identity)
    for number in range(300):
        ada.call("post", text=f"post {number}")
    until(lambda: len(bob.texts(f"user:{identity}")) == 200)
    until(lambda: bob.call("log.verify")["entries"] >= 303)
    ada.kill()
    words = " ".join(ada.words)
    with pytest.raises(BadWords):
        empty.call("restore", words="abandon " * 24)
    waiting = subprocess.Popen(
        empty.argv("init", "--restore", "--json"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert waiting.stdin is not None
    waiting.stdin.write(words + "\n")
    waiting.stdin.close()
    until(lambda: lives_somebody(empty))
    for method, params in (
        ("post", {"text": "too early"}),
        ("set_profile", {"name": "ada"}),
        ("device.offer", {}),
        ("device.revoke", {"device": identity, "words": words}),
    ):
        until(lambda: empty.call("status"))
        with pytest.raises(Restoring):
            empty.call(method, **params)
    waiting.kill()
    waiting.wait()
    with pytest.raises(BadWords):
        empty.call("restore", words=" ".join(bob.words))
    empty.stop()
    empty.start()
    with pytest.raises(Restoring):
        empty.call("post", text="too early still")
    back = subprocess.run(
        empty.argv("init", "--restore", "--connect", bob.address(), "--json"),
        input=words + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(back.stdout)
    assert (found["identity"], found["name"], found["entries"]) == (identity, "ada", 303)
    empty.call("post", text="I am back")
    assert empty.texts(f"user:{identity}")[:2] == ["I am back", "post 299"]
    until(lambda: "I am back" in bob.texts())
    assert empty.json("log", "verify")["errors"] == []
    assert (bob.call("status")["forked"], empty.call("status")["forked"]) == (0, 0)


@pytest.mark.proves("I-16")
def test_two_restored_homes_add_themselves_without_a_fork(
    make_node: MakeNode, empty: RunningNode, tmp_path: Path
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    until(lambda: bob.call("people")["people"][0]["name"] == "ada")
    words = " ".join(ada.words)
    empty.call("restore", words=words, connect=bob.address())
    other = RunningNode(tmp_path / "other").start()
    try:
        until(lambda: bob.call("log.verify")["entries"] >= 5)
        other.call("restore", words=words, connect=bob.address(), name="desk")
        assert len(other.call("device.list")["devices"]) == 3
        until(lambda: len(ada.call("device.list")["devices"]) == 3)
        assert ada.call("status")["forked"] == 0
    finally:
        other.kill()


def test_who_waits_to_be_restored_may_say_later_where_to_look(
    make_node: MakeNode, empty: RunningNode, tmp_path: Path
) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    ada.call("post", text="to come back")
    until(lambda: "to come back" in bob.texts())
    ada.kill()
    words = tmp_path / "words"
    words.write_text(" ".join(ada.words))
    with words.open() as typed:
        argv = empty.argv("init", "--restore", "--json")
        waiting = subprocess.Popen(argv, stdin=typed, stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: empty.call("status")["listening"])
        assert waiting.poll() is None
        empty.call("connect", address=bob.address())
        out, _ = waiting.communicate(timeout=60)
    finally:
        waiting.kill()
        waiting.communicate()
    assert json.loads(out)["name"] == "ada"
    assert "to come back" in empty.texts()
