"""Three machines in a line, as network namespaces: what the outer two say passes the middle one.

The middle host passes packets on by itself (that is its kernel, not its node), so the outer
two can reach each other also when no node runs there.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.netns.cable import PREFIX, Host, allowed, ip, remove

_COUNTER = itertools.count()


@dataclass(frozen=True)
class Line:
    """Three hosts: `a` and `c` have a cable to `b` each, and no other."""

    a: Host
    b: Host
    c: Host


def make_line() -> Iterator[Line]:
    """Yield three hosts ready for use; take them down afterwards with all that runs there."""
    if not allowed():
        pytest.skip("network namespaces need root and the ip program")
    stem = f"{PREFIX}-{os.getpid()}-line{next(_COUNTER)}"
    a, b, c = names = [f"{stem}-{end}" for end in "abc"]
    try:
        try:
            for name in names:
                ip("netns", "add", name)
                ip("-n", name, "link", "set", "lo", "up")
            ip("netns", "exec", b, "sysctl", "-qw", "net.ipv4.ip_forward=1")
            for number, end in ((1, a), (2, c)):
                _lay_cable(number, end, b)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"network namespaces are not allowed here: {error.stderr.strip()}")
        yield Line(Host(a, "10.78.1.1"), Host(b, "10.78.1.2"), Host(c, "10.78.2.1"))
    finally:
        for name in names:
            remove(name)


def _lay_cable(number: int, end: str, middle: str) -> None:
    ip(
        *("link", "add", "eth0", "netns", end),
        *("type", "veth", "peer", "name", f"eth{number}", "netns", middle),
    )
    for name, device, last in ((end, "eth0", 1), (middle, f"eth{number}", 2)):
        ip("-n", name, "address", "add", f"10.78.{number}.{last}/24", "dev", device)
        ip("-n", name, "link", "set", device, "up")
    ip("-n", end, "route", "add", "default", "via", f"10.78.{number}.2")
