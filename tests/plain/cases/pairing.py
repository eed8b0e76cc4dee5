"""Cases of protocol/05-identity.md section 5: codes, what is derived, and pairings."""

from __future__ import annotations

from typing import Any

from tests.plain.cases import pairing_run
from tests.plain.cases.pairing_run import LINK, NEW, OLD, ROOT, THIRD, M, N
from tests.plain.cases.writing import Cases
from tests.plain.hashes import b256
from tests.plain.link import hash64
from tests.plain.pairing import commitment, number, pairing_key, read_code

NOTES = {
    "Typed": "I-17: letters of either case, hyphens and white space between and around the words",
    "Words": "I-17: another number of words than six",
    "List": "I-17: a word that is not in the list",
    "Key": "section 5: every word and the network key count",
    "Number": "section 5: everything counts, and there are six digits",
    **pairing_run.NOTES,
}
NETWORK = b"\x10" * 32
CODE = "abandon ability able about above absent"


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/05-identity.md#5-pairing", NOTES)
    add_codes(made)
    add_derived(made)
    pairing_run.add(made)
    return made


def add_codes(made: Cases) -> None:
    """Add the cases of codes as they are typed."""

    def add(comment: str, typed: str, flags: str, error: str | None = None) -> None:
        def judge() -> dict[str, Any]:
            return {"code": read_code(typed)}

        made.add(comment, {"op": "code", "typed": typed}, judge, flags=flags, error=error)

    words = CODE.split()
    add("as it is shown", CODE, "Typed")
    add("other words", "zone zoo wrong youth zebra zero", "Typed")
    add("one word six times", "zoo zoo zoo zoo zoo zoo", "Typed")
    add("upper case", CODE.upper(), "Typed")
    add("capitals", CODE.title(), "Typed")
    add("hyphens", "-".join(words), "Typed")
    add("hyphens with blanks around them", " - ".join(words), "Typed")
    add("several blanks, tabs and line feeds", "\t" + " \n ".join(words) + "\r\n", "Typed")
    add("no-break spaces", "\u00a0".join(words), "Typed")
    add("hyphens at both ends", f"-{CODE}-", "Typed")
    add(
        "white space of many kinds",
        "\u3000".join(words[:3]) + "\x1c\x85" + "\u2009".join(words[3:]),
        "Typed",
    )
    bad = "bad-code"
    add("nothing", "", "Words", bad)
    add("hyphens and blanks alone", " - - ", "Words", bad)
    add("five words", " ".join(words[:5]), "Words", bad)
    add("seven words", f"{CODE} zoo", "Words", bad)
    add("the code twice", f"{CODE} {CODE}", "Words", bad)
    add("the 24 words of an identity", "abandon " * 23 + "art", "Words", bad)
    add("underscores: one word, and it is not in the list", "_".join(words), "Words List", bad)
    add("a word that is not in the list", CODE.replace("about", "bitcoin"), "List", bad)
    add("a letter left out", CODE.replace("about", "abut"), "List", bad)
    add("the first four letters of a word", CODE.replace("abandon", "aban"), "List", bad)
    add("a word of the French list", CODE.replace("abandon", "abaisser"), "List", bad)
    add("an accent", CODE.replace("able", "abl\u00e9"), "List", bad)
    add("the Kelvin sign for k", "\u212aey kick kid kidney kind kingdom", "List", bad)
    add("a zero width space, which is no white space", "\u200b".join(words), "Words List", bad)
    add("U+FEFF, which is none either", f"\ufeff{CODE}", "List", bad)
    add("a hyphen of another kind", "\u2010".join(words), "Words List", bad)
    add("a digit for a letter", CODE.replace("about", "ab0ut"), "List", bad)
    add("commas behind the words", CODE.replace(" ", ", "), "List", bad)
    add("a full stop at the end", f"{CODE}.", "List", bad)
    add("the places of words in the list", "0 1 2 3 4 5", "List", bad)


def add_derived(made: Cases) -> None:
    """Add what is derived: pairing keys, commitments, numbers."""

    def add(comment: str, flags: str, given: dict[str, Any], **outcome: str) -> None:
        made.add(comment, given, lambda: outcome, flags=flags)

    for comment, code, network in (
        ("a code and a network", CODE, NETWORK),
        ("another last word", CODE.replace("absent", "absorb"), NETWORK),
        ("the words in another order", " ".join(CODE.split()[::-1]), NETWORK),
        ("another network", CODE, b"\x11" * 32),
        ("the public network", CODE, b256(b"p2pblog public network")),
    ):
        given = {"op": "key", "code": code, "network": network.hex()}
        add(f"key: {comment}", "Key", given, key=pairing_key(code, network).hex())
    for comment, nonce in (("N", N), ("zeros", bytes(32)), ("00 01 02 ...", bytes(range(32)))):
        given = {"op": "commitment", "nonce": nonce.hex()}
        add(f"commitment: {comment}", "Commitment", given, commitment=commitment(nonce).hex())

    usual = (LINK, ROOT.public, OLD.public, NEW.public, N, M)

    def add_number(comment: str, *parts: bytes) -> None:
        names = ("handshake_hash", "root", "device", "joiner", "nonce", "answer")
        spelt = dict(zip(names, (part.hex() for part in parts), strict=True))
        add(f"number: {comment}", "Number", {"op": "number"} | spelt, number=number(*parts))

    add_number("as usual", *usual)
    add_number("another link", hash64(b"another handshake"), *usual[1:])
    for at, comment in enumerate(("root key", "old device", "new device"), 1):
        add_number(f"another {comment}", *usual[:at], THIRD.public, *usual[at + 1 :])
    add_number("the devices exchanged", *usual[:2], NEW.public, OLD.public, N, M)
    add_number("N and M exchanged", *usual[:4], M, N)
    add_number("leading zeros", *usual[:5], pairing_run.zeros_for(3))
