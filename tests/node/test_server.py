"""The node's end of the local API, spoken to as any program might speak to it."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import stat
import struct
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from p2pblog.api.stream import read_frame
from p2pblog.api.wire import Frame, pack
from p2pblog.core import limits
from p2pblog.core.encoding import encode
from p2pblog.core.errors import HomeUnusable, NotFound
from p2pblog.node import face, server
from p2pblog.node.server import Request, Server


class RawFace:
    """One raw connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, *frames: Frame) -> None:
        self.writer.write(b"".join(pack(frame) for frame in frames))

    async def receive(self) -> Frame | None:
        try:
            return await read_frame(self.reader)
        except ConnectionError:
            return None

    async def call(self, method: str, **params: Any) -> Frame:
        self.send({"id": 1, "method": method, "params": params})
        answer = await self.receive()
        assert answer is not None
        return answer

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class World:
    """A server at `path` whose methods are there to be watched."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.gate = asyncio.Event()
        self.under_way = 0
        self.most_under_way = 0
        self.raws: list[RawFace] = []
        self.server = Server(
            path,
            {
                "echo": self.echo,
                "gate": self.wait_at_gate,
                "large": self.large,
                "raise": self.fall,
                "float": self.float,
                "progress": self.progress,
            },
        )

    async def face(self) -> RawFace:
        raw = RawFace(*await asyncio.open_unix_connection(self.path))
        self.raws.append(raw)
        return raw

    async def echo(self, request: Request) -> Mapping[str, Any]:
        return request.params

    async def wait_at_gate(self, request: Request) -> Mapping[str, Any]:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        return {}

    async def large(self, request: Request) -> Mapping[str, Any]:
        return {"text": "x" * request.params["bytes"]}

    async def fall(self, request: Request) -> Mapping[str, Any]:
        raise {
            "ours": NotFound("entry eabc"),
            "bug": ZeroDivisionError("secret detail"),
            "disk": OSError(errno.ENOSPC, "No space left on device"),
            "lines": NotFound("one\ntwo \udcff " + "x" * 1000),
        }[request.params["what"]]

    async def float(self, request: Request) -> Mapping[str, Any]:
        return {"share": 0.5}

    async def progress(self, request: Request) -> Mapping[str, Any]:
        def work() -> None:
            for done in range(1, 20_001):
                request.progress(done, 20_000)

        if request.params.get("thread"):
            await asyncio.to_thread(work)
        else:
            work()
        return {}


@asynccontextmanager
async def a_world(path: Path) -> AsyncIterator[World]:
    world = World(path)
    await world.server.start()
    try:
        yield world
    finally:
        world.gate.set()
        await world.server.retire()
        await world.server.close()
        for raw in world.raws:
            await raw.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "node.sock") as world:
        yield world


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_overlapping_requests_are_answered_as_they_are_done(world: World) -> None:
    raw = await world.face()
    raw.send(
        {"id": 1, "method": "gate", "params": {}}, {"id": 2, "method": "echo", "params": {"a": 1}}
    )
    assert await raw.receive() == {"id": 2, "result": {"a": 1}}
    world.gate.set()
    assert await raw.receive() == {"id": 1, "result": {}}


async def test_params_may_be_left_out(world: World) -> None:
    raw = await world.face()
    raw.send({"id": 0, "method": "echo"})
    assert await raw.receive() == {"id": 0, "result": {}}


async def test_an_unknown_method_and_params_that_are_no_map_are_bad_requests(world: World) -> None:
    raw = await world.face()
    for frame in ({"id": 5, "method": "fly"}, {"id": 5, "method": "echo", "params": [1]}):
        raw.send(frame)
        answer = await raw.receive()
        assert answer is not None
        assert answer["id"] == 5
        assert answer["error"]["code"] == "bad-request"


async def test_our_errors_keep_their_code_and_message(world: World) -> None:
    answer = await (await world.face()).call("raise", what="ours")
    assert answer["error"] == {"code": "not-found", "message": str(NotFound("entry eabc"))}


async def test_a_full_disk_is_said_as_such(world: World) -> None:
    answer = await (await world.face()).call("raise", what="disk")
    assert answer["error"]["code"] == "disk-full"


async def test_a_bug_is_logged_with_its_traceback_and_ends_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    raw = await world.face()
    with caplog.at_level(logging.ERROR):
        answer = await raw.call("raise", what="bug")
    assert answer["error"]["code"] == "error"
    assert "ZeroDivisionError" in answer["error"]["message"]
    assert "secret detail" not in answer["error"]["message"]
    assert "secret detail" in caplog.text
    assert await raw.call("echo") == {"id": 1, "result": {}}


async def test_a_message_is_one_line_that_can_be_sent_and_is_bounded(world: World) -> None:
    answer = await (await world.face()).call("raise", what="lines")
    message = answer["error"]["message"]
    assert "one two ?" in message
    assert len(message) <= limits.API_MESSAGE_CHARS_MAX


@pytest.mark.parametrize(("method", "code"), [("float", "unencodable"), ("large", "too-large")])
async def test_an_answer_that_cannot_be_sent_is_an_error(
    world: World, caplog: pytest.LogCaptureFixture, method: str, code: str
) -> None:
    raw = await world.face()
    answer = await raw.call(method, bytes=limits.API_FRAME_BYTES_MAX)
    assert answer["error"]["code"] == code
    assert await raw.call("echo") == {"id": 1, "result": {}}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "too-large"),
        (b"\x00\x00\x00\x00", "too-large"),
        ((limits.API_FRAME_BYTES_MAX + 1).to_bytes(4), "too-large"),
        (b"\xff\xff\xff\xff", "too-large"),
        (b"\x00\x00\x00\x01\xc1", "non-canonical"),
        (b"\x00\x00\x00\x09" + b"\x81\xa2id\xcb\x00\x00\x00\x00", "non-canonical"),
        (pack({"id": 1})[:3] + b"\x01\xc0", "bad-structure"),
        (pack({"id": 1}), "bad-structure"),
        (pack({"method": "echo"}), "bad-structure"),
        (pack({"id": True, "method": "echo"}), "bad-structure"),
        (pack({"id": "1", "method": "echo"}), "bad-structure"),
        (pack({"id": 1, "method": b"echo"}), "bad-structure"),
    ],
)
async def test_garbage_ends_its_own_connection_with_one_error(
    world: World, data: bytes, code: str
) -> None:
    bystander, raw = await world.face(), await world.face()
    raw.writer.write(data)
    answer = await raw.receive()
    assert answer is not None
    assert "id" not in answer
    assert answer["error"]["code"] == code
    assert await raw.receive() is None
    assert await bystander.call("echo") == {"id": 1, "result": {}}


@pytest.mark.parametrize("length", [1, 3, 4, 5, 20])
async def test_half_a_frame_is_no_request(world: World, length: int) -> None:
    raw = await world.face()
    raw.writer.write(pack({"id": 1, "method": "gate", "params": {}})[:length])
    await raw.close()
    await until(world.server.empty.is_set)
    assert world.most_under_way == 0


async def test_a_frame_of_many_small_things_does_not_hold_up_others(world: World) -> None:
    bystander, raw = await world.face(), await world.face()
    payload = b"\xdc\xff\xff" + b"\xc0" * 65_535
    assert len(payload) > limits.API_INLINE_BYTES_MAX
    raw.writer.write(len(payload).to_bytes(4) + payload)
    assert await bystander.call("echo") == {"id": 1, "result": {}}
    answer = await raw.receive()
    assert answer is not None
    assert answer["error"]["code"] == "bad-structure"


async def test_of_forty_faces_the_last_eight_are_told_that_it_is_crowded(world: World) -> None:
    raws = [await world.face() for _ in range(40)]
    answers = await asyncio.gather(*(raw.call("echo") for raw in raws))
    crowded = [answer["error"]["code"] for answer in answers if "error" in answer]
    assert crowded == ["node-crowded"] * (40 - limits.API_CLIENTS_MAX)
    leaving = next(raw for raw, answer in zip(raws, answers, strict=True) if "result" in answer)
    await leaving.close()
    # The node learns of it on its own next turn, so the place may be free a little later.
    async with asyncio.timeout(5):
        while "error" in await (await world.face()).call("echo"):
            pass


async def test_only_so_many_requests_of_a_face_are_under_way_at_once(world: World) -> None:
    raw = await world.face()
    count = limits.API_REQUESTS_MAX + 10
    raw.send(*({"id": number, "method": "gate", "params": {}} for number in range(count)))
    await until(lambda: world.under_way == limits.API_REQUESTS_MAX)
    bystander = await world.face()
    assert await bystander.call("echo") == {"id": 1, "result": {}}
    world.gate.set()
    answered = {frame["id"] for _ in range(count) if (frame := await raw.receive())}
    assert answered == set(range(count))
    assert world.most_under_way == limits.API_REQUESTS_MAX


async def test_a_face_that_never_reads_what_it_asks_for_is_dropped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "API_STALL_S_MAX", 0.05)
    raw = await world.face()
    await raw.call("echo")
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    raw.send({"id": 1, "method": "large", "params": {"bytes": 4_000_000}})
    async with asyncio.timeout(5):
        await world.server.empty.wait()


async def test_a_face_cannot_pile_up_unread_answers(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    raw = await world.face()
    await raw.call("echo")
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    large = {"method": "large", "params": {"bytes": 6_000_000}}
    raw.send(*({"id": number, **large} for number in range(4)))
    async with asyncio.timeout(5):  # long before API_STALL_S_MAX
        await world.server.empty.wait()
    assert "too much unread" in caplog.text


async def test_a_face_that_reads_slowly_but_reads_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The kernel lets us write again only when most of its buffer has been read.
    monkeypatch.setattr(limits, "API_STALL_S_MAX", 0.15)
    slow = socket.socket(socket.AF_UNIX)
    with slow:
        slow.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(slow, os.fspath(world.path))
        request = {"id": 1, "method": "large", "params": {"bytes": 2_000_000}}
        await loop.sock_sendall(slow, pack(request))
        read = 0
        while read < 2_000_000:  # at least 40 sips, 20 ms apart
            sip = await loop.sock_recv(slow, 50_000)
            assert sip, "dropped"
            read += len(sip)
            await asyncio.sleep(0.02)
        assert world.server.occupied.is_set()


async def test_a_subscriber_that_is_suspended_is_kept_and_costs_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "API_STALL_S_MAX", 0.02)
    monkeypatch.setattr(limits, "API_EVENT_EVERY_S", 0.0)
    raw = await world.face()
    assert await raw.call("subscribe") == {"id": 1, "result": {}}
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    loop = asyncio.get_running_loop()
    end_s = loop.time() + 0.2
    arrival = 0
    while loop.time() < end_s:
        arrival += 1
        world.server.broadcast("changed", {"arrival": arrival, "padding": "x" * 20_000})
        await asyncio.sleep(0)
    assert world.server.occupied.is_set()
    raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
    count = 0
    async with asyncio.timeout(5):
        while (event := await raw.receive()) is not None:
            count += 1
            if event["data"]["arrival"] == arrival:
                break
    assert event is not None
    assert count < arrival / 2


async def test_events_come_to_those_who_subscribed_only_and_after_the_answer(world: World) -> None:
    subscriber, other = await world.face(), await world.face()
    world.server.broadcast("changed", {"arrival": 1})
    assert await subscriber.call("subscribe") == {"id": 1, "result": {}}
    world.server.broadcast("status", {})
    event = await subscriber.receive()
    while event is not None and event["event"] == "changed":  # the one from before may come, too
        event = await subscriber.receive()
    assert event == {"event": "status", "data": {}}
    assert await other.call("echo") == {"id": 1, "result": {}}


async def test_a_thousand_changes_become_a_few_events_and_the_last_one_is_told(
    world: World,
) -> None:
    subscriber = await world.face()
    await subscriber.call("subscribe")
    loop = asyncio.get_running_loop()
    start_s = loop.time()
    for arrival in range(1, 1001):
        own = arrival == 500
        world.server.broadcast("changed", {"arrival": arrival, "indexed": arrival, "own": own})
        if arrival % 100 == 0:
            await asyncio.sleep(0.01)
    told: list[dict[str, Any]] = []
    while not told or told[-1]["arrival"] < 1000:
        event = await subscriber.receive()
        assert event is not None
        told.append(event["data"])
    took_s = loop.time() - start_s
    assert len(told) <= took_s / limits.API_EVENT_EVERY_S + 2
    assert any(data["own"] for data in told)


async def test_progress_comes_now_and_then_and_at_the_end_before_the_result(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = face.Face.send

    def send_from_the_loop(self: face.Face, frame: Frame) -> None:
        assert threading.current_thread() is threading.main_thread()
        send(self, frame)

    monkeypatch.setattr(face.Face, "send", send_from_the_loop)
    for thread in (False, True):
        raw = await world.face()
        raw.send({"id": 3, "method": "progress", "params": {"thread": thread}})
        frames: list[Frame] = []
        while not frames or "result" not in frames[-1]:
            frame = await raw.receive()
            assert frame is not None
            frames.append(frame)
        *steps, result = frames
        assert result == {"id": 3, "result": {}}
        assert steps[-1] == {"id": 3, "progress": {"done": 20_000, "total": 20_000}}
        assert 2 <= len(steps) < 40
        done = [step["progress"]["done"] for step in steps]
        assert done == sorted(done)


async def test_a_request_goes_on_when_its_face_has_left(world: World) -> None:
    raw = await world.face()
    raw.send({"id": 1, "method": "gate", "params": {}})
    await until(lambda: world.under_way == 1)
    await raw.close()
    await asyncio.sleep(0.01)
    assert world.under_way == 1
    assert not world.server.empty.is_set()
    world.gate.set()
    async with asyncio.timeout(5):
        await world.server.empty.wait()


async def test_the_socket_is_for_its_owner_alone(world: World) -> None:
    assert stat.S_IMODE(world.path.stat().st_mode) == 0o600


async def test_another_users_process_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "peer_uid", lambda connected: os.getuid() + 1)
    raw = await world.face()
    answer = await raw.receive()
    assert answer is not None
    assert answer["error"]["code"] == "node-unreachable"
    assert await raw.receive() is None


async def test_a_dead_nodes_socket_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(os.fspath(tmp_path / "node.sock"))
    async with a_world(tmp_path / "node.sock") as world:
        assert "result" in await (await world.face()).call("echo")
    assert not (tmp_path / "node.sock").exists()


async def test_a_file_in_place_of_the_socket_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "node.sock").write_text("mine")
    with pytest.raises(HomeUnusable, match="in the way"):
        await Server(tmp_path / "node.sock", {}).start()
    assert (tmp_path / "node.sock").read_text() == "mine"


async def test_a_folder_for_long_homes_is_made_and_is_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "p2pblog-7" / "0123456789abcdef.sock"
    async with a_world(path) as world:
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert "result" in await (await world.face()).call("echo")
    path.parent.chmod(0o755)
    with pytest.raises(HomeUnusable, match="other users may enter"):
        await Server(path, {}).start()


async def test_a_socket_that_was_tidied_away_comes_back_and_faces_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "API_SOCKET_POLL_S", 0.01)
    async with a_world(tmp_path / "node.sock") as world:
        early = await world.face()
        await early.call("echo")
        world.path.unlink()
        await until(world.path.exists)
        async with asyncio.timeout(5):
            while True:  # it exists a moment before it listens
                with suppress(ConnectionError):
                    late = await world.face()
                    break
                await asyncio.sleep(0)
        assert "result" in await late.call("echo")
        assert "result" in await early.call("echo")


async def test_a_node_that_ends_tells_its_faces_finishes_and_hangs_up(tmp_path: Path) -> None:
    async with a_world(tmp_path / "node.sock") as world:
        subscriber, busy = await world.face(), await world.face()
        await subscriber.call("subscribe")
        busy.send({"id": 1, "method": "gate", "params": {}})
        await until(lambda: world.under_way == 1)
        retiring = asyncio.create_task(world.server.retire())
        assert await subscriber.receive() == {"event": "stopping", "data": {}}
        assert not world.path.exists()
        answer = await subscriber.call("echo")
        assert answer["error"]["code"] == "node-unreachable"
        world.gate.set()
        assert await busy.receive() == {"id": 1, "result": {}}
        await retiring
        await world.server.close()
        assert await subscriber.receive() is None
        assert await busy.receive() is None


async def test_a_request_that_does_not_finish_cannot_keep_a_node_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "NODE_STOP_S_MAX", 0.05)
    async with a_world(tmp_path / "node.sock") as world:
        busy = await world.face()
        busy.send({"id": 1, "method": "gate", "params": {}})
        await until(lambda: world.under_way == 1)
        async with asyncio.timeout(5):
            await world.server.retire()
        assert world.under_way == 0


async def test_a_face_that_greets_an_ending_node_is_sent_on_without_an_answer(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path / "node.sock") as world:
        early = await world.face()
        await early.call("echo")
        await world.server.retire()
        early.send({"id": 0, "method": "hello", "params": {}})
        assert await early.receive() is None


async def test_hanging_up_does_not_wait_for_a_face_that_does_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(face, "_FAREWELL_S", 0.05)
    async with a_world(tmp_path / "node.sock") as world:
        raw = await world.face()
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        raw.send({"id": 1, "method": "large", "params": {"bytes": 4_000_000}})
        raw.send({"id": 2, "method": "gate", "params": {}})
        await until(lambda: world.under_way == 1)
        world.gate.set()
        await world.server.retire()
        async with asyncio.timeout(5):
            await world.server.close()


async def test_a_face_that_breaks_off_harshly_is_forgotten(world: World) -> None:
    with socket.socket(socket.AF_UNIX) as harsh:
        harsh.connect(os.fspath(world.path))
        harsh.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        frame = encode({"id": 1, "method": "large", "params": {"bytes": 1_000_000}})
        harsh.sendall((len(frame).to_bytes(4) + frame) * 3)
        await world.server.occupied.wait()
    async with asyncio.timeout(5):
        await world.server.empty.wait()
