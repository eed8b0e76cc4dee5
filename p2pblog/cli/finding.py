"""Commands about what people speak of: trends, conversations, why."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Face, FaceCommand
from p2pblog.cli.meeting import meet, no_wait_option
from p2pblog.cli.number import Number
from p2pblog.cli.paging import before_option, pages_option, read_pages
from p2pblog.core.limits import CONVERSATION_HOURS, RECENT_HOURS_MAX, TREND_HOURS

TRENDS_JSON = (
    '{"tags": [{"tag", "people", "posts"}], "links": [{"link", "people", "posts"}], "hours"}'
)
CONVERSATIONS_JSON = '{"entries": [{"id", "text", "people", "answers", ...}], "next", "hours"}'
WHY_JSON = '{"entry", "author", "name", "reasons": [{"why", ...}]}'
_HOURS = Number(1, RECENT_HOURS_MAX)
_HOURS_HELP = f"How far back, up to {RECENT_HOURS_MAX} (a week)."


@click.command(cls=FaceCommand, shape=TRENDS_JSON)
@click.option(
    "--hours", type=_HOURS, default=TREND_HOURS, show_default=True, metavar="N", help=_HOURS_HELP
)
@no_wait_option
@click.pass_obj
def trends(face: Face, hours: int, no_wait: bool) -> None:
    """Show what the people you can see speak of: tags and links.

    They stand by how many people used them; everybody counts once, and whom you mute does not.
    To read a tag: p2pblog timeline tag:TAG.
    """
    with face.node() as node:
        meet(node, no_wait=no_wait)
        found = node.call("trends", hours=hours)

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import count, plain, table

        named = [("#" + one["tag"], one) for one in found["tags"]]
        named += [(one["link"], one) for one in found["links"]]
        if not named:
            yield f"Nobody has used a tag or a link in the last {count(hours, 'hour')}."
        rows = [
            [count(one["people"], "person", "people"), count(one["posts"], "post"), plain(name)]
            for name, one in named
        ]
        yield from table(rows, face.room(face.columns))

    face.say(found, lines)


@click.command(cls=FaceCommand, shape=CONVERSATIONS_JSON)
@click.option(
    "--hours",
    type=_HOURS,
    default=CONVERSATION_HOURS,
    show_default=True,
    metavar="N",
    help=_HOURS_HELP,
)
@pages_option
@before_option
@no_wait_option
@click.pass_obj
def conversations(face: Face, hours: int, limit: int, before: str | None, no_wait: bool) -> None:
    """Show the conversations that most people answered in lately, that of most people first.

    Everybody counts once; who began it and whom you mute do not. To read one: p2pblog thread
    ENTRY.
    """
    with face.node() as node:
        meet(node, no_wait=no_wait)
        page = read_pages(node, "conversations", limit, before, hours=hours)

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import count, entries

        if not page["entries"]:
            yield f"Nobody has answered anybody in the last {count(hours, 'hour')}."
        for at, one in enumerate(page["entries"]):
            if at:
                yield ""
            yield face.style(f"{count(one['people'], 'person', 'people')} answered:", bold=True)
            yield from entries(face, [one])
        if page["next"] is not None:
            more = f"p2pblog conversations --hours {hours} --limit {limit}"
            yield ""
            yield face.style(f"More: {more} --before {page['next']}", dim=True)

    face.say(page, lines)


@click.command(
    cls=FaceCommand,
    shape=WHY_JSON,
    note='What "why" can be, and what stands beside it, docs/api.md says.',
)
@click.argument("entry")
@click.option("--in", "view", metavar="VIEW", default="", help="The timeline in which you read it.")
@click.pass_obj
def why(face: Face, entry: str, view: str) -> None:
    """Say in a sentence or two why ENTRY is here."""
    with face.node() as node:
        found = node.call("why", entry=entry, view=view)

    def lines() -> Iterator[str]:
        from p2pblog.cli.width import wrap
        from p2pblog.tui.why import sentences

        yield from wrap(" ".join(sentences(found)), face.columns)

    face.say(found, lines)
