"""Chapter 5: words, the root key, consent, and the devices of an identity."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b, sha256
from importlib.resources import files
from typing import NamedTuple

from tests.plain.ed25519 import verify
from tests.plain.refused import need
from tests.plain.textform import LOWER, UPPER

CONSENT = b"p2pblog device consent v1"


@cache
def word_list() -> list[str]:
    """Return the 2,048 words of the English list of BIP-39."""
    return files("mnemonic").joinpath("wordlist/english.txt").read_text("utf-8").split()


def small(text: str) -> str:
    """Return a text with its ASCII letters in lower case, and no others."""
    return text.translate(str.maketrans(UPPER, LOWER))


def words(entropy: bytes) -> list[str]:
    """Return the 24 words of 32 bytes: 256 bits and 8 of checksum, 11 bits a word."""
    bits = int.from_bytes(entropy + sha256(entropy).digest()[:1], "big")
    return [word_list()[bits >> 11 * (23 - index) & 2047] for index in range(24)]


def entropy(phrase: str) -> bytes:
    """Return the 32 bytes behind 24 words (I-2)."""
    found = small(phrase).split()
    need(len(found) == 24 and all(word in word_list() for word in found), "bad-words")
    bits = 0
    for word in found:
        bits = bits << 11 | word_list().index(word)
    data = (bits >> 8).to_bytes(32, "big")
    need(words(data) == found, "bad-words")
    return data


def root_seed(data: bytes) -> bytes:
    """Return the seed of the root key."""
    return blake2b(data, digest_size=32, person=b"p2pblog root v1").digest()


class Add(NamedTuple):
    """A device.add: the log and seq where it stands, and what it says."""

    log: bytes
    seq: int
    device: bytes
    consent: bytes


class Revoke(NamedTuple):
    """A device.revoke in the root's log."""

    device: bytes
    seq: int
    id: bytes | None


Pin = tuple[int, bytes | None]


def devices(root: bytes, adds: list[Add], revokes: list[Revoke]) -> dict[bytes, Pin | None]:
    """Return the devices of an identity, each with its pin: the smallest set that the rule gives.

    Walks over all of the adds again and again until nothing new turns up.
    """
    pins: dict[bytes, Pin] = {}
    for revoke in sorted(revokes, key=lambda item: (item.seq, item.id or b""), reverse=True):
        pins[revoke.device] = (revoke.seq, revoke.id)
    valid = {root}
    grown = True
    while grown:
        grown = False
        for add in adds:
            pin = pins.get(add.log)
            counts = add.log in valid and (pin is None or add.seq <= pin[0])
            agreed = verify(add.device, CONSENT + root, add.consent)
            if counts and agreed and (add.device not in valid or add.device == root):
                grown = grown or add.device not in valid
                valid.add(add.device)
    found = {
        add.device
        for add in adds
        if add.log in valid
        and (add.log not in pins or add.seq <= pins[add.log][0])
        and verify(add.device, CONSENT + root, add.consent)
    }
    return {device: pins.get(device) for device in found}
