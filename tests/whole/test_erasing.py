"""An erased text is in no file, of its writer's node or of a follower's."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.whole.conftest import MakeNode
from tests.whole.running import until

PICTURE = bytes.fromhex("89504e470d0a1a0a") + bytes(range(256)) * 20


def files_with(home: Path, text: str) -> list[str]:
    """Return the files of a home that hold a text; those that vanish meanwhile do not."""
    found = []
    for path in home.rglob("*"):
        try:
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(str(path.relative_to(home)))
        except FileNotFoundError:
            continue
    return found


@pytest.mark.proves("L-23", "L-26")
def test_no_file_of_the_writer_or_a_follower_holds_an_erased_text(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    for run in range(10):
        secret = secrets.token_hex(8)
        said = ada.call("post", text=f"{secret} number {run}", warning=f"{secret}w")
        later = [ada.call("post", text=f"{run} {number}") for number in range(run)]
        until(lambda: bob.call("search", query=secret)["entries"])  # noqa: B023
        assert files_with(ada.home, secret)
        assert files_with(bob.home, secret)
        done = ada.json("erase", said["id"], "--yes")
        assert (done["erased"], done["changed"]) == (said["id"], True)
        assert files_with(ada.home, secret) == []
        until(lambda: not files_with(bob.home, secret))  # noqa: B023
        for node in (ada, bob):
            assert node.call("entry", entry=said["id"])["erased"] is True
            assert node.call("search", query=secret)["entries"] == []
        assert len(later) == run
    assert ada.json("erase", said["id"], "--yes") == {"changed": False, "erased": said["id"]}
    for node in (ada, bob):
        assert node.json("log", "verify")["errors"] == []


@pytest.mark.proves("L-25")
def test_a_follower_that_comes_later_never_gets_the_text(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    said = ada.call("post", text="secret-4711")
    ada.call("post", text="harmless")
    ada.run("erase", said["id"], "--yes")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    until(lambda: bob.texts() == ["harmless"])
    assert files_with(bob.home, "secret-4711") == []
    assert bob.call("entry", entry=said["id"])["erased"] is True


def test_a_node_that_was_killed_finishes_when_it_starts(make_node: MakeNode) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    bob.call("follow", id=ada.call("whoami")["identity"])
    said = ada.call("post", text="secret-4712")
    until(lambda: bob.texts() == ["secret-4712"])
    ada.run("erase", said["id"], "--yes")
    until(lambda: not bob.texts())
    bob.kill()
    bob.start()
    until(lambda: not files_with(bob.home, "secret-4712"))


@pytest.mark.proves("L-26")
def test_pictures_go_with_the_last_post_that_shows_them(
    make_node: MakeNode, tmp_path: Path
) -> None:
    ada = make_node("ada")
    picture = tmp_path / "cat.png"
    picture.write_bytes(PICTURE)
    both = [
        ada.json("post", text, "--media", str(picture), "--alt", "a cat")["id"]
        for text in ("one", "two")
    ]
    [held] = list((ada.home / "blobs").iterdir())
    ada.run("erase", both[0], "--yes")
    assert held.exists()
    ada.run("erase", both[1], "--yes")
    assert not held.exists()


@pytest.mark.parametrize("whose", ["somebody else's", "nobody's"])
def test_only_ones_own_entries_can_be_erased(make_node: MakeNode, whose: str) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    bob.link_to(ada)
    said = ada.call("post", text="mine")["id"]
    if whose == "nobody's":
        said = said[:20] + "a" * 6
    else:
        bob.call("follow", id=ada.call("whoami")["identity"])
        until(lambda: bob.texts() == ["mine"])
    refused = bob.run("erase", said, "--yes", status=None)
    assert refused.returncode != 0
    assert len(refused.stderr.splitlines()) == 1
    assert bob.run("erase", said, status=2).stdout == ""
    assert ada.texts() == ["mine"]
