"""Two machines on a cable, as network namespaces of this one.

Each host sees its loopback and its end (`eth0`) of one virtual cable, and nothing else: no
other network, no other test.  The test is skipped where namespaces are not allowed: they
need root and the `ip` program.  Names hold the process id, so that runs do not meet, and so
that a later run can remove what a killed one left.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

READY_S_MAX = 10
PREFIX = "p2pblog"
_COUNTER = itertools.count()


def new_stem() -> str:
    """Return what the names of namespaces made together begin with."""
    return f"{PREFIX}-{os.getpid()}-{next(_COUNTER)}"


@dataclass(frozen=True)
class Host:
    """One of the two machines; `v4` is "" without IPv4, `v6` the link-local address."""

    namespace: str
    v4: str
    v6: str = ""

    def argv(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs `argv` on this host, keeping its process id."""
        return ["ip", "netns", "exec", self.namespace, *argv]

    def run(
        self,
        argv: Sequence[str],
        *,
        env: dict[str, str] | None = None,
        check: bool = True,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `env` is added to the environment."""
        return subprocess.run(
            self.argv(argv),
            env=os.environ | (env or {}),
            check=check,
            timeout=timeout,
            capture_output=True,
            text=True,
        )

    def popen(
        self, argv: Sequence[str], *, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[str]:
        """Start a command, output piped; what still runs at the end of the test is killed."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(self.argv(argv), env=os.environ | (env or {}), text=True, **options)

    def pids(self) -> list[int]:
        """Return the ids of all processes on this host."""
        return [int(pid) for pid in ip("netns", "pids", self.namespace).split()]


@dataclass(frozen=True)
class Lan:
    """Two hosts and the cable between them."""

    a: Host
    b: Host

    def cut(self) -> None:
        """Pull the cable: both ends lose their carrier."""
        ip("-n", self.a.namespace, "link", "set", "eth0", "down")

    def restore(self, *, wait: bool = True) -> None:
        """Plug it in again; with `wait`, until the addresses may be used."""
        ip("-n", self.a.namespace, "link", "set", "eth0", "up")
        if wait:
            _link_local(self.a.namespace)
            _link_local(self.b.namespace)


def make_lan(*, v4: bool) -> Iterator[Lan]:
    """Yield two hosts ready for use; take them down afterwards with all that runs there."""
    if not allowed():
        pytest.skip("network namespaces need root and the ip program")
    stem = new_stem()
    names = [f"{stem}-a", f"{stem}-b"]
    try:
        try:
            for name in names:
                ip("netns", "add", name)
            # Without duplicate detection the first address is there at once; a cable that
            # is plugged in again goes through it.
            for name in names:
                _set_duplicate_detection(name, "default", probes=0)
            ip(
                *("link", "add", "eth0", "netns", names[0]),
                *("type", "veth", "peer", "name", "eth0", "netns", names[1]),
            )
        except subprocess.CalledProcessError as error:
            pytest.skip(f"network namespaces are not allowed here: {error.stderr.strip()}")
        hosts = [Host(name, f"10.77.0.{n}" if v4 else "") for n, name in enumerate(names, 1)]
        for host in hosts:
            ip("-n", host.namespace, "link", "set", "lo", "up")
            if host.v4:
                ip("-n", host.namespace, "address", "add", f"{host.v4}/24", "dev", "eth0")
            ip("-n", host.namespace, "link", "set", "eth0", "up")
        ready = [replace(host, v6=_link_local(host.namespace)) for host in hosts]
        for name in names:
            _set_duplicate_detection(name, "eth0", probes=1)
        yield Lan(*ready)
    finally:
        for name in names:
            remove(name)


def remove_leftovers() -> None:
    """Remove the namespaces of test runs that were killed."""
    if not allowed():
        return
    for line in ip("netns", "list").splitlines():
        name = line.partition(" ")[0]
        prefix, _, rest = name.partition("-")
        pid = rest.partition("-")[0]
        if prefix == PREFIX and pid.isdecimal() and not Path("/proc", pid).exists():
            remove(name)


def allowed() -> bool:
    """Tell whether namespaces can be made."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


def ip(*argv: str) -> str:
    """Run the ip program; return what it says."""
    done = subprocess.run(["ip", *argv], check=True, capture_output=True, text=True, timeout=30)
    return done.stdout


def _set_duplicate_detection(namespace: str, device: str, *, probes: int) -> None:
    setting = f"net.ipv6.conf.{device}.dad_transmits={probes}"
    ip("netns", "exec", namespace, "sysctl", "-qw", setting)


def _link_local(namespace: str) -> str:
    """Return the link-local address of eth0 once duplicate detection has let it pass."""
    deadline = time.monotonic() + READY_S_MAX
    while time.monotonic() < deadline:
        for link in json.loads(ip("-n", namespace, "-j", "-6", "address", "show", "dev", "eth0")):
            for address in link.get("addr_info", []):
                if address.get("scope") == "link" and not address.get("tentative"):
                    return str(address["local"])
        time.sleep(0.05)  # the kernel tells nobody but a netlink socket
    pytest.skip("no link-local IPv6 address in a network namespace")


def remove(name: str) -> None:
    """End what runs in a namespace (all of it was started there by a test) and remove it."""
    with suppress(subprocess.CalledProcessError):
        for pid in ip("netns", "pids", name).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        ip("netns", "del", name)
