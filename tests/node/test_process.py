"""Whole node processes, started, raced, killed and left alone; the service in them is a fake."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from p2pblog.api import spawn
from p2pblog.api.client import NodeClient, SyncClient
from p2pblog.api.wire import SOCKET_PATH_BYTES_MAX, socket_path
from p2pblog.core import limits
from p2pblog.core.errors import (
    BadRequest,
    DiskFull,
    HomeUnusable,
    NodeUnreachable,
    P2PBlogError,
    StoreCorrupt,
)

FAKE_NODE = str(Path(__file__).with_name("fake_node.py"))
LINGER_S = 0.3


def command(home: Path, *options: str) -> list[str]:
    return [sys.executable, FAKE_NODE, os.fspath(home), *options]


class World:
    """A home, and what the faces here start for it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.options = ["linger", f"NODE_LINGER_S={LINGER_S}"]

    def node_command(self, home: Path) -> list[str]:
        return command(home, *self.options)

    def face(self) -> SyncClient:
        return SyncClient(self.home)

    def diary(self, word: str) -> list[int]:
        """Return the processes that wrote `word`, in order."""
        with suppress(FileNotFoundError):
            lines = (self.home / "diary").read_text().splitlines()
            return [int(line.split()[1]) for line in lines if line.split()[0] == word]
        return []

    def wait_until_free(self) -> None:
        wait_until(lambda: not spawn.is_locked(self.home))


def wait_until(condition: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def kill_holder(home: Path) -> None:
    if spawn.is_locked(home):
        with suppress(ProcessLookupError):
            os.kill(int((home / spawn.LOCK_NAME).read_text()), signal.SIGKILL)
        wait_until(lambda: not spawn.is_locked(home))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World(tmp_path / "home")
    monkeypatch.setattr(spawn, "node_command", world.node_command)
    yield world
    kill_holder(world.home)


@pytest.fixture
def foreground(world: World) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `p2pblog node` as a person would; each is killed at the end if it still runs."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(world.home, *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def test_a_face_starts_a_node_and_the_next_one_finds_it(world: World) -> None:
    with world.face() as first, world.face() as second:
        assert first.hello["pid"] == second.hello["pid"]
        assert first.hello["home"] == str(world.home)
        assert first.hello["arrival"] == 7
        assert second.call("echo", text="hello") == {"text": "hello"}
    assert len(world.diary("start")) == 1


def test_faces_that_start_at_once_share_the_one_node_that_survives(world: World) -> None:
    count = 6
    line = threading.Barrier(count)

    def face() -> int:
        line.wait()
        with world.face() as node:
            line.wait()
            return int(node.hello["pid"])

    with ThreadPoolExecutor(count) as pool:
        pids = {future.result() for future in [pool.submit(face) for _ in range(count)]}
    assert len(pids) == 1
    assert world.diary("start") == list(pids)


def test_two_nodes_that_race_for_a_home_leave_one(
    world: World, foreground: Callable[..., subprocess.Popen[str]]
) -> None:
    racers = [foreground() for _ in range(2)]
    wait_until(lambda: [racer for racer in racers if racer.poll() is not None])
    (loser,) = (racer for racer in racers if racer.poll() is not None)
    (winner,) = (racer for racer in racers if racer is not loser)
    assert loser.returncode == 1
    assert loser.communicate() == (
        "",
        f"p2pblog: Another node is using this home: process {winner.pid}; "
        "stop it with: p2pblog stop\n",
    )
    with world.face() as node:
        assert node.hello["pid"] == winner.pid


def test_a_killed_node_is_replaced_without_a_word(world: World) -> None:
    for _ in range(5):
        with world.face() as node:
            os.kill(node.hello["pid"], signal.SIGKILL)
            with pytest.raises(NodeUnreachable):
                node.call("sleep", ms=60_000)
        assert socket_path(world.home).exists()  # nobody tidied up
    with world.face() as node:
        assert node.call("echo", still="here") == {"still": "here"}
    assert len(set(world.diary("start"))) == 6


def test_a_face_waits_for_a_node_that_is_still_starting(
    world: World, foreground: Callable[..., subprocess.Popen[str]]
) -> None:
    slow = foreground("slow=0.5")
    wait_until(lambda: spawn.is_locked(world.home))
    world.options = ["no node is to be started in vain", "crash"]
    with world.face() as node:
        assert node.hello["pid"] == slow.pid


def test_a_face_that_meets_an_ending_node_gets_the_next_one(
    world: World, foreground: Callable[..., subprocess.Popen[str]]
) -> None:
    ending = foreground("slow_close=0.5")
    read_until(ending, "Ctrl+C")
    with SyncClient(world.home, start=False) as node:
        node.call("stop")
    wait_until(lambda: not socket_path(world.home).exists())
    with world.face() as node:
        assert node.hello["pid"] != ending.pid
        assert world.diary("close") == [ending.pid]  # never two at once on one store
    assert ending.wait(10) == 0


def test_stop_is_answered_and_the_hang_up_means_that_all_is_closed(world: World) -> None:
    world.options.append("slow_close=0.1")
    with world.face() as node:
        pid = node.hello["pid"]
        assert node.call("stop") == {}
        said = ""
        while "before it had answered" not in said:  # until it hangs up, it refuses
            with pytest.raises((NodeUnreachable, BadRequest)) as caught:
                node.call("nothing")
            said = str(caught.value)
        assert world.diary("close") == [pid]
        assert not spawn.is_locked(world.home)


def test_a_node_lingers_and_ends_when_its_last_face_has_left(world: World) -> None:
    with world.face(), world.face():
        pass
    left_s = time.monotonic()
    world.wait_until_free()
    assert LINGER_S <= time.monotonic() - left_s < LINGER_S + 2
    assert world.diary("close") == world.diary("start")
    assert not socket_path(world.home).exists()


def test_a_face_that_comes_back_in_time_keeps_the_node(world: World) -> None:
    pids = set()
    begin_s = time.monotonic()
    while time.monotonic() - begin_s < 2 * LINGER_S:
        with world.face() as node:
            pids.add(node.hello["pid"])
        time.sleep(LINGER_S / 5)
    assert len(pids) == 1


def test_a_request_under_way_keeps_the_node_when_its_face_has_left(world: World) -> None:
    with world.face() as node:
        pid = node.hello["pid"]
        killer = threading.Timer(0.1, node.close)
        killer.start()
        with suppress(P2PBlogError):
            node.call("sleep", ms=int(LINGER_S * 2000))
        killer.join()
    world.wait_until_free()
    assert world.diary("asleep") == world.diary("awake") == [pid]


def test_a_node_whose_first_face_never_comes_ends(
    world: World, foreground: Callable[..., subprocess.Popen[str]]
) -> None:
    node = foreground("linger", "API_WAIT_S_MAX=0.5", "NODE_LINGER_S=0.1")
    assert node.stdout is not None
    assert node.stdout.readline() == f"{spawn.READY}\n"
    ready_s = time.monotonic()
    assert node.wait(10) == 0
    assert time.monotonic() - ready_s >= 0.5
    assert node.communicate() == ("", "")


def test_a_node_in_the_foreground_says_where_it_listens_and_does_not_linger(
    world: World, foreground: Callable[..., subprocess.Popen[str]]
) -> None:
    node = foreground("NODE_LINGER_S=0.1", "API_WAIT_S_MAX=0.1")
    said = read_until(node, "Ctrl+C")
    assert str(world.home) in said
    assert "listening on 127.0.0.1:4114" in said
    assert len(said.splitlines()) == 3
    with world.face():
        pass
    time.sleep(0.5)
    assert node.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_node_in_good_order(
    world: World, foreground: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    node = foreground()
    read_until(node, "Ctrl+C")
    node.send_signal(number)
    assert node.wait(10) == 0
    assert world.diary("close") == [node.pid]
    assert not socket_path(world.home).exists()
    assert not spawn.is_locked(world.home)


def test_a_signal_during_the_start_ends_the_node_as_well(
    world: World, foreground: Callable[..., subprocess.Popen[str]]
) -> None:
    node = foreground("slow=0.4")
    wait_until(lambda: spawn.is_locked(world.home))
    wait_until((world.home / "node.log").exists)
    time.sleep(0.2)  # it has no way to say that its signals are in place
    node.send_signal(signal.SIGTERM)
    assert node.wait(10) == 0
    assert world.diary("close") == [node.pid]


@pytest.mark.parametrize(
    ("code", "error"), [("store-corrupt", StoreCorrupt), ("disk-full", DiskFull)]
)
def test_a_node_that_cannot_start_says_why_to_its_face(
    world: World, code: str, error: type[P2PBlogError]
) -> None:
    world.options.append(f"fail={code}")
    with pytest.raises(error) as caught:
        world.face()
    assert str(caught.value) == str(error("for a test"))
    world.wait_until_free()
    assert world.diary("close")  # what had been opened is closed again
    world.options.pop()
    with world.face() as node:
        assert node.call("echo") == {}


def test_a_node_that_cannot_start_says_why_on_the_terminal(
    world: World, foreground: Callable[..., subprocess.Popen[str]]
) -> None:
    node = foreground("fail=store-corrupt")
    assert node.communicate() == ("", f"p2pblog: {StoreCorrupt('for a test')}\n")
    assert node.returncode == 1


def test_an_interpreter_that_falls_over_is_reported_by_its_last_line(world: World) -> None:
    world.options.append("crash")
    with pytest.raises(NodeUnreachable, match="ImportError: no such library"):
        world.face()


def test_a_home_that_cannot_be_is_reported_as_the_node_says_it(world: World) -> None:
    world.home.write_text("I was here first")
    with pytest.raises(HomeUnusable, match="where a folder is needed"):
        SyncClient(world.home / "below")


def test_a_log_that_cannot_be_opened_is_named(world: World) -> None:
    (world.home / "node.log").mkdir(parents=True)
    world.home.chmod(0o700)
    with pytest.raises(HomeUnusable, match=r"node\.log: Is a directory"):
        world.face()


def test_a_node_that_takes_too_long_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "NODE_START_S_MAX", 0.5)
    world.options.append("slow=60")
    with pytest.raises(NodeUnreachable, match="not up after"):
        world.face()


def test_a_home_with_a_path_too_long_for_a_socket_works(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.home = tmp_path / ("x" * 100) / ("y" * 100) / "home"
    path = socket_path(world.home)
    assert len(os.fsencode(world.home / "node.sock")) > SOCKET_PATH_BYTES_MAX
    assert not path.is_relative_to(world.home)
    try:
        with world.face() as node:
            assert path.is_socket()
            os.kill(node.hello["pid"], signal.SIGKILL)
        with world.face() as node:
            assert node.call("echo", n=1) == {"n": 1}
            node.call("stop")
        world.wait_until_free()
        assert not path.exists()
    finally:
        kill_holder(world.home)


def test_a_node_outlives_ctrl_c_in_the_terminal_of_its_face(world: World) -> None:
    with world.face() as node:
        assert os.getsid(node.hello["pid"]) != os.getsid(0)
        assert os.getpgid(node.hello["pid"]) != os.getpgid(0)


def test_a_node_keeps_neither_the_folder_nor_the_output_of_its_face(world: World) -> None:
    with world.face() as node:
        process = Path("/proc") / str(node.hello["pid"])
        if not process.exists():
            pytest.skip("this system has no /proc")
        assert (process / "cwd").readlink() == world.home
        assert (process / "fd" / "0").readlink() == Path("/dev/null")
        wait_until(lambda: (process / "fd" / "1").readlink() == world.home / "node.log")
        assert (process / "fd" / "2").readlink() == world.home / "node.log"


def test_nothing_that_a_node_makes_is_for_others(world: World) -> None:
    with world.face():
        modes = {path.name: path.stat().st_mode & 0o077 for path in world.home.iterdir()}
    assert modes.keys() >= {"node.lock", "node.log", "node.sock", "diary"}
    assert not any(modes.values())


def test_a_bug_in_a_method_is_in_the_log_of_the_node(world: World) -> None:
    with world.face() as node:
        with pytest.raises(P2PBlogError, match="ZeroDivisionError"):
            node.call("fall")
        assert node.call("echo") == {}
    log = (world.home / "node.log").read_text()
    assert "Traceback" in log
    assert "as the test wants it" in log


async def test_a_live_client_starts_a_node_and_hears_it_stop(world: World) -> None:
    node = await NodeClient.connect(world.home)
    await node.call("subscribe")
    await node.call("stop")
    async with asyncio.timeout(10):
        assert await node.events.get() == {"event": "stopping", "data": {}}
        await node.closed.wait()
    assert world.diary("close") == world.diary("start")
    await node.close()


async def test_a_live_client_survives_its_node_by_connecting_again(world: World) -> None:
    node = await NodeClient.connect(world.home)
    os.kill(node.hello["pid"], signal.SIGKILL)
    async with asyncio.timeout(10):
        await node.closed.wait()
    await node.close()
    again = await NodeClient.connect(world.home)
    assert await again.call("echo") == {}
    assert again.hello["pid"] != node.hello["pid"]
    await again.close()


def test_what_a_face_runs_is_this_program_in_a_safe_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert spawn.node_command(Path("/home/mia")) == [
        sys.executable,
        "-P",
        "-m",
        "p2pblog",
        "--home",
        "/home/mia",
        "node",
        "--linger",
    ]
