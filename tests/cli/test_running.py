"""Exit statuses, errors in one line, and what happens when nobody reads on."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from p2pblog import __version__
from p2pblog.cli.face import Face
from p2pblog.cli.main import LOG_BYTES_MAX, LOG_NAME, one_line
from p2pblog.cli.main import run as run_command
from p2pblog.cli.root import root
from p2pblog.core.errors import (
    BadAddress,
    BadRequest,
    BadTextForm,
    DiskFull,
    NodeUnreachable,
    NoIdentity,
    NotFound,
    P2PBlogError,
    error_codes,
)
from tests.cli.cli_fakes import HOME, FakeNode, entry, invoke, only_loopback

PROGRAM = [sys.executable, "-m", "p2pblog"]


def status_and_line(error: BaseException, home: Path = HOME) -> tuple[int, str]:
    def fail(**_: object) -> dict[str, object]:
        raise error

    result = invoke("whoami", node=FakeNode(whoami=fail), home=home)
    assert result.stdout == ""
    assert result.stderr.count("\n") == (1 if result.stderr else 0)
    return result.exit_code, result.stderr


@pytest.mark.parametrize("error", [NotFound(), NoIdentity(), DiskFull(), NodeUnreachable("gone")])
def test_what_failed_ends_with_1(error: P2PBlogError) -> None:
    assert status_and_line(error) == (1, f"p2pblog: {error}\n")


@pytest.mark.parametrize("error", [BadAddress(), BadRequest("no view"), BadTextForm("mistyped")])
def test_what_was_mistyped_ends_with_2(error: P2PBlogError) -> None:
    assert status_and_line(error)[0] == 2


@pytest.mark.parametrize("cls", error_codes().values())
def test_every_error_is_said_in_one_line_with_its_detail(cls: type[P2PBlogError]) -> None:
    status, line = status_and_line(cls("line one\nline \x1b[31mtwo"))
    assert status in (1, 2)
    assert "line one line ?[31mtwo" in line


def test_the_advice_comes_after_the_detail() -> None:
    assert str(NodeUnreachable("none is running")) == (
        "The node of this home does not answer: none is running; see: p2pblog doctor"
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_ends_with_130_and_says_nothing(error: BaseException) -> None:
    assert status_and_line(error) == (130, "")


def test_the_unforeseen_is_one_line_that_names_the_log(tmp_path: Path) -> None:
    status, line = status_and_line(KeyError("surprise"), home=tmp_path)
    assert status == 1
    assert "Traceback" not in line
    assert str(tmp_path / LOG_NAME) in line
    assert "KeyError: 'surprise'" in (tmp_path / LOG_NAME).read_text()


def test_the_log_of_the_unforeseen_does_not_grow_without_bound(tmp_path: Path) -> None:
    (tmp_path / LOG_NAME).write_text("x" * (LOG_BYTES_MAX + 1))
    status_and_line(KeyError("surprise"), home=tmp_path)
    assert (tmp_path / LOG_NAME).stat().st_size < 10_000


def test_without_a_home_the_log_goes_to_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert str(tmp_path) in status_and_line(KeyError("surprise"))[1]


def test_a_full_disk_is_said_as_such() -> None:
    status, line = status_and_line(OSError(errno.ENOSPC, "No space left on device"))
    assert (status, line) == (1, f"p2pblog: {DiskFull()}\n")


def test_other_trouble_with_files_names_the_file() -> None:
    line = status_and_line(PermissionError(errno.EACCES, "Permission denied", "/x/y"))[1]
    assert "Permission denied: /x/y" in line


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["timelin"], "'timeline'"),
        (["log", "verfy"], "'verify'"),
        (["log"], "p2pblog log --help"),
        (["import", "mastodon", "x"], "p2pblog import --help"),
        (["post", "x", "--replyto", "e"], "p2pblog post --help"),
        (["thread"], "p2pblog thread --help"),
        (["init"], "--name"),
        (["--nonsense"], "p2pblog --help"),
        ([], "needs a terminal"),
    ],
)
def test_a_misuse_is_one_line_that_helps(args: list[str], hint: str) -> None:
    result = invoke(*args)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert hint in result.stderr


@pytest.mark.parametrize("args", [["post", "caf\udce9"], ["--home", "\udcff", "whoami"]])
def test_invalid_utf8_on_the_command_line_is_refused(args: list[str]) -> None:
    node = FakeNode()
    result = invoke(*args, node=node)
    assert result.exit_code == 2
    assert "UTF-8" in result.stderr
    assert result.stderr.isascii()
    assert node.started == []


def test_invalid_utf8_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P2PBLOG_HOME", "/x\udcff")
    assert invoke("whoami").exit_code == 2


def test_home_and_json_may_stand_before_or_after_the_command(tmp_path: Path) -> None:
    homes = []

    class Node(FakeNode):
        def open(self, home: Path, start: bool) -> FakeNode:
            homes.append(home)
            return super().open(home, start)

    me = {"identity": "i", "device": "d", "name": "Mia"}
    for args in (
        ["--home", str(tmp_path), "--json", "whoami"],
        ["whoami", "--home", str(tmp_path), "--json"],
        ["--home", "/elsewhere", "whoami", "--json", "--home", str(tmp_path)],
    ):
        assert json.loads(invoke(*args, node=Node(whoami=me)).stdout) == me
    assert homes == [tmp_path] * 3


def test_version() -> None:
    assert invoke("--version").stdout == f"p2pblog {__version__}\n"


def test_one_line_keeps_words_and_drops_what_could_move_a_cursor() -> None:
    assert one_line(" a\r\n b\t\x1b[2Jc\u202e ") == "a b ?[2Jc?"


def run(*args: str, home: Path, **kwargs: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [*PROGRAM, *args],
        env={**only_loopback(), "P2PBLOG_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        timeout=30,
        check=False,
        **kwargs,
    )


def test_a_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody_reads:
        monkeypatch.setattr(sys, "stdout", nobody_reads)
        assert run_command(root, ["--help"], Face()) == 141


def test_with_a_closed_pipe_the_interpreter_ends_without_a_word(tmp_path: Path) -> None:
    # Of all that is printed this needs the least: no other command is imported, nothing is
    # asked, so a busy machine, or a file that is being edited, has no part in it.
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run("--version", home=tmp_path, stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run("--version", home=tmp_path, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1


def test_a_terminal_without_the_characters_gets_question_marks(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = (
        "import sys; from p2pblog.cli.main import _write_what_can_be_written as w; w(); print('ä')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True
    )
    assert done.stdout == b"?\n"


def test_no_error_calls_a_person_senseless() -> None:
    assert status_and_line(BadRequest("the text is too long")) == (
        2,
        "p2pblog: That cannot be done: the text is too long\n",
    )


def test_the_first_thing_wrong_stops_the_rest() -> None:
    node = FakeNode(timeline={"entries": [entry()], "next": None})
    assert invoke("timeline", "--limit", "x", "--json", node=node).exit_code == 2
    assert node.calls == []
