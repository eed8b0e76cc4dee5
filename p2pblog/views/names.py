"""When two names are the same to a person who types one."""

from __future__ import annotations

import unicodedata

from p2pblog.content.text import clean_line


def folded(name: str) -> str:
    """Return `name` as it is compared: cleaned, without case or differences of encoding."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", clean_line(name)).casefold())
