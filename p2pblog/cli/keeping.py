"""Commands for what one keeps for oneself: bookmark, list, tag, mute, filter."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.api.when import read_span
from p2pblog.cli.face import Document, Face, FaceCommand, short
from p2pblog.cli.group import LazyGroup
from p2pblog.core.errors import BadRequest

LIST_SECTIONS = {
    "Commands": {
        name: f"p2pblog.cli.keeping:list_{name}"
        for name in ("show", "new", "rename", "drop", "add", "remove")
    }
}
PERSON_JSON = '{"identity", "name"}'
LIST_JSON = '{"changed": bool, "name"}'
MEMBER_JSON = '{"changed": bool, "name", "identity"}'
FILTER_FIELDS = '"what", "value", "name", "warns": bool, "until_ms"'
FILTER_NOTE = (
    '"what" is "word", "tag", "person" or "post"; "until_ms" is null for good. '
    "Without an argument it is "
    f'`{{"filters": [{{{FILTER_FIELDS}}}]}}`.'
)


def _duration(_: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Return how long a number and a unit are, in milliseconds."""
    try:
        return None if value is None else read_span(value)
    except BadRequest as error:
        raise click.BadParameter(error.detail, param=param) from error


undo_option = click.option("--undo", is_flag=True, help="Take it back.")
warn_option = click.option(
    "--warn", is_flag=True, help="Show a line instead, by which one can open it."
)
for_option = click.option(
    "--for",
    "for_ms",
    callback=_duration,
    metavar="TIME",
    help="End by itself, after 30m, 12h, 7d ...",
)


@click.command(cls=FaceCommand, shape='{"changed": bool, "entry"}')
@click.argument("entry")
@undo_option
@click.pass_obj
def bookmark(face: Face, entry: str, undo: bool) -> None:
    """Keep ENTRY in mind, for yourself; to read them: p2pblog timeline bookmarks."""
    with face.node() as node:
        done = node.call("bookmark", entry=entry, undo=undo)
    said = {
        (True, False): "Bookmarked",
        (False, False): "It was bookmarked already",
        (True, True): "It is no longer bookmarked",
        (False, True): "It was not bookmarked",
    }
    face.say(done, lambda: [said[done["changed"], undo]])


@click.command(
    cls=FaceCommand, shape='{"changed": bool, "tag"}', note=('Without TAG it is `{"tags": [TAG]}`.')
)
@click.argument("tag", required=False, metavar="[TAG]")
@undo_option
@click.option(
    "--starts-with",
    metavar="TEXT",
    help='List tags in use that begin with TEXT ("" for any), the latest used first.',
)
@click.pass_obj
def tag(face: Face, tag: str | None, undo: bool, starts_with: str | None) -> None:
    """Have what bears TAG in your home timeline; without TAG, list those you follow."""
    if starts_with is not None and (tag is not None or undo):
        raise click.UsageError("--starts-with lists tags; leave out TAG and --undo")
    with face.node() as node:
        if starts_with is not None:
            done = node.call("tags.used", starts_with=starts_with)
        elif tag is None:
            done = node.call("tags")
        else:
            done = node.call("tag.follow", tag=tag, undo=undo)
    if tag is None:
        none = "You follow no tag" if starts_with is None else "No tag here begins like that"
        face.say(done, lambda: [f"#{one}" for one in done["tags"]] or [none])
        return
    said = {
        (True, False): "You now follow",
        (False, False): "You follow already",
        (True, True): "You no longer follow",
        (False, True): "You did not follow",
    }
    face.say(done, lambda: [f"{said[done['changed'], undo]} #{done['tag']}"])


@click.command(cls=FaceCommand, shape=f'{{"changed": bool, {FILTER_FIELDS}}}', note=FILTER_NOTE)
@click.argument("id_", metavar="[ID]", required=False)
@for_option
@warn_option
@undo_option
@click.pass_obj
def mute(face: Face, id_: str | None, for_ms: int | None, warn: bool, undo: bool) -> None:
    """See nothing of a person in your timelines, for yourself alone.

    What they write still comes, and you find it in their profile and by searching; to have none
    of it here: p2pblog block. Without ID, list what you filter.
    """
    _filter(face, "person", id_, for_ms, warn=warn, undo=undo)


@click.command(cls=FaceCommand, shape=f'{{"changed": bool, {FILTER_FIELDS}}}', note=FILTER_NOTE)
@click.argument("text", metavar="[TEXT]", required=False)
@for_option
@warn_option
@undo_option
@click.pass_obj
def filter_(face: Face, text: str | None, for_ms: int | None, warn: bool, undo: bool) -> None:
    """Hide what has TEXT, a word, a phrase or a #tag, from your timelines.

    Without TEXT, list what you filter.
    """
    what = "tag" if text is not None and text.startswith("#") else "word"
    _filter(face, what, text, for_ms, warn=warn, undo=undo)


def _filter(
    face: Face, what: str, value: str | None, for_ms: int | None, *, warn: bool, undo: bool
) -> None:
    with face.node() as node:
        if value is None:
            done = node.call("filters")
        else:
            params: Document = {"what": what, "value": value, "warns": warn, "undo": undo}
            if for_ms is not None:
                params["until_ms"] = face.now_ms() + for_ms
            done = node.call("filter", **params)
    if value is None:
        face.say(done, lambda: _filters(face, done["filters"]))
        return
    said = {
        (True, False): "is now",
        (False, False): "was already",
        (True, True): "is no longer",
        (False, True): "was not",
    }

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import filter_name

        yield f"{filter_name(done)} {said[done['changed'], undo]} filtered"

    face.say(done, lines)


def _filters(face: Face, filters: list[Document]) -> Iterator[str]:
    from p2pblog.cli.show import filter_name, table

    if not filters:
        yield "You filter nothing"
    rows = [
        (filter_name(one), "warns" if one["warns"] else "hides", _until(face, one["until_ms"]))
        for one in filters
    ]
    yield from table(rows, face.room(face.columns))


def _until(face: Face, until_ms: int | None) -> str:
    from p2pblog.cli.show import span

    return "" if until_ms is None else f"for {span(until_ms - face.now_ms())} more"


@click.command(cls=LazyGroup, sections=LIST_SECTIONS, no_args_is_help=False)
def list_group() -> None:
    """Keep lists of people, for yourself; to read one: p2pblog timeline list:NAME."""


@click.command(cls=FaceCommand, shape=f'{{"lists": [{{"name", "members": [{PERSON_JSON}]}}]}}')
@click.pass_obj
def list_show(face: Face) -> None:
    """Show your lists, and who is on them."""
    with face.node() as node:
        found = node.call("lists")

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import person_name
        from p2pblog.cli.width import wrap

        for one in found["lists"]:
            people = [person_name(who["name"], who["identity"]) for who in one["members"]]
            yield from wrap(f"{_named(one)}: {', '.join(people) or 'nobody yet'}", face.columns)
        if not found["lists"]:
            yield "You have no list; to begin one: p2pblog list new NAME"

    face.say(found, lines)


@click.command(cls=FaceCommand, shape=LIST_JSON)
@click.argument("name")
@click.pass_obj
def list_new(face: Face, name: str) -> None:
    """Begin a list."""
    with face.node() as node:
        done = node.call("list.put", name=name)
    said = "Begun" if done["changed"] else "It is there already"
    face.say(done, lambda: [f"{said}: {_named(done)}"])


@click.command(cls=FaceCommand, shape=LIST_JSON)
@click.argument("name")
@click.argument("new")
@click.pass_obj
def list_rename(face: Face, name: str, new: str) -> None:
    """Call the list NAME NEW from now on."""
    with face.node() as node:
        done = node.call("list.put", name=new, before=name)
    face.say(done, lambda: [f"It is called {_named(done)}"])


@click.command(cls=FaceCommand, shape=LIST_JSON)
@click.argument("name")
@click.pass_obj
def list_drop(face: Face, name: str) -> None:
    """Delete a list; the people on it are as they were."""
    with face.node() as node:
        done = node.call("list.drop", name=name)
    face.say(done, lambda: [f"Gone: {_named(done)}"])


@click.command(cls=FaceCommand, shape=MEMBER_JSON)
@click.argument("name")
@click.argument("id_", metavar="ID")
@click.pass_obj
def list_add(face: Face, name: str, id_: str) -> None:
    """Put a person on a list; that is not to follow them."""
    _member(face, name, id_, undo=False)


@click.command(cls=FaceCommand, shape=MEMBER_JSON)
@click.argument("name")
@click.argument("id_", metavar="ID")
@click.pass_obj
def list_remove(face: Face, name: str, id_: str) -> None:
    """Take a person off a list."""
    _member(face, name, id_, undo=True)


def _member(face: Face, name: str, id_: str, *, undo: bool) -> None:
    with face.node() as node:
        done = node.call("list.member", name=name, id=id_, undo=undo)
    said = {
        (True, False): "is on",
        (False, False): "was already on",
        (True, True): "is no longer on",
        (False, True): "was not on",
    }
    who = short(done["identity"])
    face.say(done, lambda: [f"{who} {said[done['changed'], undo]} {_named(done)}"])


def _named(one: Document) -> str:
    """Return the name of a list as it may be shown: a node of an earlier version took any."""
    from p2pblog.content.text import clean_line

    return clean_line(one["name"])
