"""The client in a terminal that sends what is no text and no key."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.whole.running import RunningNode, until

ODD = [
    pytest.param(b"caf\xe9 ", id="Latin-1"),
    pytest.param(b"\x1b[M \xff!", id="old mouse report beyond column 95"),
    pytest.param(b"\x1b[1114112u", id="key beyond Unicode"),
    pytest.param(b"\x1b[99999999;5u", id="key beyond Unicode, with Ctrl"),
    pytest.param(b"\x1b[55296u", id="half of a surrogate pair"),
    pytest.param(b"\x1b[999999999~", id="function key with a long number"),
    pytest.param(b"\x1b[<35;" + b"9" * 20 + b";3M", id="mouse far away"),
    pytest.param(b"\x1b[<0;" + b"9" * 5000 + b";3M", id="mouse farther than an integer"),
    pytest.param(b"\x1b[48;0;0;0;0t\x1b[<0;3;3M\x1b[48;24;80;480;640t", id="no window at all"),
]


@contextmanager
def client(node: RunningNode) -> Iterator[tuple[int, bytearray, subprocess.Popen[bytes]]]:
    """Run the client; yields the terminal, all that it has shown so far, and the process."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        node.argv(), stdin=theirs, stdout=theirs, stderr=theirs, env=node.env | {"TERM": "xterm"}
    )
    os.close(theirs)
    shown = bytearray()

    def show() -> None:
        try:
            while True:
                shown.extend(os.read(ours, 1 << 16))
        except OSError:  # the client has ended
            pass

    painter = threading.Thread(target=show)
    painter.start()
    try:
        yield ours, shown, process
    finally:
        process.kill()
        process.wait()
        painter.join()
        os.close(ours)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    running = RunningNode(tmp_path_factory.mktemp("odd") / "a").start()
    try:
        running.init("Noor")
        running.call("post", text="my post")
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_key_does_not_end_the_client(node: RunningNode, odd: bytes) -> None:
    with client(node) as (terminal, shown, process):
        until(lambda: b"my post" in shown)
        os.write(terminal, b"c")
        until(lambda: b"New post" in shown)
        os.write(terminal, odd)
        os.write(terminal, b"still here")
        until(lambda: b"still here" in bytes(shown) or process.poll() is not None)
        assert process.poll() is None
        drafts = Path(node.home, "drafts.json")
        os.write(terminal, b"\x11")
        assert process.wait(10) == 0
        assert "still here" in drafts.read_text()
        drafts.unlink()
