"""Several homes of real nodes: the command line knows them by name, and what waits in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.whole.conftest import MakeNode
from tests.whole.running import until


@pytest.fixture(autouse=True)
def own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the list of homes of whoever runs the tests as it is."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))


def test_homes_are_known_by_name_and_say_what_waits(make_node: MakeNode, tmp_path: Path) -> None:
    ada, bob = make_node("ada"), make_node("bob")
    assert [one["here"] for one in ada.json("homes")["homes"]] == [True]
    assert ada.json("homes", "add", "private", str(ada.home))["home"] == str(ada.home)
    ada.run("homes", "add", "work", str(bob.home))
    ada.run("homes", "add", "later", str(tmp_path / "later"))
    ada.run("homes", "add", "Work", str(tmp_path / "other"), status=2)  # taken
    ada.link_to(bob)
    bob.call("follow", id=ada.call("whoami")["identity"])
    until(lambda: ada.call("notifications", limit=1)["notifications"])
    said = bob.call("post", text="hello")["id"]
    until(lambda: "hello" in ada.texts("local"))
    ada.call("post", text="to you too", reply_to=said)
    until(lambda: bob.texts("mentions"))

    listed = ada.json("homes", "list")["homes"]
    assert [(one["name"], one["called"], one["running"], one["unread"]) for one in listed] == [
        ("private", "ada", True, 1),
        ("work", "bob", True, 1),
        ("later", "", False, None),
    ]
    assert [one["here"] for one in listed] == [True, False, False]
    whose = bob.call("whoami")["identity"]
    assert listed[1]["identity"] == whose
    # By its name every command reaches it.
    assert ada.json("whoami", "--home", "WORK")["identity"] == whose
    bob.stop()
    after = ada.json("homes")["homes"][1]
    assert (after["running"], after["identity"], after["unread"]) == (False, whose, None)
    assert not (tmp_path / "later").exists()
    assert "* private" in ada.run("homes").stdout

    assert ada.json("homes", "remove", "work")["home"] == str(bob.home)
    assert (bob.home / "device.key").exists()
    ada.run("homes", "remove", "work", status=1)
