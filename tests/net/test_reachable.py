"""Where others can reach a node that listens everywhere."""

from __future__ import annotations

import pytest

from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind, channel_hosts, reachable_at

LO = InterfaceAddress("lo", 1, "127.0.0.1", 8, InterfaceKind.LOOPBACK)
LO6 = InterfaceAddress("lo", 1, "::1", 128, InterfaceKind.LOOPBACK)
ETH = InterfaceAddress("eth0", 2, "192.168.1.5", 24, InterfaceKind.LAN)
ETH6 = InterfaceAddress("eth0", 2, "2001:db8::5", 64, InterfaceKind.LAN)
LINK6 = InterfaceAddress("eth0", 2, "fe80::5", 64, InterfaceKind.LAN)
VPN = InterfaceAddress("tun0", 3, "10.8.0.2", 24, InterfaceKind.TUNNEL)
DOCKER = InterfaceAddress("docker0", 4, "172.17.0.1", 16, InterfaceKind.VIRTUAL)
ALL = [LO, LO6, VPN, DOCKER, LINK6, ETH6, ETH]


@pytest.mark.parametrize(
    ("listening", "reached"),
    [
        (["[::]:4114"], ["192.168.1.5:4114", "[2001:db8::5]:4114", "10.8.0.2:4114"]),
        (["0.0.0.0:4114"], ["192.168.1.5:4114", "10.8.0.2:4114"]),
        (["127.0.0.1:7"], ["127.0.0.1:7"]),
        (["192.168.1.5:7", "0.0.0.0:7"], ["192.168.1.5:7", "10.8.0.2:7"]),
        ([], []),
    ],
)
def test_every_address_stands_for_those_that_others_can_dial(
    listening: list[str], reached: list[str]
) -> None:
    assert reachable_at(listening, ALL) == reached


def test_without_a_network_the_loopback_is_what_there_is() -> None:
    assert reachable_at(["[::]:4114"], [LO, LO6, DOCKER]) == ["127.0.0.1:4114", "[::1]:4114"]
    assert reachable_at(["[::]:4114"], []) == []


@pytest.mark.parametrize(
    ("listening", "names", "hosts"),
    [
        (["[::]:4114"], None, ["192.168.1.5", "2001:db8::5", "10.8.0.2"]),
        (["0.0.0.0:4114", "[::]:4115"], None, ["192.168.1.5", "10.8.0.2", "2001:db8::5"]),
        (["[::]:4114"], ["tun0"], ["10.8.0.2"]),
        (["[::]:4114"], ["wlan0"], []),
        (["127.0.0.1:7"], None, ["127.0.0.1"]),
        (["[fe80::5%eth0]:4114", "192.168.1.5:7"], None, ["192.168.1.5"]),
    ],
)
def test_data_channels_use_the_addresses_by_which_a_node_is_dialled(
    listening: list[str], names: list[str] | None, hosts: list[str]
) -> None:
    assert channel_hosts(listening, ALL, names=names) == hosts
