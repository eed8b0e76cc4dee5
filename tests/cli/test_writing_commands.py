"""post, like, repost, follow, unfollow: what is asked of the node, and what is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from p2pblog.core.errors import Nobody, NotFound
from p2pblog.core.limits import POST_GRAPHEMES_MAX, TEXT_BYTES_MAX
from tests.cli.cli_fakes import MIA, FakeNode, entry, invoke, person

PNG = b"\x89PNG\r\n\x1a\n"
DONE = {"id": entry(7)["id"], "log": entry(7)["log"], "seq": 7}


def test_post_sends_the_text_and_only_what_was_said() -> None:
    node = FakeNode(post=DONE)
    result = invoke("post", "Hello, street", node=node)
    assert node.calls == [("post", {"text": "Hello, street"})]
    assert (result.exit_code, result.stdout) == (0, f"Posted as {DONE['id'][:10]}\n")


def test_post_sends_every_option() -> None:
    node = FakeNode(post=DONE)
    invoke(
        *("post", "Yes", "--reply-to", "eaaaa", "--quote", "ebbbb"),
        *("--warning", "film", "--lang", "en"),
        node=node,
    )
    assert node.calls[0][1] == {
        "text": "Yes",
        "reply_to": "eaaaa",
        "quote": "ebbbb",
        "warning": "film",
        "lang": "en",
    }


def test_post_prints_json_of_id_log_and_seq() -> None:
    assert json.loads(invoke("post", "x", "--json", node=FakeNode(post=DONE)).stdout) == DONE


@pytest.mark.parametrize("args", [["post", "-"], ["post"]])
def test_post_reads_standard_input(args: list[str]) -> None:
    node = FakeNode(post=DONE)
    assert invoke(*args, node=node, stdin="zwei\nZeilen ü\n".encode()).exit_code == 0
    assert node.calls[0][1]["text"] == "zwei\nZeilen ü"


def test_post_takes_exactly_as_much_from_standard_input_as_a_text_holds() -> None:
    node = FakeNode(post=DONE)
    assert invoke("post", "-", node=node, stdin=b"x" * TEXT_BYTES_MAX + b"\n").exit_code == 0
    assert len(node.calls[0][1]["text"]) == TEXT_BYTES_MAX


@pytest.mark.parametrize(
    "data",
    [b"x" * (TEXT_BYTES_MAX + 1), "ü".encode() * TEXT_BYTES_MAX, b"x" + "ü".encode() * 9999],
)
def test_post_refuses_more_than_a_text_holds(data: bytes) -> None:
    node = FakeNode(post=DONE)
    result = invoke("post", "-", node=node, stdin=data)
    assert result.exit_code == 1
    assert "too long" in result.stderr
    assert node.calls == []


def test_post_refuses_standard_input_that_is_not_utf8() -> None:
    result = invoke("post", stdin=b"caf\xe9")
    assert result.exit_code == 2
    assert "UTF-8" in result.stderr


@pytest.mark.parametrize("args", [["post"], ["post", ""], ["post", "  "], ["post", "-"]])
def test_post_refuses_to_say_nothing(args: list[str]) -> None:
    node = FakeNode(post=DONE)
    assert invoke(*args, node=node).exit_code == 2
    assert node.calls == []


def test_post_without_text_on_a_terminal_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    result = invoke("post")
    assert result.exit_code == 2
    assert "p2pblog post TEXT" in result.stderr


def test_post_pairs_pictures_with_descriptions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.png").write_bytes(PNG)
    node = FakeNode(post=DONE)
    pictures = ["--media", "a.png", "--alt", "a cat", "--media", "b.png", "--alt", ""]
    assert invoke("post", *pictures, node=node).exit_code == 0
    assert node.calls[0][1] == {
        "text": "",
        "media": [
            {"path": str(tmp_path / "a.png"), "alt": "a cat"},
            {"path": str(tmp_path / "b.png"), "alt": ""},
        ],
    }


@pytest.mark.parametrize(
    "options",
    [
        ["--media", "a.png"],
        ["--alt", "a cat"],
        ["--media", "missing.png", "--alt", "x"],
        ["--media", "a.png", "--alt", "x"] * 5,
    ],
)
def test_post_refuses_pictures_that_do_not_add_up(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(PNG)
    node = FakeNode(post=DONE)
    assert invoke("post", "text", *options, node=node).exit_code == 2
    assert node.calls == []


@pytest.mark.parametrize("data", [b"root:x:0:0:\n", b"", b"<svg/>", PNG[:-1]])
def test_post_publishes_no_file_that_is_no_picture(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "holiday.png"
    path.write_bytes(data)
    node = FakeNode(post=DONE)
    result = invoke("post", "look", "--media", str(path), "--alt", "a beach", node=node)
    assert result.exit_code == 2
    assert f"{path} is no picture; pictures are PNG, JPEG, GIF or WebP" in result.stderr
    assert node.started == []


def test_post_does_not_wait_for_whoever_writes_into_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cat.png")
    result = invoke("post", "look", "--media", str(tmp_path / "cat.png"), "--alt", "a cat")
    assert result.exit_code == 2
    assert "is no picture" in result.stderr


def test_the_help_of_post_says_how_much_it_holds() -> None:
    shown = " ".join(invoke("post", "--help").stdout.split())
    assert f"at most {POST_GRAPHEMES_MAX} characters" in shown


def test_an_unquoted_text_is_refused_with_one_line() -> None:
    result = invoke("post", "Hello", "street")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "answer", "said"),
    [
        (["like", "eaaaa"], DONE, "Liked"),
        (["like", "eaaaa", "--undo"], DONE, "Taken back"),
        (["like", "eaaaa"], {"changed": False}, "You liked it already"),
        (["like", "eaaaa", "--undo"], {"changed": False}, "You had not liked it"),
        (["repost", "eaaaa"], DONE, "Reposted"),
        (["repost", "eaaaa"], {"changed": False}, "You reposted it already"),
    ],
)
def test_marks_say_what_came_of_them(args: list[str], answer: dict[str, object], said: str) -> None:
    node = FakeNode(like=answer, repost=answer)
    assert invoke(*args, node=node).stdout == said + "\n"
    assert node.calls == [(args[0], {"entry": "eaaaa", "undo": "--undo" in args})]


@pytest.mark.parametrize(
    ("command", "answer", "said"),
    [
        ("follow", {"identity": MIA}, "You now follow Mia"),
        ("follow", {"identity": MIA, "changed": False}, "You follow Mia already"),
        ("unfollow", {"identity": MIA}, "You no longer follow Mia"),
        ("unfollow", {"identity": MIA, "changed": False}, "You did not follow Mia"),
    ],
)
def test_following_calls_people_by_name(command: str, answer: dict[str, object], said: str) -> None:
    node = FakeNode(follow=answer, unfollow=answer, profile=person())
    assert invoke(command, "mia", node=node).stdout == said + "\n"
    assert node.calls[0] == (command, {"id": "mia"})


def test_following_somebody_nobody_knows_yet_says_the_key() -> None:
    node = FakeNode(follow={"identity": MIA}, profile=NotFound())
    assert invoke("follow", MIA, node=node).stdout == f"You now follow {MIA[:10]}\n"


def test_only_who_follows_is_told_how_to_follow_somebody_never_met() -> None:
    node = FakeNode(follow=Nobody("Bob"), filter=Nobody("Bob"))
    assert "Bob; give the whole id to follow somebody" in invoke("follow", "Bob", node=node).stderr
    assert invoke("mute", "Bob", node=node).stderr == (
        "p2pblog: Nobody here has that name or id: Bob\n"
    )
    node = FakeNode(follow=Nobody("Bob; did you mean Bob Second?"))
    assert invoke("follow", "Bob", node=node).stderr.endswith("did you mean Bob Second?\n")


def test_following_as_json_asks_nothing_more() -> None:
    node = FakeNode(follow={"identity": MIA, "changed": False})
    result = invoke("follow", "mia", "--json", node=node)
    assert json.loads(result.stdout) == {"identity": MIA, "changed": False}
    assert len(node.calls) == 1
