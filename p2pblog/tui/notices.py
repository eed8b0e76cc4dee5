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
from p2pblog.tui.feeds import Page, next_of, past_empty
from p2pblog.tui.rows import Line, fitted
from p2pblog.tui.shapes import Entry, Inner, Notice, called, is_imitation, read_entry
from p2pblog.tui.wrap import shorten

_PAGES_MAX = 10  # in which the newest are looked for, where filters hide what came last
_NAMED = 3  # in a row; Enter shows the others
_SIGNS = {"like": "♥", "repost": "↻", "follow": "●"}


class NoticeFeed:
    """The notifications of the node, a `feeds.Feed`; those new at first stay so until `leave`.

    Attributes:
        unseen: marks of those of which the node does not know yet that they were looked at.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._new: set[str] = set()
        self.unseen: set[str] = set()

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

    def leave(self) -> None:
        """Show what has been looked at as such from now on."""
        self._new.clear()

    async def _ask(self, limit: int, **params: Any) -> Page:
        result = await self._call("notifications", limit=limit, **params)
        entries = []
        for entry in read_notices(result):
            notice = entry.notice
            if notice is not None and notice.new:
                self._new.add(notice.mark)
                self.unseen.add(notice.mark)
            elif notice is not None and notice.mark in self._new:
                self.unseen.discard(notice.mark)
                entry = replace(entry, notice=replace(notice, new=True))
            entries.append(entry)
        return Page(tuple(entries), next_of(result))


def read_notices(result: Mapping[str, Any]) -> list[Entry]:
    """Return the rows of an answer of `notifications`."""
    found = result.get("notifications")
    rows = found[:PAGE_ENTRIES_MAX] if isinstance(found, list) else []
    return [_read(row) for row in rows if isinstance(row, Mapping)]


async def newest_notices(call: Call, most: int) -> tuple[list[Entry], int]:
    """Return the newest rows, up to `most`, and how many posts by strangers wait.

    Raises:
        P2PBlogError: what the node answered.
    """
    rows: list[Entry] = []
    cursor: str | None = None
    for _ in range(_PAGES_MAX):
        found = await call("notifications", limit=most - len(rows), before=cursor)
        rows += read_notices(found)
        cursor = next_of(found)
        if cursor is None or len(rows) >= most:
            break
    waiting = found.get("requests")
    return rows[:most], waiting if isinstance(waiting, int) else 0


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
    text = f"⚠ {entry.warning}" if entry.warning else clean_line(entry.said)
    if text:
        lines.append(fitted([("▏ ", "dim"), (text, "quote")], width))
    return (*lines, ())
