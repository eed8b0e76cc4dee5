"""What a name looks like, so that one that imitates another can be told from it.

Specified in docs/views.md, "Names".  Pure, but for the table of confusable characters, which a
library carries (UTS #39) and which is read once.  Two names look alike when they share a look.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from p2pblog.content.text import clean_line

# What the table takes for letters of their own, and a reader for the Latin ones.
_AS_LATIN = str.maketrans(
    "\u0299\u0262\u029c\u026a\u029f\u0274\u0280\u028f"
    "\u1d00\u1d04\u1d05\u1d07\u1d0a\u1d0b\u1d0d\u1d0f\u1d18\u1d1b\u1d1c\u1d20\u1d21\u1d22"
    "\ua730\ua731\ua7af\u03b5\u03ba\u03c4",
    "bghilnryacdejkmoptuvwzfsqekt",
)
# White on black, and half of a flag: decoration to one, letters to another.
_BLACK_LETTER = re.compile("[\U0001f150-\U0001f169\U0001f170-\U0001f189]")
_HALF_FLAG = re.compile(
    "(?<![\U0001f1e6-\U0001f1ff])[\U0001f1e6-\U0001f1ff](?![\U0001f1e6-\U0001f1ff])"
)
_IN_BRACKETS = re.compile(r"(?<=.)[(\[{<\uff08\u3010].*[)\]}>\uff09\u3011]\W*$")
_LIKE_AN_ID = re.compile(r"(?<=.)\bi[a-z2-7]{7,}\W*$")


@lru_cache(maxsize=4096)
def looks_of(name: str) -> frozenset[str]:
    """Return what a name may be read as, at most two texts; none where nothing of it is seen.

    One is of the name as it is written, one of it without regard to case: "Ida" looks like
    "lda" (with an L) as it stands, and like "ida" otherwise.  The table takes the digit 1 for an
    L; beside letters it is read as an I as well, in the second.
    """
    # A sign such as (TM) is written out by NFKC, in letters.
    signs = "".join(char for char in clean_line(name) if not _is_raised_sign(char))
    said = unicodedata.normalize("NFKC", signs or clean_line(name)).translate(_AS_LATIN)
    folded = said.casefold().translate(_AS_LATIN)
    if any(char.isalpha() for char in folded):
        folded = folded.replace("1", "i")
    return frozenset({_skeleton(said), _skeleton(folded)} - {""})


@lru_cache(maxsize=4096)
def readings_of(name: str) -> frozenset[str]:
    """Return what the name of somebody unknown may be taken for: its looks, and a few more.

    "Anna (you)" and "Anna  iklcf5n5" may be taken for Anna, as if the client had said the rest;
    and signs that are letters on black may be read.
    """
    said = clean_line(name)
    names = [said, _HALF_FLAG.sub(_letter, _BLACK_LETTER.sub(_letter, said))]
    for rest in (_LIKE_AN_ID, _IN_BRACKETS, _LIKE_AN_ID):
        names += [rest.sub("", one).rstrip() for one in names]
    return frozenset().union(*(looks_of(one) for one in dict.fromkeys(names)))


def _letter(sign: re.Match[str]) -> str:
    return unicodedata.name(sign[0])[-1]  # NEGATIVE CIRCLED LATIN CAPITAL LETTER A


def _is_raised_sign(char: str) -> bool:
    is_sign = unicodedata.category(char) == "So"
    return is_sign and unicodedata.decomposition(char).startswith("<super>")


def _skeleton(text: str) -> str:
    """Return the skeleton of UTS #39 without case, and without what hardly tells names apart.

    That is: marks, spaces, what is invisible, punctuation, and symbols such as ticks and stars;
    the last two unless there is nothing else.
    """
    seen: list[tuple[str, str]] = []  # each with its category; of what is no sign, ""
    for char in unicodedata.normalize("NFD", text):
        # To the table some letters of Han and kana are signs; nobody reads over them.
        is_wide = unicodedata.category(char)[0] == "L" and unicodedata.east_asian_width(char) == "W"
        shown = _prototypes().get(ord(char), char).casefold()
        for one in unicodedata.normalize("NFD", shown):
            category = unicodedata.category(one)[0]
            if category not in "MZC":
                seen.append((one, "" if is_wide else category))
    for signs in (("P", "S"), ("P",), ()):
        if left := "".join(one for one, category in seen if category not in signs):
            return left
    return ""


@cache
def _prototypes() -> dict[int, str]:
    """Return for each character the one, or the few, that stand for all that look like it."""
    table = files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8")
    alike = {
        char: [one["c"] for one in others]
        for char, others in json.loads(table).items()
        if len(char) == 1
    }
    found: dict[int, str] = {}
    for char, others in alike.items():
        # The table goes both ways: of what has several others, these are to be read as it is.
        # Where two characters have but each other, either will do.
        if len(others) == 1:
            [other] = others
            both_ways = len(alike.get(other, ())) == 1
            found[ord(char)] = min(char, other) if both_ways else other
    return found
