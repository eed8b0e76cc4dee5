"""Two homes behind routers, and an internet of one server: five network namespaces.

Both homes use the same private addresses, as homes do.  The internet is a bridge: 100.64.0.1
and .2 are the routers, .9 a STUN server.  No packet of any of it leaves this machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.netns.cable import Host, allowed, ip, new_stem, remove

STUN = "100.64.0.9:3478"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Homes:
    """A machine in each home; `outside` is how the internet sees each."""

    a: Host
    b: Host
    outside: tuple[str, str] = ("100.64.0.1", "100.64.0.2")


def make_homes() -> Iterator[Homes]:
    """Yield two machines ready for use; take everything down afterwards."""
    if not allowed():
        pytest.skip("network namespaces need root and the ip program")
    stem = new_stem()
    internet = f"{stem}-i"
    homes = [Host(f"{stem}-{letter}", "192.168.1.2") for letter in "ab"]
    routers = [f"{stem}-r{letter}" for letter in "ab"]
    names = [internet, *routers, *(home.namespace for home in homes)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        try:
            for name in names:
                ip("netns", "add", name)
                ip("-n", name, "link", "set", "lo", "up")
            ip("-n", internet, "link", "add", "bridge", "type", "bridge")
            _up(internet, "bridge", STUN.partition(":")[0])
            for number, (home, router) in enumerate(zip(homes, routers, strict=True), 1):
                _cable(router, "in", home.namespace, "eth0")
                _up(router, "in", "192.168.1.1")
                _up(home.namespace, "eth0", home.v4)
                ip("-n", home.namespace, "route", "add", "default", "via", "192.168.1.1")
                _cable(router, "out", internet, f"r{number}")
                _up(router, "out", f"100.64.0.{number}")
                ip("-n", internet, "link", "set", f"r{number}", "master", "bridge", "up")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"network namespaces are not allowed here: {error.stderr.strip()}")
        processes.append(_run(internet, "tests.net.stun_server", *STUN.split(":")))
        for number, router in enumerate(routers, 1):
            processes.append(_run(router, "tests.netns.router", "in", f"100.64.0.{number}"))
        yield Homes(homes[0], homes[1])
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for name in names:
            remove(name)


def _cable(namespace: str, name: str, other_namespace: str, other: str) -> None:
    ip(
        *("link", "add", name, "netns", namespace, "type", "veth"),
        *("peer", "name", other, "netns", other_namespace),
    )


def _up(namespace: str, device: str, address: str) -> None:
    ip("-n", namespace, "address", "add", f"{address}/24", "dev", device)
    ip("-n", namespace, "link", "set", device, "up")


def _run(namespace: str, module: str, *args: str) -> subprocess.Popen[bytes]:
    argv = ["ip", "netns", "exec", namespace, sys.executable, "-m", module, *args]
    return subprocess.Popen(argv, cwd=_ROOT)
