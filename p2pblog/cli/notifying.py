"""The command that tells what concerns oneself: notifications."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Document, Face, FaceCommand, short
from p2pblog.cli.meeting import meet, no_wait_option
from p2pblog.cli.paging import before_option, limit_option, read_pages
from p2pblog.core.limits import NOTICES_SEEN_MAX, PAGE_ENTRIES_MAX

NOTICES_JSON = (
    '{"notifications": [{"what", "id", "mark", "seen": bool, "time_ms", "cursor", "entry": {...} '
    'or null, "people": [{"identity", "name", "looks_like"}], "count", "rings": bool}], "next", '
    '"requests"}'
)
NOTICES_NOTE = (
    '"what" is "reply", "mention", "quote", "like", "repost", "follow" or "poll"; "count" is how '
    'many people a row is about, of whom "people" names the latest 8; "requests" is how many posts '
    'by strangers wait. With --people it is {"people": [{"identity", "name", "looks_like", "bio", '
    '"followed", ...}]}, the latest first.'
)
_SAID = {
    "reply": "answered you",
    "mention": "mentioned you",
    "quote": "quoted you",
    "like": "liked your post",
    "repost": "reposted your post",
    "follow": "now follow you",
    "poll": "A poll has ended",
}


@click.command(cls=FaceCommand, shape=NOTICES_JSON, note=NOTICES_NOTE)
@limit_option("rows")
@before_option
@click.option("--seen", is_flag=True, help="Take what is shown as looked at.")
@click.option(
    "--people",
    metavar="ID",
    help=f"Show instead everybody, up to {PAGE_ENTRIES_MAX}, whom one row is about; ID is its "
    '"id" with --json.',
)
@no_wait_option
@click.pass_obj
def notifications(
    face: Face, limit: int, before: str | None, seen: bool, people: str | None, no_wait: bool
) -> None:
    """Show what concerns you, newest first: answers, likes, followers, polls that ended.

    Likes and reposts of one post on one day (UTC) are one row, and so are the followers of a day.
    "*" marks what is new. Mentions by strangers are not among them: p2pblog requests show.
    """
    if people is not None:
        if seen or before is not None:
            raise click.UsageError("--people goes with neither --seen nor --before")
        _people(face, people)
        return
    with face.node() as node:
        meet(node, no_wait=no_wait)
        page = read_pages(node, "notifications", limit, before, rows="notifications")
        if seen:
            marks = [one["mark"] for one in page["notifications"]]
            node.call("notifications.seen", marks=marks[:NOTICES_SEEN_MAX])
    face.say(page, lambda: _page(face, page))


def _people(face: Face, row: str) -> None:
    with face.node() as node:
        found = node.call("notifications.people", id=row)

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import people

        return people(face, found["people"])

    face.say(found, lines)


def _page(face: Face, page: Document) -> Iterator[str]:
    from p2pblog.cli.show import ago, count
    from p2pblog.cli.show import said as said_in
    from p2pblog.cli.width import cells, cut, wrap
    from p2pblog.content.text import clean_line

    if not page["notifications"]:
        yield "Nothing concerns you yet." if page["next"] is None else "Nothing so far."
    for one in page["notifications"]:
        when = ago(one["time_ms"], face.now_ms())
        sign = " " if one["seen"] else "*"
        room = face.columns - cells(when) - 4
        said = cut(_sentence(one), face.room(room))
        gap = " " * max(room - cells(said) + 1, 1)
        yield f"{sign} {face.style(said, bold=not one['seen'])}{face.style(gap + when, dim=True)}"
        if (entry := one["entry"]) is not None:
            text = clean_line(entry["warning"] or said_in(entry))
            about = (
                f"{text}  {face.style(short(entry['id']), dim=True)}"
                if text
                else short(entry["id"])
            )
            yield "    " + cut(about, face.room(face.columns - 4))
    if page["requests"]:
        waits = count(page["requests"], "post by a stranger", "posts by strangers")
        yield from wrap(f"{waits}: p2pblog requests show", face.columns)
    if page["next"] is not None:
        yield face.style(f"Older: p2pblog notifications --before {page['next']}", dim=True)


def _sentence(one: Document) -> str:
    from p2pblog.cli.show import called, person_name

    if one["what"] == "poll":
        return _SAID["poll"]
    if not one["people"]:
        entry = one["entry"]
        return f"{called(entry, person_name(entry['name'], entry['author']))} {_SAID[one['what']]}"
    names = [called(who, person_name(who["name"], who["identity"])) for who in one["people"][:3]]
    more = one["count"] - len(names)
    if more:
        names.append(f"{more:,} more")
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    said = (
        "now follows you" if one["what"] == "follow" and one["count"] == 1 else _SAID[one["what"]]
    )
    return f"{who} {said}"
