"""The command demo: a small neighbourhood of real nodes on this machine, and the client in it.

Everything lives under one temporary folder, talks over the loopback alone, and under a network
key of its own.  Leaving removes all of it, whichever way one leaves.  Should this process be
killed outright, its nodes still end by themselves: they are started to linger, and their last
face is gone.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import click

from p2pblog.cli.demo_life import Life, Street
from p2pblog.cli.demo_script import PEOPLE, VISITOR
from p2pblog.cli.face import Face, FaceCommand, Node
from p2pblog.core.errors import NodeUnreachable
from p2pblog.core.limits import KEY_BYTES, NODE_START_S_MAX
from p2pblog.core.textform import Kind, to_text

NODE_STOP_S_MAX = 5
BEGIN_S_MAX = 8  # then the client opens, whatever has arrived by then
POLL_S = 0.05
STEP_S_MAX = 0.25  # how soon leaving is noticed
LEAVING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# What a client that crashed may have left the terminal in: the other screen, no cursor,
# reports of the mouse, of focus and of pastes.
_TERMINAL_AGAIN = "\x1b[?1049l\x1b[?25h\x1b[?1000;1002;1003;1006;1015;1004;2004l\x1b[0m\r"


class _Leave(BaseException):
    """A signal asked us to end."""

    def __init__(self, number: int) -> None:
        self.number = number


class _Signals:
    """Turns the signals that ask a program to end into `_Leave`, until left."""

    def __init__(self) -> None:
        # What is ignored already (by nohup, say) stays so.
        heard = [each for each in LEAVING if signal.getsignal(each) is not signal.SIG_IGN]
        self._asked: int | None = None
        self._held = False
        self._before = {each: signal.signal(each, self._hear) for each in heard}

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._asked = number
        else:
            self.deaf()
            raise _Leave(number)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing come between making something and noting that it has to be removed."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._asked is not None:
            self.deaf()
            raise _Leave(self._asked)

    def deaf(self) -> None:
        """From now on, hear nothing: what was started is taken down undisturbed."""
        for each in self._before:
            signal.signal(each, signal.SIG_IGN)

    def restore(self) -> None:
        """Let the signals mean what they meant before."""
        for each, handler in self._before.items():
            signal.signal(each, handler)


@click.command(
    cls=FaceCommand,
    shape='{"home", "homes": {"visitor": DIR, ...}}',
    note="JSON comes with --no-client only, once everybody is there; then it runs on.",
)
@click.option("--no-client", is_flag=True, help="Print the visitor's home, and run until stopped.")
@click.pass_obj
def demo(face: Face, no_client: bool) -> int:
    """Try p2pblog in a small neighbourhood on this machine.

    Five real nodes start in a temporary folder, on the loopback alone; four of them are people who
    talk to each other, the fifth is yours. Leaving the client removes everything.
    """
    if not no_client and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("the client needs a terminal; without one, try: demo --no-client")
    if not no_client:
        click.echo("A few neighbours are moving in ...", err=True)
    signals = _Signals()
    try:
        with ExitStack() as stack:
            try:
                return _visit(stack, face, signals, no_client)
            finally:
                signals.deaf()
    except _Leave as leaving:
        return 128 + leaving.number
    finally:
        signals.restore()


def _visit(stack: ExitStack, face: Face, signals: _Signals, no_client: bool) -> int:
    with signals.held():
        folder = Path(stack.enter_context(_removed_at_the_end()))
        homes = {who.key: folder / who.key for who in PEOPLE}
        processes = _start_nodes(stack, homes)
    nodes = {
        who: stack.enter_context(_reach(face, home, processes[who])) for who, home in homes.items()
    }
    life = _begin(Street(nodes))
    if no_client:
        document = {"home": str(homes[VISITOR])}
        all_homes = {"homes": {who: str(home) for who, home in homes.items()}}
        face.say(document | all_homes, lambda: [document["home"]])
        sys.stdout.flush()
        return _live(life, lambda: None)
    with signals.held():
        client = stack.enter_context(_client(homes[VISITOR]))
    status = _live(life, client.poll)
    if status != 0:
        with contextlib.suppress(OSError):
            click.echo(_TERMINAL_AGAIN, nl=False, color=True)
        raise click.ClickException(f"the client ended with status {status}; the demo is removed")
    return 0


def _begin(street: Street) -> Life:
    """Let everybody move in, meet and say their opening lines."""
    street.move_in(time.time_ns() // 1_000_000)
    street.meet()
    life = Life(street, now_s=time.monotonic(), chance=random.Random())
    deadline_s = time.monotonic() + BEGIN_S_MAX
    while time.monotonic() < deadline_s:
        life.step(time.monotonic())
        if life.has_begun():
            break
        time.sleep(POLL_S)
    return life


def _live(life: Life, ended: Callable[[], int | None]) -> int:
    """Let life go on until `ended` returns a status; return that."""
    while (status := ended()) is None:
        next_s = life.step(time.monotonic())
        time.sleep(min(max(next_s - time.monotonic(), POLL_S), STEP_S_MAX))
    return status


@contextmanager
def _removed_at_the_end() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="p2pblog-demo-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_nodes(stack: ExitStack, homes: Mapping[str, Path]) -> dict[str, subprocess.Popen[bytes]]:
    """Start all nodes at once, to be ended with `stack`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("P2PBLOG_")}
    key = to_text(Kind.NETWORK, secrets.token_bytes(KEY_BYTES))
    environment["P2PBLOG_NETWORK_KEY"] = key  # nobody else's node gets in
    processes = {
        who: stack.enter_context(_node_process(home, environment)) for who, home in homes.items()
    }
    for process in processes.values():
        stack.callback(process.terminate)  # all at once; they are waited for one by one
    return processes


@contextmanager
def _node_process(home: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-P", "-m", "p2pblog", "--home", str(home), "node", "--linger"]
    with home.with_suffix(".out").open("wb") as output:
        process = subprocess.Popen(
            [*command, "--listen", "127.0.0.1:0", "--no-lan"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl+C is for us; we end them
        )
    with _ended(process):
        yield process


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(NODE_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _reach(
    face: Face, home: Path, process: subprocess.Popen[bytes]
) -> AbstractContextManager[Node]:
    deadline_s = time.monotonic() + NODE_START_S_MAX
    while True:
        try:
            return face.open_node(home, False)
        except NodeUnreachable as error:
            if process.poll() is not None:
                said = home.with_suffix(".out").read_text(errors="replace").strip().splitlines()
                last = said[-1] if said else "it ended without a word"
                raise NodeUnreachable(f"a node of the demo did not start: {last}") from error
            if time.monotonic() > deadline_s:
                raise
        time.sleep(POLL_S)


@contextmanager
def _client(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The client as a process of its own: should it crash, we are still here to clean up."""
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    process = subprocess.Popen([sys.executable, "-P", "-m", "p2pblog", "--home", str(home)])
    try:
        with _ended(process):
            yield process
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
