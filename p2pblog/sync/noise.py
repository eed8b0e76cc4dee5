"""Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b, with the names of the Noise specification.

Implements sections 5, 7.5 and 9 of the Noise Protocol Framework, revision 34, for the one
pattern that links use (protocol/06-links.md section 2).  Pure: the ephemeral secret comes in
as an argument and must be used for one handshake only.  The primitives are libsodium's,
through PyNaCl, and hashlib's.
"""

from __future__ import annotations

import hmac
from hashlib import blake2b

from nacl import bindings
from nacl.exceptions import CryptoError

from p2pblog.core.errors import BadFrame
from p2pblog.core.limits import KEY_BYTES, PACKET_BYTES_MAX

PROTOCOL_NAME = b"Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b"
TAG_BYTES = 16
NONCE_END = 2**64 - 1  # reserved by the specification: no message may use it

_PATTERN = (("psk", "e"), ("e", "ee", "s", "es"), ("s", "se"))

_encrypt = bindings.crypto_aead_chacha20poly1305_ietf_encrypt
_decrypt = bindings.crypto_aead_chacha20poly1305_ietf_decrypt


class CipherState:
    """A key (32 bytes) and the number of the next message under it."""

    __slots__ = ("k", "n")

    def __init__(self, k: bytes) -> None:
        self.k = k
        self.n = 0

    def encrypt_with_ad(self, ad: bytes, plaintext: bytes) -> bytes:
        """Return the ciphertext of `plaintext`, 16 bytes longer, bound to `ad`.

        Raises:
            BadFrame: 2**64 - 1 messages were encrypted; this key is used up.
        """
        ciphertext = _encrypt(plaintext, ad, self._nonce(), self.k)
        self.n += 1
        return ciphertext

    def decrypt_with_ad(self, ad: bytes, ciphertext: bytes) -> bytes:
        """Return the plaintext of the next message; after a failure `n` stands as before.

        Raises:
            BadFrame: not the next message under this key and `ad`, or the key is used up.
        """
        nonce = self._nonce()
        if len(ciphertext) < TAG_BYTES:
            raise BadFrame("shorter than its tag")
        try:
            plaintext = _decrypt(ciphertext, ad, nonce, self.k)
        except CryptoError:
            raise BadFrame("not the next packet of this link") from None
        self.n += 1
        return plaintext

    def _nonce(self) -> bytes:
        if self.n >= NONCE_END:
            raise BadFrame("the key of this link is used up")
        return b"\0\0\0\0" + self.n.to_bytes(8, "little")


class SymmetricState:
    """The chaining key and the transcript hash that both ends grow during a handshake."""

    __slots__ = ("_cipher", "ck", "h")

    def __init__(self, protocol_name: bytes) -> None:
        if len(protocol_name) > blake2b.MAX_DIGEST_SIZE:
            self.h = _hash(protocol_name)
        else:
            self.h = protocol_name.ljust(blake2b.MAX_DIGEST_SIZE, b"\0")
        self.ck = self.h
        self._cipher: CipherState | None = None

    def mix_key(self, input_key_material: bytes) -> None:
        """Take a Diffie-Hellman result, or a public ephemeral key, into the keys."""
        self.ck, temp_k = _hkdf2(self.ck, input_key_material)
        self._cipher = CipherState(temp_k[:KEY_BYTES])

    def mix_hash(self, data: bytes) -> None:
        """Take `data` into the transcript."""
        self.h = _hash(self.h + data)

    def mix_key_and_hash(self, input_key_material: bytes) -> None:
        """Take a pre-shared key into the keys and the transcript."""
        self.ck, temp_h, temp_k = _hkdf3(self.ck, input_key_material)
        self.mix_hash(temp_h)
        self._cipher = CipherState(temp_k[:KEY_BYTES])

    def encrypt_and_hash(self, plaintext: bytes) -> bytes:
        """Encrypt under the keys so far, and take the ciphertext into the transcript."""
        ciphertext = plaintext
        if self._cipher is not None:
            ciphertext = self._cipher.encrypt_with_ad(self.h, plaintext)
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt_and_hash(self, ciphertext: bytes) -> bytes:
        """Undo `encrypt_and_hash` of the other end; raises BadFrame."""
        plaintext = ciphertext
        if self._cipher is not None:
            plaintext = self._cipher.decrypt_with_ad(self.h, ciphertext)
        self.mix_hash(ciphertext)
        return plaintext

    def split(self) -> tuple[CipherState, CipherState]:
        """Return the ciphers for what the initiator and what the responder sends."""
        temp_k1, temp_k2 = _hkdf2(self.ck, b"")
        return CipherState(temp_k1[:KEY_BYTES]), CipherState(temp_k2[:KEY_BYTES])


class HandshakeState:
    """One end of one handshake: three messages, the initiator writes the first.

    Args:
        initiator: which end this is.
        prologue: what both ends must agree on besides the keys; may be empty.
        psk: the pre-shared key, 32 bytes.
        s: this end's static X25519 secret, 32 bytes.
        e: the ephemeral X25519 secret, 32 random bytes for this handshake alone.
    """

    __slots__ = (
        "_e",
        "_initiator",
        "_psk",
        "_re",
        "_s",
        "_symmetric",
        "_turn",
        "rs",
        "transport",
        "weak",
    )

    def __init__(self, *, initiator: bool, prologue: bytes, psk: bytes, s: bytes, e: bytes) -> None:
        if not len(psk) == len(s) == len(e) == KEY_BYTES:
            raise ValueError("the keys of a handshake have 32 bytes each")
        self._initiator = initiator
        self._psk, self._s, self._e = psk, s, e
        self._re = b""
        self.rs = b""
        """The other end's static key (32 bytes) once seen; proven when `transport` is there."""
        self.transport: tuple[CipherState, CipherState] | None = None
        """After the last message: the ciphers for sending and for receiving."""
        self.weak = False
        """Whether the other end has shown a key of small order: an exchange gave zero."""
        self._turn: int | None = 0
        self._symmetric = SymmetricState(PROTOCOL_NAME)
        self._symmetric.mix_hash(prologue)

    @property
    def handshake_hash(self) -> bytes:
        """The transcript hash (64 bytes): after the last message, a name for this link."""
        return self._symmetric.h

    def write_message(self, payload: bytes) -> bytes:
        """Return this end's next handshake message, carrying `payload`.

        Raises:
            BadFrame: a Diffie-Hellman result of zero; the handshake is over.
        """
        turn = self._take_turn(writing=True)
        symmetric = self._symmetric
        message = bytearray()
        for token in _PATTERN[turn]:
            match token:
                case "e":
                    public = bindings.crypto_scalarmult_base(self._e)
                    message += public
                    symmetric.mix_hash(public)
                    symmetric.mix_key(public)  # psk patterns only: section 9.2
                case "s":
                    public = bindings.crypto_scalarmult_base(self._s)
                    message += symmetric.encrypt_and_hash(public)
                case _:
                    self._mix(token)
        message += symmetric.encrypt_and_hash(payload)
        self._end_turn(turn)
        return bytes(message)

    def read_message(self, message: bytes) -> bytes:
        """Return the payload of the other end's next handshake message.

        Raises:
            BadFrame: not made with the same keys, prologue and transcript, too short or too
                long, or a Diffie-Hellman result of zero; the handshake is over.
        """
        turn = self._take_turn(writing=False)
        if len(message) > PACKET_BYTES_MAX:
            raise BadFrame("longer than a Noise message")
        symmetric = self._symmetric
        for token in _PATTERN[turn]:
            match token:
                case "e":
                    self._re, message = _cut(message, KEY_BYTES)
                    symmetric.mix_hash(self._re)
                    symmetric.mix_key(self._re)
                case "s":
                    sealed, message = _cut(message, KEY_BYTES + TAG_BYTES)
                    self.rs = symmetric.decrypt_and_hash(sealed)
                case _:
                    self._mix(token)
        payload = symmetric.decrypt_and_hash(message)
        self._end_turn(turn)
        return payload

    def _take_turn(self, *, writing: bool) -> int:
        turn = self._turn
        if turn is None or ((turn % 2 == 0) == self._initiator) != writing:
            raise ValueError("not this end's turn in the handshake")
        self._turn = None  # a message that fails half-way leaves nothing to go on with
        return turn

    def _end_turn(self, turn: int) -> None:
        if turn + 1 < len(_PATTERN):
            self._turn = turn + 1
        else:
            first, second = self._symmetric.split()
            self.transport = (first, second) if self._initiator else (second, first)

    def _mix(self, token: str) -> None:
        match token:
            case "psk":
                self._symmetric.mix_key_and_hash(self._psk)
            case "ee":
                self._exchange(self._e, self._re)
            case "es" if self._initiator:
                self._exchange(self._e, self.rs)
            case "se" if not self._initiator:
                self._exchange(self._e, self.rs)
            case _:  # the same two, seen from the end whose static key it is
                self._exchange(self._s, self._re)

    def _exchange(self, secret: bytes, public: bytes) -> None:
        self.weak = True
        self._symmetric.mix_key(_dh(secret, public))
        self.weak = False


def _cut(message: bytes, size: int) -> tuple[bytes, bytes]:
    if len(message) < size:
        raise BadFrame("shorter than this handshake message")
    return message[:size], message[size:]


def _dh(secret: bytes, public: bytes) -> bytes:
    # libsodium reports an all-zero result, which a key of small order forces, as an error.
    try:
        return bindings.crypto_scalarmult(secret, public)
    except CryptoError:
        raise BadFrame("a key of small order") from None


def _hash(data: bytes) -> bytes:
    return blake2b(data).digest()


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, blake2b).digest()


def _hkdf2(chaining_key: bytes, material: bytes) -> tuple[bytes, bytes]:
    temp = _hmac(chaining_key, material)
    first = _hmac(temp, b"\x01")
    return first, _hmac(temp, first + b"\x02")


def _hkdf3(chaining_key: bytes, material: bytes) -> tuple[bytes, bytes, bytes]:
    temp = _hmac(chaining_key, material)
    first = _hmac(temp, b"\x01")
    second = _hmac(temp, first + b"\x02")
    return first, second, _hmac(temp, second + b"\x03")
