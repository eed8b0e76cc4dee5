"""Identities: 24 words, the root key that they give, and the devices that it owns.

Implements protocol/05-identity.md.  Pure apart from the word list, which is read from the
package that carries it.

An identity is named by its root key.  A device is one of its devices when a `device.add`
stands in the root's own log, or in the log of a device that already is one, and holds the
device's consent: its signature over the root key.  Without consent anybody could claim a
stranger's log, and its posts, as their own.  A `device.revoke` in the root's log pins the
last entry of a device that counts, what it added included.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from mnemonic import Mnemonic

from p2pblog.content.bodies import DeviceAdd, DeviceRevoke
from p2pblog.core.crypto import SigningKey, verify
from p2pblog.core.errors import BadWords
from p2pblog.core.limits import KEY_BYTES
from p2pblog.core.textform import lower_word

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
    phrase = [lower_word(word.strip()) for word in words]
    if len(phrase) != WORDS:
        raise BadWords(f"there are {WORDS}, not {len(phrase)}")
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


class Pin(NamedTuple):
    """The last entry of a revoked device's log that counts; seq 0, id None: none does."""

    seq: int
    id: bytes | None


class Adds(NamedTuple):
    """A `device.add`, with the log (32 bytes) and seq where it stands."""

    log: bytes
    seq: int
    add: DeviceAdd


def device_set(
    root: bytes, adds: Iterable[Adds], revokes: Iterable[DeviceRevoke] = ()
) -> dict[bytes, Pin | None]:
    """Return the devices of the identity `root`, each with its pin if it was revoked.

    Args:
        adds: every known `device.add`, in any order: the answer depends on the set alone.
        revokes: every `device.revoke` in the root's own log, in any order.
    Source: protocol/05-identity.md section 4.
    """
    pins = pins_of(revokes)
    by_log: dict[bytes, list[Adds]] = defaultdict(list)
    for item in adds:
        by_log[item.log].append(item)
    devices: dict[bytes, Pin | None] = {}
    queue = [root]
    while queue:
        adder = queue.pop()
        pin = pins.get(adder)
        for item in by_log.pop(adder, ()):
            device = item.add.device
            counts = pin is None or item.seq <= pin.seq
            if counts and device not in devices and has_consent(root, item.add):
                devices[device] = pins.get(device)
                queue.append(device)
    return devices


def pins_of(revokes: Iterable[DeviceRevoke]) -> dict[bytes, Pin]:
    """Return the pin of every device revoked: of several, the lowest, then the smaller id."""
    pins: dict[bytes, Pin] = {}
    for revoke in revokes:
        pin = Pin(revoke.seq, revoke.id)
        held = pins.get(revoke.device)
        if held is None or (pin.seq, pin.id or b"") < (held.seq, held.id or b""):
            pins[revoke.device] = pin
    return pins
