"""notifications, requests, hide, report, reports: what is asked of the node, and what is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.cli_fakes import ME, MIA, NOW_MS, OTIS, FakeNode, entry, invoke, person

LIKENESS = {"identity": OTIS, "name": "Otis", "self": False}


def row(what: str, **fields: Any) -> dict[str, Any]:
    return {
        "what": what,
        "id": f"{what}:1",
        "mark": f"{what}:1:5",
        "seen": False,
        "time_ms": NOW_MS - 60_000,
        "cursor": "c1",
        "entry": None,
        "people": [],
        "count": 0,
        "rings": True,
    } | fields


def who(name: str, identity: str = MIA, **fields: Any) -> dict[str, Any]:
    return {"identity": identity, "name": name, "looks_like": None} | fields


PAGE: dict[str, Any] = {
    "notifications": [
        row("reply", entry=entry(1)),
        row(
            "like",
            entry=entry(2, text="my\nbread"),
            people=[who("Mia"), who("Otis"), who("Ada"), who("Noa")],
            count=7,
            seen=True,
        ),
        row("follow", people=[who("Мia", looks_like=LIKENESS)], count=1),  # noqa: RUF001
        row("poll", entry=entry(3, text="which?")),
    ],
    "next": "c9.aa",
    "requests": 2,
}


def test_notifications_say_who_did_what_and_what_is_new() -> None:
    node = FakeNode(notifications=PAGE)
    said = invoke("notifications", "--no-wait", "--limit", "4", node=node, columns=80).stdout
    lines = said.splitlines()
    assert lines[0].startswith("* Mia answered you")
    assert lines[0].endswith("1 min")
    assert lines[2].startswith("  Mia, Otis, Ada and 4 more liked your post")
    assert "my bread" in lines[3]
    assert "[not the Otis you follow] now follows you" in said
    assert "A poll has ended" in said
    assert "2 posts by strangers: p2pblog requests show" in said
    assert "Older: p2pblog notifications --before c9.aa" in said
    assert node.calls == [("notifications", {"limit": 4})]


def test_notifications_can_be_taken_as_looked_at() -> None:
    page = PAGE | {"next": None}
    node = FakeNode(notifications=page, notifications__seen={"changed": True})
    invoke("notifications", "--seen", "--before", "c0", "--no-wait", node=node)
    marks = [one["mark"] for one in PAGE["notifications"]]
    assert node.calls[0] == ("notifications", {"limit": 40, "before": "c0"})
    assert node.calls[-1] == ("notifications.seen", {"marks": marks})


def test_json_is_what_the_node_said() -> None:
    node = FakeNode(notifications=PAGE)
    said = invoke("notifications", "--no-wait", "--json", "--limit", "4", node=node).stdout
    assert json.loads(said) == PAGE
    empty = FakeNode(notifications={"notifications": [], "next": None, "requests": 0})
    said = invoke("notifications", "--no-wait", node=empty).stdout
    assert said == "Nothing concerns you yet.\n"


def test_pages_that_a_filter_leaves_empty_are_passed() -> None:
    def answer(limit: int, before: str | None = None) -> dict[str, Any]:
        if before == "c2":
            return PAGE | {"next": None}
        return {"notifications": [], "next": "c1" if before is None else "c2", "requests": 2}

    node = FakeNode(notifications=answer)
    said = invoke("notifications", "--no-wait", node=node, columns=80).stdout
    assert said.startswith("* Mia answered you")
    assert len(node.calls) == 3
    for command, method, rows in (
        (("notifications", "--no-wait"), "notifications", "notifications"),
        (("requests", "show"), "timeline", "entries"),
    ):
        nothing = FakeNode(**{method: {rows: [], "next": "c1", "requests": 0}})
        lines = invoke(*command, node=nothing).stdout.splitlines()
        assert lines[0] == "Nothing so far."
        assert lines[-1].startswith("Older: ")
        assert len(nothing.calls) == 20


def test_everybody_whom_a_row_is_about_is_shown() -> None:
    found = {"people": [person(), person(identity=OTIS, name="Otis", looks_like=None)]}
    node = FakeNode(notifications__people=found)
    said = invoke("notifications", "--people", "like:e1:5", node=node, columns=80).stdout
    assert [line.split()[0] for line in said.splitlines()] == ["Mia", "Otis"]
    assert node.calls == [("notifications.people", {"id": "like:e1:5"})]
    said = invoke("notifications", "--people", "like:e1:5", "--json", node=node).stdout
    assert json.loads(said) == found
    assert invoke("notifications", "--people", "x", "--seen", node=node).exit_code == 2


DECIDED: list[tuple[list[str], str, dict[str, Any], bool, str]] = [
    (["accept", "zed"], "requests.accept", {"id": "zed", "undo": False}, True, "are let through"),
    (["accept", "zed"], "requests.accept", {"id": "zed", "undo": False}, False, "already"),
    (
        ["accept", "zed", "--undo"],
        "requests.accept",
        {"id": "zed", "undo": True},
        True,
        "decided about again",
    ),
    (["dismiss", "zed"], "requests.dismiss", {"id": "zed"}, True, "waits no longer"),
]


@pytest.mark.parametrize(("args", "method", "params", "changed", "said"), DECIDED)
def test_what_is_decided_about_a_stranger_is_said(
    args: list[str], method: str, params: dict[str, Any], changed: bool, said: str
) -> None:
    node = FakeNode(**{method.replace(".", "__"): {"changed": changed, "identity": MIA}})
    assert said in invoke("requests", *args, node=node, columns=100).stdout
    assert node.calls == [(method, params)]


def test_what_waits_and_who_is_let_through_is_listed() -> None:
    waiting = FakeNode(timeline={"entries": [entry(1, text="buy bread")], "next": "c5"})
    said = invoke("requests", "show", node=waiting).stdout
    assert "buy bread" in said
    assert "p2pblog requests accept ID" in said
    assert "--before c5" in said
    assert waiting.calls[0][1]["view"] == "requests"
    none = FakeNode(timeline={"entries": [], "next": None}, requests__accepted={"accepted": []})
    assert invoke("requests", "show", node=none).stdout == "No stranger waits.\n"
    assert invoke("requests", "accepted", node=none).stdout == "You let through nobody yet\n"
    some = FakeNode(requests__accepted={"accepted": [{"identity": MIA, "name": "Zed"}]})
    assert invoke("requests", "accepted", node=some).stdout == f"{MIA[:10]}  Zed\n"


@pytest.mark.parametrize(
    ("args", "changed", "said"),
    [
        ([], True, "Hidden\n"),
        ([], False, "It was hidden already\n"),
        (["--undo"], True, "It is shown again\n"),
    ],
)
def test_a_post_is_hidden_and_shown_again(args: list[str], changed: bool, said: str) -> None:
    node = FakeNode(filter={"changed": changed})
    assert invoke("hide", "e1", *args, node=node).stdout == said
    assert node.calls == [("filter", {"what": "post", "value": "e1", "undo": bool(args)})]


REPORT = {
    "id": 3,
    "entry": entry(1)["id"],
    "log": None,
    "seq": 1,
    "identity": MIA,
    "name": "Mia",
    "reason": "spam",
    "note": "sells\nbread",
    "time_ms": NOW_MS - 3_600_000,
}


def test_a_report_is_kept_and_says_that_nobody_receives_it() -> None:
    node = FakeNode(report=REPORT)
    said = invoke("report", "e1", "--reason", "spam", "--note", "sells", node=node).stdout
    assert "Kept as report 3" in said
    assert "Nobody receives it yet" in " ".join(said.split())
    assert f"p2pblog block {MIA[:10]}" in " ".join(said.split())
    assert node.calls == [("report", {"target": "e1", "reason": "spam", "note": "sells"})]
    for wrong in (["report", "e1"], ["report", "e1", "--reason", "ugly"]):
        assert invoke(*wrong, node=FakeNode()).exit_code == 2


def test_reports_are_listed_handed_on_and_let_go_of() -> None:
    node = FakeNode(reports={"reports": [REPORT]}, reports__drop=REPORT)
    said = invoke("reports", node=node).stdout
    assert said.splitlines()[0].startswith("3  spam: post e") or "3  spam: post" in said
    assert "by Mia, 1 h" in " ".join(said.split())
    assert "sells bread" in said
    assert json.loads(invoke("reports", "--json", node=node).stdout) == {"reports": [REPORT]}
    invoke("reports", "--drop", "3", node=node)
    assert node.calls[-1] == ("reports.drop", {"id": 3})
    empty = FakeNode(reports={"reports": []})
    assert "You keep no report" in invoke("reports", node=empty).stdout


def test_a_look_alike_is_marked_in_timelines_and_profiles() -> None:
    liar = {"looks_like": LIKENESS}
    timeline = FakeNode(timeline={"entries": [entry(1, **liar)], "next": None})
    said = invoke("timeline", "--no-wait", node=timeline, columns=80).stdout
    assert "Mia [not the Otis you follow]" in said
    profile = FakeNode(profile=person(**liar), whoami={"identity": ME})
    said = invoke("profile", "mia", node=profile).stdout
    assert f"Not the Otis you follow; that one is {OTIS[:10]}." in said
    own = {"looks_like": {**LIKENESS, "self": True}}
    said = invoke("profile", "mia", node=FakeNode(profile=person(**own))).stdout
    assert "This is not you" in said
    listed = FakeNode(people={"people": [person(**own)]})
    assert "Mia [not you]" in invoke("people", "--no-wait", node=listed, columns=100).stdout
