"""Bookmarks, lists, tags and filters on a real node: kept, applied, and never published."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from p2pblog.core.errors import BadRequest, Nobody, NotFound
from p2pblog.core.textform import Kind, to_text
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until


@pytest.fixture
def ada(make_node: MakeNode) -> RunningNode:
    """A node that has posts of somebody else, whom its owner follows."""
    ada, mia = make_node("ada"), make_node("mia")
    for text in ("fresh bread #bread", "an opinion on rye", "good night"):
        mia.call("post", text=text)
    ada.link_to(mia)
    until(lambda: "good night" in ada.texts("local"))
    ada.call("follow", id="mia")
    until(lambda: len(ada.texts("home")) == 3)
    return ada


def test_all_of_it_is_applied_and_is_there_after_a_restart(ada: RunningNode) -> None:
    published = ada.call("status")["entries"]
    entries = ada.call("timeline", view="home")["entries"]
    mia = entries[0]["author"]
    for number, entry in enumerate(entries[1:]):
        assert ada.call("bookmark", entry=entry["id"])["changed"] is True, number
    assert ada.call("bookmark", entry=entries[1]["id"][:12])["changed"] is False
    assert ada.json("list", "new", "Bakers") == {"changed": True, "name": "Bakers"}
    assert ada.json("list", "new", " bakers ") == {"changed": False, "name": "Bakers"}
    assert ada.json("list", "add", "BAKERS", "mia")["changed"] is True
    assert ada.json("list", "add", "bakers", mia)["changed"] is False
    assert ada.json("tag", "#Bread") == {"changed": True, "tag": "bread"}
    done = ada.json("filter", "  Good   NIGHT ", "--warn")
    assert done == {
        "changed": True,
        "what": "word",
        "value": "Good NIGHT",
        "name": "",
        "warns": True,
        "until_ms": None,
    }
    assert ada.json("filter", "good night", "--warn")["changed"] is True  # as it is written now
    assert ada.json("filter", "good night", "--warn")["changed"] is False
    assert ada.json("mute", "mia", "--for", "7d")["changed"] is True
    ada.stop()
    ada.start()

    assert ada.texts("home") == []
    assert ada.texts("bookmarks") == ["fresh bread #bread", "an opinion on rye"]
    assert ada.texts("list:bakers") == []
    assert ada.call("lists")["lists"] == [
        {"name": "Bakers", "members": [{"identity": mia, "name": "mia"}]}
    ]
    assert ada.call("tags") == {"tags": ["bread"]}
    person, word = sorted(ada.call("filters")["filters"], key=lambda one: one["what"])
    assert (person["value"], person["name"], person["warns"]) == (mia, "mia", False)
    assert 0 < person["until_ms"] - time.time() * 1000 <= 7 * 24 * 3600 * 1000
    assert word["value"] == "good night"
    assert ada.call("status")["entries"] == published

    assert ada.json("mute", "mia", "--undo")["changed"] is True
    assert ada.json("mute", "mia", "--undo")["changed"] is False
    assert ada.texts("list:bakers") == ada.texts("home")
    shown = ada.call("timeline", view="home")["entries"][0]
    assert shown["filtered"] == {"what": "word", "value": "good night", "warns": True}
    assert "you filter" in ada.run("timeline").stdout
    assert "good night" not in ada.run("timeline").stdout.replace('"good night"', "")
    assert ada.json("bookmark", entries[1]["id"], "--undo")["changed"] is True
    assert ada.texts("bookmarks") == ["fresh bread #bread"]


def test_a_filter_ends_by_itself(ada: RunningNode) -> None:
    soon_ms = time.time_ns() // 1_000_000 + 1500
    ada.call("filter", what="tag", value="bread", until_ms=soon_ms)
    assert len(ada.texts("home")) == 2
    until(lambda: len(ada.texts("home")) == 3)
    assert ada.call("filters") == {"filters": []}


def test_a_list_is_named_anew_and_let_go_of(ada: RunningNode) -> None:
    ada.call("list.put", name="Bakers")
    ada.call("list.member", name="Bakers", id="mia")
    ada.call("list.put", name="Others")
    assert ada.call("list.put", name="bakers!", before="BAKERS") == {
        "changed": True,
        "name": "bakers!",
    }
    with pytest.raises(BadRequest, match="has that name"):
        ada.call("list.put", name="others", before="bakers!")
    assert len(ada.texts("list:bakers!")) == 3
    ada.call("list.member", name="bakers!", id="mia", undo=True)
    assert ada.texts("list:bakers!") == []
    ada.call("list.drop", name="Others")
    assert [one["name"] for one in ada.call("lists")["lists"]] == ["bakers!"]


def test_what_is_not_here_any_more_can_be_taken_back(ada: RunningNode) -> None:
    mia = ada.call("profile", id="mia")["identity"]
    kept, hidden, passed = (one["id"] for one in ada.call("timeline", view="home")["entries"])
    ada.call("bookmark", entry=kept)
    for what, value in (("post", hidden), ("post", passed), ("person", mia)):
        ada.call("filter", what=what, value=value)
    ada.call("list.put", name="Bakers")
    ada.call("list.member", name="Bakers", id=mia)
    ada.call("block", id=mia)
    with pytest.raises(NotFound):
        ada.call("entry", entry=kept)
    assert ada.json("bookmark", kept[:12], "--undo") == {"changed": True, "entry": kept}
    with pytest.raises(NotFound):
        ada.call("bookmark", entry=kept, undo=True)
    assert ada.json("hide", hidden, "--undo")["changed"] is True
    done = ada.call("filter", what="post", value=passed[:12], undo=True)
    assert (done["changed"], done["value"]) == (True, passed)
    assert ada.call("filter", what="person", value=mia[:12], undo=True)["changed"] is True
    done = ada.call("list.member", name="Bakers", id=mia[:12], undo=True)
    assert done == {"changed": True, "name": "Bakers", "identity": mia}
    assert ada.call("filters") == {"filters": []}
    assert ada.texts("bookmarks") == []


async def test_what_is_kept_at_the_same_time_is_all_kept(make_node: MakeNode) -> None:
    ada = make_node("ada")
    people = [to_text(Kind.IDENTITY, bytes([number]) * 32) for number in range(1, 9)]
    posts = [ada.call("post", text=f"{number}")["id"] for number in range(8)]
    ada.call("list.put", name="Bakers")
    until(lambda: len(ada.texts("home")) == 8)

    async def at_once(method: str, params: list[dict[str, Any]]) -> list[Any]:
        calls = (asyncio.to_thread(ada.call, method, **one) for one in params)
        return await asyncio.gather(*calls)

    await at_once("list.member", [{"name": "bakers", "id": one} for one in people])
    [bakers] = ada.call("lists")["lists"]
    assert sorted(one["identity"] for one in bakers["members"]) == sorted(people)
    await at_once("bookmark", [{"entry": one} for one in posts])
    kept = ada.call("timeline", view="bookmarks")["entries"]
    assert len({one["cursor"] for one in kept}) == len(kept) == 8
    at_ms = time.time_ns() // 1_000_000 + 60_000
    later = [{"text": f"{number}", "at_ms": at_ms} for number in range(8)]
    numbers = [one["id"] for one in await at_once("post.later", later)]
    waiting = ada.call("later")["later"]
    assert sorted(one["text"] for one in waiting) == [f"{number}" for number in range(8)]
    assert sorted(one["id"] for one in waiting) == sorted(numbers)
    done = await at_once("list.put", [{"name": "New"}] * 8)
    assert [one["changed"] for one in done].count(True) == 1


REFUSED: list[tuple[str, dict[str, Any], type[Exception]]] = [
    ("bookmark", {"entry": "eaaaa"}, NotFound),
    ("list.put", {"name": " "}, BadRequest),
    ("list.put", {"name": "x" * 41}, BadRequest),
    ("list.put", {"name": "new", "before": "never there"}, NotFound),
    ("list.drop", {"name": "never there"}, NotFound),
    ("list.member", {"name": "never there", "id": "mia"}, NotFound),
    ("tag.follow", {"tag": "two words"}, BadRequest),
    ("tag.follow", {"tag": "123"}, BadRequest),
    ("filter", {"what": "word", "value": "?!"}, BadRequest),
    ("filter", {"what": "word", "value": "x" * 101}, BadRequest),
    ("filter", {"what": "word", "value": "x", "until_ms": 1}, BadRequest),
    ("filter", {"what": "colour", "value": "red"}, BadRequest),
    ("filter", {"what": "person", "value": "nobody"}, NotFound),
    ("filter", {"what": "person", "value": "ada"}, BadRequest),
    ("timeline", {"view": "list:never there"}, NotFound),
]


def test_what_makes_no_sense_is_refused(make_node: MakeNode) -> None:
    ada = make_node("ada")
    for method, params, error in REFUSED:
        with pytest.raises(error):
            ada.call(method, **params)
    assert ada.call("filters") == {"filters": []}
    assert ada.call("lists") == {"lists": []}


def test_what_was_begun_is_completed_by_what_is_here(ada: RunningNode) -> None:
    [mia] = ada.json("people", "--starts-with", "MI")["people"]
    assert (mia["mention"], mia["followed"]) == ("mia", True)
    assert ada.json("people", "--starts-with", mia["identity"][:8])["people"] == [mia]
    assert ada.json("tag", "--starts-with", "br") == {"tags": ["bread"]}
    assert ada.json("tag", "--starts-with", "x") == {"tags": []}
    with pytest.raises(BadRequest):
        ada.call("tags.used", starts_with="x" * 65)


def test_no_list_and_no_filter_is_called_what_cannot_be_shown(ada: RunningNode) -> None:
    done = ada.call("list.put", name=" \u202eli\x1b[31mst\x1b[2J \u200bone ")
    assert done == {"changed": True, "name": "list one"}
    with pytest.raises(BadRequest, match="1 to"):
        ada.call("list.put", name="\x1b[2J\u202e")
    done = ada.call("filter", what="word", value="\u202eplay\x1b[2J")
    assert done["value"] == "play"
    ada.call("filter", what="word", value="\u202eplay\x1b[2J", undo=True)
    assert ada.call("filters") == {"filters": []}
    with pytest.raises(Nobody) as raised:
        ada.call("profile", id="\u202enobody\x1b[2J")
    assert str(raised.value) == "Nobody here has that name or id: nobody"
