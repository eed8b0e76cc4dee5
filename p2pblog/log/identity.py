"""Identities: 24 words, the root key that they give, and the devices that it owns.

Implements protocol/05-identity.md.  Pure apart from the word list, which is read from the
package that carries it.

An identity is named by its root key.  A device is one of its devices when a `device.add`
stands in the root's own log, or in the log of a device that already is one, and holds the
device's consent: its signature over the root key.  Without consent anybody could claim a
stranger's log, and its posts, as their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b

from mnemonic import Mnemonic

from p2pblog.content.bodies import DeviceAdd
from p2pblog.core.crypto import SigningKey, verify
from p2pblog.core.errors import BadWords
from p2pblog.core.limits import KEY_BYTES

WORDS = 24
_CONSENT_DOMAIN = b"p2pblog device consent v1"
_ROOT_PERSON = b"p2pblog root v1"


def words_from_entropy(entropy: bytes) -> list[str]:
    """Return the 24 BIP-39 words (English) of 32 bytes of entropy."""
    return Mnemonic("english").to_mnemonic(entropy).split()


def root_from_words(words: Iterable[str]) -> SigningKey:
    """Return the root key that 24 words stand for.

    Raises:
        BadWords: another number of words, a word not in the list, a wrong checksum.
    """
    phrase = [word.strip().lower() for word in words]
    if len(phrase) != WORDS:
        raise BadWords(f"{len(phrase)} words instead of {WORDS}")
    book = Mnemonic("english")
    known = set(book.wordlist)
    for number, word in enumerate(phrase, 1):
        if word not in known:
            raise BadWords(f"word {number}, '{word[:20]}', is not in the list")
    try:
        entropy = bytes(book.to_entropy(phrase))
    except (ValueError, LookupError) as error:
        raise BadWords("two words may be swapped, or one is wrong") from error
    return SigningKey(blake2b(entropy, digest_size=KEY_BYTES, person=_ROOT_PERSON).digest())


def consent_message(root: bytes) -> bytes:
    """Return what a device signs to become a device of the identity `root` (32 bytes)."""
    return _CONSENT_DOMAIN + root


def add_device(root: bytes, device: SigningKey, name: str = "") -> DeviceAdd:
    """Return the body by which the identity `root` takes in `device`, with its consent."""
    return DeviceAdd(device.public, device.sign(consent_message(root)), name)


def has_consent(root: bytes, add: DeviceAdd) -> bool:
    """Tell whether the device in `add` agreed to belong to `root`."""
    return verify(add.device, consent_message(root), add.consent)


def device_set(root: bytes, adds: Iterable[tuple[bytes, DeviceAdd]]) -> frozenset[bytes]:
    """Return the devices (32 bytes each) of the identity `root`.

    Args:
        adds: every known `device.add`, with the log that it stands in, in any order: the
            answer depends on the set alone.
    """
    by_log: dict[bytes, list[DeviceAdd]] = defaultdict(list)
    for log, add in adds:
        by_log[log].append(add)
    devices: set[bytes] = set()
    queue = [root]
    while queue:
        for add in by_log.pop(queue.pop(), ()):
            if add.device not in devices and has_consent(root, add):
                devices.add(add.device)
                queue.append(add.device)
    return frozenset(devices)
