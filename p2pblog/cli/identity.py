"""Commands about oneself: init, whoami."""

from __future__ import annotations

from collections.abc import Iterator

import click

from p2pblog.cli.face import Face, FaceCommand


@click.command(
    cls=FaceCommand,
    shape='{"identity", "device", "name", "words": [24 words]}',
    note='JSON with --restore: `{"identity", "device", "name", "logs", "entries"}`',
)
@click.option("--name", metavar="NAME", help="How you want to be called.")
@click.option("--restore", is_flag=True, help="Get your identity back, by the words you have.")
@click.option("--connect", metavar="HOST:PORT", help="With --restore: a peer that knows you.")
@click.pass_obj
def init(face: Face, name: str | None, restore: bool, connect: str | None) -> None:
    """Create your identity and print its 24 words.

    The words are shown this once and kept nowhere: write them on paper. With --restore, no
    identity is made: type the words of yours (or give them on standard input), and peers hand
    back what you wrote. Interrupted, the same command goes on.
    """
    if restore:
        if name is not None:
            raise click.UsageError("--name is not for --restore: your name comes back by itself")
        from p2pblog.cli import devices

        devices.restore(face, connect)
        return
    if connect is not None:
        raise click.UsageError("--connect goes with --restore")
    if name is None:
        raise click.UsageError("Missing option '--name'")
    if not name.strip():
        raise click.UsageError("a name needs at least one letter: p2pblog init --name NAME")
    with face.node(begins=True) as node:
        made = node.call("init", name=name)
    if isinstance(made["words"], str):
        made["words"] = made["words"].split()

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import person_name
        from p2pblog.cli.width import wrap

        yield f"Welcome, {face.style(person_name(made['name'], made['identity']), bold=True)}."
        yield "You are:      " + made["identity"]
        yield "This device:  " + made["device"]
        yield ""
        yield "Your 24 words:"
        yield ""
        yield from number_words(made["words"], face.columns)
        yield ""
        yield from wrap(
            "Write them on paper, in this order, and keep the paper safe. Nobody else has them and "
            "they are not stored here. Whoever has these words is you: with them you get your "
            "identity back on a new device; without them, nobody can. Do not photograph them, do "
            "not mail them, and tell them to nobody who asks.",
            face.columns,
        )
        yield ""
        yield "Next: p2pblog post TEXT, or open the client: p2pblog"

    face.say(made, lines)


def number_words(words: list[str], columns: int) -> Iterator[str]:
    """Lay the words out in numbered columns, to be read downwards."""
    room = max(map(len, words)) + 6
    across = max(1, min(4, (columns - 2) // room))
    down = -(-len(words) // across)
    for row in range(down):
        cells = [f"{at + 1:>2} {words[at]}" for at in range(row, len(words), down)]
        yield "  " + "".join(cell.ljust(room) for cell in cells).rstrip()


@click.command(cls=FaceCommand, shape='{"identity", "device", "name"}')
@click.pass_obj
def whoami(face: Face) -> None:
    """Show who you are here: your name, your identity, and this device."""
    with face.node() as node:
        me = node.call("whoami")

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import person_name

        yield face.style(person_name(me["name"], me["identity"]), bold=True)
        yield "identity  " + me["identity"]
        yield "device    " + me["device"]

    face.say(me, lines)
