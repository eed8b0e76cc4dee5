"""Notifications, requests by strangers and reports on real nodes, by API and command line."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from p2pblog.core.errors import BadRequest, BadTextForm, NotFound
from tests.whole.conftest import MakeNode
from tests.whole.running import RunningNode, until


@pytest.fixture
def ada(make_node: MakeNode) -> RunningNode:
    """A node whose owner follows Mia, and to which Mia and Zed have said something."""
    ada, mia, zed = (make_node(name) for name in ("ada", "mia", "zed"))
    post = ada.call("post", text="the oven is hot")["id"]
    for other in (mia, zed):
        other.link_to(ada)
        until(lambda other=other: "the oven is hot" in other.texts("local"))  # type: ignore[misc]
    mia.call("like", entry=post)
    mia.call("follow", id="ada")
    mia.call("post", text="dough is ready", reply_to=post)
    zed.call("post", text="buy bread, @ada")
    zed.call("set_profile", name="MIA", bio="")
    until(lambda: {"dough is ready", "buy bread, @ada"} <= set(ada.texts("local")))
    ada.call("follow", id=mia.call("whoami")["identity"])
    until(lambda: ada.call("profile", id=zed.call("whoami")["identity"])["name"] == "MIA")
    until(lambda: len(ada.call("notifications")["notifications"]) == 3)
    return ada


def whats(page: dict[str, Any], name: str = "what") -> list[Any]:
    return [row[name] for row in page["notifications"]]


def test_all_of_it_is_told_decided_and_there_after_a_restart(ada: RunningNode) -> None:
    published = ada.call("status")["entries"]
    page = ada.json("notifications")
    assert sorted(whats(page)) == ["follow", "like", "reply"]
    assert page["requests"] == 1
    rows = page["notifications"]
    above = ada.call("notifications", after=rows[2]["cursor"], limit=1, upward=True)
    assert [one["id"] for one in above["notifications"]] == [rows[1]["id"]]
    assert "MIA [not the mia you follow]" in ada.run("timeline", "local").stdout
    assert ada.texts("requests") == ["buy bread, @ada"]
    [waiting] = ada.call("timeline", view="requests")["entries"]
    like = next(row for row in page["notifications"] if row["what"] == "like")
    people = ada.call("notifications.people", id=like["id"])["people"]
    assert [one["name"] for one in people] == ["mia"]

    assert ada.call("notifications.seen", marks=whats(page, "mark")) == {"changed": True}
    assert ada.call("notifications.seen", marks=whats(page, "mark")) == {"changed": False}
    assert ada.json("requests", "accept", waiting["author"])["changed"] is True
    report = ada.json("report", waiting["id"], "--reason", "spam", "--note", "sells bread")
    assert (report["id"], report["entry"], report["identity"]) == (
        1,
        waiting["id"],
        waiting["author"],
    )
    ada.stop()
    ada.start()

    page = ada.call("notifications")
    assert sorted(whats(page)) == ["follow", "like", "mention", "reply"]
    assert [row["seen"] for row in page["notifications"]].count(False) == 1
    assert ada.call("requests.accepted")["accepted"][0]["name"] == "MIA"
    assert ada.json("reports") == {"reports": [report]}
    assert ada.json("requests", "accept", waiting["author"], "--undo")["changed"] is True
    assert ada.call("notifications")["requests"] == 1
    assert ada.json("requests", "dismiss", waiting["author"])["changed"] is True
    assert ada.call("notifications")["requests"] == 0
    assert ada.call("requests.accepted") == {"accepted": []}

    assert ada.json("hide", waiting["id"])["changed"] is True
    assert "buy bread, @ada" not in ada.texts("local")
    assert ada.json("filter")["filters"][0]["what"] == "post"
    assert ada.json("hide", waiting["id"], "--undo")["changed"] is True
    assert "buy bread, @ada" in ada.texts("local")

    person = ada.call("report", target=waiting["author"], reason="deceit")
    assert (person["id"], person["entry"], person["name"]) == (2, None, "MIA")
    ada.call("block", id=waiting["author"])
    assert [one["id"] for one in ada.json("reports")["reports"]] == [2, 1]
    assert ada.json("reports", "--drop", "1")["note"] == "sells bread"
    assert [one["id"] for one in ada.call("reports")["reports"]] == [2]
    assert ada.call("status")["entries"] <= published, "nothing was published"


REFUSED: list[tuple[str, dict[str, Any], type[Exception]]] = [
    ("notifications", {"limit": 0}, BadRequest),
    ("notifications", {"before": "x"}, BadRequest),
    ("notifications.people", {"id": "like"}, BadRequest),
    ("notifications.people", {"id": "follow:1"}, NotFound),
    ("notifications.people", {"id": "f" * 121}, BadRequest),
    ("notifications.seen", {}, BadRequest),
    ("notifications.seen", {"marks": "all"}, BadRequest),
    ("notifications.seen", {"marks": [1]}, BadRequest),
    ("notifications.seen", {"marks": ["x"] * 201}, BadRequest),
    ("requests.accept", {"id": "nobody"}, NotFound),
    ("requests.accept", {"id": "ada", "undo": 1}, BadRequest),
    ("requests.dismiss", {}, BadRequest),
    ("report", {"target": "nobody", "reason": "spam"}, NotFound),
    ("report", {"target": "ada", "reason": "ugly"}, BadRequest),
    ("report", {"target": "ada", "reason": "spam", "note": "x" * 1001}, BadRequest),
    ("reports.drop", {"id": 1}, NotFound),
    ("reports.drop", {"id": "1"}, BadRequest),
    ("filter", {"what": "post", "value": "nothing"}, BadTextForm),
]


def test_what_makes_no_sense_is_refused(make_node: MakeNode) -> None:
    ada = make_node("ada")
    for method, params, error in REFUSED:
        with pytest.raises(error):
            ada.call(method, **params)
    own, post = ada.call("whoami")["identity"], ada.call("post", text="mine")["id"]
    until(lambda: "mine" in ada.texts())
    for method, params in (
        ("requests.accept", {"id": own}),
        ("requests.dismiss", {"id": own}),
        ("report", {"target": own, "reason": "spam"}),
        ("report", {"target": post, "reason": "spam"}),
        ("block", {"id": own}),
        ("filter", {"what": "person", "value": own}),
    ):
        with pytest.raises(BadRequest, match="that is yourself"):
            ada.call(method, **params)
    assert ada.call("reports") == {"reports": []}
    assert ada.call("requests.accepted") == {"accepted": []}


async def test_reports_at_the_same_time_are_all_kept(ada: RunningNode) -> None:
    zed = next(one for one in ada.call("people")["people"] if one["name"] == "MIA")["identity"]
    calls = (
        asyncio.to_thread(ada.call, "report", target=zed, reason="spam", note=str(number))
        for number in range(8)
    )
    assert sorted([one["id"] for one in await asyncio.gather(*calls)]) == [*range(1, 9)]
    kept = (await asyncio.to_thread(ada.call, "reports"))["reports"]
    assert sorted(one["note"] for one in kept) == [str(number) for number in range(8)]
