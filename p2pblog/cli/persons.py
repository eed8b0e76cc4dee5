"""Commands about people: profile, people."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Document, Face, FaceCommand
from p2pblog.cli.meeting import meet, no_wait_option
from p2pblog.cli.paging import limit_option
from p2pblog.core.limits import PROFILE_FIELDS_MAX

PERSON_JSON = (
    '{"identity", "name", "looks_like", "bio", "fields": [{"name", "value"}], "self", "followed", '
    '"follows_me", "near", "posts", "following", "followers", "last_ms"}'
)


@click.command(cls=FaceCommand, shape=PERSON_JSON)
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--name", metavar="NAME", help="Call yourself NAME from now on.")
@click.option("--bio", metavar="TEXT", help='Describe yourself in a few words ("" for nothing).')
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help=f"Say this of yourself, a link perhaps; up to {PROFILE_FIELDS_MAX}, instead of those "
    'before ("" for none).',
)
@click.pass_obj
def profile(
    face: Face, id_: str | None, name: str | None, bio: str | None, fields: tuple[str, ...]
) -> None:
    """Show who somebody is, or change what stands about you.

    ID is the beginning of an identity, or a name that only one person here has; without it,
    the profile is your own.
    """
    changing = name is not None or bio is not None or bool(fields)
    if changing and id_ is not None:
        raise click.UsageError("you can change your own profile only; leave out ID")
    with face.node() as node:
        found = node.call("profile", id=id_ or node.call("whoami")["identity"])
        if changing:
            new_name = found["name"] or "" if name is None else name
            new_bio = found.get("bio") or "" if bio is None else bio
            said: Document = {"name": new_name, "bio": new_bio}
            said |= {"fields": _fields(fields)} if fields else {}
            node.call("set_profile", **said)
            found |= said

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import person

        return person(face, found)

    face.say(found, lines)


def _fields(typed: tuple[str, ...]) -> list[dict[str, str]]:
    if typed == ("",):
        return []
    fields = []
    for one in typed:
        name, equals, value = one.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise click.UsageError(f"write NAME=VALUE, not {one!r}")
        fields.append({"name": name.strip(), "value": value.strip()})
    return fields


@click.command(
    cls=FaceCommand,
    shape=f'{{"people": [{PERSON_JSON}]}}',
    note='With --starts-with each has "mention" as well: what a post says after @ to mean them.',
)
@click.option("--near", is_flag=True, help="Only people met on this network.")
@click.option(
    "--starts-with",
    metavar="TEXT",
    help="Only people whose name or identity begins with TEXT, those you follow first.",
)
@limit_option("people")
@no_wait_option
@click.pass_obj
def people(face: Face, near: bool, starts_with: str | None, limit: int, no_wait: bool) -> None:
    """List people: the nearest first, then those who were active last."""
    typed: Document = {} if starts_with is None else {"starts_with": starts_with}
    with face.node() as node:
        meet(node, no_wait=no_wait)
        found = node.call("people", near=near, limit=limit, **typed)

    def lines() -> Iterator[str]:
        if not found["people"] and typed:
            yield "Nobody here is called that."
            return
        if not found["people"]:
            yield "Nobody yet. To reach another machine: p2pblog connect HOST:PORT"
            return
        from p2pblog.cli.show import people as show_people

        yield from show_people(face, found["people"])

    face.say(found, lines)
