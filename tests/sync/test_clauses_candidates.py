"""Properties of protocol/14-webrtc.md section 3: addresses at the edge of what may be."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadStructure
from p2pblog.sync.signal import Candidate, CandidateType, decode_signal
from tests.sync.test_signal import OFFER, with_candidates

# As the clause has them.
NOBODYS = [ip_network(net) for net in ("0.0.0.0/8", "224.0.0.0/3", "::/8", "fe80::/9", "ff00::/8")]
LOOPBACKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
EDGES = [
    bytes(edge.packed)
    for net in (*NOBODYS, *LOOPBACKS)
    for end, step in ((net[0], -1), (net[0], 1), (net[-1], -1), (net[-1], 1))
    for edge in (end, end + step if 0 <= int(end) + step < 1 << 8 * len(end.packed) else end)
]

edges = st.sampled_from(EDGES)
addresses = edges | st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16)
ports = st.sampled_from([1024, 1025, 40_000, 65_535])


def among(address: bytes, nets: list[Any]) -> bool:
    ip = IPv4Address(address) if len(address) == 4 else IPv6Address(address)
    return any(ip in net for net in nets)


def may_be(address: bytes) -> bool:
    return among(address, LOOPBACKS) or not among(address, NOBODYS)


honest = st.tuples(st.sampled_from([0, 1]), addresses.filter(may_be), ports).map(list)


@pytest.mark.proves("W-6")
@settings(deadline=None, max_examples=300)
@given(addresses)
def test_an_address_that_no_end_has_is_refused_up_to_its_edge(address: bytes) -> None:
    data = with_candidates([0, address, 40_000])
    if may_be(address):
        [found] = decode_signal(data).candidates
        assert found == Candidate(CandidateType.HOST, address, 40_000)
        assert found.is_loopback == among(address, LOOPBACKS)
    else:
        with pytest.raises(BadStructure):
            decode_signal(data)


@pytest.mark.proves("W-4", "W-6")
@settings(deadline=None, max_examples=200)
@given(st.lists(honest, max_size=10), st.none() | st.integers(0, 9), st.booleans())
def test_an_offer_has_one_to_eight_addresses_of_one_kind_each_once(
    found: list[list[Any]], twice: int | None, alike: bool
) -> None:
    if alike and found:
        loop = among(found[0][1], LOOPBACKS)
        found = [one for one in found if among(one[1], LOOPBACKS) == loop]
    if twice is not None and found:
        again = found[twice % len(found)]
        found = [*found, [1 - again[0], *again[1:]]]
    places = [(one[1], one[2]) for one in found]
    loops = {among(one[1], LOOPBACKS) for one in found}
    data = with_candidates(*found)
    if 1 <= len(found) <= 8 and len(set(places)) == len(places) and len(loops) == 1:
        assert [list(one) for one in decode_signal(data).candidates] == found
    else:
        with pytest.raises(BadStructure):
            decode_signal(data)


misses = st.one_of(
    st.tuples(st.just(0), st.sampled_from([-1, 2, 255, True, False, None, "0", b"\0"])),
    st.tuples(
        st.just(1),
        st.sampled_from([3, 5, 15, 17, 0]).flatmap(
            lambda size: st.binary(min_size=size, max_size=size)
        )
        | st.sampled_from(["192.168.1.5", None, 0xC0A80105]),
    ),
    st.tuples(st.just(2), st.sampled_from([-1, 0, 1023, 65_536, True, None, "40000", 2**53 - 1])),
)


@pytest.mark.proves("W-5")
@settings(deadline=None, max_examples=200)
@given(
    st.lists(honest, min_size=1, max_size=8, unique_by=lambda one: (one[1], one[2])),
    st.integers(0, 7),
    misses,
)
def test_one_field_of_one_address_that_is_wrong_is_enough(
    found: list[list[Any]], which: int, miss: tuple[int, Any]
) -> None:
    loop = among(found[0][1], LOOPBACKS)
    found = [one for one in found if among(one[1], LOOPBACKS) == loop]
    assert len(decode_signal(with_candidates(*found)).candidates) == len(found)
    at, value = miss
    wrong = [list(one) for one in found]
    wrong[which % len(wrong)][at] = value
    with pytest.raises(BadStructure):
        decode_signal(with_candidates(*wrong))


def test_the_rest_of_the_offer_is_good() -> None:
    assert len(decode_signal(encode(OFFER)).candidates) == 2
