"""Addresses as people type them and sockets give them."""

from __future__ import annotations

from typing import Any

import pytest

from p2pblog.core.errors import BadAddress
from p2pblog.net.address import Address, address_of, parse_address


@pytest.mark.parametrize(
    ("text", "host", "port", "normal"),
    [
        ("192.168.1.5:4114", "192.168.1.5", 4114, "192.168.1.5:4114"),
        ("  127.0.0.1:1\n", "127.0.0.1", 1, "127.0.0.1:1"),
        ("Sofas-Laptop.local:65535", "sofas-laptop.local", 65535, "sofas-laptop.local:65535"),
        ("localhost:4114", "localhost", 4114, "localhost:4114"),
        ("3cpo:4114", "3cpo", 4114, "3cpo:4114"),
        ("example.org.:4114", "example.org.", 4114, "example.org.:4114"),
        ("[::1]:4114", "::1", 4114, "[::1]:4114"),
        ("[2001:DB8:0:0::1]:04114", "2001:db8::1", 4114, "[2001:db8::1]:4114"),
        ("[fe80::1%eth0]:4114", "fe80::1%eth0", 4114, "[fe80::1%eth0]:4114"),
        ("[fe80::1%wlp3s0.7]:4114", "fe80::1%wlp3s0.7", 4114, "[fe80::1%wlp3s0.7]:4114"),
        ("[::ffff:10.0.0.1]:4114", "10.0.0.1", 4114, "10.0.0.1:4114"),
    ],
)
def test_addresses_have_one_normal_form(text: str, host: str, port: int, normal: str) -> None:
    address = parse_address(text)
    assert address == Address(host, port)
    assert str(address) == normal
    assert parse_address(normal) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":4114",
        "localhost",
        "localhost:",
        "localhost:0",
        "localhost:65536",
        "localhost:-1",
        "localhost:+1",
        "localhost:4114\u200b",  # invisible, and not white space
        "localhost:41 14",
        "localhost:٤١١٤",
        "localhost:0x10",
        "localhost:123456",
        "192.168.1.300:4114",
        "192.168.1:4114",
        "0x7f.1:4114",
        "2130706433:4114",
        "0177.0.0.1:4114",
        "fe80::1:4114",
        "::1:4114",
        "[::1]",
        "[::1]4114",
        "[::1:4114",
        "[]:4114",
        "[127.0.0.1]:4114",
        "[localhost]:4114",
        "[::1%eth0]:4114",
        "[fe80::1]:4114",
        "[fe80::1%]:4114",
        "[fe80::1%eth0 ]:4114",
        "[fe80::1%sixteen-letters1]:4114",
        "[fe80::1%a%b]:4114",
        "0.0.0.0:4114",
        "[::]:4114",
        "224.0.0.251:4114",
        "[ff02::fb]:4114",
        "[::ffff:0.0.0.0]:4114",
        "a..b:4114",
        ".:4114",
        "-a.org:4114",
        "a-.org:4114",
        "a b:4114",
        "a/b:4114",
        "http://a:4114",
        "user@a:4114",
        "a\0b:4114",
        "a\x1b[31m:4114",
        "a" * 64 + ":4114",
        "a." * 130 + "org:4114",
        "a" * 100_000,
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        parse_address(text)
    message = str(refusal.value)
    assert message.isprintable()
    assert len(message) < 200


@pytest.mark.parametrize("text", ["0.0.0.0:0", "[::]:0", "127.0.0.1:0", "[fe80::1%eth0]:0"])
def test_a_listener_may_leave_the_port_and_the_interface_open(text: str) -> None:
    assert str(parse_address(text, listening=True)) == text
    with pytest.raises(BadAddress):
        parse_address(text)


@pytest.mark.parametrize(
    "text", ["224.0.0.251:0", "[ff02::fb]:0", "127.0.0.1:65536", "[fe80::1]:0"]
)
def test_even_a_listener_needs_an_address(text: str) -> None:
    with pytest.raises(BadAddress):
        parse_address(text, listening=True)


@pytest.mark.parametrize(
    ("sockaddr", "text"),
    [
        (("10.0.0.1", 5), "10.0.0.1:5"),
        (("::1", 5, 0, 0), "[::1]:5"),
        (("::ffff:10.0.0.1", 5, 0, 0), "10.0.0.1:5"),
        (("fe80::1", 5, 0, 1), "[fe80::1%lo]:5"),
        (("fe80::1%lo", 5, 0, 1), "[fe80::1%lo]:5"),
        (("fe80::1", 5, 0, 999_999), "[fe80::1%999999]:5"),
    ],
)
def test_the_addresses_of_sockets_are_written_the_same_way(sockaddr: Any, text: str) -> None:
    if "%lo" in text and _first_interface() != "lo":
        pytest.skip("interface 1 has another name here")
    assert str(address_of(sockaddr)) == text


def _first_interface() -> str:
    return str(address_of(("fe80::1", 1, 0, 1))).partition("%")[2].partition("]")[0]


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("localhost:1", True),
        ("3cpo:1", True),
        ("a.org.:1", True),
        ("10.0.0.1:1", False),
        ("[::1]:1", False),
        ("[fe80::1%eth0]:1", False),
    ],
)
def test_only_names_are_looked_up(text: str, is_name: bool) -> None:
    assert parse_address(text).is_name is is_name
