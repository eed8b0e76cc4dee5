"""Commands that read entries: timeline, thread, search, media."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Document, Face, FaceCommand, short
from p2pblog.cli.meeting import meet, no_wait_option
from p2pblog.cli.number import Number
from p2pblog.cli.paging import before_option, pages_option, read_pages
from p2pblog.core.limits import MEDIA_MAX

ENTRIES_JSON = (
    '{"entries": [{"id", "log", "seq", "author", "name", "kind", "text", "time_ms", '
    '"reply_to", ...}], "next"}'
)

EMPTY = {
    "home": "Nothing here yet. People near you: p2pblog people --near; then: p2pblog follow ID. "
    "Or bring your own past: p2pblog import twitter PATH.",
    "local": "Nothing has arrived here yet. Write something: p2pblog post TEXT. "
    "To reach another machine: p2pblog connect HOST:PORT.",
    "mentions": "Nobody has mentioned you yet.",
    "requests": "No stranger waits.",
    "bookmarks": "You have bookmarked nothing. To do so: p2pblog bookmark ENTRY.",
}


@click.command(cls=FaceCommand, shape=ENTRIES_JSON)
@click.argument("view", default="home", metavar="[VIEW]")
@pages_option
@before_option
@no_wait_option
@click.pass_obj
def timeline(face: Face, view: str, limit: int, before: str | None, no_wait: bool) -> None:
    """Show a timeline, newest first.

    VIEW is home (the default: you and whom you follow), local (everything that is here),
    mentions, requests (mentions by strangers), bookmarks, tag:TAG, list:NAME, or user:ID, where
    ID may also be a name that only one person here has.
    """
    with face.node() as node:
        meet(node, no_wait=no_wait)
        page = read_pages(node, "timeline", limit, before, view=view)
    more = f"p2pblog timeline {_shell(view)} --limit {limit}"
    empty = EMPTY.get(view, "Nothing here.")
    face.say(page, lambda: _page(face, page, more, "Nothing older." if before else empty))


@click.command(cls=FaceCommand, shape=ENTRIES_JSON)
@click.argument("query", nargs=-1, required=True)
@pages_option
@before_option
@no_wait_option
@click.pass_obj
def search(
    face: Face, query: tuple[str, ...], limit: int, before: str | None, no_wait: bool
) -> None:
    """Search all entries that are here, newest first.

    All words must occur. These narrow it down, and a - before any of them asks for the
    contrary; put the whole QUERY in single quotes, so that the shell leaves it alone.

    \b
    "a phrase"           in quotes of its own
    #tag  tag:TAG        with that tag
    from:NAME-or-ID      written by somebody
    before:2026-11-28    earlier than that day, month (2026-11) or year
    after:2026-11        later; -before: is from then on, -after: until then
    after:7d             in the last 7 days (m, h, d, w)
    has:media  has:link  has:poll
    lang:pt              in a language
    in:bookmarks  in:likes
    in:lists  list:NAME  written by people on your lists

    To look for a word with a colon in it, put it in quotes of its own.
    """
    words = " ".join(query)
    with face.node() as node:
        meet(node, no_wait=no_wait)
        page = read_pages(node, "search", limit, before, query=words)
    more = f"p2pblog search {_shell(words)} --limit {limit}"
    face.say(page, lambda: _page(face, page, more, "Nothing found here."))


@click.command(
    cls=FaceCommand,
    shape=ENTRIES_JSON,
    note='Each entry has "depth" as well; "focus" names the one asked for.',
)
@click.argument("entry")
@click.option(
    "--wait",
    is_flag=True,
    help="Ask peers for what is answered and not here first, and wait for it, ten seconds at most.",
)
@click.pass_obj
def thread(face: Face, entry: str, wait: bool) -> None:
    """Show the whole conversation around ENTRY, in reading order."""
    with face.node() as node:
        if wait:
            meet(node, no_wait=False)
            node.call("thread.seek", entry=entry)
        found = node.call("thread", entry=entry)

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import entries

        yield from entries(face, found["entries"], focus=found.get("focus") or "")
        if not wait and any(one.get("missing") for one in found["entries"]):
            yield ""
            yield f"To ask peers for what has not arrived: p2pblog thread {short(entry)} --wait"

    face.say(found, lines)


@click.command(cls=FaceCommand, shape='{"path"}')
@click.argument("entry")
@click.argument("number", type=Number(1, MEDIA_MAX), default=1, metavar="[NUMBER]")
@click.pass_obj
def media(face: Face, entry: str, number: int) -> None:
    """Print the path of a picture of ENTRY.

    When it is not here yet, peers are asked for it. NUMBER counts from 1, which is also the
    default.
    """
    with face.node() as node:
        found = node.call("media", entry=entry, index=number - 1)
    face.say(found, lambda: [found["path"]])


def _page(face: Face, page: Document, more: str, empty: str) -> Iterator[str]:
    from p2pblog.cli.show import entries
    from p2pblog.cli.width import wrap

    if not page["entries"]:
        empty = empty if page["next"] is None else "Nothing so far."
        yield from wrap(empty, face.columns)
    yield from entries(face, page["entries"])
    if page["next"] is not None:
        yield ""
        yield face.style(f"Older: {more} --before {_shell(page['next'])}", dim=True)


def _shell(word: str) -> str:
    from shlex import quote

    return quote(word)
