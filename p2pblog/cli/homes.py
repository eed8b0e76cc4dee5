"""Commands about the homes of a person: the list of them, and what is on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from p2pblog.cli.face import Document, Face, FaceCommand, home_option, json_option, short
from p2pblog.cli.group import LazyGroup

SECTIONS = {
    "Homes": {
        "list": "p2pblog.cli.homes:homes_list",
        "add": "p2pblog.cli.homes:homes_add",
        "remove": "p2pblog.cli.homes:homes_remove",
    }
}
LIST_JSON = (
    '{"homes": [{"name", "home", "identity", "called", "running": bool, "unread", "here": bool}]}'
)


@click.command(
    cls=LazyGroup,
    sections=SECTIONS,
    invoke_without_command=True,
    no_args_is_help=False,
    params=[home_option(), json_option()],
)
@click.pass_context
def homes(ctx: click.Context) -> None:
    """Know several homes by name; --home takes such a name, and the client switches."""
    if ctx.invoked_subcommand is None:
        _list(ctx.ensure_object(Face))


@click.command(
    cls=FaceCommand,
    shape=LIST_JSON,
    note='"unread" is null while the node of that home does not run.',
)
@click.pass_obj
def homes_list(face: Face) -> None:
    """List the homes, whose they are, and what waits there."""
    _list(face)


@click.command(cls=FaceCommand, shape='{"name", "home"}')
@click.argument("name")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def homes_add(face: Face, name: str, folder: Path) -> None:
    """Call the home in DIR NAME; it need not exist yet."""
    from p2pblog.api.homes import Homes

    added = Homes().add(name, folder)
    done = {"name": added.name, "home": str(added.path)}

    def lines() -> Iterator[str]:
        from shlex import quote

        yield f"{added.name} is {added.path}; to open it: p2pblog --home {quote(added.name)}"

    face.say(done, lines)


@click.command(cls=FaceCommand, shape='{"name", "home"}')
@click.argument("name", metavar="NAME")
@click.pass_obj
def homes_remove(face: Face, name: str) -> None:
    """Take a home (its name or folder) off the list; its files stay as they are."""
    from p2pblog.api.homes import Homes

    gone = Homes().remove(name)
    done = {"name": gone.name, "home": str(gone.path)}
    face.say(done, lambda: [f"{gone.name} is off the list; its files are still in {gone.path}"])


def _list(face: Face) -> None:
    from p2pblog.api.homes import Homes, absolute
    from p2pblog.tui.homes import look_at, with_here

    listed, here = Homes(), absolute(face.home)
    found = [look_at(one, listed) for one in with_here(listed.all(), here)]
    shown: list[Document] = [
        {
            "name": one.known.name,
            "home": str(one.known.path),
            "identity": one.known.identity,
            "called": one.called,
            "running": one.running,
            "unread": one.unread,
            "here": one.known.path == here,
        }
        for one in found
    ]

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import table

        rows = [
            (
                f"{'*' if one['here'] else ' '} {one['name']}",
                short(one["identity"]) if one["identity"] else "",
                "runs" if one["running"] else "",
                "" if one["unread"] is None else f"{one['unread']} new",
                one["home"],
            )
            for one in shown
        ]
        yield from table(rows, face.room(face.columns))

    if damage := listed.damage():
        click.echo(damage, err=True)
    face.say({"homes": shown}, lines)
