"""What is believed of an announcement, and what is not."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.limits import LAN_ADDRESSES_MAX
from p2pblog.core.textform import Kind, to_text
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind
from p2pblog.net.lan_records import (
    Found,
    Record,
    announced,
    host_name,
    instance_name,
    is_instance_name,
    network_tag,
    read_record,
    write_txt,
)

DEVICE, NETWORK = bytes(range(32)), bytes(32)
TAG = network_tag(NETWORK)
ETH4 = InterfaceAddress("eth0", 2, "192.168.1.5", 24, InterfaceKind.LAN)
ETH6 = InterfaceAddress("eth0", 2, "fe80::5", 64, InterfaceKind.LAN)
GLOBAL6 = InterfaceAddress("eth0", 2, "2001:4860::5", 64, InterfaceKind.LAN)
HERE = (ETH4, ETH6, GLOBAL6)
LOOPBACK = (InterfaceAddress("lo", 1, "127.0.0.1", 8, InterfaceKind.LOOPBACK),)


def record(
    *hosts: str | tuple[str, int],
    name: str = "",
    txt: bytes | None = None,
    port: int = 4114,
) -> Record:
    """A good record, of DEVICE at 192.168.1.9 unless told otherwise."""
    pairs = [(host, None) if isinstance(host, str) else host for host in hosts]
    return Record(
        name or instance_name(DEVICE),
        write_txt(DEVICE, NETWORK) if txt is None else txt,
        port,
        tuple((ip_address(host).packed, scope) for host, scope in pairs)
        or ((bytes([192, 168, 1, 9]), None),),
        120,
    )


def read(given: Record, here: tuple[InterfaceAddress, ...] = HERE) -> Found | None:
    return read_record(given, tag=TAG, here=here)


def strings(*fields: bytes) -> bytes:
    return b"".join(bytes([len(field)]) + field for field in fields)


def hosts(*given: str | tuple[str, int], here: tuple[InterfaceAddress, ...] = HERE) -> list[str]:
    found = read(record(*given), here)
    return [address.rpartition(":")[0] for address in found.addresses] if found else []


def test_what_a_node_announces_is_read_back() -> None:
    assert read(record()) == Found(DEVICE, ("192.168.1.9:4114",))


def test_the_names_of_a_device_follow_from_its_key() -> None:
    label = to_text(Kind.DEVICE, DEVICE)[:20]
    assert instance_name(DEVICE) == f"{label}._p2pblog._tcp.local."
    assert host_name(DEVICE) == f"{label}.local."


@given(st.binary(min_size=32, max_size=32))
def test_every_device_has_a_name_that_passes_for_one(device: bytes) -> None:
    assert is_instance_name(instance_name(device))


@pytest.mark.proves("D-5")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "._p2pblog._tcp.local.",
        "d" + "a" * 18 + "._p2pblog._tcp.local.",
        "d" + "a" * 20 + "._p2pblog._tcp.local.",
        "i" + "a" * 19 + "._p2pblog._tcp.local.",
        "d" + "a" * 18 + "1._p2pblog._tcp.local.",
        "d" + "a" * 18 + "/._p2pblog._tcp.local.",
        "d" + "a" * 19 + "._http._tcp.local.",
        "d" + "a" * 19 + "._p2pblog._tcp.local.x",
        "../../../../../etc/x._p2pblog._tcp.local.",
    ],
)
def test_other_names_are_not_looked_at(name: str) -> None:
    assert not is_instance_name(name)


def test_the_tag_tells_networks_apart_and_is_not_the_key() -> None:
    assert network_tag(NETWORK) != network_tag(b"\1" + bytes(31))
    assert len(TAG) == 16
    assert NETWORK.hex()[:16] != TAG


@pytest.mark.proves("D-5")
def test_another_network_is_passed_over() -> None:
    assert read(record(txt=write_txt(DEVICE, b"\1" * 32))) is None


D = b"d=" + to_text(Kind.DEVICE, DEVICE).encode()
N = b"n=" + TAG.encode()


@pytest.mark.proves("D-4", "D-5")
@pytest.mark.parametrize(
    "txt",
    [
        b"",
        strings(b"v=1", D),
        strings(b"v=1", N),
        strings(D, N),
        strings(b"v=2", D, N),
        strings(b"v=", D, N),
        strings(b"v=1", D[:-1], N),
        strings(b"v=1", D[:-1] + b"a", N),  # the checksum does not match
        strings(b"v=1", b"d=i" + D[3:], N),
        strings(b"v=1", b"d=\xff" + D[3:], N),
        strings(b"v=1", b"d=" + to_text(Kind.DEVICE, bytes(32)).encode(), N),  # not this name's
        strings(b"v=1", b"v=1", b"d=", D, N),  # the first one counts
        strings(b"v=1", D, N)[:-1],
        strings(b"v=1", D, N) + b"\x05abc",
        strings(b"v=1", D, N) + strings(*[b"x" * 250] * 2),  # too long
    ],
)
def test_a_malformed_txt_record_is_passed_over(txt: bytes) -> None:
    assert read(record(txt=txt)) is None


@pytest.mark.proves("D-4")
def test_fields_of_the_future_and_the_case_of_keys_do_not_matter() -> None:
    assert read(record(txt=strings(b"V=1", b"later=yes", b"", b"flag", N, D))) is not None


@given(st.binary(max_size=600))
def test_no_txt_record_raises(txt: bytes) -> None:
    assert read(record(txt=txt)) is None


@pytest.mark.proves("D-5")
@pytest.mark.parametrize("port", [0, 22, 80, 1023, 65_536, -1])
def test_a_port_that_is_none_or_privileged_is_not_dialled(port: int) -> None:
    assert read(record(port=port)) is None


@pytest.mark.proves("D-6", "D-7")
@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104
        "0.1.2.3",
        "127.0.0.1",
        "224.0.0.251",
        "255.255.255.255",
        "240.0.0.1",
        "::",
        "::1",
        "ff02::fb",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.9",
        "fe80::9",  # through which interface?
        ("fe80::9", 7),  # one that we do not look on
    ],
)
def test_an_address_that_is_no_neighbour_is_not_dialled(host: str | tuple[str, int]) -> None:
    assert hosts(host) == []
    assert hosts(host, "192.168.1.9") == ["192.168.1.9"]


def test_addresses_come_best_first() -> None:
    given = ("2001:4860::9", "10.1.1.1", ("fe80::9", 2), "2606:4700::1", "192.168.1.9")
    assert hosts(*given) == [
        "192.168.1.9",
        "[2001:4860::9]",
        "[fe80::9%eth0]",
        "10.1.1.1",
        "[2606:4700::1]",
    ]


def test_of_equal_addresses_the_newest_comes_first_and_none_twice() -> None:
    assert hosts("192.168.1.9", "192.168.1.8", "192.168.1.9") == ["192.168.1.9", "192.168.1.8"]


def test_no_more_than_a_few_addresses_of_one_device_are_kept() -> None:
    assert len(hosts(*(f"192.168.1.{n}" for n in range(1, 40)))) == LAN_ADDRESSES_MAX


@pytest.mark.proves("D-7")
def test_on_the_loopback_only_loopback_addresses_count() -> None:
    assert hosts("192.168.1.9", "127.0.0.1", here=LOOPBACK) == ["127.0.0.1"]
    assert hosts("::1", here=LOOPBACK) == []


def test_addresses_of_a_strange_length_are_passed_over() -> None:
    strange = Record(
        instance_name(DEVICE), write_txt(DEVICE, NETWORK), 4114, ((b"", None), (b"12345", 2)), 120
    )
    assert read(strange) is None


def test_what_is_announced_is_bounded_and_keeps_room_for_both_families() -> None:
    many = [InterfaceAddress("eth0", 2, f"10.0.0.{n}", 24, InterfaceKind.LAN) for n in range(1, 20)]
    many += [
        InterfaceAddress("eth0", 2, f"2001:db8::{n}", 64, InterfaceKind.LAN) for n in range(1, 20)
    ]
    chosen = announced([*many, ETH6])
    assert len(chosen) == LAN_ADDRESSES_MAX
    assert chosen[:5] == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "fe80::5"]


def test_the_example_in_the_specification_is_right() -> None:
    page = Path(__file__).parents[2] / "protocol" / "07-discovery.md"
    lines = [line.strip() for line in page.read_text().splitlines()]
    at = lines.index(instance_name(DEVICE))
    txt = write_txt(DEVICE, NETWORK)
    written = [line.partition(" ") for line in lines[at + 1 : at + 4]]
    assert b"".join(bytes.fromhex(size) + text.encode() for size, _, text in written) == txt
