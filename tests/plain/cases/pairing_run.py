"""Cases of protocol/05-identity.md section 5: one end of a pairing, message by message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.hashes import b256, key
from tests.plain.identity import CONSENT
from tests.plain.link import hash64
from tests.plain.msgpack import encode
from tests.plain.pairing import MESSAGE_MOST, New, Old, commitment, number

NOTES = {
    "Whole": "section 5: from the first message to the last",
    "Declined": "section 5: refused instead of reveal or done",
    "Commitment": "I-12: the nonce is the one that was committed to, or it is refused",
    "Due": "I-13: not the message that is due",
    "Version": "I-13: a version of pairing that is not 1",
    "Encoding": "I-13: no array in the encoding of chapter 1 that begins with a type",
    "Form": "I-13: not formed as the table says",
    "TooLarge": "I-13: more than 4096 bytes",
    "Consent": "I-13: the consent is not the new device's, or not for this root key",
}
ROOT, OLD, NEW, THIRD = key(2), key(1), key(3), key(4)
LINK = hash64(b"a handshake")
N, M = b"\x51" * 32, b"\x52" * 32
BAD, NOT_DUE = "bad-structure", "unexpected-message"


class Yes(NamedTuple):
    """The person at the old device says that the numbers agree."""

    addresses: list[str]


class No(NamedTuple):
    """The person at the old device says that they do not."""


Event = Bytes | Yes | No


def offer(**changed: Any) -> list[Any]:
    """Return the items of the offer, some of them changed."""
    items = {
        "type": 1,
        "version": 1,
        "root": ROOT.public,
        "device": OLD.public,
        "name": "ada",
        "commitment": commitment(N),
    }
    return list((items | changed).values())


# What the two say when all goes well.
OFFER, COME, REVEAL = encode(offer()), encode([2, "phone", M]), encode([3, N])
AGREED = encode([4, NEW.sign(CONSENT + ROOT.public)])
DONE, REFUSED = encode([5, ["192.0.2.7:4114"]]), encode([6])
MESSAGES = {
    "offer": OFFER,
    "come": COME,
    "reveal": REVEAL,
    "consent": AGREED,
    "done": DONE,
    "refused": REFUSED,
}


def zeros_for(count: int) -> bytes:
    """Return an M that gives a number with so many leading zeros."""
    for tried in range(10**6):
        m = tried.to_bytes(32, "big")
        if number(LINK, ROOT.public, OLD.public, NEW.public, N, m).startswith("0" * count):
            return m
    raise AssertionError("one number in a thousand has three")


def add(made: Cases) -> None:
    """Add the cases of whole pairings, and of those that one end breaks off."""
    whole_pairings(made)
    encodings(made)
    not_due(made)
    refused_offers(made)
    refused_later(made)
    refused_by_the_old(made)


def run(
    made: Cases,
    role: str,
    comment: str,
    flags: str,
    events: Sequence[Event],
    error: str | None = None,
    **own: Any,
) -> None:
    """Add what one end sees of a pairing; where there is an error, the last message meets it.

    Args:
        own: what differs from the usual at this end: its name, its nonce.
    """
    name = own.get("name", "ada" if role == "old" else "phone")
    nonce = own.get("nonce", N if role == "old" else M)
    steps: list[dict[str, Any]] = []
    given = {"op": role, "handshake_hash": LINK.hex(), "name": name, "nonce": nonce.hex()}
    end: Old | New
    if role == "old":
        given |= {"root": ROOT.public.hex(), "device": OLD.public.hex(), "joiner": NEW.public.hex()}
        end = Old(ROOT.public, OLD.public, name, NEW.public, LINK, nonce)
    else:
        given |= {"seed": NEW.seed.hex()}
        end = New(NEW, name, LINK, nonce)

    def judge() -> dict[str, Any]:
        steps.extend({"out": message.hex()} for message in end.start())
        for event in events:
            if isinstance(event, Yes):
                assert isinstance(end, Old)
                steps.append({"yes": event.addresses})
                sent = end.accept(event.addresses)
            elif isinstance(event, No):
                assert isinstance(end, Old)
                steps.append({"no": True})
                sent = end.decline()
            else:
                steps.append({"in": spell(event)})
                sent = end.receive(whole(event))
            steps.extend({"out": message.hex()} for message in sent)
        return end.outcome()

    made.add(f"{role}: {comment}", given | {"steps": steps}, judge, flags=flags, error=error)


def whole_pairings(made: Cases) -> None:
    """Add pairings that come to an end as they should."""

    def new(comment: str, flags: str, *events: Event, **own: Any) -> None:
        run(made, "new", comment, flags, events, **own)

    def old(comment: str, flags: str, *events: Event, **own: Any) -> None:
        run(made, "old", comment, flags, events, **own)

    long, accents = "n" * 128, "\u00e9" * 64
    eight = [f"192.0.2.{last}:4114" for last in range(8)]
    new("the device is added", "Whole", OFFER, REVEAL, DONE)
    new("names are empty", "Whole", encode(offer(name="")), REVEAL, DONE, name="")
    new("names of 128 bytes", "Whole", encode(offer(name=long)), REVEAL, DONE, name=accents)
    new("no addresses", "Whole", OFFER, REVEAL, encode([5, []]))
    new("eight addresses", "Whole", OFFER, REVEAL, encode([5, eight]))
    everywhere = encode([5, ["0.0.0.0:4114", "[::]:4114", "no address"]])
    new("addresses are passed on as they came", "Whole", OFFER, REVEAL, everywhere)
    new("a done of 4096 bytes", "Whole", OFFER, REVEAL, filled(MESSAGE_MOST))
    new("a number with leading zeros", "Whole", OFFER, REVEAL, DONE, nonce=zeros_for(3))
    new("refused instead of reveal", "Declined", OFFER, REFUSED)
    new("refused instead of done", "Declined", OFFER, REVEAL, REFUSED)
    old("the device is added", "Whole", COME, AGREED, Yes(["192.0.2.7:4114"]))
    no_name = encode([2, "", M])
    old("names are empty", "Whole", no_name, AGREED, Yes(["192.0.2.7:4114"]), name="")
    accented = encode([2, accents, M])
    old("names of 128 bytes", "Whole", accented, AGREED, Yes(["192.0.2.7:4114"]), name=long)
    old("no addresses", "Whole", COME, AGREED, Yes([]))
    old("eight addresses", "Whole", COME, AGREED, Yes(eight))
    zeros = encode([2, "phone", zeros_for(3)])
    old("a number with leading zeros", "Whole", zeros, AGREED, Yes([]))
    old("refused instead of done", "Declined", COME, AGREED, No())
    old("refused instead of reveal: come is not looked at", "Declined", No(), COME)
    old("the consent crosses refused", "Declined", COME, No(), AGREED)
    old("nonsense crosses refused", "Declined", COME, No(), b"\xc1")
    old("yes before the consent: done waits", "Whole", COME, Yes(["192.0.2.7:4114"]), AGREED)
    old("yes, and no consent comes", "Whole", COME, Yes([]))


def filled(size: int) -> list[tuple[bytes, int]]:
    """Return a done of so many bytes: one address, of 7s."""
    length = size - 6  # an array of a type and an array of a str16
    return [(b"\x92\x05\x91\xda" + length.to_bytes(2, "big"), 1), (b"7", length)]


def encodings(made: Cases) -> None:
    """Add bytes that are no message at all, to either end."""
    for role, message in (("new", OFFER), ("old", COME)):
        for comment, data in (
            ("nothing", b""),
            ("nil", b"\xc0"),
            ("a type alone, in no array", message[1:2]),
            ("a map", encode({"type": message[1]})),
            ("an array of nothing", b"\x90"),
            ("a type that is true", message[:1] + b"\xc3" + message[2:]),
            ("a type that is a str", message[:1] + encode(str(message[1])) + message[2:]),
            ("a type that is nil", message[:1] + b"\xc0" + message[2:]),
            ("a byte left over", message + b"\0"),
            ("a byte missing", message[:-1]),
            ("twice in one", message * 2),
            ("a type in two bytes", message[:1] + b"\xcc" + message[1:]),
            ("a type that is a float", message[:1] + b"\xcb\x3f\xf0" + bytes(6) + message[2:]),
        ):
            run(made, role, comment, "Encoding", [data], BAD)
        zeros = [(b"\x92" + message[1:2] + b"\xc5\x10\0", 1), (b"\0", MESSAGE_MOST)]
        run(
            made,
            role,
            "4101 bytes, and not of the form that is due: length comes first",
            "TooLarge",
            [zeros],
            "too-large",
        )
    before = [OFFER, REVEAL]
    late = filled(MESSAGE_MOST + 1)
    run(made, "new", "a done of 4097 bytes", "TooLarge", [*before, late], "too-large")


def not_due(made: Cases) -> None:
    """Add messages that are well formed, and come at another time."""
    for role, when, before, due in (
        ("new", "at first", [], ("offer",)),
        ("new", "after come", [OFFER], ("reveal", "refused")),
        ("new", "after consent", [OFFER, REVEAL], ("done", "refused")),
        ("new", "after done", [OFFER, REVEAL, DONE], ()),
        ("new", "after an early refused", [OFFER, REFUSED], ()),
        ("new", "after a late refused", [OFFER, REVEAL, REFUSED], ()),
        ("old", "after offer", [], ("come",)),
        ("old", "after reveal", [COME], ("consent",)),
        ("old", "after consent has come", [COME, AGREED], ()),
    ):
        for name, message in MESSAGES.items():
            if name not in due:
                run(made, role, f"{name} {when}", "Due", [*before, message], NOT_DUE)
    for role in ("new", "old"):
        for type_ in (0, 7, -1, 2**53 - 1):
            run(made, role, f"type {type_}", "Due", [encode([type_])], NOT_DUE)
    nothing = encode([0, NEW.sign(CONSENT + ROOT.public)])
    run(made, "old", "type 0 after consent has come", "Due", [COME, AGREED, nothing], NOT_DUE)


def refused_offers(made: Cases) -> None:
    """Add offers that are none."""

    def add(comment: str, flags: str, items: list[Any], error: str = BAD) -> None:
        run(made, "new", f"offer: {comment}", flags, [encode(items)], error)

    for version in (0, 2, -1):
        add(f"version {version}", "Version", offer(version=version), NOT_DUE)
    add("a version that is true", "Form", offer(version=True))
    add("a version that is nil", "Form", offer(version=None))
    for name in ("root", "device", "commitment"):
        value = b256(name.encode())
        add(f"{name} of 31 bytes", "Form", offer(**{name: value[:31]}))
        add(f"{name} of 33 bytes", "Form", offer(**{name: value + b"\0"}))
        add(f"{name} is nil", "Form", offer(**{name: None}))
        add(f"{name} is a str", "Form", offer(**{name: "r" * 32}))
    add("a name of 129 bytes", "Form", offer(name="n" * 129))
    add("a name of 65 characters in 130 bytes", "Form", offer(name="\u00e9" * 65))
    add("a name that is a bin", "Form", offer(name=b"ada"))
    add("a name that is nil", "Form", offer(name=None))
    add("an item left out", "Form", offer()[:-1])
    add("an item too many", "Form", [*offer(), None])
    add("version alone", "Form", [1, 1])
    add("nothing but its type", "Form", [1])


def malformed(
    made: Cases, role: str, name: str, before: list[bytes], wrong: list[tuple[str, list[Any]]]
) -> None:
    """Add messages of the type that is due, with other fields than it has."""
    type_ = list(MESSAGES).index(name) + 1
    for comment, fields in wrong:
        message = encode([type_, *fields])
        run(made, role, f"{name}: {comment}", "Form", [*before, message], BAD)


def refused_later(made: Cases) -> None:
    """Add what the new device refuses of reveal, done and refused."""

    def reveal(comment: str, nonce: bytes, committed: bytes = commitment(N)) -> None:
        events = [encode(offer(commitment=committed)), encode([3, nonce])]
        run(made, "new", f"reveal: {comment}", "Commitment", events, "wrong-device")

    reveal("another N", b"\x53" * 32)
    reveal("N with one bit changed", bytes([N[0] ^ 1]) + N[1:])
    reveal("M sent back", M)
    reveal("the commitment in the place of N", commitment(N))
    reveal("N of zeros", bytes(32))
    reveal("the commitment is without its domain", N, b256(N))
    reveal("the commitment is N itself", N, N)
    of_number = b256(b"p2pblog pairing number v1" + N)
    reveal("the commitment is under the domain of the number", N, of_number)
    nonces: list[tuple[str, list[Any]]] = [
        ("N of 31 bytes", [N[:31]]),
        ("N of 33 bytes", [N + b"\0"]),
        ("N is nil", [None]),
        ("N is a str", ["n" * 32]),
        ("without N", []),
        ("an item too many", [N, N]),
    ]
    malformed(made, "new", "reveal", [OFFER], nonces)
    addresses: list[tuple[str, list[Any]]] = [
        ("nine addresses", [["192.0.2.7:4114"] * 9]),
        ("an address that is a bin", [[b"192.0.2.7:4114"]]),
        ("an address that is nil", [["192.0.2.7:4114", None]]),
        ("an address in the place of the array", ["192.0.2.7:4114"]),
        ("a map in the place of the array", [{}]),
        ("nil in the place of the array", [None]),
        ("without addresses", []),
        ("an item too many", [[], []]),
    ]
    malformed(made, "new", "done", [OFFER, REVEAL], addresses)
    malformed(made, "new", "refused", [OFFER], [("an item too many, early", [None])])
    malformed(made, "new", "refused", [OFFER, REVEAL], [("an item too many, late", [""])])


def refused_by_the_old(made: Cases) -> None:
    """Add what the old device refuses of come and consent."""
    names: list[tuple[str, list[Any]]] = [
        ("a name of 129 bytes", ["n" * 129, M]),
        ("a name of 65 characters in 130 bytes", ["\u00e9" * 65, M]),
        ("a name that is a bin", [b"phone", M]),
        ("a name that is nil", [None, M]),
        ("M of 31 bytes", ["phone", M[:31]]),
        ("M of 33 bytes", ["phone", M + b"\0"]),
        ("M is nil", ["phone", None]),
        ("M is a str", ["phone", "m" * 32]),
        ("M before the name", [M, "phone"]),
        ("without M", ["phone"]),
        ("an item too many", ["phone", M, None]),
        ("nothing but its type", []),
    ]
    malformed(made, "old", "come", [], names)
    right = NEW.sign(CONSENT + ROOT.public)
    consents: list[tuple[str, list[Any]]] = [
        ("63 bytes", [right[:63]]),
        ("65 bytes", [right + b"\0"]),
        ("nil", [None]),
        ("a str", ["c" * 64]),
        ("nothing but its type", []),
        ("an item too many", [right, NEW.public]),
    ]
    malformed(made, "old", "consent", [COME], consents)
    for comment, signature in (
        ("of another device, for this root key", THIRD.sign(CONSENT + ROOT.public)),
        ("of the old device", OLD.sign(CONSENT + ROOT.public)),
        ("of the root key", ROOT.sign(CONSENT + ROOT.public)),
        ("to another identity", NEW.sign(CONSENT + THIRD.public)),
        ("to the old device", NEW.sign(CONSENT + OLD.public)),
        ("without its domain", NEW.sign(ROOT.public)),
        ("under an entry's domain", NEW.sign(b"p2pblog entry v1" + ROOT.public)),
        ("with one bit changed", right[:-1] + bytes([right[-1] ^ 1])),
        ("zeros", bytes(64)),
    ):
        events = [COME, encode([4, signature])]
        run(made, "old", f"consent: {comment}", "Consent", events, "bad-signature")
