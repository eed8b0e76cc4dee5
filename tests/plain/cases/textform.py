"""Cases of protocol/01-encoding.md section 5."""

from __future__ import annotations

from tests.plain.cases.writing import Cases
from tests.plain.hashes import key
from tests.plain.textform import read, write

NOTES = {
    "Kind": "E-17: the text form of something else",
    "Size": "E-17: another number of characters than 57",
    "Character": "E-17: a character outside the alphabet, after ASCII letters were made lower case",
    "Checksum": "E-17: mistyped",
}
DATA = bytes(range(32))


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/01-encoding.md#5-text-form-of-keys-and-ids", NOTES)

    def add(
        comment: str, letter: str, text: str, flags: str = "", error: str | None = None
    ) -> None:
        def judge() -> dict[str, str]:
            data = read(letter, text)
            return {"bytes": data.hex(), "written": write(letter, data)}

        made.add(comment, {"kind": letter, "text": text}, judge, flags=flags, error=error)

    for letter, name in zip(
        "idebn", ("identity", "device", "entry", "blob", "network"), strict=True
    ):
        add(f"{name}: 00 01 02 ...", letter, write(letter, DATA))
    add("zeros", "e", write("e", bytes(32)))
    add("all bits set", "b", write("b", b"\xff" * 32))
    add("the key of seed 32 x 01", "d", write("d", key(1).public))
    right = write("i", DATA)
    add("upper case", "i", right.upper())
    add("mixed case", "i", "".join(c.upper() if n % 2 else c for n, c in enumerate(right)))
    bad = "bad-key"
    add("a device where an identity is asked for", "i", write("d", DATA), "Kind", bad)
    add("the letter changed, the checksum not", "d", "d" + right[1:], "Kind", bad)
    add("a letter that names nothing", "i", "x" + right[1:], "Kind", bad)
    add("nothing", "i", "", "Size", bad)
    add("one character less", "i", right[:-1], "Size", bad)
    add("one character more", "i", right + "a", "Size", bad)
    add("padding", "i", right[:-1] + "=", "Character", bad)
    add("0 for o", "i", right[:5] + "0" + right[6:], "Character", bad)
    add("1 for l", "i", right[:5] + "1" + right[6:], "Character", bad)
    add("8", "i", right[:5] + "8" + right[6:], "Character", bad)
    add("a blank inside", "i", right[:20] + " " + right[21:], "Character", bad)
    add("a letter of another script", "i", right[:5] + "\u0430" + right[6:], "Character", bad)
    kelvin = next(
        text for text in (write("e", bytes([n]) * 32) for n in range(256)) if "k" in text[1:]
    )
    add("the Kelvin sign for k", "e", kelvin.replace("k", "\u212a"), "Character", bad)
    add("a full-width letter", "i", right[:-1] + "\uff41", "Character", bad)
    add(
        "one character changed",
        "i",
        right[:9] + ("b" if right[9] != "b" else "c") + right[10:],
        "Checksum",
        bad,
    )
    swap = next(n for n in range(10, 50) if right[n] != right[n + 1])
    add(
        "two neighbours swapped",
        "i",
        right[:swap] + right[swap + 1] + right[swap] + right[swap + 2 :],
        "Checksum",
        bad,
    )
    add(
        "the last character changed",
        "i",
        right[:-1] + ("a" if right[-1] != "a" else "b"),
        "Checksum",
        bad,
    )
    return made
