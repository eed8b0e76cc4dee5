"""The methods of the local API that only ask the views."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from p2pblog.core import limits
from p2pblog.core.errors import NotFound, ViewsDamaged
from p2pblog.node import params as take
from p2pblog.node.params import Document
from p2pblog.node.server import Handler, Request
from p2pblog.views.reader import Reader


class Reading:
    """Answers from the views, off the event loop: a search may take a while."""

    def __init__(
        self, reader: Reader, on_damage: Callable[[], None], clock_ms: Callable[[], int]
    ) -> None:
        """Prepare to answer.

        Args:
            on_damage: called when the views turn out to need rebuilding.
            clock_ms: returns the present, in milliseconds since 1970 UTC.
        """
        self._reader = reader
        self._on_damage = on_damage
        self._clock_ms = clock_ms

    def methods(self) -> dict[str, Handler]:
        """Return the handlers by the names of docs/api.md."""
        return {
            "timeline": self.timeline,
            "thread": self.thread,
            "search": self.search,
            "trends": self.trends,
            "conversations": self.conversations,
            "why": self.why,
            "entry": self.entry,
            "versions": self.versions,
            "profile": self.profile,
            "people": self.people,
            "tags.used": self.used_tags,
        }

    # --- for other methods ---------------------------------------------------------------

    async def ask(self, question: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Put a question of the reader's in another thread."""
        try:
            return await asyncio.to_thread(question, *args, **named)
        except ViewsDamaged:
            self._on_damage()
            raise

    async def subject(self, typed: str) -> Document:
        """Return what one reads in an entry (id or prefix): of a repost, what it passes on."""
        entry: Document = await self.ask(self._reader.entry, typed)
        if entry["kind"] == "repost" and entry["target"] is not None:
            return dict(entry["target"])
        return entry

    async def name_of(self, identity: str) -> str:
        """Return what an identity is called, "" while that is not known."""
        try:
            name: str = (await self.ask(self._reader.profile, identity))["name"]
        except NotFound:
            return ""
        return name

    async def named(self, identity: str) -> Document:
        """Return an identity with its name."""
        return {"identity": identity, "name": await self.name_of(identity)}

    # --- methods -------------------------------------------------------------------------

    async def timeline(self, request: Request) -> Document:
        """Return a page of a timeline."""
        p = request.params
        page: Document = await self.ask(
            self._reader.timeline,
            take.text(p, "view", most=200, default="home"),
            limit_of(p),
            before=take.optional(p, "before", most=100),
            after=take.optional(p, "after", most=100),
            start=take.optional(p, "from", most=100),
            upward=take.flag(p, "upward"),
        )
        return page

    async def thread(self, request: Request) -> Document:
        """Return the thread of an entry."""
        found: Document = await self.ask(
            self._reader.thread, take.text(request.params, "entry", most=100)
        )
        return found

    async def search(self, request: Request) -> Document:
        """Return a page of what matches a query."""
        p = request.params
        page: Document = await self.ask(
            self._reader.search,
            take.text(p, "query", most=limits.QUERY_CHARS_MAX),
            limit_of(p),
            now_ms=self._clock_ms(),
            before=take.optional(p, "before", most=100),
        )
        return page

    async def trends(self, request: Request) -> Document:
        """Return the tags and links that most people used lately."""
        found: Document = await self.ask(
            self._reader.trends,
            now_ms=self._clock_ms(),
            hours=_hours(request.params, limits.TREND_HOURS),
        )
        return found

    async def conversations(self, request: Request) -> Document:
        """Return a page of the threads in which most people answered lately."""
        p = request.params
        page: Document = await self.ask(
            self._reader.conversations,
            limit_of(p),
            now_ms=self._clock_ms(),
            hours=_hours(p, limits.CONVERSATION_HOURS),
            before=take.optional(p, "before", most=100),
        )
        return page

    async def why(self, request: Request) -> Document:
        """Return why an entry is read."""
        p = request.params
        found: Document = await self.ask(
            self._reader.why,
            take.text(p, "entry", most=100),
            now_ms=self._clock_ms(),
            view=take.text(p, "view", most=200, default=""),
        )
        return found

    async def entry(self, request: Request) -> Document:
        """Return one entry."""
        found: Document = await self.ask(
            self._reader.entry, take.text(request.params, "entry", most=100)
        )
        return found

    async def versions(self, request: Request) -> Document:
        """Return what a post says and said before."""
        typed = take.text(request.params, "entry", most=100)
        return {"versions": await self.ask(self._reader.versions, typed)}

    async def profile(self, request: Request) -> Document:
        """Return a person."""
        found: Document = await self.ask(
            self._reader.profile, take.text(request.params, "id", most=200)
        )
        return found

    async def people(self, request: Request) -> Document:
        """Return the people known, or those whose names begin as it was typed."""
        p = request.params
        near, limit = take.flag(p, "near"), limit_of(p)
        typed = take.optional(p, "starts_with", most=limits.NAME_BYTES_MAX)
        if typed is None:
            found: Document = await self.ask(self._reader.people, near=near, limit=limit)
        else:
            found = await self.ask(self._reader.people_starting, typed, near=near, limit=limit)
        return found

    async def used_tags(self, request: Request) -> Document:
        """Return tags that are in use."""
        p = request.params
        typed = take.text(p, "starts_with", most=limits.TAG_CHARS_MAX, default="")
        found: Document = await self.ask(self._reader.used_tags, typed, limit_of(p))
        return found


def limit_of(params: take.Params) -> int:
    """Return how many things a page may have.

    Raises:
        BadRequest: not a number from 1 to 200.
    """
    return take.number(
        params, "limit", default=limits.PAGE_ENTRIES, low=1, high=limits.PAGE_ENTRIES_MAX
    )


def _hours(params: take.Params, default: int) -> int:
    return take.number(params, "hours", default=default, low=1, high=limits.RECENT_HOURS_MAX)
