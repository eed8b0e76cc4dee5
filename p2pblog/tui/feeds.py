"""Ask the node for entries page by page, and fit a fresh page into what is loaded.

A feed is a place that entries come from: a timeline, a search, conversations.  `fit` is the pure
part: which loaded entries a fresh page of the same stretch replaces.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from p2pblog.core.limits import PAGE_ENTRIES_MAX
from p2pblog.tui.connection import Call
from p2pblog.tui.shapes import Entry, read_entry

_EMPTY_PAGES_MAX = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first; `more` tells whether others follow."""

    entries: tuple[Entry, ...]
    more: bool


class Feed(Protocol):
    """Where the entries of a timeline come from."""

    async def older(self, cursor: str | None, limit: int) -> Page:
        """Return the entries after `cursor` in reading order (None: from the start)."""

    async def newer(self, cursor: str, limit: int) -> Page:
        """Return the newest entries that come before `cursor` in reading order."""

    async def above(self, cursor: str, limit: int) -> Page:
        """Return the entries right before `cursor` in reading order; `more`: others are above."""

    async def at(self, cursor: str, limit: int) -> Page:
        """Return the entries from `cursor` on in reading order, itself included."""


class ViewFeed:
    """A timeline of the node: "home", "local", "mentions", "tag:TAG", "user:ID"."""

    def __init__(self, call: Call, view: str) -> None:
        self._call = call
        self.view = view

    async def older(self, cursor: str | None, limit: int) -> Page:
        """See `Feed`."""
        return _page(await self._call("timeline", view=self.view, before=cursor, limit=limit))

    async def newer(self, cursor: str, limit: int) -> Page:
        """See `Feed`."""
        return _page(await self._call("timeline", view=self.view, after=cursor, limit=limit))

    async def above(self, cursor: str, limit: int) -> Page:
        """See `Feed`."""
        params: dict[str, Any] = {"view": self.view, "limit": limit, "after": cursor}
        return _page(await self._call("timeline", **params, upward=True))

    async def at(self, cursor: str, limit: int) -> Page:
        """See `Feed`."""
        params: dict[str, Any] = {"view": self.view, "limit": limit, "from": cursor}
        return _page(await self._call("timeline", **params))


class AskedFeed(ABC):
    """What is there when it is asked for; nothing new is announced in it."""

    @abstractmethod
    async def older(self, cursor: str | None, limit: int) -> Page:
        """See `Feed`."""

    async def newer(self, cursor: str, limit: int) -> Page:
        """Return nothing."""
        return Page((), more=False)

    async def above(self, cursor: str, limit: int) -> Page:
        """Return nothing: a search is begun from its top."""
        return Page((), more=False)

    async def at(self, cursor: str, limit: int) -> Page:
        """Return what comes after `cursor`: it is not gone on with."""
        return await self.older(cursor, limit)


class SearchFeed(AskedFeed):
    """What a search finds."""

    def __init__(self, call: Call, query: str) -> None:
        self._call = call
        self.query = query

    async def older(self, cursor: str | None, limit: int) -> Page:
        """See `Feed`; of pages with nothing on them, so many are looked at."""
        for _ in range(_EMPTY_PAGES_MAX):
            found = await self._call("search", query=self.query, before=cursor, limit=limit)
            page, cursor = _page(found), found.get("next")
            if page.entries or not page.more:
                break
        return page


class ConversationFeed(AskedFeed):
    """Conversations, that of most people first."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def older(self, cursor: str | None, limit: int) -> Page:
        """See `Feed`."""
        return _page(await self._call("conversations", before=cursor, limit=limit))


def _page(result: dict[str, Any]) -> Page:
    entries = result.get("entries")
    found = entries[:PAGE_ENTRIES_MAX] if isinstance(entries, list) else []
    return Page(
        tuple(read_entry(value) for value in found if isinstance(value, dict)),
        more=bool(result.get("next")),
    )


def fit(rows: Sequence[Entry], start: int, page: Page) -> tuple[int, int]:
    """Return (end, take): `page.entries[:take]` stand now for `rows[start:end]`.

    `page` was read from just before `rows[start]` on.  Where the page ends at an entry that
    is not loaded, the stretch ends at the last one that is.
    """
    if not page.more:
        return len(rows), len(page.entries)
    reach = {row.id: at for at, row in enumerate(rows[start:], start) if at < start + 1024}
    for at in range(len(page.entries) - 1, -1, -1):
        if (index := reach.get(page.entries[at].id)) is not None:
            return index + 1, at + 1
    return start, len(page.entries)  # all of it is newer than what was loaded here
