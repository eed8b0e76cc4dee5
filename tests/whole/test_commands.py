"""Every command about devices, erasing and logs, typed in two homes: what it prints as JSON."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.conftest import MakeNode
from tests.whole.running import WAIT_S, RunningNode, until


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[RunningNode]:
    """A node in a home without an identity."""
    node = RunningNode(tmp_path / "phone").start()
    yield node
    node.stop()


def pair(old: RunningNode, new: RunningNode) -> tuple[dict[str, object], dict[str, object]]:
    """Type `device add` and `device join`; return what both print."""
    adding = subprocess.Popen(
        old.argv("device", "add", "--yes", "--json"),
        env=old.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with adding:
        assert adding.stderr is not None
        code, at = adding.stderr.readline(), adding.stderr.readline()
        words = code.partition("device join ")[2].split()
        [address] = re.findall(r"--at (\S+)", at)
        joined = new.json("device", "join", *words, "--at", address, "--name", "phone")
        printed, _ = adding.communicate(timeout=WAIT_S)
    assert adding.returncode == 0
    return json.loads(printed), joined


def test_a_device_is_added_listed_and_revoked(make_node: MakeNode, phone: RunningNode) -> None:
    ada = make_node("Ada")
    me = ada.json("whoami")
    added, joined = pair(ada, phone)
    device = str(joined["device"])
    assert joined == {"identity": me["identity"], "device": device, "name": "Ada"}
    assert added.pop("compare")
    assert added == {"device": device, "name": "phone"}

    phone.run("post", "from the phone")
    until(lambda: "from the phone" in ada.texts())
    listed = ada.json("device", "list")
    assert listed["identity"] == me["identity"]
    assert [(one["device"], one["this"], one["revoked"]) for one in listed["devices"]] == [
        (me["device"], True, False),
        (device, False, False),
    ]
    assert device[:10] in ada.run("device", "list").stdout

    words = " ".join(ada.words)
    for typed, said, status, advice in (
        (device, "", 2, "type your 24 words"),
        (device, words.rpartition(" ")[0], 1, "there are 24, not 23"),
        (me["device"], words, 2, "revoke it from another one"),
        ("dzzzzzzz", words, 1, "a device of yours that begins like that"),
    ):
        refused = ada.run("device", "revoke", typed, stdin=said, status=status)
        assert (refused.stdout, refused.stderr.count("\n")) == ("", 1)
        assert advice in refused.stderr
    done = json.loads(ada.run("device", "revoke", device[:8], "--json", stdin=words).stdout)
    assert (done.pop("changed"), done.pop("device"), done.pop("kept")) == (True, device, 1)
    assert done.keys() == {"id"}
    again = json.loads(ada.run("device", "revoke", device, "--json", stdin=words).stdout)
    assert again == {"changed": False, "device": device}
    until(lambda: phone.json("device", "list")["devices"][0]["revoked"])
    assert "has been revoked" in phone.run("post", "more", status=1).stderr


def test_what_one_wrote_is_erased_everywhere_and_what_others_wrote_is_not(
    make_node: MakeNode,
) -> None:
    ada, bob = make_node("Ada"), make_node("Bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.json("whoami")["identity"])
    posted = ada.json("post", "too much said")
    until(lambda: bob.texts() == ["too much said"])
    assert "only erase what you wrote" in bob.run("erase", posted["id"], "--yes", status=2).stderr
    assert "add --yes" in ada.run("erase", posted["id"], status=2).stderr
    erased = ada.json("erase", posted["id"][:12], "--yes")
    assert (erased["changed"], erased["erased"]) == (True, posted["id"])
    assert (erased["log"], erased["seq"]) == (posted["log"], posted["seq"] + 1)
    assert ada.json("erase", posted["id"], "--yes") == {"changed": False, "erased": posted["id"]}
    assert ada.run("erase", posted["id"], "--yes").stdout == "It was erased already\n"
    until(lambda: bob.texts() == [])
    for node in (ada, bob):
        assert node.json("log", "verify")["errors"] == []


def test_logs_are_checked_carried_and_mended(make_node: MakeNode, tmp_path: Path) -> None:
    ada, bob = make_node("Ada"), make_node("Bob")
    device = ada.json("post", "carried by hand")["log"]
    whole = ada.json("log", "verify")
    assert whole.pop("errors") == []
    assert whole == {"logs": 2, "entries": 3, "signatures": 2, "checkpoints": 0}
    assert ada.json("log", "verify", device[:8])["entries"] == 2

    stick = str(tmp_path / "stick.p2pblog")
    assert ada.json("log", "export", stick) == {"logs": 2, "entries": 3}
    assert bob.json("log", "import", stick) == {"logs": 2, "entries": 3, "new": 3, "partly": 2}
    assert "0 of them new" in bob.run("log", "import", stick).stdout
    assert "not a bundle" in bob.run("log", "import", __file__, status=1).stderr
    for place in (tmp_path / "no" / "x", ada.home / "x"):
        refused = ada.run("log", "export", str(place), status=None)
        assert (refused.returncode in (1, 2), refused.stderr.count("\n")) == (True, 1)

    for flags in ((), ("--json",), ("--declare-lost", "--json")):
        busy = ada.run("log", "repair", *flags, status=1)
        assert busy.stderr.count("p2pblog stop") == 1
        assert busy.stdout == ""
    assert ada.json("stop") == {"stopped": True}
    unharmed = ada.json("log", "repair")
    assert (unharmed["repaired"], unharmed["problems"], unharmed["aside"]) == (False, [], None)
    [manifest] = (ada.home / "store").glob("MANIFEST-*")
    manifest.unlink()
    assert "store is damaged" in ada.run("log", "verify", status=1).stderr
    mended = ada.json("log", "repair")
    assert (mended["repaired"], mended["entries"], mended["missing"]) == (True, 3, 0)
    assert manifest.name in mended["problems"][0]
    assert {log["log"]: log["ranges"] for log in mended["logs"]}[device] == [[1, 2]]
    assert ada.json("log", "verify")["entries"] == 3
    ada.run("stop")
