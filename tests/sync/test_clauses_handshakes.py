"""Properties of protocol/06-links.md sections 1 and 2: who a handshake lets in, by a near miss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nacl import bindings

from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import BadFrame, NotP2PBlog, WrongDevice
from p2pblog.sync import noise
from p2pblog.sync.frames import FrameSplitter, frame
from p2pblog.sync.link import PROLOGUE, SecureLink, handshake_bytes
from p2pblog.sync.noise import NONCE_END, CipherState, HandshakeState
from tests.plain import ed25519
from tests.sync.test_noise import SMALL_ORDER

NETWORK = b"n" * 32
OURS = SigningKey(b"o" * 32)
# Points whose multiple by 8 is zero: a key and the sum of it and one of these look alike to X25519.
TORSION = [ed25519.times(factor, ed25519.order_8()) for factor in range(1, 8)]
SIGN_BIT = 255

seeds = st.binary(min_size=32, max_size=32)
roles = st.booleans()


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


class Meeting:
    """This end of a link, and another that says what it likes about who it is."""

    def __init__(self, *, initiator: bool, theirs: bytes, expect: bytes | None = None) -> None:
        """Args: initiator: which end ours is; theirs: the other's X25519 secret."""
        self.link = SecureLink(
            initiator=initiator, device=OURS, network_key=NETWORK, ephemeral=b"\1" * 32,
            expect=expect,
        )  # fmt: skip
        self.initiator = initiator
        self.peer = HandshakeState(
            initiator=not initiator, prologue=PROLOGUE, psk=NETWORK, s=theirs, e=b"\2" * 32
        )

    def shake(self, claims: bytes) -> CipherState:
        """Run the handshake; return what seals the packets of the other end."""
        if self.initiator:
            self.peer.read_message(self.link.start()[0])
            self.link.receive(self.peer.write_message(claims))
            self.peer.read_message(self.link.packets_to_send()[0])
        else:
            self.link.receive(self.peer.write_message(b""))
            self.peer.read_message(self.link.packets_to_send()[0])
            self.link.receive(self.peer.write_message(claims))
        assert self.peer.transport is not None
        return self.peer.transport[0]

    def refuse(self, claims: bytes, error: type[Exception]) -> None:
        """Run a handshake that our end must refuse, and say nothing of who it is."""
        with pytest.raises(error) as refusal:
            self.shake(claims)
        assert type(refusal.value) is error
        assert not self.link.established
        assert self.link.remote_device is None
        assert self.link.packets_to_send() == []
        with pytest.raises(error):
            self.link.receive(bytes(96))


@pytest.mark.proves("K-2", "K-4")
@settings(deadline=None)
@given(seeds, st.integers(0, SIGN_BIT), roles)
def test_the_key_that_an_end_names_is_the_one_of_the_handshake(
    seed: bytes, bit: int, initiator: bool
) -> None:
    theirs = SigningKey(seed)
    claims = flipped(theirs.public, bit)
    meeting = Meeting(initiator=initiator, theirs=theirs.exchange_secret())
    if bit == SIGN_BIT:  # the other of the two names that whoever has this secret may bear
        meeting.shake(claims)
        assert meeting.link.remote_device == claims
    else:
        meeting.refuse(claims, WrongDevice)


@contextmanager
def shown(secret: bytes, public: bytes, result: bytes | None = None) -> Iterator[None]:
    """Have the other end show a public key that is not of its secret.

    Args:
        result: what it takes for the result of every exchange with that secret.
    """
    base, dh = bindings.crypto_scalarmult_base, noise._dh
    with (
        mock.patch.object(
            bindings,
            "crypto_scalarmult_base",
            lambda one: public if one == secret else base(one),
        ),
        mock.patch.object(
            noise,
            "_dh",
            lambda one, other: result if one == secret and result else dh(one, other),
        ),
    ):
        yield


@pytest.mark.proves("K-2")
@settings(deadline=None, max_examples=30)
@given(seeds, st.sampled_from(TORSION), roles)
def test_a_key_that_is_not_of_prime_order_is_no_device(
    seed: bytes, torsion: ed25519.Point, initiator: bool
) -> None:
    key = SigningKey(seed)
    point = ed25519.read(key.public)
    assert point is not None
    claims = ed25519.write(ed25519.add(point, torsion))
    y = int.from_bytes(claims, "little") & ~(1 << SIGN_BIT)
    static = ((1 + y) * pow(1 - y, -1, ed25519.P) % ed25519.P).to_bytes(32, "little")
    secret = key.exchange_secret()
    # Secrets are multiples of 8, so the exchanges come out right and all of it decrypts.
    with shown(secret, static):
        Meeting(initiator=initiator, theirs=secret).refuse(claims, WrongDevice)


@pytest.mark.proves("K-3", "K-4")
@settings(deadline=None)
@given(seeds, st.none() | st.integers(0, SIGN_BIT), roles)
@example(b"x" * 32, SIGN_BIT, True)
@example(b"x" * 32, SIGN_BIT, False)
def test_all_of_the_key_that_was_wanted_is_compared(
    seed: bytes, bit: int | None, initiator: bool
) -> None:
    theirs = SigningKey(seed)
    expect = theirs.public if bit is None else flipped(theirs.public, bit)
    meeting = Meeting(initiator=initiator, theirs=theirs.exchange_secret(), expect=expect)
    if bit is None:
        meeting.shake(theirs.public)
        assert meeting.link.remote_device == expect
    else:
        meeting.refuse(theirs.public, WrongDevice)


@pytest.mark.proves("K-5")
@settings(deadline=None)
@given(
    st.sampled_from(SMALL_ORDER).map(bytes.fromhex),
    st.booleans(),
    st.sampled_from(["static", "ephemeral"]),
    roles,
)
def test_a_result_of_zero_ends_the_handshake(
    point: bytes, high_bit: bool, which: str, initiator: bool
) -> None:
    weak = flipped(point, SIGN_BIT) if high_bit else point
    theirs = SigningKey(b"x" * 32)
    meeting = Meeting(initiator=initiator, theirs=theirs.exchange_secret())
    secret = theirs.exchange_secret() if which == "static" else b"\2" * 32
    # Whoever did not look at the result would go on, and everything would decrypt.
    with shown(secret, weak, bytes(32)):
        meeting.refuse(theirs.public, BadFrame)


@pytest.mark.proves("K-6")
@settings(deadline=None)
@given(st.integers(0, 6), st.lists(st.integers(1, 300), max_size=6))
def test_a_key_is_never_used_for_more_than_2_to_64_less_1_packets(
    left: int, sizes: list[int]
) -> None:
    cipher = Meeting(initiator=False, theirs=SigningKey(b"x" * 32).exchange_secret())
    cipher.shake(SigningKey(b"x" * 32).public)
    link = cipher.link
    link._fragment_bytes_max = 111
    assert link._sending is not None
    link._sending.n = NONCE_END - left
    with mock.patch.object(noise, "_encrypt", wraps=noise._encrypt) as encrypted:
        for size in sizes:
            needed = -(-size // 111)
            if needed > left - encrypted.call_count:
                with pytest.raises(BadFrame):
                    link.seal(bytes(size))
            else:
                assert len(link.seal(bytes(size))) == needed
        nonces = [call.args[2] for call in encrypted.call_args_list]
    assert len(nonces) == len(set(nonces)) <= left
    assert b"\0\0\0\0" + b"\xff" * 8 not in nonces


@pytest.mark.proves("K-10")
@settings(deadline=None)
@given(
    roles,
    st.integers(0, 3),
    st.sampled_from([-16, -1, 1, 48, 80]) | st.integers(-128, 200),
    st.booleans(),
)
@example(False, 0, 48, True)  # due, but later
def test_another_length_is_refused_with_its_second_byte(
    initiator: bool, before: int, off: int, apart: bool
) -> None:
    due = handshake_bytes(initiator=initiator)
    splitter = FrameSplitter(due)
    packets = [bytes(size) for size in (*due, 18, 19)[:before]]
    assert splitter.feed(frame(*packets)) == packets
    size = (due[before] if before < len(due) else 18) + off
    allowed = off == 0 if before < len(due) else off >= 0
    if size < 0:
        return
    length = size.to_bytes(2)
    for part in (length[:1], length[1:]) if apart else (length,):
        assert splitter.refused is None
        assert splitter.feed(part) == []
    if allowed:
        assert splitter.refused is None
        assert splitter.feed(bytes(size)) == [bytes(size)]
    else:
        assert type(splitter.refused) is (NotP2PBlog if before < len(due) else BadFrame)
        assert splitter.feed(bytes(size) + frame(bytes(48), bytes(128), bytes(20))) == []
