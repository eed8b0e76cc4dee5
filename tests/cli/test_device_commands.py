"""device add, join, list, revoke, and init --restore: what is asked, and what is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from p2pblog.core.errors import BadWords, PairingEnded
from p2pblog.core.textform import Kind
from tests.cli.cli_fakes import DEVICE, ME, NOW_MS, FakeNode, invoke, name_of

CODE = "abandon ability able about above absent"
OTHER = name_of(Kind.DEVICE, 8)
OFFER = {"code": CODE, "addresses": ["[::]:40123"], "expires_ms": NOW_MS}
CAME = {"device": OTHER, "name": "phone", "compare": "012345"}
WORDS = " ".join(["abandon"] * 23 + ["art"])


def adding(**answers: Any) -> FakeNode:
    said: dict[str, Any] = {
        "device__offer": OFFER,
        "device__wait": CAME,
        "device__confirm": CAME | {"added": True},
    }
    return FakeNode(**(said | answers))


def test_add_shows_the_code_then_who_came_and_adds_on_yes() -> None:
    node = adding()
    result = invoke("device", "add", node=node, stdin=b"y\n")
    assert result.exit_code == 0
    assert f"p2pblog device join {CODE}" in result.output
    assert "--at THIS-MACHINE:40123" in result.output
    assert "012 345" in result.output
    assert node.calls[-1] == ("device.confirm", {"accept": True, "compare": "012345"})


@pytest.mark.parametrize("answer", [b"n\n", b"\n"])
def test_anything_but_yes_adds_nobody(answer: bytes) -> None:
    node = adding(device__confirm={"added": False})
    result = invoke("device", "add", node=node, stdin=answer)
    assert result.exit_code == 1
    assert node.calls[-1] == ("device.confirm", {"accept": False})


def test_the_end_of_input_is_no_yes() -> None:
    node = adding(device__confirm={"added": False})
    result = invoke("device", "add", node=node)
    assert result.exit_code == 130
    assert node.calls[-1] == ("device.confirm", {"accept": False})


def test_add_for_scripts_asks_nothing_and_says_one_document() -> None:
    result = invoke("device", "add", "--yes", "--json", node=adding())
    assert json.loads(result.stdout) == CAME
    assert CODE in result.stderr
    assert "012 345" in result.stderr


def test_a_name_by_a_stranger_cannot_move_the_cursor() -> None:
    node = adding(device__wait=CAME | {"name": "\x1b[2Jme"})
    assert "\x1b" not in invoke("device", "add", "--yes", node=node).output


def test_an_offer_that_ended_is_one_line() -> None:
    node = adding(device__wait=PairingEnded("3 wrong codes were tried"))
    result = invoke("device", "add", "--yes", node=node)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("typed", [[CODE], CODE.split()])
def test_join_takes_the_code_as_one_word_or_six(typed: list[str]) -> None:
    made = {"identity": ME, "device": DEVICE, "name": "Mia"}
    node = FakeNode(device__join=made | {"compare": "000001"}, device__joined=made)
    result = invoke("device", "join", *typed, "--at", "10.0.0.1:4000", "--json", node=node)
    assert json.loads(result.stdout) == made
    assert "000 001" in result.stderr
    assert node.calls[0] == ("device.join", {"code": CODE, "name": "", "at": "10.0.0.1:4000"})


def test_list_names_this_one_and_the_revoked_ones() -> None:
    rows = [
        {"device": DEVICE, "name": "", "this": True, "revoked": False, "entries": 1, "last_ms": 1},
        {"device": OTHER, "name": "phone", "this": False, "revoked": True, "entries": 0}
        | {"last_ms": None},
    ]
    node = FakeNode(device__list={"identity": ME, "devices": rows})
    lines = invoke("device", "list", node=node).output.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("this one")
    assert "phone" in lines[1]
    assert lines[1].endswith("revoked")


def test_revoke_reads_the_words_and_says_what_stays() -> None:
    done = {"device": OTHER, "changed": True, "kept": 7, "id": ME}
    node = FakeNode(device__revoke=done)
    result = invoke("device", "revoke", OTHER[:8], node=node, stdin=f"{WORDS}\n".encode())
    assert "7 entries" in result.output
    assert WORDS not in result.output
    (call,) = node.calls
    assert (call[1]["device"], call[1]["words"].split()) == (OTHER[:8], WORDS.split())


def test_revoke_with_wrong_words_is_one_line() -> None:
    node = FakeNode(device__revoke=BadWords("they are another identity's"))
    result = invoke("device", "revoke", OTHER, node=node, stdin=WORDS.encode())
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("stdin", [b"", b"  \n", b"x" * 5000])
def test_no_words_or_endless_ones_never_reach_the_node(stdin: bytes) -> None:
    node = FakeNode()
    for args in (("device", "revoke", OTHER), ("init", "--restore")):
        assert invoke(*args, node=node, stdin=stdin).exit_code == 2
    assert node.calls == []


def test_restore_says_what_has_come_back() -> None:
    done = {"identity": ME, "device": DEVICE, "name": "Mia", "logs": 2, "entries": 303}
    node = FakeNode(restore=done)
    args = ("init", "--restore", "--connect", "10.0.0.1:4114")
    assert "303 entries" in invoke(*args, node=node, stdin=WORDS.encode()).output
    assert node.calls == [("restore", {"words": WORDS, "connect": "10.0.0.1:4114"})]
    found = invoke(*args, "--json", node=node, stdin=WORDS.encode())
    assert json.loads(found.stdout) == done


@pytest.mark.parametrize(
    "args",
    [
        ("init",),
        ("init", "--restore", "--name", "Mia"),
        ("init", "--name", "Mia", "--connect", "10.0.0.1:4114"),
        ("device", "join"),
        ("device", "revoke"),
    ],
)
def test_what_does_not_fit_together_is_a_misuse(args: tuple[str, ...]) -> None:
    node = FakeNode()
    assert invoke(*args, node=node, stdin=WORDS.encode()).exit_code == 2
    assert node.calls == []
