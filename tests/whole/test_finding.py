"""Searches by operators, trends, conversations and why, on real nodes and the command line."""

from __future__ import annotations

import time

import pytest

from p2pblog.core.errors import BadRequest
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until


@pytest.fixture
def ada(make_node: MakeNode) -> RunningNode:
    """A node that has a small conversation of two people with it."""
    ada, mia = make_node("ada"), make_node("mia")
    mia.call("post", text="fresh #bread: https://bread.example", lang="en")
    question = mia.call("post", text="who has rye?", lang="en")["id"]
    ada.link_to(mia)
    until(lambda: "who has rye?" in ada.texts("local"))
    ada.call("post", text="I have. #bread", reply_to=question, lang="fi")
    until(lambda: len(mia.texts("local")) == 3)
    return ada


def found(node: RunningNode, query: str) -> list[str]:
    return [row["text"] for row in node.json("search", query)["entries"]]


def test_operators_find_on_a_real_node(ada: RunningNode) -> None:
    today, year = time.strftime("%Y-%m-%d"), int(time.strftime("%Y"))
    assert found(ada, "tag:bread has:link") == ["fresh #bread: https://bread.example"]
    assert found(ada, f"has:link after:{year}") == []
    assert found(ada, f"has:link -before:{today}") == ["fresh #bread: https://bread.example"]
    assert found(ada, "rye after:1h lang:en") == ["who has rye?"]
    assert found(ada, "lang:en -has:link") == ["who has rye?"]
    [rye] = ada.json("search", "rye")["entries"]
    ada.call("like", entry=rye["id"])
    ada.call("bookmark", entry=rye["id"])
    until(lambda: found(ada, "in:likes in:bookmarks") == ["who has rye?"])
    for query, named in (("rye before:soon", "before:soon"), ("rye is:odd", '"is:"')):
        with pytest.raises(BadRequest, match=named):
            ada.call("search", query=query)


def test_what_people_speak_of_and_why(ada: RunningNode) -> None:
    trends = ada.json("trends")
    assert trends["tags"] == [{"tag": "bread", "people": 2, "posts": 2}]
    assert trends["links"] == [{"link": "https://bread.example", "people": 1, "posts": 1}]
    [conversation] = ada.json("conversations")["entries"]
    assert (conversation["text"], conversation["people"]) == ("who has rye?", 1)
    ada.call("follow", id="mia")
    until(lambda: len(ada.texts("home")) == 3)
    why = ada.json("why", conversation["id"], "--in", "conversations")
    assert [one["why"] for one in why["reasons"]][:2] == ["conversation", "followed"]
    assert why["name"] == "mia"
    ada.json("mute", "mia")
    assert ada.json("trends")["tags"] == [{"tag": "bread", "people": 1, "posts": 1}]
    assert ada.json("conversations")["entries"] == []
    for method in ("trends", "conversations"):
        with pytest.raises(BadRequest, match="hours"):
            ada.call(method, hours=169)
