"""The hash of the protocol, and the keys that the vectors use."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from nacl import bindings


def b256(data: bytes) -> bytes:
    """Return the BLAKE2b-256 of `data`."""
    return blake2b(data, digest_size=32).digest()


class Key(NamedTuple):
    """An Ed25519 key made from a seed."""

    seed: bytes
    public: bytes
    secret: bytes

    def sign(self, message: bytes) -> bytes:
        """Return the signature (64 bytes) of `message`."""
        return bindings.crypto_sign(message, self.secret)[:64]


def key(number: int) -> Key:
    """Return the key whose seed is 32 times the byte `number`."""
    seed = bytes([number]) * 32
    return Key(seed, *bindings.crypto_sign_seed_keypair(seed))
