"""Guess the language of a text, offline.

The library holds 50 MB of word parts once it is loaded: it is, when somebody first writes.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import regex

from p2pblog.core.limits import (
    LANGUAGE_APART,
    LANGUAGE_CHARS_MAX,
    LANGUAGE_CHARS_MIN,
    LANGUAGE_WORDS_MIN,
)
from p2pblog.node import params as take
from p2pblog.node.params import Document
from p2pblog.node.server import Handler, Request

_NO_WORDS = regex.compile(
    r"[a-z][a-z0-9+.-]*://\S+"  # addresses on the web, as they stand
    r"|\bwww\.\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S*"
    r"|[a-z0-9._%+-]*@[\p{L}\p{M}\p{N}_.-]+"  # of people: mentions, mail
    r"|#[\p{L}\p{M}\p{N}_]+",
    regex.IGNORECASE,
)
_WORD = regex.compile(r"[\p{L}\p{M}'\N{RIGHT SINGLE QUOTATION MARK}]+")
_WITHOUT_BLANKS = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
)


class Languages:
    """Guesses; one guess at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {"language": self.language}

    async def language(self, request: Request) -> Document:
        """Return in which language a text is, "" where that is not clear."""
        text = take.text(request.params, "text")[:LANGUAGE_CHARS_MAX]
        async with self._turn:
            return {"lang": await asyncio.to_thread(guess, text)}


def guess(text: str) -> str:
    """Return the code of a text's language (ISO 639-1), or "" where too little tells it.

    Names, tags and addresses are in no language; nor is a text that may as well be in another.
    """
    text = _NO_WORDS.sub(" ", text)
    words = _WORD.findall(text)
    if sum(char.isalpha() for char in text) < LANGUAGE_CHARS_MIN:
        return ""
    if len(words) < LANGUAGE_WORDS_MIN and not _WITHOUT_BLANKS.search(text):
        return ""
    found = _detector().detect(text)
    if not found.language or not found.is_reliable():
        return ""
    best, *others = sorted(found.scores().values(), reverse=True)
    return "" if others and best - others[0] < LANGUAGE_APART else str(found.language)


@cache
def _detector() -> Any:
    from eld import LanguageDetector

    return LanguageDetector()
