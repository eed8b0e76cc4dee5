"""Chapter 5 section 5: the code, what comes of it, and the two ends of a pairing."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from nacl import bindings

from tests.plain.ed25519 import verify
from tests.plain.hashes import Key, b256
from tests.plain.identity import CONSENT, small, word_list
from tests.plain.msgpack import decode, encode
from tests.plain.refused import Refused, need
from tests.plain.segment import is_bin, is_int

COMMITMENT = b"p2pblog pairing commitment v1"
NUMBER = b"p2pblog pairing number v1"
MESSAGE_MOST = 4096
OFFER, COME, REVEAL, CONSENTED, DONE, REFUSED = range(1, 7)


def read_code(typed: str) -> str:
    """Return the code behind what was typed, or refuse it (I-17)."""
    found = small(typed).replace("-", " ").split()
    need(len(found) == 6 and all(word in word_list() for word in found), "bad-code")
    return " ".join(found)


def pairing_key(code: str, network: bytes) -> bytes:
    """Return the pairing key: Argon2id 1.3, 2 passes, 64 MiB."""
    made: bytes = bindings.crypto_pwhash_alg(
        32,
        code.encode("ascii"),
        b256(network)[:16],
        2,
        64 * 1024 * 1024,
        bindings.crypto_pwhash_ALG_ARGON2ID13,
    )
    return made


def commitment(nonce: bytes) -> bytes:
    """Return what the old device says of its nonce before it reveals it."""
    return b256(COMMITMENT + nonce)


def number(link: bytes, root: bytes, old: bytes, new: bytes, n: bytes, m: bytes) -> str:
    """Return the six digits that both screens show."""
    hashed = blake2b(NUMBER + link + root + old + new + n + m, digest_size=8).digest()
    return str(int.from_bytes(hashed, "big") % 1_000_000).zfill(6)


def read(data: bytes, *due: int) -> list[Any]:
    """Return the items of a message, of which the type is one of those due (I-13)."""
    need(len(data) <= MESSAGE_MOST, "too-large")
    try:
        items = decode(data)
    except Refused:
        raise Refused("bad-structure") from None
    need(isinstance(items, list) and bool(items) and is_int(items[0]), "bad-structure")
    need(items[0] in due, "unexpected-message")
    if items[0] == OFFER and len(items) > 1 and is_int(items[1]):
        need(items[1] == 1, "unexpected-message")
    need(is_formed(items), "bad-structure")
    return list(items)


def is_formed(items: list[Any]) -> bool:
    """Tell whether the items are those of the table of section 5."""
    match items:
        case [1, version, root, device, name, committed]:
            keys = is_bin(root, 32) and is_bin(device, 32) and is_bin(committed, 32)
            return is_int(version) and keys and is_name(name)
        case [2, name, nonce]:
            return is_name(name) and is_bin(nonce, 32)
        case [3, nonce]:
            return is_bin(nonce, 32)
        case [4, consent]:
            return is_bin(consent, 64)
        case [5, addresses]:
            listed = isinstance(addresses, list) and len(addresses) <= 8
            return listed and all(isinstance(item, str) for item in addresses)
        case [6]:
            return True
    return False


def is_name(value: Any) -> bool:
    """Tell whether a value is a str of at most 128 bytes."""
    return isinstance(value, str) and len(value.encode()) <= 128


class Old:
    """The end that is a device of the identity; `new` is the device at the other end."""

    def __init__(
        self, root: bytes, device: bytes, name: str, new: bytes, link: bytes, nonce: bytes
    ) -> None:
        self.root, self.device, self.name = root, device, name
        self.new, self.link, self.nonce = new, link, nonce
        self.due = [COME]
        self.number: str | None = None
        self.called: str | None = None
        self.consent: str | None = None
        self.addresses: list[str] | None = None
        self.declined = False

    def start(self) -> list[bytes]:
        """Return what it says first: the offer."""
        return [encode([OFFER, 1, self.root, self.device, self.name, commitment(self.nonce)])]

    def receive(self, data: bytes) -> list[bytes]:
        """Take in a message; return what it says then."""
        if self.declined:
            return []
        items = read(data, *self.due)
        if items[0] == COME:
            self.called = items[1]
            self.number = number(self.link, self.root, self.device, self.new, self.nonce, items[2])
            self.due = [CONSENTED]
            return [encode([REVEAL, self.nonce])]
        need(verify(self.new, CONSENT + self.root, items[1]), "bad-signature")
        self.consent, self.due = items[1].hex(), []
        return self.finish()

    def accept(self, addresses: list[str]) -> list[bytes]:
        """Hear that its person says yes; the device is added once its consent is here."""
        self.addresses = addresses
        return self.finish()

    def finish(self) -> list[bytes]:
        """Return done, once both have been heard."""
        ready = self.consent is not None and self.addresses is not None
        return [encode([DONE, self.addresses])] if ready else []

    def decline(self) -> list[bytes]:
        """Hear that its person says no."""
        self.declined = True
        return [encode([REFUSED])]

    def outcome(self) -> dict[str, Any]:
        """Return what it has learnt."""
        return {"number": self.number, "called": self.called, "consent": self.consent}


class New:
    """The end that is to become a device of the identity."""

    def __init__(self, key: Key, name: str, link: bytes, nonce: bytes) -> None:
        self.key, self.name, self.link, self.nonce = key, name, link, nonce
        self.due = [OFFER]
        self.offer: list[Any] = []
        self.number: str | None = None
        self.addresses: list[str] | None = None
        self.declined = False

    def start(self) -> list[bytes]:
        """Return what it says first: nothing."""
        return []

    def receive(self, data: bytes) -> list[bytes]:
        """Take in a message; return what it says then."""
        items = read(data, *self.due)
        if items[0] == OFFER:
            self.offer = items
            self.due = [REVEAL, REFUSED]
            return [encode([COME, self.name, self.nonce])]
        if items[0] == REVEAL:
            _, _, root, device, _, committed = self.offer
            need(commitment(items[1]) == committed, "wrong-device")  # I-12
            self.number = number(self.link, root, device, self.key.public, items[1], self.nonce)
            self.due = [DONE, REFUSED]
            return [encode([CONSENTED, self.key.sign(CONSENT + root)])]
        if items[0] == DONE:
            self.addresses = items[1]
        self.declined = items[0] == REFUSED
        self.due = []
        return []

    def outcome(self) -> dict[str, Any]:
        """Return what it has learnt."""
        _, _, root, device, called, _ = self.offer
        return {
            "number": self.number,
            "called": called,
            "root": root.hex(),
            "device": device.hex(),
            "addresses": self.addresses,
            "declined": self.declined,
        }
