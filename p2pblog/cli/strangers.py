"""Commands about strangers who mention one: requests show, accept, dismiss, accepted."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Face, FaceCommand, short
from p2pblog.cli.group import LazyGroup
from p2pblog.cli.keeping import undo_option
from p2pblog.cli.paging import before_option, limit_option, read_pages
from p2pblog.cli.reading import ENTRIES_JSON

REQUEST_SECTIONS = {
    "Commands": {
        name: f"p2pblog.cli.strangers:requests_{name}"
        for name in ("show", "accept", "dismiss", "accepted")
    }
}
DECIDED_JSON = '{"changed": bool, "identity"}'


@click.command(cls=LazyGroup, sections=REQUEST_SECTIONS, no_args_is_help=False)
def requests_group() -> None:
    """Decide about mentions by strangers, who are let through to you only when you say so.

    A stranger is whom neither you nor anybody you follow follows. Nobody learns what you decide.
    """


@click.command(cls=FaceCommand, shape=ENTRIES_JSON)
@limit_option()
@before_option
@click.pass_obj
def requests_show(face: Face, limit: int, before: str | None) -> None:
    """Show what waits, newest first."""
    with face.node() as node:
        page = read_pages(node, "timeline", limit, before, view="requests")

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import entries

        if page["entries"]:
            yield from entries(face, page["entries"])
            yield ""
            how = "p2pblog follow ID, p2pblog requests accept ID, p2pblog requests dismiss ID"
            yield face.style(f"To decide: {how}", dim=True)
        else:
            yield "No stranger waits." if page["next"] is None else "Nothing so far."
        if page["next"] is not None:
            yield face.style(f"Older: p2pblog requests show --before {page['next']}", dim=True)

    face.say(page, lines)


@click.command(cls=FaceCommand, shape=DECIDED_JSON)
@click.argument("id_", metavar="ID")
@undo_option
@click.pass_obj
def requests_accept(face: Face, id_: str, undo: bool) -> None:
    """Let a stranger's mentions through from now on, without following them."""
    with face.node() as node:
        done = node.call("requests.accept", id=id_, undo=undo)
    said = {
        (True, False): "are let through to you",
        (False, False): "were let through already",
        (True, True): "wait to be decided about again",
        (False, True): "were not let through",
    }
    face.say(done, lambda: [f"Mentions by {short(done['identity'])} {said[done['changed'], undo]}"])


@click.command(cls=FaceCommand, shape=DECIDED_JSON)
@click.argument("id_", metavar="ID")
@click.pass_obj
def requests_dismiss(face: Face, id_: str) -> None:
    """Let go of all that waits by a person; what they write later waits again."""
    with face.node() as node:
        done = node.call("requests.dismiss", id=id_)
    face.say(done, lambda: [f"What {short(done['identity'])} said so far waits no longer"])


@click.command(cls=FaceCommand, shape='{"accepted": [{"identity", "name"}]}')
@click.pass_obj
def requests_accepted(face: Face) -> None:
    """List the strangers whose mentions you let through."""
    with face.node() as node:
        found = node.call("requests.accepted")

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import person_name

        for one in found["accepted"]:
            yield f"{short(one['identity'])}  {person_name(one['name'], one['identity'])}"
        if not found["accepted"]:
            yield "You let through nobody yet"

    face.say(found, lines)
