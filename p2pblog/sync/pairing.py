"""Take a new device into an identity: what two devices of one person say to each other.

Implements protocol/05-identity.md section 5.  Sans-IO: messages go in and out, nonces come in
as arguments.  The link below proves that the other end knows the one-time code.  What is left
to prove is that nobody who learnt the code stands in between: both screens show a number, and
because one end commits to its nonce before it sees the other's, whoever is in between gets one
guess in a million.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from mnemonic import Mnemonic
from nacl.pwhash import argon2id

from p2pblog.content.bodies import DeviceAdd
from p2pblog.core import limits
from p2pblog.core.crypto import SigningKey, digest
from p2pblog.core.encoding import decode, encode
from p2pblog.core.errors import (
    BadCode,
    BadSignature,
    BadStructure,
    NonCanonical,
    TooLarge,
    UnexpectedMessage,
    WrongDevice,
)
from p2pblog.core.textform import lower_word
from p2pblog.log.identity import add_device, has_consent

VERSION = 1
NONCE_BYTES = 32
CODE_BYTES = 9  # of randomness; 66 of the 72 bits are used

_COMMITMENT_DOMAIN = b"p2pblog pairing commitment v1"
_NUMBER_DOMAIN = b"p2pblog pairing number v1"
_NUMBERS = 10**6
_WORD_BITS = 11
# libsodium's "interactive": 66 random bits leave nothing to guess, this only adds to it.
_ARGON_OPS, _ARGON_BYTES = 2, 64 * 1024 * 1024

_OFFER, _COME, _REVEAL, _CONSENT, _DONE, _REFUSED = range(1, 7)


# --- the code ----------------------------------------------------------------------


def new_code(random: bytes) -> str:
    """Return a code of six words for 9 random bytes, of which 66 bits count."""
    if len(random) != CODE_BYTES:
        raise ValueError(f"a code is made from {CODE_BYTES} bytes")
    words = Mnemonic("english").wordlist
    number = int.from_bytes(random)
    picked = []
    for _ in range(limits.PAIRING_CODE_WORDS):
        number, index = divmod(number, 1 << _WORD_BITS)
        picked.append(words[index])
    return " ".join(picked)


def read_code(typed: str) -> str:
    """Return a code as `new_code` wrote it: lower case, one blank or hyphen read alike.

    Raises:
        BadCode: another number of words, or a word that is not in the list.
    """
    if len(typed) > limits.PAIRING_CODE_CHARS_MAX:
        raise BadCode("it is too long")
    words = [lower_word(word) for word in typed.replace("-", " ").split()]
    if len(words) != limits.PAIRING_CODE_WORDS:
        raise BadCode(f"it has {limits.PAIRING_CODE_WORDS} words, not {len(words)}")
    known = set(Mnemonic("english").wordlist)
    for number, word in enumerate(words, 1):
        if word not in known:
            raise BadCode(f"word {number}, {word[:20]!r}, is not in the list")
    return " ".join(words)


def pairing_key(code: str, network_key: bytes) -> bytes:
    """Return the key (32 bytes) that stands in for the network key; takes 0.1 s and 64 MiB.

    Args:
        code: as `read_code` returns it.
        network_key: 32 bytes.
    """
    key: bytes = argon2id.kdf(
        limits.KEY_BYTES,
        code.encode("ascii"),
        digest(network_key)[: argon2id.SALTBYTES],
        opslimit=_ARGON_OPS,
        memlimit=_ARGON_BYTES,
    )
    return key


def commitment(nonce: bytes) -> bytes:
    """Return what the old device says of its nonce (32 bytes) before it reveals it."""
    return digest(_COMMITMENT_DOMAIN + nonce)


def compared_number(
    handshake_hash: bytes, root: bytes, device: bytes, joiner: bytes, nonce: bytes, answer: bytes
) -> str:
    """Return the six digits that both screens show; every part has a fixed length.

    Args:
        handshake_hash: that of the link (64 bytes).
        root: the identity; `device` is the old device, `joiner` the new one (32 bytes each).
        nonce: the old device's; `answer` is the new one's (32 bytes each).
    """
    parts = (_NUMBER_DOMAIN, handshake_hash, root, device, joiner, nonce, answer)
    number = int.from_bytes(blake2b(b"".join(parts), digest_size=8).digest()) % _NUMBERS
    return f"{number:06}"


# --- the two ends ------------------------------------------------------------------


class Offerer:
    """The end that is a device of the identity already.

    Args:
        root: the identity (32 bytes).
        device: this device (32 bytes).
        name: what the identity is called; may be empty.
        joiner: the device at the other end (32 bytes), as the link has proven it.
        handshake_hash: that of the link.
        nonce: 32 random bytes.
    """

    def __init__(
        self,
        *,
        root: bytes,
        device: bytes,
        name: str,
        joiner: bytes,
        handshake_hash: bytes,
        nonce: bytes,
    ) -> None:
        self._root, self._device, self._own_name = root, device, name
        self._joiner, self._hash, self._nonce = joiner, handshake_hash, nonce
        self._expected: int | None = _COME
        self._over = False  # the person said no: what crosses that on its way is not looked at
        self.name = ""
        """What the new device is to be called, once it has come; may be empty."""
        self.compare = ""
        """The six digits to show, once the other end shows them too."""
        self.add: DeviceAdd | None = None
        """The body to append if the person says yes; its consent has been checked."""

    def start(self) -> list[bytes]:
        """Return what to send before anything is received."""
        committed = commitment(self._nonce)
        return [encode([_OFFER, VERSION, self._root, self._device, self._own_name, committed])]

    def receive(self, data: bytes) -> list[bytes]:
        """Take in one message; return what to send.

        Raises:
            BadStructure, TooLarge, UnexpectedMessage: it is not the message that is due.
            BadSignature: the consent is not the new device's, or is for another identity.
        """
        if self._over:
            return []
        kind, fields = _read(data)
        if kind != self._expected:
            raise UnexpectedMessage(f"message {kind} of a pairing")
        if kind == _COME:
            self.name, nonce = _come(fields)
            self.compare = compared_number(
                self._hash, self._root, self._device, self._joiner, self._nonce, nonce
            )
            self._expected = _CONSENT
            return [encode([_REVEAL, self._nonce])]
        match fields:
            case [bytes(consent)] if len(consent) == limits.SIGNATURE_BYTES:
                add = DeviceAdd(self._joiner, consent, self.name)
            case _:
                raise BadStructure("consent of a pairing")
        if not has_consent(self._root, add):
            raise BadSignature("consent of a pairing")
        self.add, self._expected = add, None
        return []

    def done(self, addresses: list[str]) -> bytes:
        """Return what tells the new device that it has been added.

        Args:
            addresses: where this device takes links, HOST:PORT.  The first 8 are told; one
                that names an interface (behind %) means something on this machine only.
        """
        told = [address for address in addresses if "%" not in address]
        return encode([_DONE, told[: limits.PAIRING_ADDRESSES_MAX]])

    def refused(self) -> bytes:
        """Return what tells the new device that the person said no; nothing counts from then on."""
        self._over = True
        return encode([_REFUSED])


class Joiner:
    """The end that wants to become a device of the identity.

    Args:
        key: the key of this device, which has consented to nothing yet.
        name: what this device is to be called, published; may be empty.
        handshake_hash: that of the link.
        nonce: 32 random bytes.
    """

    def __init__(self, *, key: SigningKey, name: str, handshake_hash: bytes, nonce: bytes) -> None:
        self._key, self._own_name = key, name
        self._hash, self._nonce = handshake_hash, nonce
        self._commitment = b""
        self._expected = {_OFFER}
        self.root = b""
        """The identity (32 bytes) that is offered."""
        self.device = b""
        """The device (32 bytes) that offers."""
        self.name = ""
        """What that identity is called, as it says itself; may be empty."""
        self.compare = ""
        """The six digits to show."""
        self.addresses: list[str] | None = None
        """Where the other device takes links, unchecked, once it has added this one."""
        self.refused = False
        """Whether the person at the other device said no."""

    def receive(self, data: bytes) -> list[bytes]:
        """Take in one message; return what to send.

        Raises:
            BadStructure, TooLarge, UnexpectedMessage: it is not the message that is due.
            WrongDevice: the other end did not hold to the nonce that it committed to.
        """
        kind, fields = _read(data)
        if kind not in self._expected:
            raise UnexpectedMessage(f"message {kind} of a pairing")
        if kind == _OFFER:
            return self._offered(fields)
        if kind == _REVEAL:
            return self._revealed(fields)
        if kind == _DONE:
            self.addresses = _addresses(fields)
        elif fields:
            raise BadStructure("a refused pairing")
        else:
            self.refused = True
        self._expected = set()
        return []

    def _offered(self, fields: list[Any]) -> list[bytes]:
        match fields:
            case [int(version), *_] if type(version) is int and version != VERSION:
                # Before its form, which another version may have changed.
                raise UnexpectedMessage(f"version {version} of pairing")
            case [int(version), bytes(root), bytes(device), str(name), bytes(committed)] if (
                type(version) is int
                and len(root) == len(device) == limits.KEY_BYTES
                and len(committed) == limits.ID_BYTES
                and len(name.encode()) <= limits.NAME_BYTES_MAX
            ):
                pass
            case _:
                raise BadStructure("offer of a pairing")
        self.root, self.device, self.name = root, device, name
        self._commitment = committed
        self._expected = {_REVEAL, _REFUSED}
        return [encode([_COME, self._own_name, self._nonce])]

    def _revealed(self, fields: list[Any]) -> list[bytes]:
        match fields:
            case [bytes(nonce)] if len(nonce) == NONCE_BYTES:
                pass
            case _:
                raise BadStructure("nonce of a pairing")
        if commitment(nonce) != self._commitment:
            raise WrongDevice("it chose its nonce after it had seen ours")
        self.compare = compared_number(
            self._hash, self.root, self.device, self._key.public, nonce, self._nonce
        )
        self._expected = {_DONE, _REFUSED}
        return [encode([_CONSENT, add_device(self.root, self._key).consent])]


def _read(data: bytes) -> tuple[int, list[Any]]:
    if len(data) > limits.PAIRING_MESSAGE_BYTES_MAX:
        raise TooLarge("a message of a pairing")
    try:
        value = decode(data)
    except NonCanonical as error:
        raise BadStructure(f"message of a pairing: {error.detail}") from error
    match value:
        case [int(kind), *fields] if type(kind) is int:
            return kind, fields
        case _:
            raise BadStructure("message of a pairing")


def _come(fields: list[Any]) -> tuple[str, bytes]:
    match fields:
        case [str(name), bytes(nonce)] if (
            len(nonce) == NONCE_BYTES and len(name.encode()) <= limits.NAME_BYTES_MAX
        ):
            return name, nonce
        case _:
            raise BadStructure("answer to an offer of a pairing")


def _addresses(fields: list[Any]) -> list[str]:
    match fields:
        case [list(addresses)] if len(addresses) <= limits.PAIRING_ADDRESSES_MAX and all(
            type(one) is str for one in addresses
        ):
            return addresses
        case _:
            raise BadStructure("end of a pairing")
