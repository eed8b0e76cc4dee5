"""Offers and answers: one encoding each, bounded, and nothing that leads us where it should not."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import (
    BadOffer,
    BadStructure,
    NonCanonical,
    ProtocolError,
    TooLarge,
)
from p2pblog.sync.signal import (
    Candidate,
    CandidateType,
    Signal,
    SignalType,
    decode_signal,
    encode_signal,
    may_be_reached,
)
from p2pblog.sync.signal_text import signal_from_text, signal_to_text

ICE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

names = st.text(ICE, min_size=4, max_size=32)
addresses = st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16)
candidates = st.builds(
    Candidate,
    st.sampled_from(CandidateType),
    addresses.filter(may_be_reached),
    st.integers(limits.SIGNAL_PORT_MIN, 65_535),
)


def consistent(found: list[Candidate]) -> bool:
    return len({one.is_loopback for one in found}) == 1


signals = st.builds(
    Signal,
    names,
    st.text(ICE, min_size=22, max_size=64),
    st.binary(min_size=32, max_size=32),
    st.lists(candidates, min_size=1, max_size=8, unique_by=lambda one: one[1:])
    .filter(consistent)
    .map(tuple),
    st.none() | names,
)

HOST = [0, bytes([192, 168, 1, 5]), 40_000]
SEEN = [1, bytes([198, 51, 100, 7]), 50_000]
OFFER: list[Any] = [0, 1, "abcd", "p" * 22, bytes(32), [HOST, SEEN]]
ANSWER: list[Any] = [1, *OFFER[1:], "wxyz"]


def with_item(at: int, value: Any, of: list[Any] = OFFER) -> bytes:
    return encode([*of[:at], value, *of[at + 1 :]])


def with_candidates(*found: Any) -> bytes:
    return with_item(5, list(found))


@given(signals)
@pytest.mark.proves("W-2", "W-3")
def test_an_offer_or_answer_is_read_as_it_was_written_and_has_one_encoding(signal: Signal) -> None:
    data = encode_signal(signal)
    assert len(data) <= limits.SIGNAL_BYTES_MAX
    assert decode_signal(data) == signal
    assert encode_signal(decode_signal(data)) == data


@given(signals, st.data())
def test_a_near_miss_is_refused_or_says_something_else(signal: Signal, data: st.DataObject) -> None:
    written = encode_signal(signal)
    bit = data.draw(st.integers(0, 8 * len(written) - 1))
    flipped = bytearray(written)
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        read = decode_signal(bytes(flipped))
    except ProtocolError:
        return
    assert read != signal
    assert encode_signal(read) == flipped


@given(signals, st.data())
def test_every_beginning_of_one_is_refused(signal: Signal, data: st.DataObject) -> None:
    written = encode_signal(signal)
    size = data.draw(st.integers(0, len(written) - 1))
    with pytest.raises(NonCanonical):
        decode_signal(written[:size])


def test_the_largest_fits() -> None:
    found = tuple(
        Candidate(CandidateType.HOST, bytes([0x20, *([255] * 14), number]), 65_535)
        for number in range(8)
    )
    signal = Signal("u" * 32, "p" * 64, bytes(32), found, "o" * 32)
    assert decode_signal(encode_signal(signal)) == signal
    assert len(encode_signal(signal)) == 356


@pytest.mark.proves("W-2")
def test_more_than_512_bytes_are_not_looked_at() -> None:
    with pytest.raises(TooLarge):
        decode_signal(encode([0, 1, "x" * 600]))
    with pytest.raises(TooLarge):
        decode_signal(b"\xff" * 513)


@pytest.mark.parametrize(
    "data",
    [
        encode(None),
        encode([]),
        encode([0]),
        encode({"type": 0}),
        with_item(0, 2),
        with_item(0, True),
        with_item(0, "offer"),
        with_item(0, 1),  # an answer that names no offer
        with_item(0, 0, ANSWER),  # an offer that names one
        with_item(1, 0),
        with_item(1, 2),
        with_item(1, True),
        with_item(2, "abc"),
        with_item(2, "a" * 33),
        with_item(2, "ab:d"),
        with_item(2, "abc\n"),
        with_item(2, "abc\u0430"),
        with_item(2, b"abcd"),
        with_item(3, "p" * 21),
        with_item(3, "p" * 65),
        with_item(3, "p" * 21 + "-"),
        with_item(3, None),
        with_item(4, bytes(31)),
        with_item(4, bytes(33)),
        with_item(4, "f" * 32),
        with_item(5, None),
        with_item(6, "abc", ANSWER),
        with_item(6, None, ANSWER),
        encode([*OFFER, "abcd", "abcd"]),
    ],
    ids=lambda data: data[:12].hex(),
)
@pytest.mark.proves("W-3")
def test_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(BadStructure):
        decode_signal(data)


@pytest.mark.parametrize(
    "found",
    [
        [],
        [[0, bytes([10, 0, 0, number]), 40_000] for number in range(9)],
        [HOST, HOST],
        [HOST, [1, *HOST[1:]]],
        [None],
        [[*HOST, 1]],
        [HOST[:2]],
        [[2, *HOST[1:]]],
        [[-1, *HOST[1:]]],
        [[True, *HOST[1:]]],
        [["host", *HOST[1:]]],
        [[0, "192.168.1.5", 40_000]],
        [[0, b"printer.local", 40_000]],
        [[0, b"", 40_000]],
        [[0, bytes([192, 168, 1]), 40_000]],
        [[0, bytes([192, 168, 1, 5, 0]), 40_000]],
        [[0, HOST[1], 0]],
        [[0, HOST[1], 53]],
        [[0, HOST[1], 1023]],
        [[0, HOST[1], 65_536]],
        [[0, HOST[1], True]],
        [[0, HOST[1], "40000"]],
        [HOST, [0, bytes([127, 0, 0, 1]), 40_000]],
    ],
    ids=lambda found: repr(found)[:40],
)
@pytest.mark.proves("W-4", "W-5", "W-6")
def test_addresses_of_another_form_number_or_port_are_refused(found: list[Any]) -> None:
    with pytest.raises(BadStructure):
        decode_signal(with_candidates(*found))


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104 (refused)
        "0.1.2.3",
        "224.0.0.251",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::2",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.5",
        "64:ff9b::192.168.1.5",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::fb",
        "ffff::1",
    ],
)
@pytest.mark.proves("W-6")
def test_an_address_that_no_end_has_is_refused(host: str) -> None:
    with pytest.raises(BadStructure):
        decode_signal(with_candidates([0, ip_address(host).packed, 40_000]))


@pytest.mark.parametrize(
    "host",
    ["1.0.0.1", "10.0.0.1", "127.0.0.1", "169.254.1.1", "192.168.1.5", "223.255.255.254",
     "::1", "100::1", "2001:db8::5", "fd00::5", "fe00::1"],
)  # fmt: skip
def test_other_addresses_are_taken(host: str) -> None:
    [found] = decode_signal(with_candidates([0, ip_address(host).packed, 1024])).candidates
    assert found == Candidate(CandidateType.HOST, ip_address(host).packed, 1024)
    assert found.host == host
    assert found.is_loopback == (host in ("127.0.0.1", "::1"))


def test_the_loopback_alone_is_taken() -> None:
    both = [[0, bytes([127, 0, 0, 1]), 40_000], [0, bytes(15) + b"\1", 40_000]]
    assert len(decode_signal(with_candidates(*both)).candidates) == 2


@pytest.mark.parametrize(
    "signal",
    [
        Signal("abc", "p" * 22, bytes(32), (Candidate(CandidateType.HOST, bytes(4), 4000),)),
        Signal("abcd", "p" * 22, bytes(32), ()),
        Signal("abcd", "p" * 22, bytes(31), (Candidate(CandidateType.HOST, b"\1234", 4000),)),
    ],
)
def test_what_would_be_refused_is_not_written(signal: Signal) -> None:
    with pytest.raises(ValueError, match="offer"):
        encode_signal(signal)


# --- as text ---------------------------------------------------------------------------


@given(st.sampled_from(SignalType), st.binary(min_size=1, max_size=512), st.data())
@pytest.mark.proves("W-9")
def test_a_text_form_is_read_in_either_case_and_however_its_lines_were_broken(
    kind: SignalType, signal: bytes, data: st.DataObject
) -> None:
    text = signal_to_text(kind, signal)
    assert text.isalnum()
    assert text == text.lower()
    assert len(text) <= limits.SIGNAL_CHARS_MAX
    assert signal_from_text(kind, text) == signal
    at = data.draw(st.integers(0, len(text)))
    assert signal_from_text(kind, f"\n {text[:at]} \r\n\t{text[at:].upper()} ") == signal


@given(st.sampled_from(SignalType), st.binary(min_size=1, max_size=512), st.data())
@pytest.mark.proves("W-10")
def test_a_mistyped_text_form_is_refused(
    kind: SignalType, signal: bytes, data: st.DataObject
) -> None:
    text = signal_to_text(kind, signal)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(text[at].__ne__))
    for wrong in (text[:at] + other + text[at + 1 :], text[:at] + text[at + 1 :], text + other):
        with pytest.raises(BadOffer):
            signal_from_text(kind, wrong)


def test_the_other_of_the_two_is_told_apart() -> None:
    text = signal_to_text(SignalType.ANSWER, encode(ANSWER))
    with pytest.raises(BadOffer, match="it is an answer, not an offer"):
        signal_from_text(SignalType.OFFER, text)


@pytest.mark.parametrize(
    "text",
    ["", "o", "oa", "o=", "x" + "a" * 20, "o" + "0" * 20, "o\u212a" + "a" * 20, "o" + " " * 3000,
     "o" + "a" * 900],
)  # fmt: skip
@pytest.mark.proves("W-10")
def test_what_is_no_text_form_is_refused(text: str) -> None:
    with pytest.raises(BadOffer):
        signal_from_text(SignalType.OFFER, text)


def test_a_checksum_holds_for_one_of_the_two_only() -> None:
    text = signal_to_text(SignalType.OFFER, encode(OFFER))
    with pytest.raises(BadOffer):
        signal_from_text(SignalType.ANSWER, "a" + text[1:])


def test_the_examples_here_are_what_they_should_be() -> None:
    assert decode_signal(encode(OFFER)).type is SignalType.OFFER
    assert decode_signal(encode(ANSWER)).answers == "wxyz"
    assert decode(encode_signal(decode_signal(encode(ANSWER)))) == ANSWER
