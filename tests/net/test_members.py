"""Which addresses that peers tell of are dialled."""

from __future__ import annotations

import pytest

from p2pblog.net.members import may_be_dialled

HERE = ["192.168.1.9:4114"]


@pytest.mark.proves("M-1")
@pytest.mark.parametrize(
    "address",
    [
        "printer.local:9100",
        "8.8.8.8:1023",
        "8.8.8.8:0",
        "224.0.0.251:5353",
        "0.0.0.0:4114",
        "0.1.2.3:4114",
        "255.255.255.255:4114",
        "127.0.0.1:4114",
        "[::1]:4114",
        "[::]:4114",
        "[ff02::fb]:5353",
        "[fe80::1]:4114",
        "[fe80::1%eth0]:4114",
        "[::ffff:127.0.0.1]:4114",
        "8.8.8.8",
        "8.8.8.8:99999",
        "",
        "\x1b[31m:4114",
    ],
)
def test_an_address_that_leads_to_no_node_is_not_dialled(address: str) -> None:
    assert may_be_dialled([address], HERE) == ()


@pytest.mark.proves("M-1")
def test_other_addresses_are_and_on_a_loopback_only_loopbacks() -> None:
    told = ("8.8.8.8:4114", "10.0.0.1:1024", "[2606:4700::1111]:4114", "127.0.0.1:4114")
    assert may_be_dialled(told, HERE) == told[:3]
    assert may_be_dialled(told, []) == told[:3]
    assert may_be_dialled(told, ["127.0.0.1:4115"]) == told[3:]
    assert may_be_dialled(told, ["127.0.0.1:4115", *HERE]) == told[:3]
