"""The command that takes back what one wrote: erase."""

from __future__ import annotations

import sys

import click

from p2pblog.cli.face import Face, FaceCommand

ERASE_JSON = '{"changed": bool, "erased", "id", "log", "seq"}'
ERASE_NOTE = (
    'When it was erased already, "changed" is false, and without a new entry there is no "id", '
    '"log" and "seq".'
)
COPIES = (
    "Every p2pblog that hears of it erases its copy, but nobody can be made to forget: whoever"
    " copied the text elsewhere, or never hears of this, still has it. There is no undo."
)


@click.command(cls=FaceCommand, shape=ERASE_JSON, note=ERASE_NOTE)
@click.argument("entry")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.pass_obj
def erase(face: Face, entry: str, yes: bool) -> None:
    """Erase ENTRY, which you wrote: its text, and its pictures if no other post shows them.

    When the command is done, no file of this node holds the text. Every p2pblog that hears
    of it erases its copy, but nobody can be made to forget: whoever copied the text elsewhere,
    or never hears of this, still has it. There is no undo.
    """
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("there is no undo; if you are sure, add --yes")
        click.echo(COPIES, err=True)
        click.confirm("Erase it?", abort=True, err=True)
    with face.node() as node:
        done = node.call("erase", entry=entry)
    said = "It was erased already" if done.get("changed") is False else "Erased"
    face.say(done, lambda: [said])
