"""What a node refuses, it refuses in one sentence that says what to do; nothing is published."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from p2pblog.core.errors import BadRequest, NotFound, P2PBlogError
from p2pblog.core.textform import Kind, to_text
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode

STRANGER = to_text(Kind.IDENTITY, b"\x07" * 32)
PNG = b"\x89PNG\r\n\x1a\n"


def refused(node: RunningNode, method: str, **params: object) -> str:
    with pytest.raises(P2PBlogError) as caught:
        node.call(method, **params)
    return f"{caught.value.code}: {caught.value}"


def test_posts_that_cannot_be_are_refused_with_what_to_do(
    make_node: MakeNode, tmp_path: Path
) -> None:
    ada = make_node("ada")
    before = ada.call("status")["entries"]
    long = refused(ada, "post", text="x" * 501)
    assert "That cannot be done: a post has at most 500 characters, this one 501; shorten" in long

    secret = tmp_path / "holiday.png"
    secret.write_text("root:x:0:0:root:/root:/bin/bash\n")
    said = refused(ada, "post", text="look", media=[{"path": str(secret), "alt": ""}])
    assert said.startswith(BadRequest.code)
    assert "is no picture; pictures are PNG, JPEG, GIF or WebP" in said
    for lang in ("xx-yy-zz-123-bogus_", "e", "english", "en-", "en_GB", "en-" + "a" * 9, "ен"):
        assert "write a code like en or pt-BR" in refused(ada, "post", text="x", lang=lang)
    assert ada.call("status")["entries"] == before

    misnamed = tmp_path / "cat.txt"
    misnamed.write_bytes(PNG + bytes(100))
    done = ada.call("post", text="", lang="zh-Hant-TW", media=[{"path": str(misnamed), "alt": ""}])
    entry = ada.call("entry", entry=done["id"])
    assert (entry["lang"], entry["media"][0]["type"]) == ("zh-Hant-TW", "image/png")


def test_what_others_call_a_picture_and_is_none_is_not_handed_out(
    make_node: MakeNode, tmp_path: Path
) -> None:
    ada = make_node("ada")
    path = tmp_path / "cat.png"
    path.write_bytes(PNG + bytes(100))
    posted = ada.call("post", text="", media=[{"path": str(path), "alt": ""}])
    kept = Path(ada.call("media", entry=posted["id"], index=0)["path"])
    kept.chmod(0o600)
    kept.write_bytes(b"[Desktop Entry]\nExec=true\n")
    assert "is none; pictures are PNG" in refused(ada, "media", entry=posted["id"], index=0)


def test_an_unknown_name_is_one_error_everywhere(make_node: MakeNode) -> None:
    ada = make_node("ada")
    for method, params in (
        ("follow", {"id": "xyz"}),
        ("unfollow", {"id": "xyz"}),
        ("profile", {"id": "xyz"}),
        ("timeline", {"view": "user:xyz"}),
        ("search", {"query": "from:xyz", "limit": 10}),
    ):
        said = refused(ada, method, **params)
        assert said == "nobody: Nobody here has that name or id: xyz"
    assert "give the whole id" in ada.run("follow", "xyz", status=1).stderr
    assert ada.call("follow", id=STRANGER)["changed"] is True
    mistyped = STRANGER[:-1] + ("a" if STRANGER[-1] != "a" else "b")
    assert refused(ada, "follow", id=mistyped).startswith("bad-key: ")


def test_ids_that_cannot_be_say_how_one_begins(make_node: MakeNode) -> None:
    ada = make_node("ada")
    said = refused(ada, "thread", entry="xyzw")
    assert "begins with 'x', not with 'e'" in said
    assert "whole" not in said
    assert "a log's begins with 'd' or 'i'" in refused(ada, "log.verify", log="zzzz")
    assert refused(ada, "log.verify", log="dzzz").startswith(NotFound.code)


def test_a_bundle_that_was_cut_is_of_use_up_to_there(make_node: MakeNode, tmp_path: Path) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    for number in range(600):  # more than one segment
        ada.call("post", text=f"post {number}")
    stick = tmp_path / "stick.p2pblog"
    ada.call("log.export", path=str(stick))
    stick.write_bytes(stick.read_bytes()[:-100])
    said = refused(bob, "log.import", path=str(stick))
    assert "bad-archive: That cannot be imported: " in said
    assert "entries before that were taken in" in said
    assert bob.call("status")["entries"] > 2
    (tmp_path / "no.p2pblog").write_text("hello")
    said = refused(bob, "log.import", path=str(tmp_path / "no.p2pblog"))
    assert said.endswith("not a bundle")


def test_all_signatures_are_counted_heads_too(make_node: MakeNode) -> None:
    ada = make_node("ada")
    found = ada.json("log", "verify")
    assert (found["logs"], found["signatures"], found["checkpoints"]) == (2, 2, 0)
    assert "2 signatures: all good" in ada.run("log", "verify").stdout


def test_a_node_of_nobody_listens_nowhere_and_doctor_finds_no_fault(tmp_path: Path) -> None:
    node = RunningNode(tmp_path / "home").start()
    try:
        assert node.call("status")["addresses"] == []
        assert "make an identity: p2pblog init --name NAME" in node.run("status").stdout
        checks = {
            each["name"]: each for each in json.loads(node.run("doctor", "--json").stdout)["checks"]
        }
        assert checks["ports"]["state"] == "ok"
        assert "p2pblog init" in checks["ports"]["advice"]
        node.init("ada")
        assert node.call("status")["addresses"] == node.call("status")["listening"]
    finally:
        node.stop()


def test_ctrl_c_while_the_program_is_still_loading_is_no_traceback() -> None:
    code = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'p2pblog.cli.main': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from p2pblog.__main__ import main\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")
