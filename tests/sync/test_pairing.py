"""Pairing, without a network: who may become a device, and what both screens show."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

import pytest

from p2pblog.core.crypto import SigningKey, digest
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import (
    BadCode,
    BadSignature,
    BadStructure,
    ProtocolError,
    TooLarge,
    UnexpectedMessage,
    WrongDevice,
)
from p2pblog.log.identity import Adds, add_device, consent_message, device_set
from p2pblog.sync.pairing import (
    CODE_BYTES,
    Joiner,
    Offerer,
    new_code,
    pairing_key,
    read_code,
)

ROOT, OLD, NEW, EVE = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3, 4))
LINK = b"h" * 64
CODE = "abandon ability able about above absent"


def offerer(*, joiner: bytes = NEW.public, link: bytes = LINK, nonce: bytes = b"o") -> Offerer:
    return Offerer(
        root=ROOT.public,
        device=OLD.public,
        name="ada",
        joiner=joiner,
        handshake_hash=link,
        nonce=nonce * 32,
    )


def joiner(*, key: SigningKey = NEW, link: bytes = LINK, nonce: bytes = b"j") -> Joiner:
    return Joiner(key=key, name="phone", handshake_hash=link, nonce=nonce * 32)


def pair(old: Offerer, new: Joiner) -> None:
    """Carry messages to and fro until nobody has anything to say."""
    for_new = old.start()
    while for_new:
        for_old = [answer for message in for_new for answer in new.receive(message)]
        for_new = [answer for message in for_old for answer in old.receive(message)]


def test_both_screens_show_one_number_and_the_consent_makes_a_device() -> None:
    old, new = offerer(), joiner()
    pair(old, new)
    assert old.compare == new.compare
    assert len(old.compare) == 6
    assert old.compare.isdecimal()
    assert (old.name, new.name, new.root, new.device) == (
        "phone",
        "ada",
        ROOT.public,
        OLD.public,
    )
    assert old.add is not None
    first = add_device(ROOT.public, OLD)
    adds = [Adds(ROOT.public, 1, first), Adds(OLD.public, 9, old.add)]
    assert set(device_set(ROOT.public, adds)) == {OLD.public, NEW.public}
    assert new.receive(old.done(["127.0.0.1:4114"])) == []
    assert new.addresses == ["127.0.0.1:4114"]


def test_the_number_is_what_the_specification_says() -> None:
    old, new = offerer(), joiner()
    pair(old, new)
    data = b"p2pblog pairing number v1" + LINK + ROOT.public + OLD.public + NEW.public
    number = blake2b(data + b"o" * 32 + b"j" * 32, digest_size=8).digest()
    assert old.compare == f"{int.from_bytes(number) % 10**6:06}"


@pytest.mark.proves("I-15")
def test_who_says_no_leaves_the_new_device_without_an_identity() -> None:
    old, new = offerer(), joiner()
    pair(old, new)
    new.receive(old.refused())
    assert new.refused
    assert new.addresses is None
    with pytest.raises(UnexpectedMessage):
        new.receive(old.done([]))


def test_no_may_come_before_the_number() -> None:
    old, new = offerer(), joiner()
    new.receive(*old.start())
    new.receive(old.refused())
    assert new.refused


def test_done_before_the_number_was_shown_is_refused() -> None:
    old, new = offerer(), joiner()
    new.receive(*old.start())
    with pytest.raises(UnexpectedMessage):
        new.receive(old.done([]))


def test_a_third_party_that_knows_the_code_shows_two_numbers() -> None:
    # Eve has a link with each, so the handshakes differ; she passes every message on.
    old = offerer(joiner=EVE.public, link=b"1" * 64)
    new = joiner(link=b"2" * 64)
    (offer,) = old.start()
    (come,) = new.receive(offer)
    (reveal,) = old.receive(come)
    (consent,) = new.receive(reveal)
    assert old.compare != new.compare
    with pytest.raises(BadSignature):  # and the consent is not the device's that she is
        old.receive(consent)
    assert old.add is None


@pytest.mark.proves("I-12")
def test_a_third_party_cannot_choose_its_nonce_once_it_knows_the_other() -> None:
    # To make the numbers equal she would have to reveal another nonce than she committed to.
    old, new = offerer(), joiner()
    (offer,) = old.start()
    new.receive(offer)
    with pytest.raises(WrongDevice):
        new.receive(encode([3, b"x" * 32]))
    assert new.compare == ""


def test_no_consent_leaves_the_new_device_before_the_nonce_is_revealed() -> None:
    old, new = offerer(), joiner()
    (come,) = new.receive(*old.start())
    assert NEW.sign(consent_message(ROOT.public)) not in come


@pytest.mark.parametrize("changed", ["link", "root", "device", "joiner", "nonce", "answer"])
def test_everything_counts_for_the_number(changed: str) -> None:
    def number(*, other: bool) -> str:
        def pick(part: str, usual: bytes, instead: bytes) -> bytes:
            return instead if other and changed == part else usual

        new = Joiner(
            key=SigningKey(pick("joiner", b"\3", b"\5") * 32),
            name="",
            handshake_hash=pick("link", b"h", b"i") * 64,
            nonce=pick("answer", b"j", b"k") * 32,
        )
        nonce = pick("nonce", b"o", b"p") * 32
        commitment = digest(b"p2pblog pairing commitment v1" + nonce)
        root = pick("root", ROOT.public, EVE.public)
        device = pick("device", OLD.public, EVE.public)
        new.receive(encode([1, 1, root, device, "", commitment]))
        new.receive(encode([3, nonce]))
        return new.compare

    assert number(other=False) != number(other=True)


@pytest.mark.proves("I-13")
def test_a_replayed_consent_is_refused() -> None:
    old, new = offerer(), joiner()
    (come,) = new.receive(*old.start())
    (reveal,) = old.receive(come)
    (consent,) = new.receive(reveal)
    old.receive(consent)
    for again in (consent, come):
        with pytest.raises(UnexpectedMessage):
            old.receive(again)


@pytest.mark.proves("I-13")
def test_a_consent_of_an_earlier_pairing_of_another_device_is_refused() -> None:
    old = offerer(joiner=EVE.public)
    (reveal,) = old.receive(encode([2, "eve", b"e" * 32]))
    assert reveal
    with pytest.raises(BadSignature):
        old.receive(encode([4, NEW.sign(consent_message(ROOT.public))]))


@pytest.mark.proves("I-13")
def test_a_consent_to_another_identity_is_refused() -> None:
    old = offerer()
    old.receive(encode([2, "", b"e" * 32]))
    with pytest.raises(BadSignature):
        old.receive(encode([4, NEW.sign(consent_message(EVE.public))]))


def _offer(**fields: object) -> bytes:
    good = {
        "kind": 1,
        "version": 1,
        "root": ROOT.public,
        "device": OLD.public,
        "name": "",
        "commitment": bytes(32),
    }
    return encode(list((good | fields).values()))


@pytest.mark.proves("I-13")
@pytest.mark.parametrize(
    ("data", "error"),
    [
        (_offer(version=2), UnexpectedMessage),
        (_offer(version=2, more=1), UnexpectedMessage),
        (_offer(version=True), BadStructure),
        (_offer(kind=3), UnexpectedMessage),
        (_offer(kind=True), BadStructure),
        (_offer(root=bytes(31)), BadStructure),
        (_offer(device=bytes(33)), BadStructure),
        (_offer(commitment=b""), BadStructure),
        (_offer(name="é" * 65), BadStructure),
        (_offer(name=b"x"), BadStructure),
        (_offer(more=1), BadStructure),
        (_offer()[:-1], BadStructure),
        (_offer() + b"\0", BadStructure),
        (b"", BadStructure),
        (encode([]), BadStructure),
        (encode({"kind": 1}), BadStructure),
        (encode([1, bytes(4096)]), TooLarge),
    ],
)
def test_offers_that_are_none_are_refused(data: bytes, error: type[ProtocolError]) -> None:
    with pytest.raises(error):
        joiner().receive(data)


@pytest.mark.proves("I-13")
@pytest.mark.parametrize(
    ("data", "error"),
    [
        (encode([4, bytes(64)]), UnexpectedMessage),
        (encode([2, "", bytes(31)]), BadStructure),
        (encode([2, "x" * 129, bytes(32)]), BadStructure),
        (encode([2, "", bytes(32), None]), BadStructure),
        (encode([2, None, bytes(32)]), BadStructure),
    ],
)
def test_answers_that_are_none_are_refused(data: bytes, error: type[ProtocolError]) -> None:
    with pytest.raises(error):
        offerer().receive(data)


@pytest.mark.proves("I-13")
@pytest.mark.parametrize(
    "ending",
    [encode([5]), encode([5, ["a:1"] * 9]), encode([5, [b"a:1"]]), encode([6, 1]), encode([5, 1])],
)
def test_ends_that_are_none_are_refused(ending: bytes) -> None:
    old, new = offerer(), joiner()
    pair(old, new)
    with pytest.raises(BadStructure):
        new.receive(ending)


def test_no_more_than_eight_addresses_are_told() -> None:
    addresses = [f"127.0.0.1:{port}" for port in range(1, 12)]
    assert decode(offerer().done(addresses)) == [5, addresses[:8]]


# --- the code ----------------------------------------------------------------------


@pytest.mark.proves("I-11")
def test_every_bit_of_66_counts_for_the_code() -> None:
    number = int.from_bytes(b"\x5a" * CODE_BYTES)
    codes = {new_code((number ^ 1 << bit).to_bytes(CODE_BYTES)) for bit in range(66)}
    assert len(codes) == 66
    assert all(len(code.split()) == 6 for code in codes)


@pytest.mark.parametrize(
    "typed",
    [CODE, CODE.upper(), f"  {CODE}\n", CODE.replace(" ", "-"), CODE.replace(" ", "  ")],
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert read_code(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        CODE.rsplit(" ", 1)[0],
        f"{CODE} zoo",
        CODE.replace("about", "abut"),
        CODE.replace(" ", "_"),
        "x" * 1000,
    ],
)
def test_what_is_no_code_is_refused_in_one_line(typed: str) -> None:
    with pytest.raises(BadCode) as refused:
        read_code(typed)
    assert "\n" not in str(refused.value)


def test_the_key_depends_on_every_word_and_on_the_network() -> None:
    make: Callable[[str, bytes], bytes] = pairing_key
    key = make(CODE, bytes(32))
    assert len(key) == 32
    assert make(CODE, bytes(32)) == key
    assert make(CODE, bytes(31) + b"\1") != key
    assert make(CODE.replace("absent", "absorb"), bytes(32)) != key
