"""Cases of protocol/05-identity.md: words, consent, sets of devices."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from nacl import bindings

from tests.plain.cases.writing import Cases
from tests.plain.ed25519 import verify
from tests.plain.hashes import b256, key
from tests.plain.identity import CONSENT, Add, Revoke, devices, entropy, root_seed, words
from tests.plain.refused import need

NOTES = {
    "Case": "I-2: letters of either case, white space around words",
    "Number": "I-2: another number of words than 24",
    "List": "I-2: a word that is not in the list",
    "Checksum": "I-2: the last 8 bits do not agree",
    "Consent": "a device that did not agree belongs to nobody who says so",
    "Order": "I-5: the same set, whatever order it came in",
    "Chain": "a device of the identity adds another",
    "Pin": "a revoked device counts up to its pin, and so does what it added",
}


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/05-identity.md", NOTES)
    add_words(made)
    add_consents(made)
    add_sets(made)
    return made


def add_words(made: Cases) -> None:
    """Add the cases of 24 words."""

    def add(comment: str, phrase: str, flags: str = "", error: str | None = None) -> None:
        def judge() -> dict[str, Any]:
            data = entropy(phrase)
            seed = root_seed(data)
            public = bindings.crypto_sign_seed_keypair(seed)[0]
            return {"entropy": data.hex(), "seed": seed.hex(), "root": public.hex()}

        made.add(comment, {"op": "words", "words": phrase}, judge, flags=flags, error=error)

    right = words(bytes(range(32)))
    add("entropy of zeros", " ".join(words(bytes(32))))
    add("entropy of ones", " ".join(words(b"\xff" * 32)))
    add("entropy 00 01 02 ...", " ".join(right))
    add("entropy of 80", " ".join(words(b"\x80" * 32)))
    add("upper case", " ".join(right).upper(), "Case")
    add("white space", "  " + "\n ".join(right) + "\t", "Case")
    spaces = "\x1c\x1f\x85\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\v\f\r "
    mixed = "".join(word + spaces[at % len(spaces)] for at, word in enumerate(right))
    add("white space of every kind", mixed, "Case")
    bad = "bad-words"
    add("nothing", "", "Number", bad)
    add("12 words, right by themselves", "abandon " * 11 + "about", "Number", bad)
    add("23 words", " ".join(right[:23]), "Number", bad)
    add("25 words", " ".join([*right, right[0]]), "Number", bad)
    add(
        "a word that is not in the list", " ".join([*right[:5], "bitcoin", *right[6:]]), "List", bad
    )
    add("the first four letters of a word", " ".join([right[0][:4] + "x", *right[1:]]), "List", bad)
    add("words joined by hyphens", "-".join(right), "Number", bad)
    kelvin = " ".join(["\u212aey", *right[1:]])
    add("the Kelvin sign for k", kelvin, "List", bad)
    add("U+FEFF, which is no white space", "\ufeff" + " ".join(right), "List", bad)
    add("zero width spaces, which are none", "\u200b".join(right), "Number", bad)
    add("a word of the French list", " ".join(["abaisser", *right[1:]]), "List", bad)
    phrases = (" ".join(words(bytes([n]) * 32)) for n in range(99))
    kelvin = next(phrase for phrase in phrases if "k" in phrase).replace("k", "\u212a", 1)
    add("the sign of kelvin, whose lower case is a k", kelvin, "List", bad)
    add("the first two swapped", " ".join([right[1], right[0], *right[2:]]), "Checksum", bad)
    other = next(word for word in ("zoo", "art", "able") if word != right[-1])
    add("another last word", " ".join([*right[:-1], other]), "Checksum", bad)
    add("24 times the first word", "abandon " * 24, "Checksum", bad)


def add_consents(made: Cases) -> None:
    """Add the cases of one device's consent."""
    root, device = key(2), key(1)

    def add(
        comment: str, signed: bytes, flags: str = "", *, good: bool, by: bytes = device.public
    ) -> None:
        def judge() -> dict[str, Any]:
            need(verify(by, CONSENT + root.public, signed), "bad-signature")
            return {}

        given = {
            "op": "consent",
            "root": root.public.hex(),
            "device": by.hex(),
            "consent": signed.hex(),
        }
        made.add(comment, given, judge, flags=flags, error=None if good else "bad-signature")

    add("consent", device.sign(CONSENT + root.public), good=True)
    add("the root's own signature", root.sign(CONSENT + root.public), "Consent", good=False)
    add("consent to another identity", device.sign(CONSENT + key(3).public), "Consent", good=False)
    add("consent of another device", key(3).sign(CONSENT + root.public), "Consent", good=False)
    add("without the domain", device.sign(root.public), "Consent", good=False)
    add("an entry's domain", device.sign(b"p2pblog entry v1" + root.public), "Consent", good=False)
    add("zeros", bytes(64), "Consent", good=False)


def add_sets(made: Cases) -> None:
    """Add the cases of device sets."""
    root, a, b, c, stranger = key(2), key(11), key(12), key(13), key(14)

    def agreed(log: Any, seq: int, device: Any, to: Any = root) -> Add:
        return Add(log.public, seq, device.public, device.sign(CONSENT + to.public))

    def add(comment: str, flags: str, adds: list[Add], revokes: list[Revoke] | None = None) -> None:
        def judge() -> dict[str, Any]:
            found = devices(root.public, adds, revokes or [])
            return {
                "devices": [
                    [device.hex(), None if pin is None else [pin[0], pin[1] and pin[1].hex()]]
                    for device, pin in sorted(found.items())
                ]
            }

        given = {
            "op": "devices",
            "root": root.public.hex(),
            "adds": [[x.log.hex(), x.seq, x.device.hex(), x.consent.hex()] for x in adds],
            "revokes": [[x.device.hex(), x.seq, x.id and x.id.hex()] for x in revokes or []],
        }
        made.add(comment, given, judge, flags=flags)

    first, second, third = agreed(root, 1, a), agreed(a, 5, b), agreed(b, 9, c)
    add("no entries", "", [])
    add("one device", "", [first])
    add("the root adds two", "", [first, agreed(root, 2, b)])
    add("the same device twice", "", [first, agreed(root, 2, a)])
    for order in permutations((first, second, third)):
        which = " ".join("abc"[(first, second, third).index(item)] for item in order)
        add(f"a chain of three, in the order {which}", "Order Chain", list(order))
    add("an add in a stranger's log", "", [first, agreed(stranger, 1, b)])
    add("a link of the chain is missing", "Chain", [first, third])
    add("two devices add each other, the root neither", "Chain", [agreed(a, 1, b), agreed(b, 1, a)])
    add("two devices add each other", "Chain Order", [agreed(b, 1, a), agreed(a, 1, b), first])
    forged = Add(root.public, 2, b.public, a.sign(CONSENT + root.public))
    add("consent by another device", "Consent", [first, forged])
    elsewhere = agreed(root, 2, b, to=stranger)
    add("consent to another identity", "Consent", [first, elsewhere])
    add("without consent, then with", "Consent Order", [forged, first, agreed(root, 3, b)])
    add(
        "no consent, so what it added counts for nothing",
        "Consent Chain",
        [Add(root.public, 1, a.public, bytes(64)), second],
    )
    pin = Revoke(a.public, 5, b256(b"5"))
    for order in permutations((first, second, third)):
        which = " ".join("abc"[(first, second, third).index(item)] for item in order)
        add(f"a revoked after it added b, in the order {which}", "Pin Order", list(order), [pin])
    before = Revoke(a.public, 4, b256(b"4"))
    add("a revoked before it added b", "Pin", [first, second, third], [before])
    add("a revoked, nothing of it counts", "Pin", [first, second], [Revoke(a.public, 0, None)])
    add(
        "b revoked before it added c",
        "Pin Chain",
        [first, second, third],
        [Revoke(b.public, 8, b256(b"8"))],
    )
    add(
        "revoked, b added by the root as well", "Pin", [first, second, agreed(root, 2, b)], [before]
    )
    for order2 in ([pin, before], [before, pin]):
        add("revoked twice: the earlier pin counts", "Pin Order", [first, second], order2)
    ids = sorted((b256(b"one"), b256(b"other")))
    for order3 in (ids, ids[::-1]):
        twice = [Revoke(a.public, 5, id_) for id_ in order3]
        add("two pins of one seq: the smaller id counts", "Pin Order", [first, second], twice)
    add("a stranger revoked", "Pin", [first], [Revoke(stranger.public, 3, b256(b"3"))])
    itself = agreed(root, 2, root)
    add("the root key as a device", "", [first, itself])
    late = agreed(root, 5, c)
    for seq in (1, 4, 5):
        fixed = Revoke(root.public, seq, b256(b"root"))
        add(f"the root key revoked at {seq}", "Pin", [first, itself, late], [fixed])
    add("the root key revoked, and no device", "Pin", [first, late], [Revoke(root.public, 0, None)])
    add("of equal pins, one without an id", "Pin", [first], [pin, Revoke(a.public, 5, None)])
