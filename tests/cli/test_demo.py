"""The demo with real nodes: alive within seconds, and gone without a trace however one leaves."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from p2pblog.api.client import SyncClient
from p2pblog.cli.demo_script import OPENING, PAST
from tests.cli.cli_fakes import only_loopback

PROGRAM = [sys.executable, "-m", "p2pblog", "demo"]
ALIVE_S_MAX = 10
GONE_S_MAX = 10


@pytest.fixture(autouse=True)
def signals_are_heard() -> Iterator[None]:
    """Have what is started hear these signals, though a shell's background job ignores some."""
    numbers = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    for number in numbers:
        signal.signal(number, before[number])


def processes_below(folder: Path) -> set[int]:
    """Return the processes (Linux) that name `folder` in their command line."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(folder) in path.read_bytes():
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


def eventually(question: Callable[[], Any], within_s: float) -> Any:
    deadline_s = time.monotonic() + within_s
    while not (answer := question()):
        assert time.monotonic() < deadline_s, question
        time.sleep(0.02)
    return answer


@contextmanager
def demo(folder: Path, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**only_loopback(), "TMPDIR": str(folder)}
    process = subprocess.Popen(
        [*PROGRAM, *args], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        with process:
            yield process
            process.kill()
    finally:
        process.kill()


def left_nothing(folder: Path) -> bool:
    return not list(folder.iterdir()) and not processes_below(folder)


def test_a_newcomer_sees_life_within_seconds_is_answered_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    began_s = time.monotonic()
    with demo(tmp_path, "--no-client", "--json") as process:
        assert process.stdout is not None
        document = json.loads(process.stdout.readline())
        with SyncClient(Path(document["home"]), start=False) as visitor:
            home = visitor.call("timeline", view="home", limit=100)["entries"]
            assert time.monotonic() - began_s < ALIVE_S_MAX
            assert len(home) >= len(PAST) + len(OPENING)
            assert len({entry["name"] for entry in home}) == 4
            assert any(entry["reply_to"] for entry in home)
            post = visitor.call("post", text="Hello! Is there any bread left?")
            answer = eventually(
                lambda: [
                    entry
                    for entry in visitor.call("timeline", view="mentions", limit=10)["entries"]
                    if entry["reply_to"] == post["id"]
                ],
                10,
            )
            assert answer[0]["name"] == "Mia"
            listening = visitor.call("status")["listening"]
            assert all(address.startswith("127.0.0.1:") for address in listening)
        process.send_signal(signal.SIGTERM)
        assert process.wait(GONE_S_MAX) == 128 + signal.SIGTERM
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert left_nothing(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_leaving_while_the_neighbours_move_in_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    with demo(tmp_path, "--no-client") as process:
        eventually(lambda: list(tmp_path.glob("p2pblog-demo-*/*.out")), ALIVE_S_MAX)
        process.send_signal(number)
        assert process.wait(GONE_S_MAX) == 128 + number
    assert left_nothing(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc")
def test_the_nodes_of_a_demo_that_was_killed_end_by_themselves(tmp_path: Path) -> None:
    with demo(tmp_path, "--no-client", "--json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(processes_below(tmp_path)) == 5
        process.kill()
    eventually(lambda: not processes_below(tmp_path), GONE_S_MAX)


def read_until(terminal: int, text: bytes, within_s: float) -> bytes:
    """Return what a terminal shows until `text` comes, or until it closes."""
    shown = b""
    deadline_s = time.monotonic() + within_s
    while text not in shown:
        left_s = deadline_s - time.monotonic()
        assert left_s > 0, shown[-2000:]
        if not select.select([terminal], [], [], left_s)[0]:
            continue
        try:
            shown += os.read(terminal, 65_536)
        except OSError:  # the other end is closed
            break
    return shown


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc")
def test_a_client_that_crashes_gives_the_terminal_back_and_leaves_nothing(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**only_loopback(), "TMPDIR": str(tmp_path), "TERM": "xterm-256color"}
    process = subprocess.Popen(
        PROGRAM,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        read_until(ours, b"\x1b[?1049h", ALIVE_S_MAX)  # the client has the screen
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        client = next(
            int(child)
            for child in children
            if b"\0node\0" not in Path(f"/proc/{child}/cmdline").read_bytes()
        )
        os.kill(client, signal.SIGKILL)
        assert b"\x1b[?25h" in read_until(ours, b"the demo is removed", GONE_S_MAX)
        assert process.wait(GONE_S_MAX) == 1
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert left_nothing(tmp_path)
