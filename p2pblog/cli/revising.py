"""Commands about posts that are there: edit, history, vote, pin."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Document, Face, FaceCommand
from p2pblog.cli.number import Number
from p2pblog.cli.writing import CHANGE_NOTE, MARK_JSON, mark, read_text

VERSIONS_JSON = '{"versions": [{"id", "time_ms", "text", "warning", "lang", "media"}]}'


@click.command(cls=FaceCommand, shape=MARK_JSON, note=CHANGE_NOTE)
@click.argument("entry")
@click.argument("text", required=False, metavar="[TEXT]")
@click.option("--warning", metavar="TEXT", help='Show this instead ("" for no warning).')
@click.option("--lang", metavar="CODE", help="The language of the text.")
@click.pass_obj
def edit(face: Face, entry: str, text: str | None, warning: str | None, lang: str | None) -> None:
    """Publish a new version of ENTRY, a post of yours.

    What you do not say stays as it was; pictures and polls stay in any case. Everybody can
    read what it said before: p2pblog history ENTRY. To have that gone: p2pblog erase ENTRY.
    """
    optional = {"warning": warning, "lang": lang}
    params: Document = {name: value for name, value in optional.items() if value is not None}
    if text is not None or not params:
        params["text"] = read_text(text, needed=True)
    with face.node() as node:
        if "text" not in params:
            params["text"] = node.call("entry", entry=entry)["text"]
        done = node.call("edit", entry=entry, **params)
    face.say(done, lambda: ["Changed" if done["changed"] else "It says that already"])


@click.command(cls=FaceCommand, shape=VERSIONS_JSON)
@click.argument("entry")
@click.pass_obj
def history(face: Face, entry: str) -> None:
    """Show what ENTRY says, and what it said before, the newest first."""
    with face.node() as node:
        found = node.call("versions", entry=entry)

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import ago
        from p2pblog.cli.width import wrap
        from p2pblog.content.text import clean, clean_line

        for one in found["versions"]:
            yield face.style(ago(one["time_ms"], face.now_ms()), bold=True)
            if one["warning"]:
                yield from wrap(f"  [{clean_line(one['warning'])}]", face.columns)
            for line in wrap(clean(one["text"]), face.columns - 2):
                yield f"  {line}"

    face.say(found, lines)


@click.command(cls=FaceCommand, shape=MARK_JSON, note=CHANGE_NOTE)
@click.argument("entry")
@click.argument("numbers", nargs=-1, type=Number(1), metavar="[NUMBER]...")
@click.option("--undo", is_flag=True, help="Take your vote back.")
@click.pass_obj
def vote(face: Face, entry: str, numbers: tuple[int, ...], undo: bool) -> None:
    """Choose among the answers of the poll ENTRY, by their numbers.

    Votes are signed and public. Of several votes of yours the last one counts.
    """
    if undo == bool(numbers):
        raise click.UsageError("say which answer: p2pblog vote ENTRY NUMBER, or --undo")
    with face.node() as node:
        done = node.call("vote", entry=entry, choices=[number - 1 for number in numbers])
    new = "Taken back" if undo else "Voted"
    face.say(done, lambda: [new if done["changed"] else "That is your vote already"])


@click.command(cls=FaceCommand, shape=MARK_JSON, note=CHANGE_NOTE)
@click.argument("entry")
@click.option("--undo", is_flag=True, help="Take it back.")
@click.pass_obj
def pin(face: Face, entry: str, undo: bool) -> None:
    """Show ENTRY, a post of yours, first in your profile."""
    mark(face, "pin", entry, undo, ("Pinned", "It is pinned already", "It was not pinned"))
