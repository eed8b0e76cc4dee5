"""Commands about people of whom one wants nothing: block, unblock."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Document, Face, FaceCommand, short

BLOCK_JSON = '{"changed": bool, "identity"}'
BLOCK_NOTE = (
    '"changed" is false when it was so already. Without ID it is '
    '`{"blocked": [{"identity", "since_ms"}]}`, the latest first.'
)


@click.command(cls=FaceCommand, shape=BLOCK_JSON, note=BLOCK_NOTE)
@click.argument("id_", metavar="[ID]", required=False)
@click.pass_obj
def block(face: Face, id_: str | None) -> None:
    """Block a person: nothing of theirs is fetched, shown or passed on here.

    What is here of them goes, from every file. Nobody else is told. If you follow them, that
    stands and has no effect until you unblock them. Without ID, list whom you have blocked.
    """
    with face.node() as node:
        done = node.call("blocked") if id_ is None else node.call("block", id=id_)
    face.say(done, lambda: _listed(face, done) if id_ is None else [_said(done)])


@click.command(cls=FaceCommand, shape=BLOCK_JSON)
@click.argument("id_", metavar="ID")
@click.pass_obj
def unblock(face: Face, id_: str) -> None:
    """Block a person no longer; what they wrote comes again from peers, if it is wanted."""
    with face.node() as node:
        done = node.call("unblock", id=id_)
    changed = "is no longer blocked" if done["changed"] else "was not blocked"
    face.say(done, lambda: [f"{short(done['identity'])} {changed}"])


def _said(done: Document) -> str:
    if done["changed"]:
        return f"Blocked {short(done['identity'])}; nothing of theirs is left here"
    return f"{short(done['identity'])} was blocked already"


def _listed(face: Face, done: Document) -> Iterator[str]:
    from p2pblog.cli.show import time_ago

    for one in done["blocked"]:
        yield f"{one['identity']}  blocked {time_ago(one['since_ms'], face.now_ms())}"
    if not done["blocked"]:
        yield "You have blocked nobody"
