"""An encrypted, authenticated link between two devices, as a state machine without I/O.

Implements protocol/06-links.md sections 2, 3 and 5: who is at the other end, how messages
become packets and packets messages, and what is refused.  A packet is one Noise message; how
packets travel (TCP, a data channel, memory) is the carrier's business.  Pure: the ephemeral
secret comes in as an argument.
"""

from __future__ import annotations

from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey, exchange_public
from p2pblog.core.errors import (
    BadFrame,
    NotP2PBlog,
    OtherNetwork,
    ProtocolError,
    TooLarge,
    WrongDevice,
)
from p2pblog.core.textform import Kind, to_text
from p2pblog.sync.noise import TAG_BYTES, CipherState, HandshakeState

PROLOGUE = b"p2pblog/1"
HANDSHAKE_BYTES = (48, 128, 96)
"""The exact lengths of the three handshake packets; the initiator sends the first and third."""

_LAST, _MORE = b"\0", b"\1"  # the first byte of a fragment


def handshake_bytes(*, initiator: bool) -> tuple[int, ...]:
    """Return the lengths of the handshake packets that this end receives, in order."""
    return HANDSHAKE_BYTES[1::2] if initiator else HANDSHAKE_BYTES[0::2]


class SecureLink:
    """One end of one link.

    Args:
        initiator: whether this end opened the carrier.
        device: the key of this device.
        network_key: 32 bytes; the other end must have the same.
        ephemeral: 32 random bytes for this link alone.
        packet_bytes_max: the largest packet that the carrier takes, 128 to 65,535.
        expect: the device that must be at the other end (32 bytes), or None for any.
    """

    __slots__ = (
        "_device",
        "_expect",
        "_failure",
        "_fragment_bytes_max",
        "_handshake",
        "_message",
        "_outgoing",
        "_receiving",
        "_sending",
        "_step",
        "remote_device",
    )

    def __init__(
        self,
        *,
        initiator: bool,
        device: SigningKey,
        network_key: bytes,
        ephemeral: bytes,
        packet_bytes_max: int = limits.PACKET_BYTES_MAX,
        expect: bytes | None = None,
    ) -> None:
        if not max(HANDSHAKE_BYTES) <= packet_bytes_max <= limits.PACKET_BYTES_MAX:
            raise ValueError("a carrier must take packets of 128 to 65,535 bytes")
        self._device = device.public
        self._expect = expect
        self._fragment_bytes_max = packet_bytes_max - TAG_BYTES - 1
        self._handshake = HandshakeState(
            initiator=initiator,
            prologue=PROLOGUE,
            psk=network_key,
            s=device.exchange_secret(),
            e=ephemeral,
        )
        self._step = 1 if initiator else 0  # the handshake packet to be received next
        self._outgoing: list[bytes] = [self._handshake.write_message(b"")] if initiator else []
        self._sending: CipherState | None = None
        self._receiving: CipherState | None = None
        self._message = bytearray()  # the fragments so far of a message that is coming in
        self._failure: ProtocolError | None = None
        self.remote_device: bytes | None = None
        """The Ed25519 key (32 bytes) of the device at the other end, once proven."""

    @property
    def established(self) -> bool:
        """Whether the other end has proven who it is, so that messages can be sealed."""
        return self._sending is not None

    @property
    def handshake_hash(self) -> bytes:
        """A name for this link (64 bytes) that only its two ends know, once established."""
        return self._handshake.handshake_hash

    def start(self) -> list[bytes]:
        """Return the packets to send before anything is received."""
        return self.packets_to_send()

    def packets_to_send(self) -> list[bytes]:
        """Return, once, the handshake packets that became due."""
        packets, self._outgoing = self._outgoing, []
        return packets

    def receive(self, packet: bytes) -> list[bytes]:
        """Take in one packet; return the messages that it completes (none in a handshake).

        After a refusal the link is dead: every later packet meets the same error.

        Raises:
            NotP2PBlog: a handshake packet of another length.
            OtherNetwork: the first packet was not made with this network's key.
            WrongDevice: the device at the other end is not the one that it says it is, or
                not the one that was expected.
            BadFrame: altered, repeated, out of order, or not a fragment.
            TooLarge: the fragments add up to more than a message may have.
        Source: protocol/06-links.md section 5.
        """
        if self._failure is not None:
            raise self._failure
        try:
            if self._receiving is None:
                self._shake_hands(packet)
                return []
            return self._open(packet, self._receiving)
        except ProtocolError as error:
            self._failure = error
            self._message = bytearray()
            raise

    def seal(self, message: bytes) -> list[bytes]:
        """Return the packets that carry `message` (1 byte to 1 MiB), to be sent in order.

        Raises:
            ValueError: empty, too large, or the link is not established.
            BadFrame: this link has carried 2**64 - 1 packets; open another.
        """
        if self._sending is None:
            raise ValueError("the link is not established")
        size, most = len(message), self._fragment_bytes_max
        if not 0 < size <= limits.MESSAGE_BYTES_MAX:
            raise ValueError(f"a message has 1 to {limits.MESSAGE_BYTES_MAX} bytes, not {size}")
        encrypt = self._sending.encrypt_with_ad
        if size <= most:
            return [encrypt(b"", _LAST + message)]
        last = (size - 1) // most * most
        view = memoryview(message)  # so that each fragment is copied once, behind its flag
        packets = [
            encrypt(b"", b"".join((_MORE, view[start : start + most])))
            for start in range(0, last, most)
        ]
        packets.append(encrypt(b"", b"".join((_LAST, view[last:]))))
        return packets

    def _open(self, packet: bytes, cipher: CipherState) -> list[bytes]:
        fragment = cipher.decrypt_with_ad(b"", packet)
        # An empty fragment would be a packet that costs its sender nothing and never ends.
        flag = fragment[:1]
        if len(fragment) < 2 or flag not in (_LAST, _MORE):
            raise BadFrame("not a fragment of a message")
        held = self._message
        if flag == _LAST and not held:
            return [fragment[1:]]
        if len(held) + len(fragment) - 1 > limits.MESSAGE_BYTES_MAX:
            raise TooLarge(f"a message of more than {limits.MESSAGE_BYTES_MAX} bytes")
        held += memoryview(fragment)[1:]
        if flag == _MORE:
            return []
        self._message = bytearray()
        return [bytes(held)]

    def _shake_hands(self, packet: bytes) -> None:
        step, handshake = self._step, self._handshake
        if len(packet) != HANDSHAKE_BYTES[step]:
            raise NotP2PBlog(f"a handshake packet of {len(packet)} bytes")
        try:
            payload = handshake.read_message(packet)
        except BadFrame as error:
            # Not for want of the network's key: the first packet proved that, or would decrypt.
            if step == 2 or handshake.weak:
                raise
            raise OtherNetwork(error.detail) from None
        self._step += 2
        remote = self._check_device(payload, handshake.rs) if step > 0 else None
        if step < 2:
            self._outgoing.append(handshake.write_message(self._device))
        if handshake.transport is not None:
            self._sending, self._receiving = handshake.transport
            self.remote_device = remote

    def _check_device(self, device: bytes, static: bytes) -> bytes:
        if exchange_public(device) != static:
            raise WrongDevice(f"{to_text(Kind.DEVICE, device)} is not the key of this link")
        if self._expect is not None and device != self._expect:
            raise WrongDevice(f"it is {to_text(Kind.DEVICE, device)}")
        return device
