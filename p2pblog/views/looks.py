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
    "lda" (with an L) as it stands, and like "ida" otherwise.
    """
    said = unicodedata.normalize("NFKC", clean_line(name))
    return frozenset({_skeleton(said), _skeleton(said.casefold())} - {""})


def _skeleton(text: str) -> str:
    """Return the skeleton of UTS #39 without case, and without what hardly shows.

    That is: marks, spaces, punctuation, and what is invisible; unless there is nothing else.
    """
    text = unicodedata.normalize("NFD", text).translate(_prototypes())
    text = unicodedata.normalize("NFD", text.casefold())
    seen = [char for char in text if unicodedata.category(char)[0] not in "MZC"]
    return "".join(char for char in seen if unicodedata.category(char)[0] != "P") or "".join(seen)


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
