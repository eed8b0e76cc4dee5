"""Both clients against nodes that tell them anything: each is a few lines on a thread."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from p2pblog.api import spawn, stream, wire
from p2pblog.api.client import NodeClient, SyncClient
from p2pblog.api.spawn import receive
from p2pblog.api.wire import Frame, pack
from p2pblog.core import limits
from p2pblog.core.errors import (
    HomeUnusable,
    NodeCrowded,
    NodeUnreachable,
    NonCanonical,
    NotFound,
    Unencodable,
)

Script = Callable[[socket.socket], None]
HELLO = {"arrival": 1, "home": "/somewhere", "pid": 1, "version": "0"}


@contextmanager
def playing(home: Path, script: Script) -> Iterator[None]:
    """Answer each connection to `home` with `script`."""
    home.mkdir(exist_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(os.fspath(home / "node.sock"))
    listening.listen()
    connections: list[socket.socket] = []

    def one(connected: socket.socket) -> None:
        with connected, suppress(OSError, EOFError):
            script(connected)

    def serve() -> None:
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            connections.append(connected)
            threading.Thread(target=one, args=(connected,)).start()

    server = threading.Thread(target=serve)
    server.start()
    try:
        yield
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        server.join()
        for connected in connections:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def greet(connected: socket.socket) -> None:
    hello = receive(connected)
    assert hello["method"] == "hello"
    connected.sendall(pack({"id": hello["id"], "result": HELLO}))


def answering(*frames: Frame) -> Script:
    """A node that answers the first request with `frames`; the id is filled in where it is -1."""

    def script(connected: socket.socket) -> None:
        greet(connected)
        request = receive(connected)
        for frame in frames:
            named = frame | {"id": request["id"]} if frame.get("id") == -1 else frame
            connected.sendall(pack(named))
        connected.recv(1)

    return script


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def sync_call(home: Path, method: str, **params: Any) -> Frame:
    def call() -> Frame:
        with SyncClient(home, start=False) as node:
            return node.call(method, **params)

    return await asyncio.to_thread(call)


async def live_call(home: Path, method: str, **params: Any) -> Frame:
    node = await NodeClient.connect(home, start=False)
    try:
        return await node.call(method, **params)
    finally:
        await node.close()


both = pytest.mark.parametrize("call", [sync_call, live_call])
Call = Callable[..., Awaitable[Frame]]


@both
async def test_a_result_comes_back(home: Path, call: Call) -> None:
    with playing(home, answering({"id": -1, "result": {"entries": [1]}})):
        assert await call(home, "timeline") == {"entries": [1]}


@both
async def test_an_error_is_raised_as_the_class_that_its_code_names(home: Path, call: Call) -> None:
    error = {"code": "not-found", "message": f"{NotFound('entry eabc')}"}
    with playing(home, answering({"id": -1, "error": error})):
        with pytest.raises(NotFound) as caught:
            await call(home, "entry")
        assert str(caught.value) == str(NotFound("entry eabc"))


@both
async def test_answers_to_others_and_events_and_the_unknown_are_passed_over(
    home: Path, call: Call
) -> None:
    noise: list[Frame] = [
        {"event": "changed", "data": {}},
        {"id": 99, "result": {"not": "ours"}},
        {"id": 99, "error": {"code": "not-found", "message": "not ours"}},
        {"something": "of a later version"},
        {"id": -1, "something": "of a later version"},
    ]
    with playing(home, answering(*noise, {"id": -1, "result": {"ours": True}})):
        assert await call(home, "whoami") == {"ours": True}


@both
async def test_progress_is_reported_in_order(home: Path, call: Call) -> None:
    steps: list[Frame] = [{"id": -1, "progress": {"done": n, "total": 9}} for n in (3, 6, 9)]
    seen: list[tuple[int, int]] = []
    with playing(home, answering(*steps, {"id": -1, "result": {}})):
        await call(home, "log.verify", on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 9), (6, 9), (9, 9)]


@both
async def test_a_node_that_ends_within_its_answer_is_unreachable(home: Path, call: Call) -> None:
    def script(connected: socket.socket) -> None:
        greet(connected)
        request = receive(connected)
        connected.sendall(pack({"id": request["id"], "result": {"text": "x" * 100}})[:50])

    with playing(home, script), pytest.raises(NodeUnreachable, match="before it had answered"):
        await call(home, "post", text="hello")


@both
async def test_a_frame_that_is_none_ends_the_call_with_one_error(home: Path, call: Call) -> None:
    def script(connected: socket.socket) -> None:
        greet(connected)
        receive(connected)
        connected.sendall((2).to_bytes(4) + b"\xcc\x01")  # 1, in two bytes instead of one
        connected.recv(1)

    with playing(home, script), pytest.raises(NonCanonical):
        await call(home, "post", text="hello")


@both
async def test_an_error_without_an_id_is_about_the_connection(home: Path, call: Call) -> None:
    error = {"code": "node-crowded", "message": str(NodeCrowded())}
    at_once = playing(home, lambda connected: connected.sendall(pack({"error": error})))
    with at_once, pytest.raises(NodeCrowded):
        await call(home, "whoami")
    (home / "node.sock").unlink()
    with playing(home, answering({"error": error})), pytest.raises(NodeCrowded):
        await call(home, "whoami")


@both
async def test_a_refusal_is_heard_by_a_face_that_was_still_about_to_greet(
    home: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Event()

    def script(connected: socket.socket) -> None:
        connected.sendall(pack({"error": {"code": "node-crowded", "message": ""}}))
        connected.close()
        refused.set()

    def peer_uid(connected: socket.socket) -> int:
        assert refused.wait(5)
        return os.getuid()

    monkeypatch.setattr(spawn, "peer_uid", peer_uid)
    with playing(home, script), pytest.raises(NodeCrowded):
        await call(home, "whoami")


@both
async def test_a_node_of_another_user_is_told_nothing(
    home: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []
    monkeypatch.setattr(spawn, "peer_uid", lambda connected: os.getuid() + 1)
    theirs = playing(home, lambda connected: heard.append(connected.recv(1000)))
    with theirs, pytest.raises(NodeUnreachable, match=f"user {os.getuid() + 1} runs it"):
        await call(home, "whoami")
    assert not any(heard)


@both
async def test_what_the_api_cannot_carry_is_refused_before_it_is_sent(
    home: Path, call: Call
) -> None:
    with playing(home, answering({"id": -1, "result": {}})), pytest.raises(Unencodable):
        await call(home, "post", text="bad \udcff")


@both
async def test_something_else_behind_the_socket_is_named(home: Path, call: Call) -> None:
    other = playing(home, lambda connected: connected.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"))
    with other, pytest.raises(NodeUnreachable, match="not a node"):
        await call(home, "whoami")


@both
async def test_a_silent_node_is_reported_after_the_time_for_a_greeting(
    home: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "API_WAIT_S_MAX", 0.1)

    def script(connected: socket.socket) -> None:
        receive(connected)
        connected.recv(1)

    with playing(home, script), pytest.raises(NodeUnreachable, match="did not answer"):
        await call(home, "whoami")


@both
async def test_without_a_node_and_without_starting_one_that_is_said(home: Path, call: Call) -> None:
    with pytest.raises(NodeUnreachable, match="none is running"):
        await call(home, "whoami")
    assert not home.exists()


@both
async def test_a_socket_that_cannot_be_asked_is_named(home: Path, call: Call) -> None:
    home.symlink_to(home)
    with pytest.raises(HomeUnusable, match=r"home/node\.sock"):
        await call(home, "whoami")


async def test_overlapping_calls_get_their_own_answers(home: Path) -> None:
    def script(connected: socket.socket) -> None:
        greet(connected)
        requests = [receive(connected) for _ in range(20)]
        for request in reversed(requests):
            connected.sendall(pack({"id": request["id"], "result": request["params"]}))
        connected.recv(1)

    with playing(home, script):
        node = await NodeClient.connect(home, start=False)
        answers = await asyncio.gather(*(node.call("echo", number=n) for n in range(20)))
        assert answers == [{"number": n} for n in range(20)]
        await node.close()


async def test_of_too_many_unread_events_the_oldest_go(home: Path) -> None:
    count = limits.API_EVENTS_QUEUED_MAX + 5
    events: list[Frame] = [{"event": "changed", "data": {"arrival": n}} for n in range(count)]
    with playing(home, answering(*events, {"id": -1, "result": {}})):
        node = await NodeClient.connect(home, start=False)
        await node.call("subscribe")
        unread = [node.events.get_nowait() for _ in range(node.events.qsize())]
        assert [event["data"]["arrival"] for event in unread] == list(range(5, count))
        await node.close()


async def test_when_the_node_ends_every_call_fails_and_closed_is_set(home: Path) -> None:
    def script(connected: socket.socket) -> None:
        greet(connected)
        for _ in range(3):
            receive(connected)

    with playing(home, script):
        node = await NodeClient.connect(home, start=False)
        calls = [asyncio.create_task(node.call("wait")) for _ in range(3)]
        await node.closed.wait()
        for call in calls:
            with pytest.raises(NodeUnreachable):
                await call
        with pytest.raises(NodeUnreachable):
            await node.call("whoami")
        await node.close()


async def test_a_call_that_is_given_up_does_not_disturb_the_next(home: Path) -> None:
    def script(connected: socket.socket) -> None:
        greet(connected)
        first, second = receive(connected), receive(connected)
        connected.sendall(pack({"id": first["id"], "result": {"first": True}}))
        connected.sendall(pack({"id": second["id"], "result": {"second": True}}))
        connected.recv(1)

    with playing(home, script):
        node = await NodeClient.connect(home, start=False)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(node.call("wait"), 0.05)
        assert await node.call("wait") == {"second": True}
        await node.close()


async def test_progress_that_its_caller_cannot_take_fails_that_call_alone(home: Path) -> None:
    def fall(done: int, total: int) -> None:
        raise ZeroDivisionError

    def script(connected: socket.socket) -> None:
        greet(connected)
        request = receive(connected)
        connected.sendall(pack({"id": request["id"], "progress": {"done": 1, "total": 2}}))
        request = receive(connected)
        connected.sendall(pack({"id": request["id"], "result": {}}))
        connected.recv(1)

    with playing(home, script):
        node = await NodeClient.connect(home, start=False)
        with pytest.raises(ZeroDivisionError):
            await node.call("log.verify", on_progress=fall)
        assert await node.call("whoami") == {}
        await node.close()


async def test_a_large_frame_is_decoded_without_holding_up_the_loop(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    loop_went_on = threading.Event()

    def unpack(payload: bytes) -> Frame:
        if len(payload) > limits.API_INLINE_BYTES_MAX:
            loop.call_soon_threadsafe(loop_went_on.set)
            assert loop_went_on.wait(2)
        return wire.unpack(payload)

    monkeypatch.setattr(stream, "unpack", unpack)
    with playing(home, answering({"id": -1, "result": {"text": "x" * 100_000}})):
        node = await NodeClient.connect(home, start=False)
        assert len((await node.call("entry"))["text"]) == 100_000
        await node.close()
