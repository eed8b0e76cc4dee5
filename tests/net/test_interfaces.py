"""Which interfaces count, which are chosen, and when a change is noticed."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from p2pblog.net import interfaces
from p2pblog.net.interfaces import (
    InterfaceAddress,
    InterfaceKind,
    NetworkChange,
    NetworkWatch,
    choose,
    snapshot,
)

LAN, LOOPBACK = InterfaceKind.LAN, InterfaceKind.LOOPBACK
TUNNEL, VIRTUAL = InterfaceKind.TUNNEL, InterfaceKind.VIRTUAL

LO4 = InterfaceAddress("lo", 1, "127.0.0.1", 8, LOOPBACK)
LO6 = InterfaceAddress("lo", 1, "::1", 128, LOOPBACK)
ETH4 = InterfaceAddress("eth0", 2, "192.168.1.5", 24, LAN)
ETH6 = InterfaceAddress("eth0", 2, "fe80::5", 64, LAN)
WIFI4 = InterfaceAddress("wlan0", 3, "10.0.0.7", 8, LAN)
VPN4 = InterfaceAddress("tun0", 4, "10.8.0.2", 24, TUNNEL)
DOCKER4 = InterfaceAddress("docker0", 5, "172.17.0.1", 16, VIRTUAL)
ALL = (LO4, LO6, ETH4, ETH6, WIFI4, VPN4, DOCKER4)

ANY_V4 = "0.0.0.0"  # noqa: S104
UP, RUNNING, MULTICAST = interfaces._UP, interfaces._RUNNING, interfaces._MULTICAST


def test_this_machine_has_a_loopback_with_its_index_and_prefix() -> None:
    index = socket.if_nametoindex("lo") if Path("/sys/class/net/lo").exists() else 1
    found = [one for one in snapshot() if one.address == "127.0.0.1"]
    assert [(one.index, one.prefix, one.kind) for one in found] == [(index, 8, LOOPBACK)]


def test_a_snapshot_is_sorted_so_that_equal_means_unchanged() -> None:
    first = snapshot()
    assert list(first) == sorted(first)
    assert snapshot() == first


@pytest.mark.parametrize(
    ("name", "flags", "kind"),
    [
        ("eth0", UP | RUNNING | MULTICAST, LAN),
        ("wlan0", UP | RUNNING | MULTICAST, LAN),
        ("br0", UP | RUNNING | MULTICAST, LAN),  # a bridge that is the machine's way out
        ("veth7", UP | RUNNING | MULTICAST, LAN),  # inside a container
        ("eth0", RUNNING | MULTICAST, None),  # switched off
        ("eth0", UP | MULTICAST, None),  # the cable is out
        ("eth0", UP | RUNNING, None),  # no multicast, no mDNS
        ("lo", UP | RUNNING | interfaces._LOOPBACK, LOOPBACK),
        ("tun0", UP | RUNNING | MULTICAST | interfaces._POINT_TO_POINT, TUNNEL),
        ("wg0", UP | RUNNING | interfaces._POINT_TO_POINT, TUNNEL),
        ("docker0", UP | RUNNING | MULTICAST, VIRTUAL),
        ("br-0123456789ab", UP | RUNNING | MULTICAST, VIRTUAL),
        ("br-lan", UP | RUNNING | MULTICAST, LAN),  # OpenWrt's name for the LAN itself
        ("virbr0", UP | RUNNING | MULTICAST, VIRTUAL),
        ("awdl0", UP | RUNNING | MULTICAST, VIRTUAL),
    ],
)
def test_an_interface_is_judged_by_its_flags_and_name(
    name: str, flags: int, kind: InterfaceKind | None
) -> None:
    assert interfaces._kind(name, flags) is kind


def test_an_interface_that_is_gone_counts_as_down() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        assert interfaces._flags(asking, "nosuchif0") == 0
        assert interfaces._flags(asking, "a-name-far-longer-than-the-kernel-allows") == 0


def test_by_default_the_lan_and_nothing_else_is_chosen() -> None:
    assert choose(ALL) == (ETH4, ETH6, WIFI4)
    assert choose(ALL, listen_hosts=["::"]) == (ETH4, ETH6, WIFI4)
    assert choose(ALL, listen_hosts=[ANY_V4, "::"]) == (ETH4, ETH6, WIFI4)


def test_a_listener_on_ipv4_alone_is_not_announced_by_ipv6() -> None:
    assert choose(ALL, listen_hosts=[ANY_V4]) == (ETH4, WIFI4)


@pytest.mark.proves("D-2")
def test_a_listener_on_the_loopback_means_the_loopback_alone() -> None:
    assert choose(ALL, listen_hosts=["127.0.0.1"]) == (LO4,)
    assert choose(ALL, listen_hosts=["localhost"]) == (LO4,)
    assert choose(ALL, listen_hosts=["[::1]"]) == (LO6,)


@pytest.mark.parametrize(
    ("host", "chosen"),
    [
        ("192.168.1.5", ETH4),
        ("[fe80::5%eth0]", ETH6),
        ("[FE80:0::5%eth0]", ETH6),
        ("172.17.0.1", DOCKER4),
        ("10.8.0.2", VPN4),
    ],
)
def test_a_listener_on_one_address_means_that_address(host: str, chosen: InterfaceAddress) -> None:
    assert choose(ALL, listen_hosts=[host]) == (chosen,)


def test_a_listener_on_an_address_that_has_gone_means_nothing() -> None:
    assert choose(ALL, listen_hosts=["192.168.1.6"]) == ()


def test_named_interfaces_are_taken_whatever_they_are() -> None:
    assert choose(ALL, names=["docker0", "tun0"]) == (VPN4, DOCKER4)
    assert choose(ALL, names=["eth0"], listen_hosts=[ANY_V4]) == (ETH4,)
    assert choose(ALL, names=[]) == ()


def test_a_link_local_address_is_dialled_through_its_interface() -> None:
    assert ETH6.host == "fe80::5%eth0"
    assert ETH4.host == "192.168.1.5"
    assert replace(ETH6, address="2001:db8::5").host == "2001:db8::5"


def test_an_address_under_duplicate_detection_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "if_inet6"
    table.write_text(
        "fe800000000000000000000000000001 02 40 20 80     eth0\n"
        "fe800000000000000000000000000002 02 40 20 c0     eth0\n"  # tentative
        "fe800000000000000000000000000003 02 40 20 88     eth0\n"  # a duplicate
        "a line of another table\n"
    )
    monkeypatch.setattr(interfaces, "_IF_INET6", table)
    assert interfaces._unusable_v6() == {("eth0", "fe80::2"), ("eth0", "fe80::3")}
    monkeypatch.setattr(interfaces, "_IF_INET6", tmp_path / "missing")
    assert interfaces._unusable_v6() == set()


class Machine:
    """Addresses and clocks that a test moves by hand."""

    def __init__(self) -> None:
        self.addresses = [ETH4]
        self.clock_s = 100.0
        self.wall_s = 1_700_000_000.0
        self.watch = NetworkWatch(
            lambda: self.addresses,
            poll_s=2,
            clock=lambda: self.clock_s,
            wall=lambda: self.wall_s,
        )

    def after(self, clock_s: float, wall_s: float | None = None) -> NetworkChange:
        self.clock_s += clock_s
        self.wall_s += clock_s if wall_s is None else wall_s
        return self.watch.poll()


def test_nothing_changed_is_nothing_reported() -> None:
    machine = Machine()
    assert [machine.after(2) for _ in range(3)] == [NetworkChange.NONE] * 3


def test_an_address_that_comes_or_goes_is_noticed_once() -> None:
    machine = Machine()
    machine.addresses = [ETH4, WIFI4]
    assert machine.after(2) is NetworkChange.ADDRESSES
    assert machine.watch.current == (ETH4, WIFI4)
    assert machine.after(2) is NetworkChange.NONE
    machine.addresses = []
    assert machine.after(2) is NetworkChange.ADDRESSES


def test_sleep_is_noticed_by_the_wall_clock_that_ran_on() -> None:
    machine = Machine()
    assert machine.after(2, wall_s=3600) is NetworkChange.WOKE
    assert machine.after(2) is NetworkChange.NONE


def test_sleep_is_noticed_by_a_poll_that_came_late() -> None:
    machine = Machine()
    assert machine.after(13) is NetworkChange.WOKE


def test_a_busy_moment_or_a_clock_set_back_is_not_sleep() -> None:
    machine = Machine()
    assert machine.after(11) is NetworkChange.NONE
    assert machine.after(2, wall_s=-3600) is NetworkChange.NONE
