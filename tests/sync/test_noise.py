"""Noise: the published vectors, an independent implementation, and everything near a miss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings
from noise.connection import Keypair, NoiseConnection

from p2pblog.core.errors import BadFrame
from p2pblog.sync.noise import NONCE_END, PROTOCOL_NAME, CipherState, HandshakeState, SymmetricState

VECTORS = json.loads(
    (Path(__file__).parents[2] / "protocol" / "vectors" / "noise.json").read_text()
)
PSK, PROLOGUE = b"k" * 32, b"prologue"
SECRETS = {"s": (b"\x01" * 32, b"\x02" * 32), "e": (b"\x03" * 32, b"\x04" * 32)}
# Every encoding of a point of small order below 2**255: RFC 7748 section 6.1 makes them give zero.
SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def end(
    initiator: bool, *, psk: bytes = PSK, prologue: bytes = PROLOGUE, **secrets: bytes
) -> HandshakeState:
    which = 0 if initiator else 1
    return HandshakeState(
        initiator=initiator,
        prologue=prologue,
        psk=psk,
        s=secrets.get("s", SECRETS["s"][which]),
        e=secrets.get("e", SECRETS["e"][which]),
    )


def shake_hands(first: HandshakeState, second: HandshakeState) -> list[bytes]:
    """Run a whole handshake with the payloads p1, p2, p3; return its messages."""
    messages = []
    writer, reader = first, second
    for payload in (b"p1", b"p2", b"p3"):
        messages.append(writer.write_message(payload))
        assert reader.read_message(messages[-1]) == payload
        writer, reader = reader, writer
    return messages


@pytest.mark.parametrize("case", VECTORS["tests"], ids=lambda case: str(case["comment"]))
def test_both_ends_write_the_published_vectors(case: dict[str, Any]) -> None:
    ends = [
        end(
            role == "initiator",
            psk=bytes.fromhex(case["psk"]),
            prologue=bytes.fromhex(case["prologue"]),
            s=bytes.fromhex(case[role]["static"]),
            e=bytes.fromhex(case[role]["ephemeral"]),
        )
        for role in ("initiator", "responder")
    ]
    for number, message in enumerate(case["messages"]):
        by_initiator = message["from"] == "initiator"
        writer, reader = ends if by_initiator else reversed(ends)
        assert number > 2 or by_initiator == (number % 2 == 0)
        payload = bytes.fromhex(message["payload"])
        ciphertext = bytes.fromhex(message["ciphertext"])
        if writer.transport is None:
            assert writer.write_message(payload) == ciphertext
            assert reader.read_message(ciphertext) == payload
        else:
            assert reader.transport is not None
            assert writer.transport[0].encrypt_with_ad(b"", payload) == ciphertext
            assert reader.transport[1].decrypt_with_ad(b"", ciphertext) == payload
    assert ends[0].handshake_hash == ends[1].handshake_hash


# Its warning is right everywhere but here: the run must be repeatable.
@pytest.mark.filterwarnings("ignore:One of ephemeral keypairs is already set:UserWarning")
@pytest.mark.parametrize("initiator", [True, False], ids=["as initiator", "as responder"])
@given(
    payloads=st.lists(st.binary(max_size=100), min_size=3, max_size=3),
    messages=st.lists(st.tuples(st.booleans(), st.binary(max_size=300)), max_size=6),
    psk=st.binary(min_size=32, max_size=32),
    prologue=st.binary(max_size=40),
    secrets=st.lists(st.binary(min_size=32, max_size=32), min_size=4, max_size=4),
)
def test_an_independent_implementation_understands_it(
    initiator: bool,
    payloads: list[bytes],
    messages: list[tuple[bool, bytes]],
    psk: bytes,
    prologue: bytes,
    secrets: list[bytes],
) -> None:
    ours = end(initiator, psk=psk, prologue=prologue, s=secrets[0], e=secrets[1])
    theirs = NoiseConnection.from_name(PROTOCOL_NAME)
    theirs.set_psks(psk)
    theirs.set_prologue(prologue)
    theirs.set_keypair_from_private_bytes(Keypair.STATIC, secrets[2])
    theirs.set_keypair_from_private_bytes(Keypair.EPHEMERAL, secrets[3])
    if initiator:
        theirs.set_as_responder()
    else:
        theirs.set_as_initiator()
    theirs.start_handshake()

    for turn, payload in enumerate(payloads):
        if (turn % 2 == 0) == initiator:
            assert theirs.read_message(ours.write_message(payload)) == payload
        else:
            assert ours.read_message(bytes(theirs.write_message(payload))) == payload

    assert theirs.handshake_finished
    assert ours.transport is not None
    assert ours.handshake_hash == theirs.get_handshake_hash()
    assert ours.rs == bindings.crypto_scalarmult_base(secrets[2])
    send, receive = ours.transport
    for from_us, message in messages:
        if from_us:
            assert theirs.decrypt(send.encrypt_with_ad(b"", message)) == message
        else:
            assert receive.decrypt_with_ad(b"", theirs.encrypt(message)) == message


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_any_flipped_bit_of_a_handshake_message_is_refused(turn: int) -> None:
    message = shake_hands(end(True), end(False))[turn]
    for bit in range(8 * len(message)):
        damaged = bytearray(message)
        damaged[bit // 8] ^= 1 << bit % 8
        reader = reader_before(turn)
        with pytest.raises(BadFrame):
            reader.read_message(bytes(damaged))
        assert reader.transport is None


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_a_handshake_message_cut_or_lengthened_is_refused(turn: int) -> None:
    message = shake_hands(end(True), end(False))[turn]
    for wrong in [message[:size] for size in range(len(message))] + [message + b"\0"]:
        with pytest.raises(BadFrame, match="shorter than this" if len(wrong) < 32 else None):
            reader_before(turn).read_message(wrong)


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_a_handshake_message_has_at_most_65535_bytes(turn: int) -> None:
    writer, reader = ends_before(turn)
    overhead = (48, 96, 64)[turn]
    assert len(reader.read_message(writer.write_message(bytes(65_535 - overhead)))) > 65_000
    writer, reader = ends_before(turn)
    with pytest.raises(BadFrame, match="longer"):
        reader.read_message(writer.write_message(bytes(65_536 - overhead)))


def ends_before(turn: int) -> tuple[HandshakeState, HandshakeState]:
    """Return the ends that write and read message `turn`, after all that comes before it."""
    writer, reader = end(True), end(False)
    for payload in (b"p1", b"p2")[:turn]:
        reader.read_message(writer.write_message(payload))
        writer, reader = reader, writer
    return writer, reader


def reader_before(turn: int) -> HandshakeState:
    return ends_before(turn)[1]


@pytest.mark.parametrize(
    "other",
    [{"psk": b"k" * 31 + b"j"}, {"prologue": b"prologuf"}, {"prologue": b""}],
    ids=["another key", "another prologue", "no prologue"],
)
def test_ends_that_disagree_fail_at_the_first_message_of_each(other: dict[str, bytes]) -> None:
    with pytest.raises(BadFrame):
        end(False).read_message(end(True, **other).write_message(b""))
    # A responder that answers all the same, as if it had read the first message.
    first, second, their_first = end(True), end(False, **other), end(True, **other)
    first.write_message(b"")
    second.read_message(their_first.write_message(b""))
    with pytest.raises(BadFrame):
        first.read_message(second.write_message(b""))


@pytest.mark.proves("K-5")
@pytest.mark.parametrize("point", SMALL_ORDER)
@pytest.mark.parametrize("high_bit", [0, 0x80])
def test_a_key_of_small_order_is_refused(point: str, high_bit: int) -> None:
    weak = bytearray.fromhex(point)
    weak[31] |= high_bit
    # The first message as somebody makes it who knows the network key and picks such a key.
    forged = SymmetricState(PROTOCOL_NAME)
    forged.mix_hash(PROLOGUE)
    forged.mix_key_and_hash(PSK)
    forged.mix_hash(bytes(weak))
    forged.mix_key(bytes(weak))
    responder = end(False)
    responder.read_message(bytes(weak) + forged.encrypt_and_hash(b""))
    with pytest.raises(BadFrame, match="small order"):
        responder.write_message(b"")
    with pytest.raises(ValueError, match="turn"):
        responder.write_message(b"")


@pytest.mark.proves("K-5")
def test_a_static_key_of_small_order_is_refused() -> None:
    initiator = end(True)
    message = initiator.write_message(b"")
    forged = SymmetricState(PROTOCOL_NAME)
    forged.mix_hash(PROLOGUE)
    forged.mix_key_and_hash(PSK)
    forged.mix_hash(message[:32])
    forged.mix_key(message[:32])
    forged.decrypt_and_hash(message[32:])
    ephemeral = b"\x05" * 32
    public = bindings.crypto_scalarmult_base(ephemeral)
    forged.mix_hash(public)
    forged.mix_key(public)
    forged.mix_key(bindings.crypto_scalarmult(ephemeral, message[:32]))
    sealed = forged.encrypt_and_hash(bytes(32))
    with pytest.raises(BadFrame, match="small order"):
        initiator.read_message(public + sealed + bytes(16))


def test_writing_and_reading_out_of_turn_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="turn"):
        end(False).write_message(b"")
    with pytest.raises(ValueError, match="turn"):
        end(True).read_message(bytes(48))
    first, second = end(True), end(False)
    shake_hands(first, second)
    with pytest.raises(ValueError, match="turn"):
        first.write_message(b"")
    with pytest.raises(ValueError, match="turn"):
        second.read_message(bytes(96))


def test_a_handshake_that_failed_cannot_be_taken_up_again() -> None:
    responder = end(False)
    message = end(True).write_message(b"")
    with pytest.raises(BadFrame):
        responder.read_message(message[:-1] + bytes([message[-1] ^ 1]))
    with pytest.raises(ValueError, match="turn"):
        responder.read_message(message)


@pytest.mark.proves("K-6")
def test_the_last_nonce_is_never_used() -> None:
    sender, receiver = CipherState(b"k" * 32), CipherState(b"k" * 32)
    sender.n = receiver.n = NONCE_END - 1
    assert receiver.decrypt_with_ad(b"", sender.encrypt_with_ad(b"", b"the last")) == b"the last"
    with pytest.raises(BadFrame, match="used up"):
        sender.encrypt_with_ad(b"", b"one too many")
    with pytest.raises(BadFrame, match="used up"):
        receiver.decrypt_with_ad(b"", bytes(16))
    assert sender.n == receiver.n == NONCE_END


def test_a_packet_that_fails_does_not_move_the_nonce() -> None:
    sender, receiver = CipherState(b"k" * 32), CipherState(b"k" * 32)
    packet = sender.encrypt_with_ad(b"", b"first")
    for wrong in (b"", packet[:15], packet[:-1], packet + b"\0", sender.encrypt_with_ad(b"", b"2")):
        with pytest.raises(BadFrame):
            receiver.decrypt_with_ad(b"", wrong)
    assert receiver.decrypt_with_ad(b"", packet) == b"first"


def test_associated_data_is_bound() -> None:
    packet = CipherState(b"k" * 32).encrypt_with_ad(b"one", b"text")
    with pytest.raises(BadFrame):
        CipherState(b"k" * 32).decrypt_with_ad(b"two", packet)
    assert CipherState(b"k" * 32).decrypt_with_ad(b"one", packet) == b"text"


def test_keys_of_another_length_are_refused() -> None:
    for wrong in ({"psk": b"k" * 31}, {"s": b"k" * 33}, {"e": b""}):
        with pytest.raises(ValueError, match="32 bytes"):
            end(True, **wrong)
