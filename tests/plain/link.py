"""Chapter 6: the handshake, token by token, and the packets that follow it."""

from __future__ import annotations

import hmac
from hashlib import blake2b

from nacl import bindings
from nacl.exceptions import CryptoError

from tests.plain.hashes import Key
from tests.plain.refused import Refused, need

NAME = b"Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b"
PROLOGUE = b"p2pblog/1"
MESSAGE_MOST = 1_048_576


def hash64(data: bytes) -> bytes:
    """Return the HASH of Noise: BLAKE2b of 64 bytes."""
    return blake2b(data).digest()


def hkdf(chaining: bytes, material: bytes, count: int) -> list[bytes]:
    """Return the HKDF outputs of Noise, section 4.3."""
    temp = hmac.new(chaining, material, blake2b).digest()
    outputs = [b""]
    for number in range(1, count + 1):
        outputs.append(hmac.new(temp, outputs[-1] + bytes([number]), blake2b).digest())
    return outputs[1:]


def seal(key: bytes, number: int, ad: bytes, plain: bytes) -> bytes:
    """Return what ENCRYPT gives."""
    nonce = bytes(4) + number.to_bytes(8, "little")
    return bindings.crypto_aead_chacha20poly1305_ietf_encrypt(plain, ad, nonce, key)


def open_(key: bytes, number: int, ad: bytes, sealed: bytes) -> bytes:
    """Undo `seal`, or refuse as `bad-frame`."""
    nonce = bytes(4) + number.to_bytes(8, "little")
    need(len(sealed) >= 16, "bad-frame")
    try:
        return bindings.crypto_aead_chacha20poly1305_ietf_decrypt(sealed, ad, nonce, key)
    except CryptoError:
        raise Refused("bad-frame") from None


def dh(secret: bytes, public: bytes) -> bytes:
    """Return the X25519 result; one of zero is refused."""
    try:
        return bindings.crypto_scalarmult(secret, public)
    except CryptoError:
        raise Refused("bad-frame") from None


def static_of(public: bytes) -> bytes | None:
    """Return the X25519 form of an Ed25519 key, or None."""
    try:
        return bindings.crypto_sign_ed25519_pk_to_curve25519(public)
    except CryptoError:
        return None


class End:
    """One end of one link; packets in, packets out."""

    def __init__(
        self,
        role: str,
        device: Key,
        network: bytes,
        ephemeral: bytes,
        *,
        expect: bytes | None = None,
        claims: bytes | None = None,
        prologue: bytes = PROLOGUE,
    ) -> None:
        self.first = role == "initiator"
        self.network, self.e, self.expect = network, ephemeral, expect
        self.claims = claims or device.public  # a liar names another key than its own
        self.s = bindings.crypto_sign_ed25519_sk_to_curve25519(device.secret)
        self.ck = self.h = NAME.ljust(64, b"\0")
        self.k, self.n = b"", 0
        self.mix_hash(prologue)
        self.re = self.rs = self.remote = b""
        self.keys: tuple[bytes, bytes] | None = None
        self.sent = self.received = 0
        self.part = b""

    def mix_hash(self, data: bytes) -> None:
        """Noise's MixHash."""
        self.h = hash64(self.h + data)

    def mix_key(self, material: bytes) -> None:
        """Noise's MixKey."""
        self.ck, k = hkdf(self.ck, material, 2)
        self.k, self.n = k[:32], 0

    def mix_psk(self) -> None:
        """Noise's MixKeyAndHash of the network key."""
        self.ck, temp, k = hkdf(self.ck, self.network, 3)
        self.mix_hash(temp)
        self.k, self.n = k[:32], 0

    def enclose(self, plain: bytes) -> bytes:
        """Noise's EncryptAndHash."""
        sealed = seal(self.k, self.n, self.h, plain)
        self.n += 1
        self.mix_hash(sealed)
        return sealed

    def disclose(self, sealed: bytes) -> bytes:
        """Noise's DecryptAndHash."""
        plain = open_(self.k, self.n, self.h, sealed)
        self.n += 1
        self.mix_hash(sealed)
        return plain

    def write_e(self) -> bytes:
        """Write the token e, as in a pattern with a psk."""
        public = bindings.crypto_scalarmult_base(self.e)
        self.mix_hash(public)
        self.mix_key(public)
        return public

    def read_e(self, public: bytes) -> None:
        """Read the token e."""
        self.re = public
        self.mix_hash(public)
        self.mix_key(public)

    def write_1(self) -> bytes:
        """Return the initiator's first message: psk, e."""
        self.mix_psk()
        return self.write_e() + self.enclose(b"")

    def read_1(self, packet: bytes) -> None:
        """Take in the first message."""
        need(len(packet) == 48, "not-p2pblog")
        self.mix_psk()
        self.read_e(packet[:32])
        self.blame("other-network", packet[32:])

    def write_2(self) -> bytes:
        """Return the responder's message: e, ee, s, es."""
        message = self.write_e()
        self.mix_key(dh(self.e, self.re))
        message += self.enclose(bindings.crypto_scalarmult_base(self.s))
        self.mix_key(dh(self.s, self.re))
        return message + self.enclose(self.claims)

    def read_2(self, packet: bytes) -> None:
        """Take in the responder's message."""
        need(len(packet) == 128, "not-p2pblog")
        self.read_e(packet[:32])
        self.mix_key(dh(self.e, self.re))
        self.rs = self.blame("other-network", packet[32:80])
        self.mix_key(dh(self.e, self.rs))
        self.check_device(self.blame("other-network", packet[80:]))

    def write_3(self) -> bytes:
        """Return the initiator's second message: s, se."""
        message = self.enclose(bindings.crypto_scalarmult_base(self.s))
        self.mix_key(dh(self.s, self.re))
        message += self.enclose(self.claims)
        self.split()
        return message

    def read_3(self, packet: bytes) -> None:
        """Take in the initiator's second message."""
        need(len(packet) == 96, "not-p2pblog")
        self.rs = self.disclose(packet[:48])
        self.mix_key(dh(self.e, self.rs))
        self.check_device(self.disclose(packet[48:]))
        self.split()

    def blame(self, code: str, sealed: bytes) -> bytes:
        """Open a part of the handshake; a failure gets `code`."""
        try:
            return self.disclose(sealed)
        except Refused:
            raise Refused(code) from None

    def check_device(self, device: bytes) -> None:
        """Check that the Ed25519 key belongs to the static key, and is the one wanted."""
        need(static_of(device) == self.rs, "wrong-device")
        need(self.expect is None or device == self.expect, "wrong-device")
        self.remote = device

    def split(self) -> None:
        """Noise's Split: the keys for sending and receiving."""
        one, two = (k[:32] for k in hkdf(self.ck, b"", 2))
        self.keys = (one, two) if self.first else (two, one)

    def fragment(self, plain: bytes) -> bytes:
        """Return one sealed packet."""
        assert self.keys is not None
        self.sent += 1
        return seal(self.keys[0], self.sent - 1, b"", plain)

    def say(self, message: bytes, packet_most: int) -> list[bytes]:
        """Return the packets of a message, every one but the last filled."""
        room = packet_most - 17
        pieces = [message[at : at + room] for at in range(0, len(message), room)]
        flags = [b"\1"] * (len(pieces) - 1) + [b"\0"]
        return [self.fragment(flag + piece) for flag, piece in zip(flags, pieces, strict=True)]

    def hear(self, packet: bytes) -> bytes | None:
        """Take in a packet; return the message that it completes."""
        assert self.keys is not None
        plain = open_(self.keys[1], self.received, b"", packet)
        self.received += 1
        need(len(plain) >= 2 and plain[0] in (0, 1), "bad-frame")
        self.part += plain[1:]
        need(len(self.part) <= MESSAGE_MOST, "too-large")
        if plain[0] == 1:
            return None
        message, self.part = self.part, b""
        return message
