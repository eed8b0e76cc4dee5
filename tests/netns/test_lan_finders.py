"""Two nodes on a real (virtual) cable find each other, lose each other, and find again."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from p2pblog.net.lan_records import instance_name
from tests.netns.cable import Host, Lan

PROGRAM = Path(__file__).with_name("finder_process.py")


@asynccontextmanager
async def finder(host: Host, device: int, *listen: str) -> AsyncIterator[Process]:
    argv = host.argv([sys.executable, str(PROGRAM), str(device), str(4000 + device), *listen])
    process = await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            await leave(process)


async def leave(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0


async def event(process: Process, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the next event that is `wanted`, within 15 s."""
    assert process.stdout is not None
    async with asyncio.timeout(15):
        while line := await process.stdout.readline():
            said: dict[str, Any] = json.loads(line)
            if wanted(said):
                return said
    raise AssertionError("the process ended")


def is_(name: str, **fields: Any) -> Callable[[dict[str, Any]], bool]:
    return lambda said: said == said | {"event": name, **fields}


async def test_two_hosts_find_each_other_by_ipv4_and_ipv6(lan: Lan) -> None:
    def has_both(said: dict[str, Any]) -> bool:
        return len(said.get("addresses", [])) == 2

    async with finder(lan.a, 1) as a, finder(lan.b, 2) as b:
        by_a, by_b = await asyncio.gather(event(a, has_both), event(b, has_both))
    assert by_a["addresses"] == ["10.77.0.2:4002", f"[{lan.b.v6}%eth0]:4002"]
    assert by_b["addresses"] == ["10.77.0.1:4001", f"[{lan.a.v6}%eth0]:4001"]


async def test_two_hosts_without_ipv4_find_each_other(lan_v6: Lan) -> None:
    async with finder(lan_v6.a, 1) as a, finder(lan_v6.b, 2) as b:
        said = await event(a, is_("found", device=2))
        assert said["addresses"] == [f"[{lan_v6.b.v6}%eth0]:4002"]
        said = await event(b, is_("found", device=1))
        assert said["addresses"] == [f"[{lan_v6.a.v6}%eth0]:4001"]


async def test_leaving_says_goodbye(lan: Lan) -> None:
    async with finder(lan.a, 1) as a, finder(lan.b, 2) as b:
        await event(a, is_("found", device=2))
        await leave(b)
        async with asyncio.timeout(2):  # not the two minutes that the records hold
            await event(a, is_("lost", device=2))


@pytest.mark.parametrize("family", ["lan", "lan_v6"])
async def test_a_cable_pulled_and_plugged_in_again_heals(
    family: str, request: pytest.FixtureRequest
) -> None:
    net: Lan = request.getfixturevalue(family)
    async with finder(net.a, 1) as a, finder(net.b, 2) as b:
        await event(a, is_("found", device=2))
        await event(b, is_("found", device=1))
        net.cut()
        await event(a, is_("network", change="ADDRESSES"))
        await asyncio.gather(event(a, is_("lost", device=2)), event(b, is_("lost", device=1)))
        net.restore(wait=False)
        await asyncio.gather(event(a, is_("found", device=2)), event(b, is_("found", device=1)))


async def test_a_host_without_any_network_waits_for_one(lan: Lan) -> None:
    lan.cut()
    async with finder(lan.a, 1) as a, finder(lan.b, 2) as b:
        started = await event(a, is_("started"))
        assert started["interfaces"] == []
        assert started["error"] == "no-interface"
        lan.restore(wait=False)
        await asyncio.gather(event(a, is_("found", device=2)), event(b, is_("found", device=1)))


# Asks for p2pblog's service from a port of its own, so that answers come back to it alone;
# prints in hexadecimal what comes within a second.
ASK = """
import socket, struct, sys
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.bind((sys.argv[1], 0))
labels = b"".join(bytes([len(part)]) + part for part in (b"_p2pblog", b"_tcp", b"local"))
question = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, 12, 1)
for host in sys.argv[2:]:
    asking.sendto(question, (host, 5353))
asking.settimeout(1)
try:
    while True:
        print(asking.recv(9000).hex())
except TimeoutError:
    pass
"""


def answers(asking: Host, *hosts: str) -> set[int]:
    """Return the devices that answer a question from `asking` to these addresses."""
    done = asking.run([sys.executable, "-c", ASK, asking.v4, *hosts])
    return {
        n for n in range(1, 9) if instance_name(bytes([n]) * 32)[:20].encode().hex() in done.stdout
    }


@pytest.mark.proves("D-2")
async def test_a_node_on_the_loopback_does_not_speak_to_the_lan(lan: Lan) -> None:
    async with finder(lan.a, 3, "127.0.0.1") as narrow:
        await event(narrow, is_("started"))
        assert answers(lan.b, "224.0.0.251", lan.a.v4) == set()
        async with finder(lan.a, 1) as wide:  # joins the group on eth0, for others as well
            await event(wide, is_("started"))
            assert answers(lan.b, "224.0.0.251", lan.a.v4) == {1}
