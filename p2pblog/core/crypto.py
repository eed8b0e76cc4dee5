"""The primitives, by the names this project calls them.

BLAKE2b-256 for ids, Ed25519 for signatures, the X25519 form of an Ed25519 key for links.
Pure: keys and random bytes come in as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

from nacl import bindings
from nacl.exceptions import CryptoError

from p2pblog.core.errors import BadSignature
from p2pblog.core.limits import ID_BYTES, KEY_BYTES, SIGNATURE_BYTES


def digest(data: bytes | memoryview) -> bytes:
    """Return the BLAKE2b-256 of `data` (32 bytes)."""
    return blake2b(data, digest_size=ID_BYTES).digest()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair made from a 32-byte seed; `public` (32 bytes) is its name."""

    seed: bytes = field(repr=False)
    public: bytes = field(init=False)
    _secret: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != KEY_BYTES:
            raise ValueError("an Ed25519 seed has 32 bytes")
        public, secret = bindings.crypto_sign_seed_keypair(self.seed)
        object.__setattr__(self, "public", public)
        object.__setattr__(self, "_secret", secret)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of `message`."""
        return bindings.crypto_sign(message, self._secret)[:SIGNATURE_BYTES]

    def exchange_secret(self) -> bytes:
        """Return the secret X25519 key (32 bytes) that belongs to this device on links."""
        return bindings.crypto_sign_ed25519_sk_to_curve25519(self._secret)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` (64 bytes) is `public`'s (32 bytes) over `message`.

    As libsodium decides: S must be canonical, and small-order keys are refused.
    """
    if len(signature) != SIGNATURE_BYTES or len(public) != KEY_BYTES:
        return False
    try:
        bindings.crypto_sign_open(signature + message, public)
    except CryptoError:
        return False
    return True


def exchange_public(public: bytes) -> bytes | None:
    """Return the X25519 form (32 bytes) of an Ed25519 public key, or None if it has none."""
    try:
        return bindings.crypto_sign_ed25519_pk_to_curve25519(public)
    except (CryptoError, TypeError, ValueError):
        return None


def box(message: bytes, nonce: bytes, public: bytes, secret: bytes) -> bytes:
    """Return `message` sealed for the X25519 key `public` by that of `secret` (NaCl's box)."""
    return bindings.crypto_box(message, nonce, public, secret)


def unbox(boxed: bytes, nonce: bytes, public: bytes, secret: bytes) -> bytes:
    """Return what `box` has sealed, given the X25519 key of whoever did.

    Raises:
        BadSignature: it does not open.
    """
    try:
        return bindings.crypto_box_open(boxed, nonce, public, secret)
    except (CryptoError, ValueError):
        raise BadSignature("it is not sealed by that key") from None
