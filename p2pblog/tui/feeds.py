"""Ask the node for entries page by page, and fit a fresh page into what is loaded.

A feed is a place that entries come from: a timeline, a search, conversations.  `fit` is the pure
part: which loaded entries a fresh page of the same stretch replaces.

The node looks at so many entries a page, and filters may hide them all: a page may be empty and
go on.  What asks here is not troubled with that, but where very much is hidden in one place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from p2pblog.core.limits import PAGE_ENTRIES_MAX
from p2pblog.tui.connection import Call
from p2pblog.tui.shapes import Entry, read_entry

_EMPTY_PAGES_MAX = 100
_REACH = 1024  # loaded entries in which a fresh page is looked for first


@dataclass(frozen=True, slots=True)
class Page:
    """Entries newest first, and the cursor from which on others follow in the way one goes."""

    entries: tuple[Entry, ...]
    next: str | None = None

    @property
    def more(self) -> bool:
        """Whether others follow."""
        return self.next is not None


async def past_empty(ask: Callable[[str | None], Awaitable[Page]], cursor: str | None) -> Page:
    """Return the first page from `cursor` on with something on it, or the last looked at.

    Args:
        ask: returns the page from a cursor on.
    """
    for _ in range(_EMPTY_PAGES_MAX):
        page = await ask(cursor)
        if page.entries or not page.more:
            break
        cursor = page.next
    return page


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
        return await past_empty(lambda at: self._ask(limit, before=at), cursor)

    async def newer(self, cursor: str, limit: int) -> Page:
        """See `Feed`."""
        return await past_empty(lambda at: self._ask(limit, before=at, after=cursor), None)

    async def above(self, cursor: str, limit: int) -> Page:
        """See `Feed`."""
        return await past_empty(lambda at: self._ask(limit, after=at, upward=True), cursor)

    async def at(self, cursor: str, limit: int) -> Page:
        """See `Feed`."""
        page = await self._ask(limit, **{"from": cursor})
        return page if page.entries or not page.more else await self.older(page.next, limit)

    async def _ask(self, limit: int, **params: Any) -> Page:
        return _page(await self._call("timeline", view=self.view, limit=limit, **params))


class AskedFeed(ABC):
    """What is there when it is asked for; nothing new is announced in it."""

    @abstractmethod
    async def older(self, cursor: str | None, limit: int) -> Page:
        """See `Feed`."""

    async def newer(self, cursor: str, limit: int) -> Page:
        """Return nothing."""
        return Page(())

    async def above(self, cursor: str, limit: int) -> Page:
        """Return nothing: a search is begun from its top."""
        return Page(())

    async def at(self, cursor: str, limit: int) -> Page:
        """Return what comes after `cursor`: it is not gone on with."""
        return await self.older(cursor, limit)


class SearchFeed(AskedFeed):
    """What a search finds."""

    def __init__(self, call: Call, query: str) -> None:
        self._call = call
        self.query = query

    async def older(self, cursor: str | None, limit: int) -> Page:
        """See `Feed`."""

        async def ask(at: str | None) -> Page:
            return _page(await self._call("search", query=self.query, before=at, limit=limit))

        return await past_empty(ask, cursor)


class ConversationFeed(AskedFeed):
    """Conversations, that of most people first."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def older(self, cursor: str | None, limit: int) -> Page:
        """See `Feed`."""

        async def ask(at: str | None) -> Page:
            return _page(await self._call("conversations", before=at, limit=limit))

        return await past_empty(ask, cursor)


def _page(result: dict[str, Any]) -> Page:
    entries = result.get("entries")
    found = entries[:PAGE_ENTRIES_MAX] if isinstance(entries, list) else []
    return Page(
        tuple(read_entry(value) for value in found if isinstance(value, dict)),
        next_of(result),
    )


def next_of(result: dict[str, Any]) -> str | None:
    """Return the cursor from which on the rows of an answer go on, or None at their end."""
    cursor = result.get("next")
    return cursor if isinstance(cursor, str) and cursor else None


def fit(rows: Sequence[Entry], start: int, page: Page) -> tuple[int, int]:
    """Return (end, take): `page.entries[:take]` stand now for `rows[start:end]`.

    `page` was read from just before `rows[start]` on.  Where the page ends at an entry that
    is not loaded, the stretch ends at the last one that is.
    """
    if not page.more:
        return len(rows), len(page.entries)
    reach = {row.id: at for at, row in enumerate(rows[start : start + _REACH], start)}
    if not any(entry.id in reach for entry in page.entries):  # much may be hidden there by now
        reach = {row.id: at for at, row in enumerate(rows[start:], start)}
    for at in range(len(page.entries) - 1, -1, -1):
        if (index := reach.get(page.entries[at].id)) is not None:
            return index + 1, at + 1
    return start, len(page.entries)  # all of it is newer than what was loaded here
