"""Finding neighbours, on the loopback: who is found, who is lost, and what strangers can do.

Every test has a network key of its own, so that other nodes on this machine's loopback,
of other tests or real, are not of its network.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from p2pblog.core.limits import LAN_PEERS_MAX
from p2pblog.net import mdns
from p2pblog.net.interfaces import InterfaceAddress, NetworkChange, choose, snapshot
from p2pblog.net.lan_records import (
    SERVICE_TYPE,
    Found,
    host_name,
    instance_name,
    write_txt,
)
from p2pblog.net.mdns import LanFinder
from p2pblog.net.responder import Responder

GROUP = ("224.0.0.251", 5353)
LOOPBACK = choose(snapshot(), listen_hosts=["127.0.0.1"])
PTR, TXT, SRV, A = 12, 16, 33, 1


class Watcher:
    """A LanFinder on the loopback, and what it reported."""

    def __init__(self, device: bytes, network: bytes, port: int = 4114, **options: Any) -> None:
        self.device = device
        self.here: Sequence[InterfaceAddress] = LOOPBACK
        self.reports: list[Found | bytes | NetworkChange] = []
        self.reported = asyncio.Condition()
        self.asleep_s = 0.0
        self.finder = LanFinder(
            device=device,
            network_key=network,
            port=port,
            addresses=lambda: self.here,
            on_found=self._take,
            on_lost=self._take,
            on_network=self._take,
            wall=lambda: time.time() + self.asleep_s,
            **{"poll_s": 0.05} | options,
        )

    def _take(self, report: Found | bytes | NetworkChange) -> None:
        self.reports.append(report)
        self._woken = asyncio.create_task(self._wake())

    async def _wake(self) -> None:
        async with self.reported:
            self.reported.notify_all()

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self.reported:
            await self.reported.wait_for(happened)

    async def sees(self, device: bytes) -> Found:
        await self.until(lambda: any(found.device == device for found in self.found))
        return next(found for found in self.found if found.device == device)

    async def loses(self, device: bytes) -> None:
        await self.until(lambda: device in self.reports)

    @property
    def found(self) -> list[Found]:
        return [report for report in self.reports if isinstance(report, Found)]


@asynccontextmanager
async def watchers(*planned: Watcher) -> AsyncIterator[None]:
    try:
        for watcher in planned:
            await watcher.finder.start()
        yield
    finally:
        await asyncio.gather(*(watcher.finder.close() for watcher in planned))


def key() -> bytes:
    return os.urandom(32)


class Stranger:
    """Somebody with a socket, who may multicast any bytes on the loopback."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        local = socket.inet_aton("127.0.0.1")
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, local)
        membership = socket.inet_aton(GROUP[0]) + local
        self.socket.bind(GROUP)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self.socket.setblocking(False)

    def send(self, packet: bytes) -> None:
        self.socket.sendto(packet, GROUP)

    def announce(
        self,
        device: bytes,
        network: bytes,
        *,
        name: str = "",
        txt: bytes | None = None,
        port: int = 4999,
        host: str = "127.0.0.1",
        ttl_s: int = 120,
        leave_out: tuple[int, ...] = (),
    ) -> None:
        name = name or instance_name(device)
        txt = write_txt(device, network) if txt is None else txt
        server = host_name(device)
        records = [
            (SERVICE_TYPE, PTR, ttl_s, labels(name)),
            (name, SRV, ttl_s, struct.pack(">HHH", 0, 0, port) + labels(server)),
            (name, TXT, ttl_s, txt),
            (server, A, ttl_s, socket.inet_aton(host)),
        ]
        self.send(response([record for record in records if record[1] not in leave_out]))

    def forget(self) -> None:
        """Drop what has been heard so far."""
        with suppress(BlockingIOError):
            while True:
                self.socket.recv(9000)

    async def hears(self, wanted: bytes, *, announced: bool = False) -> None:
        """Wait for a question, or an announcement, that contains these bytes."""
        flags = b"\x84\0" if announced else b"\0\0"
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            while packet := await loop.sock_recv(self.socket, 9000):
                if packet[2:4] == flags and wanted in packet:
                    return


def labels(name: str) -> bytes:
    parts = [part.encode() for part in name.rstrip(".").split(".")]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def response(records: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    packet = struct.pack(">HHHHHH", 0, 0x8400, 0, len(records), 0, 0)
    for name, kind, ttl_s, data in records:
        flush = 0 if kind == PTR else 0x8000
        packet += labels(name) + struct.pack(">HHIH", kind, flush | 1, ttl_s, len(data)) + data
    return packet


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    somebody = Stranger()
    yield somebody
    somebody.socket.close()


async def test_two_nodes_find_each_other_within_a_second() -> None:
    network = key()
    a, b = Watcher(key(), network, 4001), Watcher(key(), network, 4002)
    async with watchers(a):
        began_s = time.monotonic()
        async with watchers(b):
            assert await a.sees(b.device) == Found(b.device, ("127.0.0.1:4002",))
            assert await b.sees(a.device) == Found(a.device, ("127.0.0.1:4001",))
            assert time.monotonic() - began_s < 2  # 0.2 s when the machine is idle
            assert a.finder.state.peers == b.finder.state.peers == 1
            assert a.finder.state.running
            assert a.finder.state.error == ""


@pytest.mark.proves("D-3")
async def test_leaving_says_goodbye_and_returning_is_noticed() -> None:
    network, device = key(), key()
    a, b = Watcher(key(), network), Watcher(device, network)
    async with watchers(a):
        async with watchers(b):
            await a.sees(device)
        await a.loses(device)
        assert a.finder.state.peers == 0
        a.reports.clear()
        async with watchers(Watcher(device, network)):
            await a.sees(device)


async def test_nodes_of_another_network_do_not_see_each_other() -> None:
    network = key()
    a, b, other = Watcher(key(), network), Watcher(key(), network), Watcher(key(), key())
    async with watchers(other, a, b):
        await a.sees(b.device)
        async with asyncio.timeout(10):
            while not (a.finder.state.ignored and other.finder.state.ignored):
                await asyncio.sleep(0.02)  # each has heard of the other network, and says nothing
        assert other.found == []
        assert [found.device for found in a.found] == [b.device]


@pytest.mark.proves("D-5")
async def test_a_node_does_not_find_itself() -> None:
    network, device = key(), key()
    a, same, b = Watcher(device, network), Watcher(device, network), Watcher(key(), network)
    async with watchers(a, same, b):
        await a.sees(b.device)
        assert device not in [found.device for found in a.found + same.found]


async def test_a_finder_reports_nothing_once_closed() -> None:
    network = key()
    a, b = Watcher(key(), network), Watcher(key(), network)
    async with watchers(b):
        async with watchers(a):
            await a.sees(b.device)
        reports = len(a.reports)
    await asyncio.sleep(0.1)
    assert len(a.reports) == reports


def sockets() -> int:
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("counts open sockets in /proc")
    links = [str(link.readlink()) for link in fds.iterdir() if link.is_symlink()]
    return sum(link.startswith("socket:") for link in links)


async def test_changing_networks_loses_and_finds_without_leaking() -> None:
    network = key()
    a, b = Watcher(key(), network), Watcher(key(), network)
    async with watchers(a, b):
        await a.sees(b.device)
        before, tasks = sockets(), len(asyncio.all_tasks())
        for _ in range(2):
            a.here = ()
            await a.loses(b.device)
            assert a.finder.state.error == "no-interface"
            assert a.finder.state.interfaces == ()
            a.reports.clear()
            a.here = LOOPBACK
            await a.sees(b.device)
            assert NetworkChange.ADDRESSES in a.reports
            a.reports.clear()
            assert a.finder.state.error == ""
        # Sockets on their way out close in the next turns of the loop.
        await asyncio.sleep(0.1)
        assert sockets() == before
        assert len(asyncio.all_tasks()) <= tasks + 1  # a report being noted
        assert device_reports(b, a.device) == [True]  # who did not move saw nothing of it


def device_reports(watcher: Watcher, device: bytes) -> list[bool]:
    """Return the sequence of found (True) and lost (False) of one device."""
    return [
        isinstance(report, Found)
        for report in watcher.reports
        if report == device or (isinstance(report, Found) and report.device == device)
    ]


async def test_waking_up_announces_and_asks_again_and_loses_nobody(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mdns, "LAN_UNCONFIRMED_S_MAX", 2)
    network = key()
    a, b = Watcher(key(), network), Watcher(key(), network)
    async with watchers(a, b):
        await asyncio.gather(a.sees(b.device), b.sees(a.device))
        stranger.forget()
        a.asleep_s = 3600
        await a.until(lambda: NetworkChange.WOKE in a.reports)
        await stranger.hears(labels(instance_name(a.device))[:21], announced=True)
        # b has not slept and answers the question, else it would be lost after two seconds.
        await asyncio.sleep(2.5)
        assert device_reports(a, b.device) == device_reports(b, a.device) == [True]


async def test_whoever_does_not_answer_on_the_new_network_is_lost(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mdns, "LAN_UNCONFIRMED_S_MAX", 0.5)
    network, gone = key(), key()
    a = Watcher(key(), network)
    async with watchers(a):
        stranger.announce(gone, network)
        await a.sees(gone)
        a.asleep_s = 3600
        await a.loses(gone)


async def test_port_5353_refused_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mdns, "_RETRY_S_FIRST", 0.01)
    network = key()
    a, b = Watcher(key(), network), Watcher(key(), network)
    real, refusals = Responder.open, 0

    async def refuse_twice(*args: Any, **kwargs: Any) -> Responder:
        nonlocal refusals
        refusals += 1
        if refusals <= 2:
            raise OSError(98, "Address already in use")
        return await real(*args, **kwargs)

    async with watchers(b):
        monkeypatch.setattr(Responder, "open", refuse_twice)
        async with watchers(a):
            assert "in use" in a.finder.state.error
            assert not a.finder.state.running
            await a.sees(b.device)
            assert a.finder.state.error == ""
    assert refusals == 3


async def test_the_ipv6_loopback_is_announced_but_not_spoken_on() -> None:
    network = key()
    both = choose(snapshot(), listen_hosts=["127.0.0.1", "::1"])
    if len(both) < 2:
        pytest.skip("no ::1 on this machine")
    a, b = Watcher(key(), network), Watcher(key(), network, 4002)
    a.here, b.here = both, both
    alone = Watcher(key(), network)
    alone.here = choose(snapshot(), listen_hosts=["::1"])
    async with watchers(a, b, alone):
        await a.until(lambda: Found(b.device, ("127.0.0.1:4002", "[::1]:4002")) in a.reports)
        assert not alone.finder.state.running
        assert "::1" in alone.finder.state.error


async def test_a_peer_that_falls_silent_is_asked_and_then_lost(stranger: Stranger) -> None:
    network, silent = key(), key()
    a = Watcher(key(), network)
    async with watchers(a):
        stranger.announce(silent, network, ttl_s=2)
        await a.sees(silent)
        await stranger.hears(labels(instance_name(silent)) + struct.pack(">H", SRV))
        await a.loses(silent)


async def test_a_peer_that_answers_stays(stranger: Stranger) -> None:
    network, steady = key(), key()
    a = Watcher(key(), network)
    async with watchers(a):
        stranger.announce(steady, network, ttl_s=1)
        await a.sees(steady)
        began_s = time.monotonic()
        while time.monotonic() - began_s < 1.6:  # longer than the records hold
            await asyncio.sleep(0.4)
            stranger.announce(steady, network, ttl_s=1)
        assert device_reports(a, steady) == [True]


async def test_a_peer_whose_records_come_in_parts_is_asked_for_the_rest(
    stranger: Stranger,
) -> None:
    network, parts = key(), key()
    a = Watcher(key(), network)
    async with watchers(a):
        stranger.announce(parts, network, leave_out=(SRV, TXT, A))
        await stranger.hears(labels(instance_name(parts)) + struct.pack(">H", SRV))
        assert a.found == []
        stranger.announce(parts, network, leave_out=(PTR,))
        await a.sees(parts)


@pytest.mark.proves("D-5")
async def test_hostile_records_are_ignored_and_an_honest_node_still_found(
    stranger: Stranger,
) -> None:
    network, honest = key(), key()
    a = Watcher(key(), network)
    async with watchers(a):
        bad: list[dict[str, Any]] = [
            {"txt": b""},
            {"txt": b"\xff"},
            {"txt": write_txt(key(), network)},  # another device's name
            {"name": f"{'x' * 60}.{SERVICE_TYPE}"},
            {"name": f"../../etc.{SERVICE_TYPE}"},
            {"port": 0},
            {"port": 22},
            {"host": "224.0.0.1"},
            {"host": "0.0.0.0"},  # noqa: S104
            {"host": "192.168.1.9"},  # not of the loopback
        ]
        for fields in bad:
            stranger.announce(key(), network, **fields)
        honest_packet = response([(SERVICE_TYPE, PTR, 120, labels(instance_name(key())))])
        for cut in range(len(honest_packet)):
            stranger.send(honest_packet[:cut])
        chance = random.Random(1)
        for _ in range(50):
            stranger.send(honest_packet[:12] + chance.randbytes(60))
        stranger.send(b"\xff" * 8966)
        stranger.announce(honest, network)
        await a.sees(honest)
        assert [found.device for found in a.found] == [honest]
        assert a.finder.state.ignored >= len(bad) - 1


async def test_a_name_that_turns_malformed_is_lost(stranger: Stranger) -> None:
    network, turncoat = key(), key()
    a = Watcher(key(), network)
    async with watchers(a):
        stranger.announce(turncoat, network)
        await a.sees(turncoat)
        stranger.announce(turncoat, key())  # it is of another network now
        await a.loses(turncoat)


async def test_announcing_in_a_loop_does_not_flood_callbacks(stranger: Stranger) -> None:
    network, loud = key(), key()
    a = Watcher(key(), network)
    async with watchers(a):
        began_s = time.monotonic()
        for n in range(300):
            stranger.announce(loud, network, port=4000 + n)  # a change each time
            stranger.announce(loud, network, port=4000 + n, ttl_s=n % 2 * 120)  # and a goodbye
            if n % 10 == 0:
                await asyncio.sleep(0.005)
        stranger.announce(loud, network, port=5000)
        await a.until(lambda: Found(loud, ("127.0.0.1:5000",)) in a.reports)
        # One a second, however many announcements, and the last one is not missed.
        assert len(a.reports) <= 2 + (time.monotonic() - began_s)


@pytest.mark.proves("D-8")
async def test_the_list_of_peers_is_bounded(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mdns, "LAN_PEERS_MAX", 20)
    network = key()
    a = Watcher(key(), network)
    async with watchers(a):
        for n in range(60):
            stranger.announce(key(), network)
            if n % 10 == 0:
                await asyncio.sleep(0.02)
        await a.until(lambda: len(a.found) >= 20)
        await asyncio.sleep(0.1)
        assert len(a.found) == a.finder.state.peers == 20 < LAN_PEERS_MAX
        assert a.finder.state.ignored >= 40
