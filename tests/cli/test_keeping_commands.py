"""bookmark, list, tag, mute, filter: what is asked of the node, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.cli_fakes import MIA, NOW_MS, FakeNode, invoke

WORD = {"what": "word", "value": "rye", "name": "", "warns": False, "until_ms": None}
PERSON = {"what": "person", "value": MIA, "name": "Mia", "warns": True, "until_ms": None}
SAID: list[tuple[list[str], str, dict[str, Any], dict[str, Any], str]] = [
    (["bookmark", "e1"], "bookmark", {"entry": "e1", "undo": False}, {}, "Bookmarked"),
    (
        ["tag", "rye"],
        "tag.follow",
        {"tag": "rye", "undo": False},
        {"tag": "rye"},
        "now follow #rye",
    ),
    (["list", "new", "A"], "list.put", {"name": "A"}, {"name": "A"}, "Begun: A"),
    (["list", "rename", "A", "B"], "list.put", {"name": "B", "before": "A"}, {"name": "B"}, "B"),
    (["list", "drop", "A"], "list.drop", {"name": "A"}, {"name": "A"}, "Gone: A"),
    (
        ["list", "remove", "A", "mia"],
        "list.member",
        {"name": "A", "id": "mia", "undo": True},
        {"name": "A", "identity": MIA},
        "is no longer on A",
    ),
    (
        ["filter", "rye", "--for", "90m"],
        "filter",
        {
            "what": "word",
            "value": "rye",
            "warns": False,
            "undo": False,
            "until_ms": NOW_MS + 90 * 60_000,
        },
        WORD,
        '"rye" is now filtered',
    ),
    (
        ["filter", "#rye", "--warn"],
        "filter",
        {"what": "tag", "value": "#rye", "warns": True, "undo": False},
        {**WORD, "what": "tag"},
        "#rye is now filtered",
    ),
    (
        ["mute", "mia", "--undo"],
        "filter",
        {"what": "person", "value": "mia", "warns": False, "undo": True},
        PERSON,
        "Mia is no longer filtered",
    ),
    (
        ["filter", "rye"],
        "filter",
        {"what": "word", "value": "rye", "warns": False, "undo": False},
        {**WORD, "value": "r\u202ey\x1b[2Je"},
        '"rye" is now filtered',
    ),
    (["list", "new", "A"], "list.put", {"name": "A"}, {"name": "\u202eA\x1b[2J"}, "Begun: A\n"),
]


@pytest.mark.parametrize(("args", "method", "params", "answer", "said"), SAID)
def test_what_came_of_it_is_said(
    args: list[str], method: str, params: dict[str, Any], answer: dict[str, Any], said: str
) -> None:
    node = FakeNode(**{method.replace(".", "__"): {"changed": True, **answer}})
    assert said in invoke(*args, node=node).stdout
    assert node.calls == [(method, params)]


def test_without_an_argument_what_is_kept_is_listed() -> None:
    node = FakeNode(
        filters={"filters": [PERSON, {**WORD, "until_ms": NOW_MS + 7 * 86_400_000}]},
        tags={"tags": ["bread"]},
        lists={"lists": [{"name": "A", "members": [{"identity": MIA, "name": "Mia"}]}]},
    )
    listed = ["Mia    warns", '"rye"  hides  for 7 d more']
    assert invoke("filter", node=node).stdout.splitlines() == listed
    assert invoke("mute", node=node).stdout.splitlines() == listed
    assert invoke("tag", node=node).stdout == "#bread\n"
    assert invoke("list", "show", node=node).stdout == "A: Mia\n"


def test_an_empty_shelf_says_so() -> None:
    node = FakeNode(filters={"filters": []}, tags={"tags": []}, lists={"lists": []})
    assert invoke("filter", node=node).stdout == "You filter nothing\n"
    assert invoke("tag", node=node).stdout == "You follow no tag\n"
    assert "p2pblog list new" in invoke("list", "show", node=node).stdout


@pytest.mark.parametrize("time", ["7", "d", "0d", "7y", "-1d", "99999d"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    node = FakeNode()
    assert invoke("mute", "mia", "--for", time, node=node).exit_code == 2
    assert node.calls == []
