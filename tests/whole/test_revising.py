"""Edits, polls, pins and fields of profiles between real nodes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core.errors import BadRequest
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until
from tests.whole.test_erasing import PICTURE, files_with


def later_ms(seconds: float = 3600) -> int:
    return int((time.time() + seconds) * 1000)


@pytest.fixture
def pair(make_node: MakeNode) -> tuple[RunningNode, RunningNode]:
    ada, mia = make_node("ada"), make_node("mia")
    ada.link_to(mia)
    return ada, mia


async def test_versions_and_pins_at_the_same_time_rest_on_each_other(make_node: MakeNode) -> None:
    ada = make_node("ada")
    posts = [ada.call("post", text=f"{number}")["id"] for number in range(10)]
    post = posts[0]
    until(lambda: len(ada.texts("home")) == 10)
    await asyncio.gather(
        asyncio.to_thread(ada.call, "edit", entry=post, text="0", warning="careful"),
        asyncio.to_thread(ada.call, "edit", entry=post, text="0", lang="fi"),
    )
    shown = ada.call("entry", entry=post)
    assert (shown["warning"], shown["lang"]) == ("careful", "fi")
    pins = await asyncio.gather(
        *(asyncio.to_thread(ada.call, "pin", entry=one) for one in posts), return_exceptions=True
    )
    assert [isinstance(one, BadRequest) for one in pins].count(True) == 2


def test_a_new_version_reaches_others_and_an_erased_post_leaves_none(
    pair: tuple[RunningNode, RunningNode], tmp_path: Path
) -> None:
    ada, mia = pair
    picture = tmp_path / "cat.png"
    picture.write_bytes(PICTURE)
    post = ada.json("post", "secret-frist", "--media", str(picture), "--alt", "cat")["id"]
    done = ada.json("edit", post, "secret-first", "--warning", "careful")
    assert (done["changed"], done["entry"]) == (True, post)
    assert ada.json("edit", post, "secret-first")["changed"] is False
    until(lambda: mia.texts("local") == ["secret-first"])
    shown = mia.call("entry", entry=post)
    assert (shown["warning"], shown["media"][0]["alt"]) == ("careful", "cat")
    ada.call("edit", entry=post, text="secret-third", media=[{"index": 0, "alt": "dog"}])
    until(lambda: mia.texts("local") == ["secret-third"])
    versions = mia.call("versions", entry=post)["versions"]
    assert [one["text"] for one in versions] == ["secret-third", "secret-first", "secret-frist"]
    assert [one["media"][0]["alt"] for one in versions] == ["dog", "cat", "cat"]
    assert "secret-frist" in ada.run("history", post).stdout
    ada.json("erase", post, "--yes")
    until(lambda: mia.texts("local") == [])
    until(lambda: not files_with(ada.home, "secret-") + files_with(mia.home, "secret-"))
    assert list((ada.home / "blobs").iterdir()) == []


def test_votes_come_together(pair: tuple[RunningNode, RunningNode]) -> None:
    ada, mia = pair
    asked = ada.json("post", "which?", "--poll", "rye", "--poll", " spelt ", "--until", "+2h")
    until(lambda: mia.texts("local"))
    assert mia.json("vote", asked["id"], "2")["changed"] is True
    assert mia.json("vote", asked["id"], "2")["changed"] is False
    assert ada.json("vote", asked["id"], "1")["changed"] is True

    def counted(node: RunningNode) -> Any:
        poll = node.call("entry", entry=asked["id"])["poll"]
        return [(one["text"], one["votes"], one["chosen"]) for one in poll["options"]]

    until(lambda: counted(ada) == [("rye", 1, True), ("spelt", 1, False)])
    until(lambda: counted(mia) == [("rye", 1, False), ("spelt", 1, True)])
    mia.json("vote", asked["id"], "--undo")
    until(lambda: counted(ada) == [("rye", 1, True), ("spelt", 0, False)])
    assert "spelt" in mia.run("timeline", "local").stdout


def test_profiles_have_fields_and_pins(pair: tuple[RunningNode, RunningNode]) -> None:
    ada, mia = pair
    post = ada.json("post", "first")["id"]
    ada.json("post", "second")
    ada.json("profile", "--field", "web=https://ada.example", "--field", "since = 1815")
    assert ada.json("pin", post)["changed"] is True
    assert ada.json("pin", post)["changed"] is False
    expected = [
        {"name": "web", "value": "https://ada.example"},
        {"name": "since", "value": "1815"},
    ]
    until(lambda: mia.call("profile", id="ada")["fields"] == expected)
    assert "web: https://ada.example" in mia.run("profile", "ada").stdout
    until(lambda: mia.texts("pinned:ada") == ["first"])
    ada.json("profile", "--name", "Ada")
    until(lambda: mia.call("profile", id="ada")["name"] == "Ada")
    assert mia.call("profile", id="ada")["fields"] == expected
    ada.json("profile", "--field", "")
    ada.json("pin", post, "--undo")
    until(lambda: mia.call("profile", id="ada")["fields"] == [])
    until(lambda: mia.texts("pinned:ada") == [])


def test_what_makes_no_sense_is_refused(pair: tuple[RunningNode, RunningNode]) -> None:
    ada, mia = pair
    hers = mia.call("post", text="hers")["id"]
    until(lambda: ada.texts("local"))
    poll = {"options": ["a", "b"], "until_ms": later_ms(1)}
    asked = ada.call("post", text="which?", poll=poll)["id"]
    repeated = ada.call("repost", entry=hers)["id"]
    refused: list[tuple[str, dict[str, Any]]] = [
        ("edit", {"entry": hers, "text": "mine"}),
        ("edit", {"entry": repeated, "text": "mine"}),
        ("edit", {"entry": asked, "text": " "}),
        ("edit", {"entry": asked, "text": "x" * 501}),
        ("edit", {"entry": asked, "text": "x", "media": [{"index": 0}]}),
        ("pin", {"entry": hers}),
        ("vote", {"entry": hers, "choices": [0]}),
        ("vote", {"entry": asked, "choices": [2]}),
        ("vote", {"entry": asked, "choices": [0, 1]}),
        ("vote", {"entry": asked, "choices": ["a"]}),
        ("versions", {"entry": repeated}),
        ("set_profile", {"name": "ada", "fields": [{"name": "", "value": "x"}]}),
        ("set_profile", {"name": "ada", "fields": [{"name": "x", "value": "y" * 257}]}),
        *(
            ("post", {"text": "which?", "poll": {**poll, **wrong}})
            for wrong in (
                {"options": ["a"]},
                {"options": ["a", " a "]},
                {"options": ["a", "x" * 51]},
                {"options": [str(n) for n in range(9)]},
                {"options": "ab"},
                {"until_ms": 1},
                {"until_ms": later_ms(400 * 86_400)},
                {"many": 1},
            )
        ),
        ("post", {"poll": poll}),
    ]
    for method, params in refused:
        with pytest.raises(BadRequest):
            ada.call(method, **params)
    time.sleep(1)
    with pytest.raises(BadRequest, match="ended"):
        ada.call("vote", entry=asked, choices=[0])


def test_a_post_changes_only_so_often(make_node: MakeNode) -> None:
    ada = make_node("ada")
    post = ada.call("post", text="0")["id"]
    for number in range(1, 51):
        ada.call("edit", entry=post, text=str(number))
    with pytest.raises(BadRequest, match="50 times"):
        ada.call("edit", entry=post, text="51")
    assert ada.call("erase", entry=post)["changed"] is True
    assert ada.texts("home") == []
