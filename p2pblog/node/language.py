"""Guess the language of a text, offline.

The library holds 50 MB of word parts once it is loaded: it is, when somebody first writes.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from p2pblog.core.limits import LANGUAGE_CHARS_MAX, LANGUAGE_CHARS_MIN
from p2pblog.node import params as take
from p2pblog.node.params import Document
from p2pblog.node.server import Handler, Request


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
    """Return the code of a text's language (ISO 639-1), or ""."""
    if sum(char.isalpha() for char in text) < LANGUAGE_CHARS_MIN:
        return ""
    found = _detector().detect(text)
    return str(found.language) if found.language and found.is_reliable() else ""


@cache
def _detector() -> Any:
    from eld import LanguageDetector

    return LanguageDetector()
