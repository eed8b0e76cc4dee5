"""Posts for later: post --at, later."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.api.when import read_time, said_time
from p2pblog.cli.face import Document, Face, FaceCommand
from p2pblog.core.errors import BadRequest

LATER_JSON = (
    '{"later": [{"id", "at_ms", "text", "warning", "lang", "reply_to", "quote", "media",'
    ' "poll", "error"}]}'
)


def put_off(face: Face, at: str, params: Document) -> None:
    """Have the node publish a post at a time that somebody typed."""
    at_ms = typed_time(at, face.now_ms())
    with face.node() as node:
        done = node.call("post.later", at_ms=at_ms, **params)
    face.say(
        done, lambda: [f"It waits until {said_time(done['at_ms'])}; to read it: p2pblog later"]
    )


def typed_time(typed: str, now_ms: int) -> int:
    """Return the time that somebody typed, in milliseconds since 1970 UTC."""
    try:
        return read_time(typed, now_ms)
    except BadRequest as error:
        raise click.UsageError(error.detail) from error


@click.command(
    cls=FaceCommand, shape=LATER_JSON, note="With --drop it is one of these, which is gone."
)
@click.option("--drop", metavar="ID", help="Do not publish this one; print what it says.")
@click.pass_obj
def later(face: Face, drop: str | None) -> None:
    """Show what you have written for later, the next first."""
    with face.node() as node:
        done = node.call("later") if drop is None else node.call("later.drop", id=drop)
    waiting = [done] if drop is not None else done["later"]
    face.say(done, lambda: _lines(face, waiting))


def _lines(face: Face, waiting: list[Document]) -> Iterator[str]:
    from p2pblog.cli.width import wrap
    from p2pblog.content.text import clean

    if not waiting:
        yield "Nothing waits. To write something for later: p2pblog post TEXT --at 18:30"
    for one in waiting:
        yield face.style(f"{one['id']:>4}  {said_time(one['at_ms'])}", bold=True)
        for line in wrap(clean(one["warning"] or one["text"]), face.columns - 6):
            yield f"      {line}"
        if one["error"]:
            yield face.style(f"      not published yet: {one['error']}", fg="yellow")
