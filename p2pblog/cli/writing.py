"""Commands that write an entry: post, like, repost, follow, unfollow."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from p2pblog.cli.face import Document, Face, FaceCommand, Node, short
from p2pblog.core.errors import BodyTooLarge, Nobody, P2PBlogError
from p2pblog.core.limits import (
    MEDIA_MAX,
    POLL_OPTIONS_MAX,
    POLL_OPTIONS_MIN,
    TEXT_BYTES_MAX,
)

POST_JSON = '{"id", "log", "seq"}'
MARK_JSON = '{"changed": bool, "entry", "id", "log", "seq"}'
FOLLOW_JSON = '{"changed": bool, "identity", "id", "log", "seq"}'
CHANGE_NOTE = (
    'When it was so already, "changed" is false, and without a new entry there is no "id", '
    '"log" and "seq". "entry" is what was marked: of a repost, the entry that is reposted.'
)
_NEVER_MET = "; give the whole id to follow somebody never met"
FOLLOW_NOTE = (
    'When it was so already, "changed" is false, and without a new entry there is no "id", '
    '"log" and "seq".'
)


@click.command(
    cls=FaceCommand, shape=POST_JSON, note='With --at it is `{"id", "at_ms"}`: see p2pblog later.'
)
@click.argument("text", required=False, metavar="[TEXT]")
@click.option("--reply-to", metavar="ENTRY", help="Answer this entry.")
@click.option("--quote", metavar="ENTRY", help="Quote this entry.")
@click.option("--warning", metavar="TEXT", help="Show this instead, until a reader opens the post.")
@click.option("--lang", metavar="CODE", help="The language of the text, for example en or pt-BR.")
@click.option(
    "--media",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help=f"Add a picture, described by the --alt that belongs to it; up to {MEDIA_MAX}.",
)
@click.option(
    "--alt",
    multiple=True,
    metavar="TEXT",
    help="Describe a picture for people who cannot see it; one for each --media, in order.",
)
@click.option(
    "--poll",
    multiple=True,
    metavar="ANSWER",
    help=f"Ask, and offer this answer; {POLL_OPTIONS_MIN} to {POLL_OPTIONS_MAX} of them.",
)
@click.option(
    "--until", metavar="TIME", help="When the poll ends (as --at); a day from now if not said."
)
@click.option("--many", is_flag=True, help="Let people choose several answers of the poll.")
@click.option(
    "--at",
    metavar="TIME",
    help="Publish it then: 18:30, 2026-12-24T18:30, or +2h (m, h, d, w).",
)
@click.pass_obj
def post(
    face: Face,
    text: str | None,
    reply_to: str | None,
    quote: str | None,
    warning: str | None,
    lang: str | None,
    media: tuple[Path, ...],
    alt: tuple[str, ...],
    poll: tuple[str, ...],
    until: str | None,
    many: bool,
    at: str | None,
) -> None:
    """Publish a post.

    TEXT is one argument: put it in quotes. With - as TEXT, or with none and something piped
    in, the text is read from standard input. A post has at most 500 characters, counted as
    people see them. Pictures are PNG, JPEG, GIF or WebP. With --at, this device publishes it
    then, or as soon as its node is up.
    """
    if len(media) != len(alt):
        raise click.UsageError(
            f"{len(media)} --media but {len(alt)} --alt; describe each picture with one --alt"
        )
    if len(media) > MEDIA_MAX:
        raise click.UsageError(f"a post holds at most {MEDIA_MAX} pictures")
    for path in media:
        _check_picture(path)
    optional = {"reply_to": reply_to, "quote": quote, "warning": warning, "lang": lang}
    params: Document = {name: value for name, value in optional.items() if value is not None}
    if media:
        params["media"] = [
            {"path": str(Path.cwd() / path), "alt": said}
            for path, said in zip(media, alt, strict=True)
        ]
    if poll:
        from p2pblog.cli.later import typed_time

        until_ms = typed_time(until or "+1d", face.now_ms())
        params["poll"] = {"options": list(poll), "until_ms": until_ms, "many": many}
    elif until is not None or many:
        raise click.UsageError("--until and --many belong to a --poll")
    params["text"] = read_text(text, needed=not media)
    if at is not None:
        from p2pblog.cli.later import put_off

        put_off(face, at, params)
        return
    with face.node() as node:
        done = node.call("post", **params)
    face.say(done, lambda: [f"Posted as {short(done['id'])}"])


def _check_picture(path: Path) -> None:
    # The node looks as well; a wrong path shall not even get there.
    from p2pblog.content.media import HEAD_BYTES, WHAT_PICTURES_ARE, picture_type

    head = b""
    if path.is_file():  # a pipe would have us wait for whoever writes into it
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    if picture_type(head) is None:
        raise click.UsageError(f"{path} is no picture; {WHAT_PICTURES_ARE}")


def read_text(given: str | None, *, needed: bool) -> str:
    """Return what to publish: as given, or from standard input."""
    if given is None and not needed:
        return ""
    if given is None and sys.stdin.isatty():
        raise click.UsageError("say what to post: p2pblog post TEXT, or pipe the text in")
    text = _read_stdin() if given is None or given == "-" else given
    if needed and not text.strip():
        raise click.UsageError("there is nothing to post; say it: p2pblog post TEXT")
    return text


def _read_stdin() -> str:
    data = sys.stdin.buffer.read(TEXT_BYTES_MAX + 2)  # one more, and a final line end
    try:
        text = data.decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        if len(data) > TEXT_BYTES_MAX:  # perhaps only cut in the middle of a character
            raise BodyTooLarge(f"a text holds at most {TEXT_BYTES_MAX} bytes") from error
        raise click.UsageError("the text piped in is not valid UTF-8; convert it first") from error
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise BodyTooLarge(f"a text holds at most {TEXT_BYTES_MAX} bytes")
    return text


@click.command(cls=FaceCommand, shape=MARK_JSON, note=CHANGE_NOTE)
@click.argument("entry")
@click.option("--undo", is_flag=True, help="Take it back.")
@click.pass_obj
def like(face: Face, entry: str, undo: bool) -> None:
    """Like ENTRY."""
    mark(face, "like", entry, undo, ("Liked", "You liked it already", "You had not liked it"))


@click.command(cls=FaceCommand, shape=MARK_JSON, note=CHANGE_NOTE)
@click.argument("entry")
@click.option("--undo", is_flag=True, help="Take it back.")
@click.pass_obj
def repost(face: Face, entry: str, undo: bool) -> None:
    """Repost ENTRY: the people who follow you see it, too."""
    said = ("Reposted", "You reposted it already", "You had not reposted it")
    mark(face, "repost", entry, undo, said)


def mark(face: Face, method: str, entry: str, undo: bool, said: tuple[str, str, str]) -> None:
    """Have the node mark an entry; say that it is so now, was so already, or never was."""
    with face.node() as node:
        done = node.call(method, entry=entry, undo=undo)
    new, already, never = said
    if done.get("changed") is False:
        line = never if undo else already
    else:
        line = "Taken back" if undo else new
    face.say(done, lambda: [line])


@click.command(cls=FaceCommand, shape=FOLLOW_JSON, note=FOLLOW_NOTE)
@click.argument("id_", metavar="ID")
@click.pass_obj
def follow(face: Face, id_: str) -> None:
    """Follow a person: what they write comes to your home timeline.

    ID may also be a name that only one person here has. Whom nobody here has met yet is
    followed by the whole ID.
    """
    with face.node() as node:
        try:
            done = node.call("follow", id=id_)
        except Nobody as error:
            advice = "" if "did you mean" in error.detail else _NEVER_MET
            raise Nobody(error.detail + advice) from error
        name = "" if face.json else _name(node, done["identity"])
    known = done.get("changed") is False
    face.say(done, lambda: [f"You follow {name} already" if known else f"You now follow {name}"])


@click.command(cls=FaceCommand, shape=FOLLOW_JSON, note=FOLLOW_NOTE)
@click.argument("id_", metavar="ID")
@click.pass_obj
def unfollow(face: Face, id_: str) -> None:
    """Follow a person no longer.

    ID may also be a name that only one person here has.
    """
    with face.node() as node:
        done = node.call("unfollow", id=id_)
        name = "" if face.json else _name(node, done["identity"])
    known = done.get("changed") is False
    said = f"You did not follow {name}" if known else f"You no longer follow {name}"
    face.say(done, lambda: [said])


def _name(node: Node, identity: str) -> str:
    from p2pblog.cli.show import person_name

    try:
        return person_name(node.call("profile", id=identity)["name"], identity)
    except P2PBlogError:  # nobody has told us yet how they are called
        return short(identity)
