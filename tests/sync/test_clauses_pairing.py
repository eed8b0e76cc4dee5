"""Clauses of protocol/05-identity.md section 5, by near misses of each message of a pairing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import ProtocolError, WrongDevice
from p2pblog.log.identity import consent_message
from p2pblog.sync.pairing import Joiner, Offerer, commitment
from tests.plain import hashes
from tests.plain import pairing as plain
from tests.plain.refused import Refused
from tests.strategies import flip, flipped, other_types, quick

ROOT, OLD, NEW, EVE = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3, 4))
LINK, N, M = b"h" * 64, b"o" * 32, b"j" * 32


def offerer() -> Offerer:
    return Offerer(root=ROOT.public, device=OLD.public, name="ada", joiner=NEW.public,
                   handshake_hash=LINK, nonce=N)  # fmt: skip


def joiner() -> Joiner:
    return Joiner(key=NEW, name="phone", handshake_hash=LINK, nonce=M)


def plain_old() -> plain.Old:
    return plain.Old(ROOT.public, OLD.public, "ada", NEW.public, LINK, N)


def plain_new() -> plain.New:
    return plain.New(hashes.key(3), "phone", LINK, M)


OFFER = [1, 1, ROOT.public, OLD.public, "ada", commitment(N)]
REVEAL, DONE, REFUSED = [3, N], [5, ["127.0.0.1:4114"]], [6]
COME, CONSENT = [2, "phone", M], [4, NEW.sign(consent_message(ROOT.public))]
# What each end hears in good order, and what it says at the end instead.
TO_NEW: list[list[Any]] = [OFFER, REVEAL, DONE]
TO_OLD: list[list[Any]] = [COME, CONSENT]
ALL: list[list[Any]] = [OFFER, COME, REVEAL, CONSENT, DONE, REFUSED]

Take = Callable[[bytes], list[bytes]]


def verdict(take: Take, data: bytes) -> list[bytes] | str:
    """Return what an end says to a message, or the code with which it ends the pairing."""
    try:
        return take(data)
    except (ProtocolError, Refused) as error:
        code: str = error.code
        return code


def edges(item: Any) -> list[Any]:
    """Return what stands at the edge of an item's rule, or has another type."""
    match item:
        case int():
            return [item - 1, item + 1, item + 2, *other_types(item)]
        case bytes():
            return [item[:-1], item + b"\0", flip(item, 7), *other_types(item)]
        case str():
            return ["", "x" * 128, "x" * 129, "é" * 64, "é" * 65, *other_types(item)]
        case _:
            lists = [["h:1"] * size for size in (0, 1, 7, 8, 9)]
            return [*lists, ["h:1", b"h:1"], ["h:1", 1], [["h:1"]], *other_types(item)]


def near(value: list[Any], at: int) -> list[bytes]:
    """Return messages that are not quite this one, but for the first."""
    changed = [[*value[:at], other, *value[at + 1 :]] for other in edges(value[at])]
    changed += [value[:at] + value[at + 1 :], [*value[:at], value[at], *value[at:]], value[::-1]]
    raw = encode(value)
    spare = 4096 - len(encode([*value, b"x" * 256])) + 256  # fills the message to its bound
    changed += [[*value, b"x" * (spare + step)] for step in (-1, 0, 1)]
    longer = [raw[:-1], raw + b"\0", b"\xdc\0" + bytes([len(value)]) + raw[1:], raw[1:], b""]
    return [raw, *longer, *map(encode, changed)]


STAGES = [
    (old, heard, value, at)
    for old, order in ((True, TO_OLD), (False, TO_NEW))
    for heard in range(len(order) + 1)
    for value in ALL
    for at in range(len(value))
]


@pytest.mark.proves("I-13")
@quick(len(STAGES))
@given(st.sampled_from(STAGES))
def test_an_end_goes_on_with_the_message_that_is_due_and_with_nothing_near_it(
    stage: tuple[bool, int, list[Any], int],
) -> None:
    old, heard, value, at = stage
    order = TO_OLD if old else TO_NEW
    for raw in near(value, at):
        ours: Take = offerer().receive if old else joiner().receive
        theirs: Take = plain_old().receive if old else plain_new().receive
        for before in order[:heard]:
            assert ours(encode(before)) == theirs(encode(before))
        assert verdict(ours, raw) == verdict(theirs, raw)


@pytest.mark.proves("I-13")
@quick(80)
@given(st.data())
def test_the_old_device_takes_the_consent_of_that_device_for_its_own_root(
    data: st.DataObject,
) -> None:
    old = offerer()
    old.receive(encode(COME))
    right = NEW.sign(consent_message(ROOT.public))
    others = [
        EVE.sign(consent_message(ROOT.public)),
        NEW.sign(consent_message(EVE.public)),
        NEW.sign(ROOT.public),
        NEW.sign(consent_message(flip(ROOT.public, data.draw(st.integers(0, 255))))),
    ]
    wrong = data.draw(flipped(right) | st.sampled_from(others))
    assert verdict(old.receive, encode([4, wrong])) == "bad-signature"
    assert old.add is None


@pytest.mark.proves("I-12")
@quick(120)
@given(st.binary(min_size=32, max_size=32), st.data())
def test_a_nonce_other_than_the_one_committed_to_ends_the_pairing(
    nonce: bytes, data: st.DataObject
) -> None:
    committed, revealed = commitment(nonce), nonce
    if data.draw(st.booleans()):
        committed = data.draw(flipped(committed) | st.sampled_from([nonce, hashes.b256(nonce)]))
    else:
        revealed = data.draw(flipped(nonce) | st.just(committed))
    new = joiner()
    new.receive(encode([*OFFER[:5], committed]))
    with pytest.raises(WrongDevice):
        new.receive(encode([3, revealed]))
    assert new.compare == ""  # so nobody is shown a number that an attacker chose
    right = joiner()
    right.receive(encode([*OFFER[:5], commitment(nonce)]))
    assert right.receive(encode([3, nonce]))


@pytest.mark.proves("I-15")
@quick(80)
@given(st.lists(st.sampled_from([OFFER, REVEAL, DONE, REFUSED]), max_size=5))
def test_nobody_is_an_identitys_before_done(script: list[list[Any]]) -> None:
    new = joiner()
    consents = 0
    for number, value in enumerate(script):
        answers = verdict(new.receive, encode(value))
        if isinstance(answers, str):
            break
        consents += sum(decode(one)[0] == 4 for one in answers)
        assert (new.addresses is not None) == (script[: number + 1] == TO_NEW)
        assert new.refused == (value == REFUSED)
    assert consents <= 1
    assert new.addresses is None or consents == 1


@pytest.mark.proves("I-4")
@quick(60)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=3, unique=True))
def test_a_device_consents_once_whoever_offers(roots: list[bytes]) -> None:
    new = joiner()
    said: list[Any] = []
    for root in roots:
        for value in ([1, 1, root, OLD.public, "", commitment(N)], REVEAL):
            answers = verdict(new.receive, encode(value))
            said += [decode(one) for one in answers] if isinstance(answers, list) else []
    consents = [value[1] for value in said if value[0] == 4]
    assert consents == [NEW.sign(consent_message(roots[0]))]
