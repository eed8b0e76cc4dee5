"""Offers and answers sealed from one device to another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core.crypto import SigningKey, box, exchange_public
from p2pblog.core.encoding import Value, encode
from p2pblog.core.errors import BadSignature, BadStructure, NonCanonical, ProtocolError
from p2pblog.sync.calls import Call, seal, unseal

ANN, BOB, EVE = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
NONCE = bytes([3]) * 24
CALL = Call(False, bytes([4]) * 16, bytes([5]))
SEALED = bytes.fromhex(
    "030303030303030303030303030303030303030303030303"
    "bfd20b171af007328d915fe3cb4e537380d7e39709173f8d0b854f92076cad75"
    "462e1c77957b534dc629b0d0fc8daeb2a3a0b266347bca"
)


def sealed(content: Value) -> bytes:
    public = exchange_public(BOB.public)
    assert public is not None
    return NONCE + box(encode(content), NONCE, public, ANN.exchange_secret())


def test_a_call_is_sealed_to_these_bytes_and_opens_again() -> None:
    assert seal(CALL, ANN, BOB.public, NONCE) == SEALED
    assert unseal(SEALED, BOB, ANN.public) == CALL
    answer = CALL._replace(is_answer=True)
    back = seal(answer, BOB, ANN.public, NONCE)
    assert back is not None
    assert unseal(back, ANN, BOB.public) == answer


@pytest.mark.proves("M-7")
@given(st.integers(0, 8 * len(SEALED) - 1))
def test_one_flipped_bit_does_not_open(bit: int) -> None:
    changed = bytearray(SEALED)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadSignature):
        unseal(bytes(changed), BOB, ANN.public)


@pytest.mark.proves("M-7")
def test_neither_another_sender_nor_another_reader_opens_it() -> None:
    for key, origin in (
        (BOB, EVE.public),
        (EVE, ANN.public),
        (BOB, bytes(32)),
        (BOB, b"\xff" * 32),
    ):
        with pytest.raises(BadSignature):
            unseal(SEALED, key, origin)
    for short in (b"", SEALED[:23], SEALED[:24], SEALED[:39]):
        with pytest.raises(BadSignature):
            unseal(short, BOB, ANN.public)
    assert seal(CALL, ANN, b"\xff" * 32, NONCE) is None


@pytest.mark.proves("M-7")
@pytest.mark.parametrize(
    "content",
    [
        ["p2pblog call v2", 1, bytes(16), b"x"],
        ["p2pblog call v1", 0, bytes(16), b"x"],
        ["p2pblog call v1", 3, bytes(16), b"x"],
        ["p2pblog call v1", True, bytes(16), b"x"],
        ["p2pblog call v1", 1, bytes(15), b"x"],
        ["p2pblog call v1", 1, bytes(17), b"x"],
        ["p2pblog call v1", 1, bytes(16), "x"],
        ["p2pblog call v1", 1, bytes(16)],
        ["p2pblog call v1", 1, bytes(16), b"x", None],
        None,
    ],
)
def test_what_is_sealed_well_and_is_no_call_is_refused(content: Value) -> None:
    with pytest.raises(BadStructure):
        unseal(sealed(content), BOB, ANN.public)


def test_what_is_not_canonical_is_refused() -> None:
    public = exchange_public(BOB.public)
    assert public is not None
    boxed = box(b"\xc1", NONCE, public, ANN.exchange_secret())
    with pytest.raises(NonCanonical):
        unseal(NONCE + boxed, BOB, ANN.public)
    assert issubclass(NonCanonical, ProtocolError)
