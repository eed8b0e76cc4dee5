"""What a name looks like, so that one that imitates another can be told from it.

Specified in docs/views.md, "Names".  Pure, but for the table of confusable characters, which a
library carries (UTS #39) and which is read once.  Two names look alike when they share a look.
"""

from __future__ import annotations

import json
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from p2pblog.content.text import clean_line


@lru_cache(maxsize=4096)
def looks_of(name: str) -> frozenset[str]:
    """Return what a name may be read as, at most two texts; none where nothing of it is seen.

    One is of the name as it is written, one of it without regard to case: "Ida" looks like
    "lda" (with an L) as it stands, and like "ida" otherwise.  The table takes the digit 1 for an
    L; beside letters it is read as an I as well, in the second.
    """
    # A sign such as (TM) is written out by NFKC, in letters.
    signs = "".join(char for char in clean_line(name) if not _is_raised_sign(char))
    said = unicodedata.normalize("NFKC", signs or clean_line(name))
    folded = said.casefold()
    if any(char.isalpha() for char in folded):
        folded = folded.replace("1", "i")
    return frozenset({_skeleton(said), _skeleton(folded)} - {""})


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
