"""Decide how a face gets to a node that answers: the one that runs, or one it starts.

Implements docs/node.md, "Starting and ending".  A dead node's socket is passed over, a node
that is about to end is waited for, and of two faces that start one at once both end up with
the node that got the home's lock.  Blocking, and light: only what starting takes is imported
late, because nearly always a node runs.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from p2pblog.api.wire import (
    HEADER_BYTES,
    SOCKET_NAME,
    Frame,
    check_folder,
    pack,
    payload_bytes,
    peer_uid,
    socket_path,
    unpack,
)
from p2pblog.core import limits
from p2pblog.core.errors import (
    HomeBusy,
    HomeUnusable,
    NodeUnreachable,
    P2PBlogError,
    ProtocolError,
    error_from_code,
)

if TYPE_CHECKING:
    from subprocess import Popen

LOCK_NAME: Final = "node.lock"
DEVICE_KEY_NAME: Final = "device.key"
IDENTITY_NAME: Final = "identity.json"
STORE_NAME: Final = "store"

# What a lingering node says on its standard output, once, to whoever started it:
# READY, or FAILED, a code and a message.
READY: Final = "p2pblog-node-ready"
FAILED: Final = "p2pblog-node-failed"

_READY_LINE = READY.encode() + b"\n"
_POLL_S = 0.02
_WORDS_BYTES_MAX = 4096  # the last of what a starting node said
_GREETING_ID = 0


class Reached(NamedTuple):
    """A connection on which the node has answered `hello`, and what it answered.

    `started`: there was none before, it had to be started.
    """

    connected: socket.socket
    hello: Frame
    started: bool = False


def reach(home: Path, *, start: bool = True) -> Reached:
    """Return a blocking connection to the node of `home`, started if none runs and `start`.

    Raises:
        NodeUnreachable: none runs and none was to be started; or it is silent for 5 s; or
            none came up within 20 s.
        NodeCrowded: it has as many faces as it takes.
        HomeUnusable: the socket's folder is not safe, or the node could not use its home.
        P2PBlogError: whatever else kept a new node from starting, as it said itself.
    """
    path = socket_path(home)
    deadline_s = time.monotonic() + limits.NODE_START_S_MAX
    started = False
    while (reached := _greet(path)) is None:
        if not start:
            raise NodeUnreachable("none is running; start one with: p2pblog node")
        if time.monotonic() >= deadline_s:
            raise NodeUnreachable(f"it was not up after {limits.NODE_START_S_MAX} s")
        if is_locked(home):  # one is coming up or going down; its socket or its lock will tell
            time.sleep(_POLL_S)
        else:
            _start(home, deadline_s)
            started = True
    return reached._replace(started=started)


def is_locked(home: Path) -> bool:
    """Tell whether a living process holds the lock of `home`."""
    from fcntl import LOCK_NB, LOCK_SH, flock

    try:
        fd = os.open(Path(home, LOCK_NAME), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        flock(fd, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False


def is_begun(home: Path) -> bool:
    """Tell whether a node has ever made something of `home`; what cannot be told has been begun."""
    try:
        names = os.listdir(home)  # noqa: PTH208  (faster)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # the node says what is wrong with it
    ours = {LOCK_NAME, SOCKET_NAME, DEVICE_KEY_NAME, IDENTITY_NAME, STORE_NAME}
    return not ours.isdisjoint(names)


def node_command(home: Path) -> list[str]:
    """Return the command that runs a node for `home` until its last face has left."""
    # -P: whatever lies in the folder that somebody happens to stand in is not ours to import.
    node = [sys.executable, "-P", "-m", "p2pblog"]
    return [*node, "--home", os.path.abspath(home), "node", "--linger"]  # noqa: PTH100


def receive(connected: socket.socket) -> Frame:
    """Return the next frame of a blocking connection.

    Raises:
        EOFError: the other side has hung up, between frames or within one.
        ProtocolError: what came is no frame.
        OSError: the connection broke, or its time limit passed (TimeoutError).
    """
    return unpack(_exactly(connected, payload_bytes(_exactly(connected, HEADER_BYTES))))


def error_in(frame: Frame) -> P2PBlogError | None:
    """Return the error that `frame` reports, or None if it reports none."""
    match frame.get("error"):
        case {"code": str(code), "message": str(message)}:
            return error_from_code(code, message)
        case None:
            return None
        case _:
            raise NodeUnreachable("it answers in a way that this version does not know")


def _exactly(connected: socket.socket, size: int) -> bytes:
    # Most frames come whole: then nothing is copied.
    data = connected.recv(size)
    if len(data) == size:
        return data
    parts = bytearray(data)
    while data and len(parts) < size:
        data = connected.recv(size - len(parts))
        parts += data
    if len(parts) < size:
        raise EOFError
    return bytes(parts)


def _greet(path: Path) -> Reached | None:
    """Return a connection to the node at `path`, or None if nobody is there, or is leaving."""
    if path.name != SOCKET_NAME:
        check_folder(path.parent)
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.settimeout(limits.API_WAIT_S_MAX)
        hello = _hello(connected, path)
        connected.settimeout(None)
    except BaseException:
        connected.close()
        raise
    if hello is None:
        connected.close()
        return None
    return Reached(connected, hello)


def _hello(connected: socket.socket, path: Path) -> Frame | None:
    try:
        _connect(connected, path)
        uid = peer_uid(connected)
        if uid not in (None, os.getuid()):
            raise NodeUnreachable(f"user {uid} runs it, and this is user {os.getuid()}")
        with suppress(ConnectionError):  # it may have refused us already, and said why
            connected.sendall(pack({"id": _GREETING_ID, "method": "hello", "params": {}}))
        frame = receive(connected)
    except TimeoutError as error:
        waited = f"it runs, but did not answer within {limits.API_WAIT_S_MAX} s"
        raise NodeUnreachable(waited) from error
    except (FileNotFoundError, NotADirectoryError, ConnectionError, EOFError):
        return None  # nobody there, only a dead one's socket, or one that is just leaving
    except ProtocolError as error:
        raise NodeUnreachable("what answers is not a node of p2pblog") from error
    except OSError as error:
        raise HomeUnusable(f"{path}: {error.strerror or error}") from error
    if (refusal := error_in(frame)) is not None:
        raise refusal
    match frame:
        case {"id": 0, "result": dict(hello)}:
            return hello
        case _:
            raise NodeUnreachable("it answers in a way that this version does not know")


def _connect(connected: socket.socket, path: Path) -> None:
    deadline_s = time.monotonic() + limits.API_WAIT_S_MAX
    while True:
        try:
            connected.connect(os.fspath(path))
        except BlockingIOError:  # more callers at this moment than its queue holds
            if time.monotonic() >= deadline_s:
                raise TimeoutError from None
            time.sleep(_POLL_S)
        else:
            return


def _start(home: Path, deadline_s: float) -> None:
    """Start a node and return when it answers, or when another one was quicker."""
    import subprocess
    import threading

    command = node_command(home)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # what it says before it has opened its log
            start_new_session=True,  # Ctrl+C is meant for the face
        )
    except OSError as error:
        raise NodeUnreachable(f"{command[0]}: {error.strerror}") from error
    # It outlives most faces; those that it does not outlive must not keep its remains.
    threading.Thread(target=process.wait, daemon=True).start()
    words = _last_words(process, deadline_s)
    for line in reversed(words):
        if line == READY:
            return
        if line.startswith(FAILED):
            code, _, message = line.removeprefix(FAILED).strip().partition(" ")
            failure = error_from_code(code, message)
            if isinstance(failure, HomeBusy):
                return
            raise failure
    if time.monotonic() < deadline_s:
        said = words[-1] if words else "it ended without a word"
        raise NodeUnreachable(f"it did not start: {said}"[: limits.API_MESSAGE_CHARS_MAX])


def _last_words(process: Popen[bytes], deadline_s: float) -> list[str]:
    """Return the lines that a starting node says until it has come up, or ended, or time is up."""
    import select

    if process.stdout is None:
        raise RuntimeError("the node was started without a pipe")
    data = b""
    with process.stdout as pipe:
        while (left_s := deadline_s - time.monotonic()) > 0:
            poller = select.poll()  # select() itself fails above descriptor 1023
            poller.register(pipe, select.POLLIN | select.POLLHUP)
            if not poller.poll(left_s * 1000):
                break
            if not (more := os.read(pipe.fileno(), _WORDS_BYTES_MAX)):
                break
            data = (data + more)[-_WORDS_BYTES_MAX:]
            if data.startswith(_READY_LINE) or b"\n" + _READY_LINE in data:
                break
    text = data.decode(errors="replace")
    return ["".join(c if c.isprintable() else " " for c in line) for line in text.splitlines()]
