"""init, whoami, status, peers, stop, node, log: what is asked, and what is said."""

from __future__ import annotations

import json
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest

from p2pblog.api.spawn import LOCK_NAME
from p2pblog.cli.network import HELD_BACK
from p2pblog.core.errors import IdentityExists
from p2pblog.sync.rules import Distance
from tests.cli.cli_fakes import DEVICE, HOME, ME, FakeNode, invoke

WORDS = [f"word{number}" for number in range(1, 25)]
MADE = {"identity": ME, "device": DEVICE, "name": "Mia", "words": WORDS}
STATUS: dict[str, Any] = {
    "listening": ["127.0.0.1:4114"],
    "addresses": ["127.0.0.1:4114"],
    "peers": [],
    "logs": 2,
    "entries": 1200,
    "indexed": 1000,
    "arrival": 1200,
    "lan": True,
    "looking": [],
    "counters": {"bad-frame": 3},
}
PEER = {"device": DEVICE, "address": "10.0.0.7:4114", "carrier": "tcp", "name": "Mia", "near": True}


def test_init_shows_who_one_is_and_all_words_in_order() -> None:
    node = FakeNode(init=MADE)
    result = invoke("init", "--name", "Mia", node=node)
    assert node.calls == [("init", {"name": "Mia"})]
    assert ME in result.stdout
    assert DEVICE in result.stdout
    shown = result.stdout.partition("words:")[2].split()
    assert [shown[shown.index(str(n)) + 1] for n in range(1, 25)] == WORDS
    assert "Write them on paper" in result.stdout


@pytest.mark.parametrize("words", [WORDS, " ".join(WORDS)])
def test_init_json_has_the_words_as_a_list(words: object) -> None:
    result = invoke("init", "--name", "Mia", "--json", node=FakeNode(init=MADE | {"words": words}))
    assert json.loads(result.stdout) == MADE


def test_init_refuses_a_name_of_nothing_before_asking_the_node() -> None:
    node = FakeNode()
    assert invoke("init", "--name", "  ", node=node).exit_code == 2
    assert node.started == []


def test_init_in_a_home_with_an_identity_prints_no_words() -> None:
    result = invoke("init", "--name", "Mia", node=FakeNode(init=IdentityExists()))
    assert (result.exit_code, result.stdout) == (1, "")


def test_whoami() -> None:
    me = {"identity": ME, "device": DEVICE, "name": "Mia"}
    shown = invoke("whoami", node=FakeNode(whoami=me)).stdout
    assert shown == f"Mia\nidentity  {ME}\ndevice    {DEVICE}\n"


@pytest.mark.parametrize(
    ("peers", "lan", "words"),
    [
        (0, True, "alone on this network"),
        (0, False, "no links, and not looking on this network"),
        (1, True, "linked: 1"),
        (3, True, "well connected: 3 links"),
    ],
)
def test_status_says_in_words_how_connected_one_is(peers: int, lan: bool, words: str) -> None:
    node = FakeNode(status=STATUS | {"peers": [PEER] * peers, "lan": lan})
    lines = invoke("status", node=node).stdout.splitlines()
    assert lines[0] == words
    assert "entries    1,200 in 2 logs, 200 not shown yet" in lines
    assert "refused    3 times: bad-frame" in lines


def test_status_shows_addresses_that_can_be_typed_elsewhere() -> None:
    found = STATUS | {"listening": ["[::]:4114"], "addresses": ["192.168.1.5:4114"]}
    lines = invoke("status", node=FakeNode(status=found)).stdout.splitlines()
    assert "listening  [::]:4114" in lines
    assert "addresses  192.168.1.5:4114" in lines


def test_status_of_nobody_says_why_it_listens_nowhere() -> None:
    found = STATUS | {"listening": [], "addresses": []}
    shown = invoke("status", node=FakeNode(status=found), columns=100).stdout
    assert "listening  nowhere: nobody lives here yet" in shown
    assert "p2pblog init --name NAME" in shown


def test_status_says_what_keeps_it_from_looking_and_what_is_forked() -> None:
    found = STATUS | {"lan_error": "no-interface", "forked": 1}
    shown = invoke("status", node=FakeNode(status=found)).stdout
    assert "no network on which people near could be found" in shown
    assert "forked     1 log" in shown


def test_status_says_what_was_held_back_and_of_whom() -> None:
    policy = {
        distance: {"refused": {"entries": entries, "bytes": 9 * entries}}
        for distance, entries in {"own": 0, "second": 1, "near": 1234, "blocked": 2}.items()
    }
    lines = invoke("status", node=FakeNode(status=STATUS | {"policy": policy})).stdout.splitlines()
    assert [line for line in lines if line.startswith("held back")] == [
        "held back  1 entry: more than you take of people that your people follow",
        "held back  1,234 entries: more than you take of strangers near",
        "held back  2 entries: of people whom you blocked",
    ]


def test_every_distance_has_words() -> None:
    assert set(HELD_BACK) == {distance.value for distance in Distance}


def test_status_json_is_what_the_node_said() -> None:
    assert json.loads(invoke("status", "--json", node=FakeNode(status=STATUS)).stdout) == STATUS


def test_peers_lists_links_and_those_that_failed() -> None:
    gone = PEER | {"linked": False, "last_error": "Nobody\nanswers", "name": None}
    node = FakeNode(peers={"peers": [PEER | {"linked": True}, gone]})
    lines = invoke("peers", node=node, columns=100).stdout.splitlines()
    assert lines[0].endswith("10.0.0.7:4114  linked")
    assert lines[1].endswith("not linked: Nobody answers")


def test_stop_starts_no_node_and_is_content_when_none_runs() -> None:
    node = FakeNode()
    node.running = False
    result = invoke("stop", "--json", node=node)
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"stopped": False})
    assert node.started == [False]


def test_stop_does_not_call_a_silent_node_stopped(tmp_path: Path) -> None:
    node = FakeNode()
    node.running = False
    with (tmp_path / LOCK_NAME).open("w") as lock:
        flock(lock, LOCK_EX)
        result = invoke("stop", node=node, home=tmp_path)
    assert result.exit_code == 1


def test_stop_tells_the_node(tmp_path: Path) -> None:
    node = FakeNode(stop={})
    assert invoke("stop", node=node, home=tmp_path).stdout == "The node has stopped\n"
    assert node.calls == [("stop", {})]


def test_node_runs_with_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def serve(*args: object) -> int:
        asked.append(args)
        return 1

    monkeypatch.setattr("p2pblog.node.main.serve", serve)
    result = invoke("node", "--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--no-lan")
    assert result.exit_code == 1
    assert asked == [(HOME, ["127.0.0.1:0", "[::1]:0"], True, False)]
    invoke("node", "--linger")
    assert asked[1] == (HOME, [], False, True)


@pytest.mark.parametrize("address", ["foo", "127.0.0.1:65536", "[::1:4114"])
def test_node_refuses_a_bad_address_as_a_misuse(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("p2pblog.node.main.serve", lambda *_: pytest.fail("it was started"))
    result = invoke("node", "--listen", "127.0.0.1:0", "--listen", address)
    assert result.exit_code == 2
    assert result.stderr.startswith("p2pblog: ")
    assert f"{address!r} after --listen: " in result.stderr


def test_node_waits_for_one_that_is_about_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = iter([True, True, False])
    monkeypatch.setattr("p2pblog.api.spawn.is_locked", lambda _: next(held))
    monkeypatch.setattr("p2pblog.node.main.serve", lambda *_: len(list(held)))
    assert invoke("node", home=tmp_path).exit_code == 0  # nothing was left to wait for


GOOD = {"logs": 2, "entries": 300, "signatures": 5, "checkpoints": 3, "errors": []}


def test_log_verify_of_good_logs() -> None:
    node = FakeNode(log__verify=GOOD)
    result = invoke("log", "verify", node=node)
    assert node.calls == [("log.verify", {})]
    assert (result.exit_code, result.stdout) == (
        0,
        "300 entries in 2 logs, 5 signatures: all good\n",
    )


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_log_verify_of_a_bad_log_ends_with_1_and_names_it(options: list[str]) -> None:
    error = {"log": DEVICE, "seq": 7, "code": "bad-signature", "message": "does not\nverify"}
    node = FakeNode(log__verify=GOOD | {"errors": [error]})
    result = invoke("log", "verify", DEVICE, *options, node=node)
    assert node.calls == [("log.verify", {"log": DEVICE})]
    assert result.exit_code == 1
    if options:
        assert json.loads(result.stdout)["errors"] == [error]
    else:
        assert f"{DEVICE[:10]} 7: does not verify\n" in result.stdout


def test_bundles_are_named_by_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.p2pb").write_bytes(b"x")
    node = FakeNode(
        log__export={"logs": 1, "entries": 2},
        log__import={"logs": 2, "entries": 2, "new": 1, "partly": 1},
    )
    assert invoke("log", "export", "out.p2pb", node=node).stdout == (
        "2 entries of 1 log written to out.p2pb\n"
    )
    assert invoke("log", "import", "in.p2pb", node=node).stdout == (
        "2 entries of 2 logs read, 1 of them new\n"
        "1 log is of people you do not follow: only the newest entries of those stay\n"
    )
    assert [params["path"] for _, params in node.calls] == [
        str(tmp_path / "out.p2pb"),
        str(tmp_path / "in.p2pb"),
    ]


def test_a_bundle_that_is_not_there_is_a_misuse() -> None:
    assert invoke("log", "import", "/nowhere/in.p2pb").exit_code == 2
