"""Notifications as rows of a timeline: read from the API, and laid out if they are about people.

A post that concerns us is an entry like any other, with the reason beside its author's name.
Likes, reposts and followers are one row for many people, which stands for the post in question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from rich.cells import cell_len

from p2pblog.content.text import clean_line
from p2pblog.core.limits import NOTICE_PEOPLE_SHOWN, PAGE_ENTRIES_MAX
from p2pblog.tui.connection import Call
from p2pblog.tui.feeds import Page
from p2pblog.tui.rows import Line, fitted
from p2pblog.tui.shapes import Entry, Inner, Notice, called, is_imitation, read_entry
from p2pblog.tui.wrap import shorten

_PAGES_MAX = 20
_NAMED = 3  # in a row; Enter shows the others
_SIGNS = {"like": "♥", "repost": "↻", "follow": "●"}


class NoticeFeed:
    """The notifications of the node, a `feeds.Feed`; those new at first stay so until `leave`."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._new: set[str] = set()

    async def older(self, cursor: str | None, limit: int) -> Page:
        """See `Feed`."""
        return self._page(await self._call("notifications", before=cursor, limit=limit))

    async def newer(self, cursor: str, limit: int) -> Page:
        """See `Feed`."""
        return self._page(await self._call("notifications", after=cursor, limit=limit))

    async def above(self, cursor: str, limit: int) -> Page:
        """See `Feed`; the node tells them from the newest down."""
        rows: list[Entry] = []
        before: str | None = None
        for _ in range(_PAGES_MAX):
            params: dict[str, Any] = {"after": cursor, "limit": PAGE_ENTRIES_MAX}
            result = await self._call("notifications", before=before, **params)
            rows += self._page(result).entries
            if (before := result.get("next")) is None:
                break
        return Page(tuple(rows[-limit:]), more=len(rows) > limit)

    async def at(self, cursor: str, limit: int) -> Page:
        """See `Feed`."""
        params: dict[str, Any] = {"limit": limit, "from": cursor}
        return self._page(await self._call("notifications", **params))

    def leave(self) -> None:
        """Show what has been looked at as such from now on."""
        self._new.clear()

    def _page(self, result: dict[str, Any]) -> Page:
        entries = []
        for entry in read_notices(result):
            notice = entry.notice
            if notice is not None and notice.new:
                self._new.add(notice.mark)
            elif notice is not None and notice.mark in self._new:
                entry = replace(entry, notice=replace(notice, new=True))
            entries.append(entry)
        return Page(tuple(entries), more=bool(result.get("next")))


def read_notices(result: Mapping[str, Any]) -> list[Entry]:
    """Return the rows of an answer of `notifications`."""
    found = result.get("notifications")
    rows = found[:PAGE_ENTRIES_MAX] if isinstance(found, list) else []
    return [_read(row) for row in rows if isinstance(row, Mapping)]


def count_new(rows: Iterable[Entry]) -> int:
    """Return how many of these rows have not been looked at."""
    return sum(row.notice is not None and row.notice.new for row in rows)


def _read(row: Mapping[str, Any]) -> Entry:
    def line(name: str) -> str:
        return clean_line(value) if isinstance(value := row.get(name), str) else ""

    people = row.get("people")
    named = [one for one in people if isinstance(one, Mapping)] if isinstance(people, list) else []
    count = row.get("count")
    notice = Notice(
        line("what"),
        line("id"),
        line("mark"),
        row.get("seen") is not True,
        row.get("rings") is True,
        tuple(_person(one) for one in named[:NOTICE_PEOPLE_SHOWN]),
        count if isinstance(count, int) else len(named),
    )
    shown = row.get("entry")
    if not isinstance(shown, Mapping):
        entry = Entry(notice.mark, kind="notice")
    elif notice.what in ("reply", "mention", "quote"):
        return replace(read_entry(shown), cursor=line("cursor"), notice=notice)
    else:
        # The post, under the mark of the row, which is another one wherever the row stands next:
        # what is done with it is done with the post.
        post = read_entry(shown)
        inner = post.target or Inner(post.id, post.author, post.name)
        entry = replace(post, id=notice.mark, target=inner)
    time_ms = row.get("time_ms")
    return replace(
        entry,
        cursor=line("cursor"),
        time_ms=time_ms if isinstance(time_ms, int) else 0,
        notice=notice,
    )


def _person(one: Mapping[str, Any]) -> tuple[str, str]:
    identity, name = (clean_line(str(one.get(key) or "")) for key in ("identity", "name"))
    return called(name, identity, is_imitation(one)), identity


def people_said(notice: Notice) -> str:
    """Return who did so: "Mia, Otis and 3 others"."""
    names = [name for name, _ in notice.people[:_NAMED]]
    more = notice.count - len(names)
    if more > 0:
        names.append(f"{more:,} other{'' if more == 1 else 's'}")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def deed_said(notice: Notice) -> str:
    """Return what they did."""
    match notice.what:
        case "like":
            return "liked your post"
        case "repost":
            return "reposted your post"
        case _:
            return "now follows you" if notice.count == 1 else "now follow you"


def notice_lines(entry: Entry, width: int, *, when: str) -> tuple[Line, ...]:
    """Return the lines of a row that is about people, the last of which is blank."""
    notice = entry.notice
    if notice is None:
        return ((),)
    sign, said = f"{_SIGNS.get(notice.what, '●')} ", f" {deed_said(notice)}"
    mark = " · new" if notice.new else ""
    room = width - cell_len(when) - 1 - cell_len(sign + said + mark)
    who = shorten(people_said(notice), max(1, room))
    gap = " " * max(1, room - cell_len(who) + 1)
    head = [(sign, "accent"), (who, "name"), (said, "text"), (mark, "dim"), (gap, "text")]
    lines = [fitted([*head, (when, "dim")], width)]
    text = f"⚠ {entry.warning}" if entry.warning else clean_line(entry.text)
    if text:
        lines.append(fitted([("▏ ", "dim"), (text, "quote")], width))
    return (*lines, ())
