"""Posts for later: post --at, later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta

import click

from p2pblog.cli.face import Document, Face, FaceCommand

LATER_JSON = (
    '{"later": [{"id", "at_ms", "text", "warning", "lang", "reply_to", "quote", "media", "error"}]}'
)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def put_off(face: Face, at: str, params: Document) -> None:
    """Have the node publish a post at a time that somebody typed."""
    at_ms = read_time(at, face.now_ms())
    with face.node() as node:
        done = node.call("post.later", at_ms=at_ms, **params)
    face.say(done, lambda: [f"It waits until {_when(done['at_ms'])}; to read it: p2pblog later"])


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


def read_time(typed: str, now_ms: int) -> int:
    """Return the time that somebody means, in milliseconds since 1970 UTC.

    Args:
        typed: a time of this day or the next, a day and a time, or "+" and how long from now.
    """
    now = datetime.fromtimestamp(now_ms / 1000).astimezone()
    try:
        if (span := re.fullmatch(r"\+([0-9]{1,4})([mhdw])", typed)) is not None:
            then = now + timedelta(**{_UNITS[span[2]]: int(span[1])})
        elif re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", typed):
            clock = time.fromisoformat(typed.rjust(5, "0"))
            then = datetime.combine(now.date(), clock).astimezone()
            if then <= now:
                then = datetime.combine(now.date() + timedelta(days=1), clock).astimezone()
        else:
            then = datetime.fromisoformat(typed).astimezone()
        return int(then.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise click.UsageError(
            "a time is 18:30, 2026-12-24T18:30 or, from now, +2h (m, h, d, w)"
        ) from None


def _lines(face: Face, waiting: list[Document]) -> Iterator[str]:
    from p2pblog.cli.width import wrap
    from p2pblog.content.text import clean

    if not waiting:
        yield "Nothing waits. To write something for later: p2pblog post TEXT --at 18:30"
    for one in waiting:
        yield face.style(f"{one['id']:>4}  {_when(one['at_ms'])}", bold=True)
        for line in wrap(clean(one["warning"] or one["text"]), face.columns - 6):
            yield f"      {line}"
        if one["error"]:
            yield face.style(f"      not published yet: {one['error']}", fg="yellow")


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
