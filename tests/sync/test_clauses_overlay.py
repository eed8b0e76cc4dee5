"""Properties of protocol/15-overlay.md: what a liar among peers can make a node do."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey, box, exchange_public
from p2pblog.core.encoding import encode
from p2pblog.core.errors import ProtocolError
from p2pblog.net.members import may_be_dialled
from p2pblog.sync.calls import unseal
from p2pblog.sync.messages import Join, Member, Relay, Shuffle
from p2pblog.sync.overlay import Dial, Effect, Overlay, Send


def device(number: int) -> bytes:
    return number.to_bytes(32)


OWN = Member(device(1), ("10.0.0.1:4114", "8.8.8.8:4114"))
# Peers 2 to 5 are linked, 4 and 5 on the LAN; 6 to 12 are others, 1 is this node.
LAN = (4, 5)


def linked(chance: st.DataObject | None = None, peers: int = 5) -> Overlay:
    def random() -> float:
        return 0.0 if chance is None else chance.draw(st.sampled_from([0.0, 0.3, 0.6, 0.99]))

    node = Overlay(lambda: OWN, lambda device: False, random=random)
    for number in range(2, peers + 1):
        node.linked(Member(device(number), ()), dialled=False, near=number in LAN, now_s=0.0)
    return node


# --- M-3, M-6: nothing travels for ever -----------------------------------------------------------

numbers = st.integers(1, 12)
travelling = st.one_of(
    st.builds(lambda hops, who: Join(hops, Member(device(who), ())), st.integers(0, 6), numbers),
    st.builds(
        lambda hops, who: Shuffle(hops, [Member(device(one), ()) for one in who]),
        st.integers(0, 4),
        st.lists(numbers, min_size=1, max_size=8),
    ),
    st.builds(
        lambda hops, origin, target: Relay(hops, device(origin), device(target), b"x"),
        st.integers(0, 8),
        numbers,
        numbers,
    ),
)


@pytest.mark.proves("M-3", "M-6")
@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(2, 5), travelling), max_size=25), st.data())
def test_what_is_passed_on_has_fewer_hops_left_and_with_none_it_stays(
    coming: list[tuple[int, Join | Shuffle | Relay]], data: st.DataObject
) -> None:
    node = linked(data)
    for turn, (number, message) in enumerate(coming):
        now_s = 3.0 * turn
        effects = node.receive(device(number), message, now_s)
        sent = [one for one in effects if isinstance(one, Send)]
        for one in sent:
            assert type(one.message) is type(message)
            assert one.message.hops < message.hops
            assert one.device in node.active
            assert one.device != device(number), "back to where it comes from"
        if message.hops == 0:
            assert sent == []
        own = device(1)
        if isinstance(message, Relay):
            assert [one.message for one in sent] in ([], [message._replace(hops=message.hops - 1)])
            if message.target == own:
                assert sent == []


# --- M-2, M-4: what a flood leads to -------------------------------------------------------------


@pytest.mark.proves("M-4", "M-2")
@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.tuples(
            st.integers(2, 3), st.sampled_from(["join", "shuffle", "relay"]),
            st.sampled_from([0.0, 0.0, 0.125, 1.0, 2.0, 15.0]), st.integers(1, 40),
        ),
        max_size=15,
    )
)  # fmt: skip
def test_of_a_flood_so_much_a_minute_is_taken_and_so_much_is_dialled(
    floods: list[tuple[int, str, float, int]],
) -> None:
    node = linked()
    now_s, count = 0.0, 100
    taken: dict[int, list[float]] = {2: [], 3: []}
    dials: list[float] = []
    left = {2: 30.0, 3: 30.0}
    for number, kind, passed_s, size in floods:
        now_s += passed_s
        left = {one: min(30.0, much + passed_s / 2) for one, much in left.items()}
        for _ in range(size):
            count += 1
            newcomer = Member(device(count), ("192.0.2.1:4114",))
            # With no hops left a join is dialled, a shuffle kept, a relay to this node opened.
            messages: dict[str, Any] = {
                "join": Join(0, newcomer),
                "shuffle": Shuffle(0, [newcomer]),
                "relay": Relay(0, newcomer.device, OWN.device, b"x"),
            }
            before = newcomer in node.passive
            effects = node.receive(device(number), messages[kind], now_s)
            dialled = any(isinstance(one, Dial) for one in effects)
            heeded = bool(effects) or (newcomer in node.passive and not before)
            assert heeded == (left[number] >= 1)
            if heeded:
                left[number] -= 1
                taken[number].append(now_s)
            if dialled:
                dials.append(now_s)
        assert len(node.passive) <= limits.PASSIVE_VIEW_MAX
    for times in taken.values():  # a burst of a minute's worth, and so much a minute from then on
        for end, at in enumerate(times):
            assert sum(at - one < 60 for one in times[: end + 1]) <= 60
    assert all(late - soon >= 1 for soon, late in pairwise(dials))


@pytest.mark.proves("M-2")
@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["told", "told", "time", "time", "lost"]), st.integers(6, 12)),
        min_size=4,
        max_size=40,
    ),
    st.integers(1, 5),
    st.data(),
)
def test_each_member_is_tried_every_two_minutes_at_most_while_links_are_few(
    happening: list[tuple[str, int]], peers: int, data: st.DataObject
) -> None:
    node = linked(data, peers)
    now_s = 0.0
    tried: dict[bytes, float] = {}
    for what, number in happening:
        match what:
            case "told" if node.active:  # again and again, of the same few members
                members = [Member(device(one), ()) for one in range(6, number + 1)]
                node.receive(node.active[0], Shuffle(0, members), now_s)
            case "lost" if node.active:
                node.unlinked(node.active[0], now_s)
            case "time":
                now_s += 10.0 * (number - 5)
                far = [one for one in node.active if one not in map(device, LAN)]
                dials = [one.member.device for one in node.tick(now_s) if isinstance(one, Dial)]
                assert len(dials) <= max(0, 5 - len(far))
                for one in dials:
                    assert now_s - tried.get(one, -120.0) >= 120
                    tried[one] = now_s


# --- M-1, M-5: addresses -------------------------------------------------------------------------

# Of IANA's registries of special-purpose addresses: those that are not global.
PRIVATE = [
    ip_network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "240.0.0.0/4", "::1/128", "::/128", "2001:db8::/32", "fc00::/7",
        "fe80::/10",
    )
]  # fmt: skip
GROUPS = [ip_network("224.0.0.0/4"), ip_network("ff00::/8")]
Ip = IPv4Address | IPv6Address


def _edges() -> list[Ip]:
    found: list[Ip] = []
    for net in (*PRIVATE, *GROUPS):
        for end, step in ((net[0], -1), (net[-1], 1)):
            found.append(end)
            if 0 <= int(end) + step < 1 << end.max_prefixlen:
                found.append(end + step)
    return found


ips = st.sampled_from(_edges()) | st.sampled_from(
    [ip_address(one) for one in ("8.8.8.8", "9.9.9.9", "2606:4700::1111", "1.1.1.1")]
)


def written(ip: Ip, port: int) -> str:
    return f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"


def among(ip: Ip, nets: list[Any]) -> bool:
    return any(ip in net for net in nets if net.version == ip.version)


@pytest.mark.proves("M-5")
@settings(deadline=None, max_examples=150)
@given(st.lists(ips, min_size=1, max_size=4), st.sampled_from(["join", "first", "shuffle", "tick"]))
@example([ip_address("100.64.0.1"), ip_address("198.18.0.1")], "shuffle")
def test_addresses_that_are_not_global_stay_on_the_lan(told: list[Ip], how: str) -> None:
    newcomer = Member(device(9), tuple(written(ip, 4114) for ip in told))
    node = linked()
    effects: list[Effect] = []
    match how:
        case "join":
            for hops in (6, 5, 4):
                effects += node.receive(device(5), Join(hops, newcomer), 0.0)
        case "first":
            node.linked(newcomer, dialled=False, near=True, now_s=0.0)
            effects = node.receive(device(9), Join(6, newcomer), 0.0)
        case "shuffle":
            effects = node.receive(device(5), Shuffle(4, [newcomer, OWN]), 0.0)
        case _:
            node.receive(device(5), Shuffle(0, [newcomer]), 0.0)
            effects = node.tick(1000.0)
    sent = [one for one in effects if isinstance(one, Send)]
    assert sent
    for one in sent:
        if isinstance(one.message, Relay) or one.device in map(device, LAN):
            continue
        named = [one.message.member] if isinstance(one.message, Join) else one.message.members
        for member in named:
            for address in member.addresses:
                ip = ip_address(address.rpartition(":")[0].strip("[]"))
                assert not among(ip, PRIVATE), f"{ip} told to a stranger"
    # While what is global is told.
    of_all = [m for one in sent if isinstance(one.message, Join) for m in [one.message.member]]
    for member in of_all:
        open_ = [a for a, ip in zip(newcomer.addresses, told, strict=True) if _is_open(ip)]
        assert set(open_) <= set(member.addresses)


def _is_open(ip: Ip) -> bool:
    return str(ip) in ("8.8.8.8", "9.9.9.9", "2606:4700::1111", "1.1.1.1")


@pytest.mark.proves("M-1")
@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(ips, st.sampled_from([0, 80, 1023, 1024, 65_535])), max_size=5),
    st.sampled_from([[], ["192.168.1.9:4114"], ["127.0.0.1:9"], ["127.0.0.1:9", "10.0.0.1:9"]]),
    st.sampled_from(["", "printer.local:9100", "8.8.8.8", "8.8.8.8:65536", "[fe80::1%eth0]:9999"]),
)
def test_no_name_no_group_no_low_port_and_no_loopback_is_dialled(
    told: list[tuple[Ip, int]], own: list[str], other: str
) -> None:
    addresses = [written(ip, port) for ip, port in told]
    alone = own == ["127.0.0.1:9"]
    dialled = may_be_dialled([*addresses, other], own)
    assert other not in dialled
    for (ip, port), address in zip(told, addresses, strict=True):
        never = (
            port < 1024
            or among(ip, GROUPS)
            or str(ip) in ("0.0.0.0", "::")  # noqa: S104 (refused)
            or (ip.is_loopback and not alone)
        )
        if never:
            assert address not in dialled
        elif _is_open(ip) and not alone:
            assert address in dialled


# --- M-7: calls ----------------------------------------------------------------------------------

ANN, BOB = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32)
GOOD: list[Any] = ["p2pblog call v1", 1, bytes(16), b"x"]
misses = st.one_of(
    st.tuples(st.just(0), st.sampled_from(["p2pblog call v2", "p2pblog call v", b"x", None])),
    st.tuples(st.just(1), st.sampled_from([0, 3, -1, True, None, "1"])),
    st.tuples(st.just(2), st.sampled_from([bytes(15), bytes(17), b"", "x" * 16, None])),
    st.tuples(st.just(3), st.sampled_from(["x", None, 1, [b"x"]])),
    st.tuples(st.just(4), st.sampled_from([None, b"x", 0])),
    st.tuples(st.just(5), st.just(None)),
)


@pytest.mark.proves("M-7")
@settings(deadline=None)
@given(misses, st.sampled_from([1, 2]))
def test_what_opens_and_is_not_quite_a_call_is_dropped(miss: tuple[int, Any], kind: int) -> None:
    at, wrong = miss
    content = [GOOD[0], kind, *GOOD[2:]]
    content = content[:-1] if at == 5 else [*content[:at], wrong, *content[at + 1 :]]
    public = exchange_public(BOB.public)
    assert public is not None
    sealed = bytes(24) + box(encode(content), bytes(24), public, ANN.exchange_secret())
    with pytest.raises(ProtocolError):
        unseal(sealed, BOB, ANN.public)
