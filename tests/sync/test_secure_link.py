"""The secure link: who is at the other end, messages in packets, and every refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from noise.connection import Keypair, NoiseConnection

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey
from p2pblog.core.errors import (
    BadFrame,
    NotP2PBlog,
    OtherNetwork,
    ProtocolError,
    TooLarge,
    WrongDevice,
)
from p2pblog.core.textform import Kind, to_text
from p2pblog.sync.link import HANDSHAKE_BYTES, PROLOGUE, SecureLink
from p2pblog.sync.noise import PROTOCOL_NAME, CipherState, HandshakeState

NETWORK = b"n" * 32
ALICE, BOB, EVE = SigningKey(b"a" * 32), SigningKey(b"b" * 32), SigningKey(b"e" * 32)
MOST = limits.MESSAGE_BYTES_MAX


def initiator(
    *,
    network_key: bytes = NETWORK,
    expect: bytes | None = None,
    packet_bytes_max: int = limits.PACKET_BYTES_MAX,
) -> SecureLink:
    return SecureLink(
        initiator=True,
        device=ALICE,
        network_key=network_key,
        ephemeral=b"\x01" * 32,
        expect=expect,
        packet_bytes_max=packet_bytes_max,
    )


def responder(*, network_key: bytes = NETWORK, expect: bytes | None = None) -> SecureLink:
    return SecureLink(
        initiator=False,
        device=BOB,
        network_key=network_key,
        ephemeral=b"\x02" * 32,
        expect=expect,
    )


def linked(packet_bytes_max: int = limits.PACKET_BYTES_MAX) -> tuple[SecureLink, SecureLink]:
    left, right = initiator(packet_bytes_max=packet_bytes_max), responder()
    pass_packets(left, right)
    return left, right


def pass_packets(left: SecureLink, right: SecureLink) -> list[bytes]:
    """Carry the handshake to its end; return its packets."""
    seen = []
    due = left.start()
    while due:
        seen += due
        for packet in due:
            assert right.receive(packet) == []
        left, right = right, left
        due = left.packets_to_send()
    return seen


def raw_peer(claims: bytes, *, device: SigningKey = EVE) -> tuple[SecureLink, CipherState]:
    """Return a responder, and the cipher of a peer that says whatever it likes after linking."""
    link = responder()
    peer = HandshakeState(
        initiator=True, prologue=PROLOGUE, psk=NETWORK, s=device.exchange_secret(), e=b"\x03" * 32
    )
    link.receive(peer.write_message(b""))
    [answer] = link.packets_to_send()
    peer.read_message(answer)
    link.receive(peer.write_message(claims))
    assert peer.transport is not None
    return link, peer.transport[0]


# --- handshake -------------------------------------------------------------------------


def test_each_end_learns_the_device_of_the_other() -> None:
    left, right = initiator(), responder()
    assert (left.established, left.remote_device) == (False, None)
    packets = pass_packets(left, right)
    assert tuple(map(len, packets)) == HANDSHAKE_BYTES == (48, 128, 96)
    assert left.established
    assert right.established
    assert left.remote_device == BOB.public
    assert right.remote_device == ALICE.public


def test_no_device_key_is_readable_in_the_handshake() -> None:
    left, right = initiator(), responder()
    stream = b"".join(pass_packets(left, right))
    for device in (ALICE, BOB):
        assert device.public not in stream


def test_an_expected_device_is_accepted() -> None:
    left, right = initiator(expect=BOB.public), responder(expect=ALICE.public)
    pass_packets(left, right)
    assert left.established
    assert right.established


@pytest.mark.proves("K-3", "K-4")
def test_the_initiator_says_who_it_is_only_to_the_device_it_expects() -> None:
    left, right = initiator(expect=EVE.public), responder()
    right.receive(left.start()[0])
    [answer] = right.packets_to_send()
    with pytest.raises(WrongDevice, match=to_text(Kind.DEVICE, BOB.public)):
        left.receive(answer)
    assert left.packets_to_send() == []
    assert left.remote_device is None
    assert not left.established


@pytest.mark.proves("K-3")
def test_the_responder_refuses_a_device_it_does_not_expect() -> None:
    left, right = initiator(), responder(expect=EVE.public)
    right.receive(left.start()[0])
    left.receive(right.packets_to_send()[0])
    with pytest.raises(WrongDevice):
        right.receive(left.packets_to_send()[0])
    assert right.remote_device is None
    assert not right.established


@pytest.mark.proves("K-2")
@pytest.mark.parametrize(
    "claim",
    [ALICE.public, bytes(32), b"\x01" + bytes(31), b"\xff" * 32, b"\x02" + bytes(31)],
    ids=["somebody else's key", "zero", "the neutral point", "beyond the field", "not a point"],
)
def test_a_device_cannot_say_that_it_is_another(claim: bytes) -> None:
    with pytest.raises(WrongDevice):
        raw_peer(claim)
    raw_peer(EVE.public)  # while the truth passes


def test_another_networks_key_is_noticed_by_the_responder() -> None:
    right = responder()
    with pytest.raises(OtherNetwork):
        right.receive(initiator(network_key=b"n" * 31 + b"m").start()[0])
    assert right.packets_to_send() == []


def test_another_networks_key_is_noticed_by_the_initiator() -> None:
    left, theirs = initiator(), responder(network_key=b"m" * 32)
    left.start()
    theirs.receive(initiator(network_key=b"m" * 32).start()[0])
    with pytest.raises(OtherNetwork):
        left.receive(theirs.packets_to_send()[0])
    assert left.packets_to_send() == []


@pytest.mark.proves("K-10")
@pytest.mark.parametrize("size", [0, 1, 47, 49, 96, 128, 65_535])
def test_a_first_packet_of_another_length_is_not_p2pblog(size: int) -> None:
    with pytest.raises(NotP2PBlog):
        responder().receive(bytes(size))


@pytest.mark.proves("K-10")
@pytest.mark.parametrize("size", [0, 48, 127, 129])
def test_an_answer_of_another_length_is_not_p2pblog(size: int) -> None:
    left = initiator()
    left.start()
    with pytest.raises(NotP2PBlog):
        left.receive(bytes(size))


def test_two_initiators_refuse_each_other() -> None:
    left, other = initiator(), initiator()
    with pytest.raises(NotP2PBlog):
        left.receive(other.start()[0])


def test_a_recorded_handshake_opens_no_second_link() -> None:
    first, _, third = pass_packets(initiator(), responder())
    fresh = SecureLink(initiator=False, device=BOB, network_key=NETWORK, ephemeral=b"\x09" * 32)
    fresh.receive(first)
    with pytest.raises(BadFrame):
        fresh.receive(third)
    assert not fresh.established


def test_any_altered_handshake_packet_is_refused() -> None:
    for turn, size in enumerate(HANDSHAKE_BYTES):
        for at in range(size):
            left, right = initiator(), responder()
            sender, receiver = left, right
            for _ in range(turn):
                receiver.receive(sender.packets_to_send()[0])
                sender, receiver = receiver, sender
            packet = bytearray(sender.packets_to_send()[0])
            packet[at] ^= 0x80  # of a public key, the bit that X25519 itself ignores
            with pytest.raises(BadFrame if turn == 2 else OtherNetwork):
                receiver.receive(bytes(packet))


def test_handshake_packets_are_handed_out_once() -> None:
    left = initiator()
    assert len(left.start()) == 1
    assert left.start() == []
    assert responder().start() == []


def test_a_carrier_of_tiny_packets_is_our_own_mistake() -> None:
    for size in (127, 65_536):
        with pytest.raises(ValueError, match="128 to 65,535"):
            initiator(packet_bytes_max=size)


@pytest.mark.parametrize("initiator", [True, False], ids=["as initiator", "as responder"])
def test_an_independent_noise_can_be_the_other_end(initiator: bool) -> None:
    ours = SecureLink(
        initiator=initiator, device=ALICE, network_key=NETWORK, ephemeral=b"\x01" * 32
    )
    theirs = NoiseConnection.from_name(PROTOCOL_NAME)
    theirs.set_psks(NETWORK)
    theirs.set_prologue(b"p2pblog/1")
    theirs.set_keypair_from_private_bytes(Keypair.STATIC, BOB.exchange_secret())
    if initiator:
        theirs.set_as_responder()
        theirs.start_handshake()
        assert theirs.read_message(ours.start()[0]) == b""
        ours.receive(bytes(theirs.write_message(BOB.public)))
        assert theirs.read_message(ours.packets_to_send()[0]) == ALICE.public
    else:
        theirs.set_as_initiator()
        theirs.start_handshake()
        ours.receive(bytes(theirs.write_message()))
        assert theirs.read_message(ours.packets_to_send()[0]) == ALICE.public
        ours.receive(bytes(theirs.write_message(BOB.public)))
    assert ours.remote_device == BOB.public
    assert ours.receive(theirs.encrypt(b"\1hel")) == []
    assert ours.receive(theirs.encrypt(b"\0lo")) == [b"hello"]
    assert [theirs.decrypt(packet) for packet in ours.seal(b"hello")] == [b"\0hello"]


# --- messages --------------------------------------------------------------------------


@pytest.mark.proves("K-7")
@pytest.mark.parametrize("packet_bytes_max", [128, 1200, 16_384, 65_535])
def test_messages_of_every_critical_size_arrive_whole(packet_bytes_max: int) -> None:
    left, right = linked(packet_bytes_max)
    room = packet_bytes_max - 17
    sizes = {1, 2, room - 1, room, room + 1, 2 * room - 1, 2 * room, 2 * room + 1, MOST - 1, MOST}
    for size in sorted(sizes):
        message = size.to_bytes(4) * (size // 4 + 1)
        packets = left.seal(message[:size])
        assert len(packets) == -(-size // room)
        assert all(limits.PACKET_BYTES_MIN <= len(p) <= packet_bytes_max for p in packets)
        got = [m for p in packets for m in right.receive(p)]
        assert got == [message[:size]]


@pytest.mark.proves("K-7")
@given(
    messages=st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=700)), max_size=8),
    packet_bytes_max=st.integers(128, 400),
)
def test_messages_go_both_ways_in_order(
    messages: list[tuple[bool, bytes]], packet_bytes_max: int
) -> None:
    left, right = linked(packet_bytes_max)
    for from_left, message in messages:
        sender, receiver = (left, right) if from_left else (right, left)
        packets = sender.seal(message)
        assert [m for p in packets for m in receiver.receive(p)] == [message]


def test_a_message_comes_out_with_its_last_packet_and_not_before() -> None:
    left, right = linked(128)
    *before, last = left.seal(b"m" * 1000)
    assert all(right.receive(packet) == [] for packet in before)
    assert right.receive(last) == [b"m" * 1000]


def test_what_the_protocol_cannot_carry_is_our_own_mistake() -> None:
    left, _ = linked()
    for message in (b"", bytes(MOST + 1)):
        with pytest.raises(ValueError, match="a message has 1 to"):
            left.seal(message)
    with pytest.raises(ValueError, match="not established"):
        initiator().seal(b"too early")


@pytest.mark.proves("K-8")
@pytest.mark.parametrize("order", [(1, 0), (0, 0), (0, 2), (0, 1, 1), (0, 1, 0)])
def test_packets_reordered_repeated_or_lost_are_refused(order: tuple[int, ...]) -> None:
    left, right = linked()
    packets = [left.seal(message)[0] for message in (b"zero", b"one", b"two")]
    with pytest.raises(BadFrame):
        for number in order:
            right.receive(packets[number])


@pytest.mark.proves("K-8")
def test_any_flipped_bit_of_a_packet_is_refused() -> None:
    left, right = linked()
    packet = left.seal(b"some words")[0]
    for bit in range(8 * len(packet)):
        damaged = bytearray(packet)
        damaged[bit // 8] ^= 1 << bit % 8
        _, fresh = linked()
        with pytest.raises(BadFrame):
            fresh.receive(bytes(damaged))
    assert right.receive(packet) == [b"some words"]


def test_ones_own_packet_thrown_back_is_refused() -> None:
    left, _ = linked()
    with pytest.raises(BadFrame):
        left.receive(left.seal(b"echo")[0])


@pytest.mark.parametrize("size", [0, 15, 16, 17])
def test_a_packet_too_short_for_a_fragment_is_refused(size: int) -> None:
    _, right = linked()
    with pytest.raises(BadFrame):
        right.receive(bytes(size))


@pytest.mark.proves("K-8")
@pytest.mark.parametrize("fragment", [b"", b"\0", b"\1", b"\2more", b"\xffmore"])
def test_what_is_no_fragment_is_refused_though_it_decrypts(fragment: bytes) -> None:
    link, cipher = raw_peer(EVE.public)
    with pytest.raises(BadFrame, match="fragment"):
        link.receive(cipher.encrypt_with_ad(b"", fragment))


@pytest.mark.proves("K-9")
def test_fragments_may_be_small_and_add_up_to_exactly_the_largest_message() -> None:
    link, cipher = raw_peer(EVE.public)
    rest = MOST
    for size in (1, 2, *[65_518] * 15, 65_517):
        assert link.receive(cipher.encrypt_with_ad(b"", b"\1" + bytes(size))) == []
        rest -= size
    assert link.receive(cipher.encrypt_with_ad(b"", b"\0" + bytes(rest))) == [bytes(MOST)]


@pytest.mark.proves("K-9")
@pytest.mark.parametrize("flag", [b"\0", b"\1"])
def test_a_message_one_byte_too_large_is_refused_with_the_fragment_that_makes_it_so(
    flag: bytes,
) -> None:
    link, cipher = raw_peer(EVE.public)
    held = 0
    while held + 65_000 <= MOST:
        link.receive(cipher.encrypt_with_ad(b"", b"\1" + bytes(65_000)))
        held += 65_000
    with pytest.raises(TooLarge):
        link.receive(cipher.encrypt_with_ad(b"", flag + bytes(MOST - held + 1)))


@pytest.mark.proves("K-11")
def test_after_a_refusal_the_link_takes_nothing_more() -> None:
    left, right = linked()
    first, second = left.seal(b"first")[0], left.seal(b"second")[0]
    with pytest.raises(BadFrame) as refusal:
        right.receive(second)
    for packet in (first, second):
        with pytest.raises(ProtocolError) as again:
            right.receive(packet)
        assert again.value is refusal.value
