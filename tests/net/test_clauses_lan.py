"""Clauses of protocol/07-discovery.md, by near misses of what others announce."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.crypto import digest
from p2pblog.core.limits import LAN_PEERS_MAX
from p2pblog.core.textform import Kind, to_text
from p2pblog.net import responder
from p2pblog.net.dialplan import DialPlan
from p2pblog.net.interfaces import InterfaceAddress, InterfaceKind, choose
from p2pblog.net.lan_records import Found, Record, instance_name, is_instance_name, write_txt
from p2pblog.net.mdns import LanFinder
from p2pblog.net.responder import Responder
from tests.net.test_lan_records import (
    DEVICE,
    ETH4,
    ETH6,
    HERE,
    LOOPBACK,
    NETWORK,
    D,
    N,
    hosts,
    read,
    record,
    strings,
)
from tests.strategies import around, flip, quick

FIELDS = [b"v=1", D, N]
GOOD = Found(DEVICE, ("192.168.1.9:4114",))

futures = st.sampled_from([b"later=yes", b"w=1", b"vv=2", b"dd", b"", b"=", b"nn=", b"x" * 200])


@pytest.mark.proves("D-4")
@quick(120)
@given(
    st.permutations(FIELDS),
    st.lists(st.tuples(st.integers(0, 3), futures), max_size=2),
    st.lists(st.sampled_from([b"v=2", b"d=", b"n=0", b"V=2", b"D", b"N=x"]), max_size=2),
)
def test_fields_that_are_not_known_or_stand_twice_change_nothing(
    order: list[bytes], more: list[tuple[int, bytes]], again: list[bytes]
) -> None:
    fields = list(order)
    for at, field in more:
        fields.insert(at, field)
    fields += again  # of a field that stands twice, the first counts
    txt = strings(*fields)
    assert read(record(txt=txt)) == (GOOD if len(txt) <= 512 else None)


@pytest.mark.proves("D-5")
@quick(250)
@given(st.data())
def test_a_record_with_one_thing_beside_what_it_should_be_is_ignored(data: st.DataObject) -> None:
    assert read(record()) == GOOD
    at = data.draw(st.integers(0, 2))
    name, port, fields, txt = instance_name(DEVICE), 4114, list(FIELDS), None
    match data.draw(st.sampled_from(["field", "absent", "twice", "txt", "name", "port", "host"])):
        case "field":  # one letter or bit, behind the field's name
            field = fields[at]
            where = data.draw(st.integers(2, len(field) - 1))
            letter = data.draw(st.sampled_from([b"", b"2", b"0", b"a", b"\xff"]))
            fields[at] = field[:where] + letter + field[where + 1 :]
        case "absent":
            del fields[at]
        case "twice":  # the wrong one first
            other = to_text(Kind.DEVICE, flip(DEVICE, data.draw(st.integers(0, 80)))).encode()
            fields.insert(0, [b"v=2", b"d=" + other, b"n=" + b"0" * 16][at])
        case "txt":
            fields.append(b"x" * data.draw(st.sampled_from([254, 255])))
            fields.append(b"y" * (512 - len(strings(*fields))))
            txt = data.draw(st.sampled_from([strings(*fields), strings(*FIELDS)[:-1]]))
        case "name":
            where = data.draw(st.integers(0, len(name) - 1))
            name = name[:where] + data.draw(st.sampled_from(["", "x", "1"])) + name[where + 1 :]
        case "port":
            port = data.draw(around(1023, 65_536).filter(lambda one: not 1024 <= one <= 65_535))
        case _:
            assert read(record("0.0.0.9")) is None
            return
    changed = fields != FIELDS or txt is not None or name != instance_name(DEVICE) or port != 4114
    given_ = record(name=name, port=port, txt=strings(*fields) if txt is None else txt)
    assert read(given_) == (None if changed else GOOD)


@pytest.mark.proves("D-5")
@quick(60)
@given(around(1024, 65_535))
def test_a_port_lies_between_1024_and_65535(port: int) -> None:
    found = read(record(port=port))
    assert (found is not None) == (1024 <= port <= 65_535)


# --- addresses -----------------------------------------------------------------------------

NEVER = [ip_network(one) for one in (
    "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "127.0.0.0/8", "::/128", "::1/128", "ff00::/8",
    "::ffff:0:0/96",
)]  # fmt: skip
LINK_LOCAL = ip_network("fe80::/10")
ALWAYS = [ip_network(one) for one in (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "8.0.0.0/8", "2001:4860::/32", "fc00::/7",
    "2600::/12",
)]  # fmt: skip
EDGES = [
    str(ip_address(int(end) + step) if net.version == 4 else type(end)(int(end) + step))
    for net in (*NEVER, *ALWAYS, LINK_LOCAL)
    for end in (net.network_address, net.broadcast_address)
    for step in (-1, 0, 1)
    if 0 <= int(end) + step < 2**net.max_prefixlen
]
scopes = st.sampled_from([None, 1, 2, 3])


@pytest.mark.proves("D-6", "D-7")
@quick(400)
@given(st.sampled_from(EDGES), scopes)
def test_only_an_address_that_could_be_a_neighbours_is_dialled(
    host: str, scope: int | None
) -> None:
    ip = ip_address(host)
    found = hosts((host, scope)) if scope is not None else hosts(host)
    if any(ip in net for net in NEVER):
        assert found == []
    elif ip in LINK_LOCAL:  # it counts with the interface that it was heard on, which is ours
        assert found == ([f"[{ip}%eth0]"] if scope == ETH6.index else [])
    elif any(ip in net for net in ALWAYS):
        assert found == [f"[{ip}]" if ip.version == 6 else str(ip)]
    else:
        assert found == [] or ip.is_private or ip.is_global


@pytest.mark.proves("D-7")
@quick(60)
@given(st.sampled_from([*EDGES, "127.0.0.1", "127.0.0.2", "127.1.2.3"]))
def test_on_the_loopback_there_is_the_loopback_alone(host: str) -> None:
    ip = ip_address(host)
    assert bool(hosts(host, here=LOOPBACK)) == (ip in ip_network("127.0.0.0/8"))


@pytest.mark.proves("D-2")
@quick(80)
@given(st.lists(st.sampled_from([
    *LOOPBACK, *HERE, InterfaceAddress("lo", 1, "::1", 128, InterfaceKind.LOOPBACK),
    InterfaceAddress("tun0", 3, "10.8.0.2", 24, InterfaceKind.TUNNEL),
    InterfaceAddress("eth1", 4, "127.0.0.2", 8, InterfaceKind.LAN),
]), unique=True), st.sampled_from(["127.0.0.1", "127.0.0.1%lo", "localhost"]))  # fmt: skip
def test_who_listens_on_the_loopback_looks_on_the_loopback_alone(
    there: list[InterfaceAddress], listen: str
) -> None:
    chosen = choose(there, listen_hosts=[listen])
    assert set(chosen) == {one for one in there if one.address == "127.0.0.1"}
    for one in there:  # nor is anybody beyond it believed
        if one.kind is not InterfaceKind.LOOPBACK:
            assert hosts(one.address, here=chosen) == [] or one.address.startswith("127.")


# --- the list of who is there --------------------------------------------------------------


class Heard:
    """What the LAN says, in place of a responder: records by name."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.goodbyes: list[bool] = []
        self.missing: tuple[str, ...] = ()

    def lookup(self, name: str) -> Record | None:
        return self.records.get(name)

    def ask(self, names: Sequence[str]) -> None:
        """Ask nobody."""

    async def close(self, *, goodbye: bool) -> None:
        self.goodbyes.append(goodbye)


def finder(found: list[Any], here: list[tuple[InterfaceAddress, ...]], **more: Any) -> LanFinder:
    return LanFinder(
        device=DEVICE, network_key=NETWORK, port=4114, addresses=lambda: here[-1],
        on_found=found.append, on_lost=found.append, **more,
    )  # fmt: skip


def device(number: int) -> bytes:
    return digest(number.to_bytes(4))


@pytest.mark.proves("D-5", "D-8")
@quick(12)
@given(st.integers(-2, 3), st.integers(0, 3), st.randoms(use_true_random=False))
def test_what_is_kept_of_who_is_there_is_bounded_and_nobody_finds_themselves(
    more: int, strange: int, chance: Any
) -> None:
    many = LAN_PEERS_MAX + more
    names = {instance_name(device(n)): device(n) for n in range(many)}
    names |= {instance_name(DEVICE): DEVICE}
    lan, found = Heard(), list[Any]()
    for name, key in names.items():
        lan.records[name] = record(name=name, txt=write_txt(key, NETWORK))
    noise = [f"x{n}._p2pblog._tcp.local." for n in range(strange)]
    mixed = [*names, *noise]
    chance.shuffle(mixed)

    async def hear() -> int:
        one = finder(found, [HERE])
        one._responder = cast("Responder", lan)
        for name in mixed:
            one._heard(name, False)
            while len(one._changed) >= 32:
                one._learn_some()
        while one._changed:
            one._learn_some()
        await one.close()
        return len(one._peers)

    kept = asyncio.run(hear())
    assert kept == len(found) == min(many, LAN_PEERS_MAX) <= 256
    assert DEVICE not in {one.device for one in found}
    assert not any(map(is_instance_name, noise))


@pytest.mark.proves("D-3")
@quick(30)
@given(st.lists(st.sampled_from(["here", "moved", "nowhere", "refused"]), max_size=5))
def test_who_ends_in_good_order_says_goodbye_and_who_moves_does_not(changes: list[str]) -> None:
    opened: list[Heard] = []
    here: list[tuple[InterfaceAddress, ...]] = [HERE]
    refuse = [False]

    async def open_(*args: object, **more: object) -> Heard:
        if refuse[0]:
            raise OSError("port 5353 is taken")
        opened.append(Heard())
        return opened[-1]

    async def live() -> bool:
        one = finder([], here, poll_s=60.0)
        await one.start()
        for change in changes:
            refuse[0] = change == "refused"
            here.append({"here": HERE, "nowhere": ()}.get(change, (ETH4,)))
            await one._tick()
        running = one.state.running
        await one.close()
        return running

    with patch.object(responder.Responder, "open", open_):
        running = asyncio.run(live())
    closed = [goodbye for one in opened for goodbye in one.goodbyes]
    assert closed == [False] * (len(opened) - running) + [True] * running


# --- dialling --------------------------------------------------------------------------------

OTHERS = [b"\xff" * 32, b"\x01" * 32]
steps = st.lists(
    st.tuples(
        st.sampled_from(["found"] * 4 + ["ended"] * 3 + ["lost", "known", "linked", "unlinked"]),
        st.integers(0, 1),
        st.sampled_from([0.0, 0.01, 0.3, 0.99, 1.0]),
    ),
    min_size=15,
    max_size=40,
)


@pytest.mark.proves("D-9")
@quick(200)
@given(steps, st.sampled_from([0.0, 0.5, 0.999]))
def test_nobody_is_dialled_more_than_once_a_second_whatever_others_announce(
    script: list[tuple[str, int, float]], jitter: float
) -> None:
    plan = DialPlan(own=b"\x80" * 32, random=lambda: jitter)
    now_s, last_s = 0.0, dict[bytes, float]()
    reported: dict[bytes, tuple[str, float]] = {}
    for what, which, after_s in script:
        now_s += after_s
        key = OTHERS[which]
        if what in ("found", "lost"):  # a finder reports a change of one peer once a second
            before, changed_s = reported.get(key, ("lost", float("-inf")))
            if what != before and now_s - changed_s < 1:
                continue
            reported[key] = (what, changed_s if what == before else now_s)
        # Whom our own patience has us dial by now, nobody's announcement does.
        last_s |= {dial.device: now_s for dial in plan.due(now_s=now_s)}
        match what:
            case "found":
                plan.found(key, ["192.168.1.9:4114"], now_s=now_s)
            case "lost":
                plan.lost(key)
            case "known":
                plan.known(key, ["203.0.113.9:4114"], now_s=now_s)
            case "ended":
                plan.ended(key, now_s=now_s, error="unreachable")
            case "linked":
                plan.linked(key, dialled=False, now_s=now_s)
            case _:
                plan.unlinked(key, now_s=now_s)
        for dial in plan.due(now_s=now_s):
            dialled_s = last_s.get(dial.device)
            if what == "found" and dialled_s is not None:
                assert now_s - dialled_s >= 1 - 1e-9
            last_s[dial.device] = now_s
