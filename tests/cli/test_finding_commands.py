"""trends, conversations, why, and the operators of search: what is asked, what is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from p2pblog.core.errors import BadRequest
from p2pblog.tui.why import sentences
from tests.cli.cli_fakes import MIA, OTIS, FakeNode, entry, invoke

TRENDS = {
    "tags": [{"tag": "bread", "people": 3, "posts": 5}, {"tag": "rye", "people": 1, "posts": 1}],
    "links": [{"link": "https://bread.example/\x1b[31ma", "people": 2, "posts": 2}],
    "hours": 24,
}
PEOPLE = [{"identity": MIA, "name": "Mia\x1b[31m\n"}, {"identity": OTIS, "name": ""}]


def test_trends_are_shown_by_people() -> None:
    node = FakeNode(trends=TRENDS)
    result = invoke("trends", node=node)
    assert node.calls == [("trends", {"hours": 24})]
    assert result.stdout.splitlines() == [
        "3 people  5 posts  #bread",
        "1 person  1 post   #rye",
        "2 people  2 posts  https://bread.example/a",
    ]
    assert json.loads(invoke("trends", "--json", node=node).stdout) == TRENDS


def test_no_trends_are_not_silent_and_hours_are_bounded() -> None:
    node = FakeNode(trends={"tags": [], "links": [], "hours": 48})
    assert "last 48 hours" in invoke("trends", "--hours", "48", node=node).stdout
    assert invoke("trends", "--hours", "169", node=node).exit_code == 2
    assert invoke("conversations", "--hours", "0", node=node).exit_code == 2


def test_conversations_say_how_many_answered() -> None:
    found = [entry(1, people=3, answers=4), entry(2, people=1, answers=1)]
    page = {"entries": found, "next": "5f", "hours": 72}
    node = FakeNode(conversations=page)
    result = invoke("conversations", "--limit", "2", node=node)
    assert node.calls == [("conversations", {"limit": 2, "hours": 72})]
    lines = result.stdout.splitlines()
    assert lines[0] == "3 people answered:"
    assert "1 person answered:" in lines
    assert lines[-1].startswith("More: p2pblog conversations --hours 72 --limit 2 --before 5f")
    document = invoke("conversations", "--limit", "2", "--json", node=node).stdout
    assert json.loads(document) == page
    empty = FakeNode(conversations={"entries": [], "next": None, "hours": 72})
    assert "Nobody has answered" in invoke("conversations", node=empty).stdout


def test_why_is_said_in_two_sentences() -> None:
    reasons: list[dict[str, Any]] = [
        {"why": "passed-on", "people": PEOPLE[:1], "count": 1},
        {"why": "of a newer node"},
        {"why": "followed"},
        {"why": "bookmarked"},
    ]
    found = {"entry": "e1", "author": OTIS, "name": "Otis", "reasons": reasons}
    node = FakeNode(why=found)
    result = invoke("why", "e1", "--in", "home", node=node, columns=100)
    assert node.calls == [("why", {"entry": "e1", "view": "home"})]
    assert result.stdout == "Mia, whom you follow, reposted it. You follow Otis.\n"
    assert json.loads(invoke("why", "e1", "--json", node=node).stdout) == found


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ({"why": "own"}, "You wrote it."),
        ({"why": "passed-on-by-you"}, "You reposted it."),
        ({"why": "followed"}, "You follow Otis."),
        (
            {"why": "passed-on", "people": PEOPLE, "count": 5},
            f"Mia, {OTIS[:10]} and 3 others, whom you follow, reposted it.",
        ),
        (
            {"why": "followed-by", "people": PEOPLE[:1], "count": 1},
            "Mia, whom you follow, follows Otis.",
        ),
        (
            {"why": "followed-by", "people": PEOPLE, "count": 2},
            f"Mia and {OTIS[:10]}, whom you follow, follow Otis.",
        ),
        ({"why": "near", "people": PEOPLE[:1], "count": 1}, "Mia was met on your local network."),
        (
            {"why": "near", "people": [], "count": 1},
            "It came from a device that was met on your local network.",
        ),
        (
            {"why": "tag", "tags": ["bread", "rye"], "followed": True},
            "It bears #bread and #rye, tags that you follow.",
        ),
        ({"why": "tag", "tags": ["bread"], "followed": False}, "It bears #bread, as you asked."),
        ({"why": "list", "lists": ["bakers"], "count": 1}, "Otis is on your list bakers."),
        (
            {"why": "conversation", "count": 1, "hours": 72},
            "1 person answered in its conversation in the last 3 days.",
        ),
        ({"why": "answers-you"}, "It answers you."),
        ({"why": "quotes-you"}, "It quotes you."),
        ({"why": "mentions-you"}, "It mentions you."),
        ({"why": "bookmarked"}, "You bookmarked it."),
    ],
)
def test_every_reason_is_a_sentence(reason: dict[str, Any], said: str) -> None:
    assert sentences({"author": OTIS, "name": "Otis", "reasons": [reason]}) == [said]


def test_what_is_no_reason_says_nothing() -> None:
    assert sentences({}) == []
    assert sentences({"reasons": [7, {}, {"why": 7}, {"why": "new"}, {"why": "near"}]}) == [
        "It came from a device that was met on your local network."
    ]


def test_a_page_without_entries_that_goes_on_says_how() -> None:
    node = FakeNode(search={"entries": [], "next": "c1"})
    lines = invoke("search", "rye -in:likes", node=node, columns=100).stdout.splitlines()
    assert lines == [
        "Nothing so far.",
        "",
        "Older: p2pblog search 'rye -in:likes' --limit 40 --before c1",
    ]


def test_a_search_that_is_not_understood_is_misuse() -> None:
    node = FakeNode(search=BadRequest("before:soon: a date is 2026"))
    result = invoke("search", "rye before:soon", node=node)
    assert result.exit_code == 2
    assert result.stderr == "p2pblog: That cannot be done: before:soon: a date is 2026\n"


def test_help_names_every_operator() -> None:
    from p2pblog.views.query import KEPT, OPERATORS

    said = invoke("search", "--help").stdout
    for name in OPERATORS:
        assert f"{name}:" in said
    for what in KEPT:
        assert f"in:{what}" in said
