"""The program as scripts use it: real processes, real nodes, on the loopback alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.cli_fakes import only_loopback

PROGRAM = [sys.executable, "-m", "p2pblog"]
WAIT_S = 30


class Person:
    """Somebody with a home, who types commands."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {**only_loopback(), "P2PBLOG_HOME": str(home)}

    def run(self, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*PROGRAM, *args],
            env=self.environment,
            input=stdin,
            capture_output=True,
            timeout=WAIT_S,
            check=False,
        )

    def says(self, *args: str, stdin: bytes = b"") -> Any:
        """Run a command that must succeed, and return its JSON."""
        done = self.run(*args, "--json", stdin=stdin)
        assert (done.returncode, done.stderr) == (0, b""), (args, done)
        return json.loads(done.stdout)

    def texts(self, view: str = "home") -> list[str]:
        return [entry["text"] for entry in self.says("timeline", view)["entries"]]


@pytest.fixture
def somebody(tmp_path: Path) -> Iterator[Callable[[str], Person]]:
    people: list[Person] = []

    def make(name: str) -> Person:
        people.append(Person(tmp_path / name))
        return people[-1]

    yield make
    for person in people:
        person.run("stop")


@contextmanager
def stays(person: Person) -> Iterator[subprocess.Popen[bytes]]:
    """A node in the foreground, once it runs; ended, if it still does, at the end."""
    node = subprocess.Popen(
        [*PROGRAM, "node"],
        env=person.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert node.stdout is not None
    try:
        assert any(b"Ctrl+C" in line for line in node.stdout), "it ended before it ran"
        yield node
        node.terminate()
        node.wait(WAIT_S)
    finally:
        node.kill()
        node.wait()
        node.stdout.close()


def eventually(question: Callable[[], Any], within_s: float = 10) -> Any:
    deadline_s = time.monotonic() + within_s
    while not (answer := question()):
        assert time.monotonic() < deadline_s
    return answer


def test_two_people_write_follow_answer_and_carry_their_logs(
    somebody: Callable[[str], Person],
) -> None:
    mia, otis = somebody("mia"), somebody("otis")
    made = mia.says("init", "--name", "Mia")
    assert len(made["words"]) == 24
    assert mia.says("whoami") == {key: made[key] for key in ("identity", "device", "name")}
    otis.says("init", "--name", "Otis")

    with stays(mia) as node:
        posted = mia.says("post", "-", stdin="Rye is out, komm rüber 🍞\n".encode())
        (address,) = mia.says("status")["listening"]
        with stays(otis) as other:
            assert otis.says("connect", address)["device"] == made["device"]
            otis.says("follow", made["identity"])
            eventually(lambda: "Rye is out, komm rüber 🍞" in otis.texts())
            reply = otis.says("post", "Coming.", "--reply-to", posted["id"][:12])
            otis.says("like", posted["id"])
            eventually(lambda: "Coming." in mia.texts("mentions"))
            thread = mia.says("thread", reply["id"])["entries"]
            assert [(each["text"], each["depth"]) for each in thread] == [
                ("Rye is out, komm rüber 🍞", 0),
                ("Coming.", 1),
            ]
            assert [each["id"] for each in otis.says("search", "rye")["entries"]] == [posted["id"]]
            assert otis.says("peers")["peers"][0]["linked"] is True
            assert {each["name"] for each in otis.says("people")["people"]} >= {"Mia"}
            verified = otis.says("log", "verify")
            assert verified["errors"] == []
            assert otis.says("stop") == {"stopped": True}
            assert other.wait(WAIT_S) == 0
        node.send_signal(signal.SIGTERM)
        assert node.wait(WAIT_S) == 0

    bundle = str(otis.home.parent / "stick.p2pb")
    written = otis.says("log", "export", bundle)
    assert written["entries"] == verified["entries"]
    third = somebody("third")
    assert third.says("log", "import", bundle)["new"] == written["entries"]
    assert "Coming." in third.texts("local")


def test_ctrl_c_ends_a_node_quietly(somebody: Callable[[str], Person]) -> None:
    with stays(somebody("mia")) as node:
        node.send_signal(signal.SIGINT)
        assert node.wait(WAIT_S) in (0, 130)
        assert node.stdout is not None
        assert b"Traceback" not in node.stdout.read()


def test_what_cannot_be_done_is_one_line(somebody: Callable[[str], Person]) -> None:
    mia = somebody("mia")
    cases: list[tuple[list[str], int, bytes]] = [
        (["thread", "eaaaa"], 1, b""),
        (["thread", "nonsense"], 2, b""),
        (["timeline", "nowhere"], 2, b""),
        (["connect", "nowhere"], 2, b"HOST:PORT"),
        (["connect", "127.0.0.1:1"], 1, b"is p2pblog running there"),
        (["log", "verify", "d" * 57], 2, b""),
        (["log", "import", __file__], 1, b""),
    ]
    nobody = somebody("nobody").run("post", "hello")
    assert (nobody.returncode, nobody.stdout) == (1, b"")
    assert b"p2pblog init" in nobody.stderr
    mia.says("init", "--name", "Mia")
    with stays(mia):
        for args, status, advice in cases:
            done = mia.run(*args)
            assert (done.returncode, done.stdout) == (status, b""), done
            assert done.stderr.count(b"\n") == 1, done
            assert advice in done.stderr, done


@pytest.mark.parametrize("there", [False, True])
def test_who_only_asks_or_is_nobody_makes_no_home(
    somebody: Callable[[str], Person], there: bool
) -> None:
    nobody = somebody("nobody")
    if there:  # an empty folder, with settings at the most, is no home yet either
        nobody.home.mkdir(0o700)
        (nobody.home / "config.toml").write_text("lan = false\n")
    for args in (["whoami"], ["timeline"], ["status"], ["people"], ["post", "hello"], ["peers"]):
        done = nobody.run(*args)
        assert (done.returncode, done.stdout) == (1, b""), done
        assert done.stderr.count(b"\n") == 1
        assert b"no identity here" in done.stderr
        assert b"p2pblog init" in done.stderr
    assert nobody.home.exists() == there
    assert not there or [path.name for path in nobody.home.iterdir()] == ["config.toml"]
    assert nobody.says("init", "--name", "Nobody")["name"] == "Nobody"
    assert nobody.says("whoami")["name"] == "Nobody"


def test_a_store_that_is_damaged_is_said_and_left_alone(somebody: Callable[[str], Person]) -> None:
    mia = somebody("mia")
    mia.says("init", "--name", "Mia")
    mia.says("stop")
    before = {path.name: path.read_bytes() for path in (mia.home / "store").iterdir()}
    (mia.home / "store" / "CURRENT").write_text("garbage\n")
    done = mia.run("post", "hello")
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    examined = mia.run("doctor", "--json")
    assert examined.returncode == 1
    node = next(each for each in json.loads(examined.stdout)["checks"] if each["name"] == "node")
    assert node["state"] == "fail"
    assert node["advice"]
    (mia.home / "store" / "CURRENT").write_bytes(before["CURRENT"])
    assert mia.says("whoami")["name"] == "Mia"


@pytest.mark.skipif(shutil.which("script") is None, reason="needs script(1) for a terminal")
def test_the_terminal_gets_colour_and_no_colour_when_asked(
    somebody: Callable[[str], Person],
) -> None:
    mia = somebody("mia")
    mia.says("init", "--name", "Mia")
    mia.says("post", "hello")
    command = f"{sys.executable} -m p2pblog timeline"
    for extra, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        environment = {**mia.environment, "TERM": "xterm", **extra}
        if not extra:
            environment.pop("NO_COLOR", None)
        done = subprocess.run(
            ["script", "-qec", command, os.devnull],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WAIT_S,
            check=True,
        )
        assert b"hello" in done.stdout
        assert (b"\x1b[" in done.stdout) == coloured
