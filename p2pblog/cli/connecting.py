"""The command that links to another machine: by its address, or by texts that people carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

from p2pblog.cli.face import Document, Face, FaceCommand, Node, short
from p2pblog.core.errors import NodeUnreachable
from p2pblog.core.limits import OFFER_S_MAX

_MINUTES = OFFER_S_MAX // 60


@click.command(
    cls=FaceCommand,
    shape='{"device", "address"}',
    note='With --offer: {"offer", "expires_ms"}; with --answer: {"answer"}.',
)
@click.argument("address", required=False)
@click.option("--offer", is_flag=True, help="Print a text for the person at the other machine.")
@click.option(
    "--answer", metavar="TEXT", help="Take their offer, and print the text they wait for."
)
@click.option("--accept", metavar="TEXT", help="Take their answer to your offer, and link.")
@click.pass_obj
def connect(
    face: Face, address: str | None, offer: bool, answer: str | None, accept: str | None
) -> None:
    """Link to another machine: at ADDRESS, or by texts that you send each other.

    ADDRESS is written HOST:PORT, for example 192.168.1.5:4114, or [fe80::1%eth0]:4114; it is
    remembered. Where no address can be reached because routers are in between, one of you runs
    --offer, the other --answer, and the first --accept, each with the text that came before. Both
    need a node that stays: p2pblog node, or an open client.
    """
    given = [address is not None, offer, answer is not None, accept is not None]
    if sum(given) != 1:
        raise click.UsageError("give an ADDRESS, or one of --offer, --answer and --accept")
    if address is not None:
        with face.node() as node:
            done = node.call("connect", address=address)
        face.say(done, lambda: [_linked(done)])
    elif offer:
        made = _ask_running(face, lambda node: node.call("connect.offer"))
        face.say(made, lambda: _offer_lines(made))
    elif answer is not None:
        found = _ask_running(face, lambda node: node.call("connect.answer", offer=answer))
        face.say(found, lambda: _answer_lines(found))
    else:
        done = _ask_running(face, lambda node: node.call("connect.accept", answer=accept))
        face.say(done, lambda: [_linked(done)])


def _ask_running(face: Face, ask: Callable[[Node], Document]) -> Document:
    """Ask a node that runs already: one started for this command would not wait for a person."""
    try:
        with face.node(start=False) as node:
            return ask(node)
    except NodeUnreachable as error:
        from p2pblog.api.spawn import is_locked

        if is_locked(face.home):
            raise
        raise NodeUnreachable("none runs that could wait; start one: p2pblog node") from error


def _linked(done: Document) -> str:
    return f"Linked to {short(done['device'])} at {done['address']}"


def _offer_lines(made: Document) -> Iterator[str]:
    yield made["offer"]
    yield ""
    yield "Send this to the other person. On their machine: p2pblog connect --answer TEXT"
    yield f"Then, within {_MINUTES} minutes, with what they send you: p2pblog connect --accept TEXT"


def _answer_lines(found: Document) -> Iterator[str]:
    yield found["answer"]
    yield ""
    yield f"Send this back within {_MINUTES} minutes. The link comes up once they have accepted it."
