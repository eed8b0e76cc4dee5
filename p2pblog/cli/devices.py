"""Commands about the devices of one person: device add, join, list, revoke; init --restore."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from p2pblog.cli.face import Document, Face, FaceCommand, short
from p2pblog.cli.group import LazyGroup
from p2pblog.core.limits import PAIRING_S_MAX, WORDS_CHARS_MAX

DEVICE_SECTIONS = {
    "Commands": {
        "add": "p2pblog.cli.devices:add",
        "join": "p2pblog.cli.devices:join",
        "list": "p2pblog.cli.devices:list_",
        "revoke": "p2pblog.cli.devices:revoke",
    }
}
DEVICE_JSON = '{"device", "name", "this": bool, "revoked": bool, "entries", "last_ms"}'


@click.command(cls=LazyGroup, sections=DEVICE_SECTIONS, no_args_is_help=False)
def device_group() -> None:
    """Add, list and revoke the devices that are you."""


@click.command(
    cls=FaceCommand,
    shape='{"device", "name", "compare"}',
    note="With --json, the code and the number are said on standard error.",
)
@click.option("--yes", is_flag=True, help="Add whoever has the code, without asking (for scripts).")
@click.pass_obj
def add(face: Face, yes: bool) -> None:
    """Add another device of yours: show a code, and wait for it to be typed there.

    Both screens then show six digits. If they are the same, say yes; if not, somebody stands
    in between.
    """
    from p2pblog.cli.show import plain

    with face.node() as node:
        offer = node.call("device.offer")
        _tell(face, f"On the new device, type:  p2pblog device join {offer['code']}")
        _tell(face, f"If it finds nothing, add:  --at {_first_address(offer)}")
        _tell(face, f"Waiting, for {PAIRING_S_MAX // 60} minutes at most ...")
        try:
            came = node.call("device.wait")
            name = f" ({plain(came['name'])})" if came["name"] else ""
            _tell(face, f"Device {short(came['device'])}{name} has come.")
            _tell(face, f"It must show this number:  {_digits(came)}")
            sure = yes or click.confirm("Is it the same there?", err=True)
        except (KeyboardInterrupt, click.Abort):
            with face.node() as other:  # the first connection may still owe an answer
                other.call("device.confirm", accept=False)
            raise
        answer: Document = {"compare": came["compare"]} if sure else {}
        done = node.call("device.confirm", accept=sure, **answer)
    if not sure:
        raise click.ClickException("nothing was added; whoever came has been told no")
    done.pop("added", None)
    face.say(done, lambda: [f"Added. {short(done['device'])} is you as well from now on."])


@click.command(
    cls=FaceCommand,
    shape='{"identity", "device", "name"}',
    note="With --json, the number is said on standard error.",
)
@click.argument("code", nargs=-1, required=True)
@click.option("--at", metavar="HOST:PORT", help="Where the other device waits, as it says.")
@click.option(
    "--name", metavar="NAME", default="", help="What to call this device; everybody can read it."
)
@click.pass_obj
def join(face: Face, code: tuple[str, ...], at: str | None, name: str) -> None:
    """Make this machine a device of yours, by the CODE that the other one shows.

    CODE are the six words of p2pblog device add. The home must not have an identity yet.
    """
    params: dict[str, Any] = {"code": " ".join(code), "name": name}
    if at is not None:
        params["at"] = at
    with face.node(begins=True) as node:
        if at is None:
            _tell(face, "Looking for the other device on this network ...")
        shown = node.call("device.join", **params)
        _tell(face, f"The other device must show this number:  {_digits(shown)}")
        _tell(face, "If it does, say yes there. Waiting ...")
        try:
            done = node.call("device.joined")
        except KeyboardInterrupt:
            with face.node() as other:  # the first connection still owes an answer
                other.call("device.leave")
            raise

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import person_name

        yield f"Welcome back, {face.style(person_name(done['name'], done['identity']), bold=True)}."
        yield "You are:      " + done["identity"]
        yield "This device:  " + done["device"]
        yield "What you wrote elsewhere comes as fast as the link allows."

    face.say(done, lines)


@click.command(name="list", cls=FaceCommand, shape=f'{{"identity", "devices": [{DEVICE_JSON}]}}')
@click.pass_obj
def list_(face: Face) -> None:
    """List the devices that are you, as far as they are known here."""
    with face.node() as node:
        found = node.call("device.list")

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import count, plain, table, time_ago

        rows = []
        for device in found["devices"]:
            said = "nothing yet"
            if device["last_ms"] is not None:
                said = f"last {time_ago(device['last_ms'], face.now_ms())}"
            state = "this one" if device["this"] else ""
            rows.append(
                [
                    short(device["device"]),
                    plain(device["name"] or "-"),
                    count(device["entries"], "entry", "entries"),
                    said,
                    "revoked" if device["revoked"] else state,
                ]
            )
        yield from table(rows, face.room(face.columns))

    face.say(found, lines)


@click.command(
    cls=FaceCommand,
    shape='{"device", "changed": bool, "kept", "id"}',
    note="Without a terminal, the words are read from standard input.",
)
@click.argument("device")
@click.pass_obj
def revoke(face: Face, device: str) -> None:
    """Disown DEVICE, lost or stolen; asks for your 24 words.

    What this device holds of it by now stays yours; whatever it writes after that counts for
    nothing, for anybody. DEVICE is the beginning of its key, as in p2pblog device list.
    """
    words = ask_words()
    with face.node() as node:
        done = node.call("device.revoke", device=device, words=words)

    def lines() -> Iterator[str]:
        if not done["changed"]:
            yield f"{short(done['device'])} was revoked before."
            return
        from p2pblog.cli.show import count

        kept = count(done["kept"], "entry", "entries")
        yield f"Revoked. {kept} of {short(done['device'])} stay yours, and no more."

    face.say(done, lines)


def restore(face: Face, connect: str | None) -> None:
    """Carry out `p2pblog init --restore`."""
    words = ask_words()
    params = {"words": words} | ({} if connect is None else {"connect": connect})
    with face.node(begins=True) as node, face.progress("Fetching your history") as progress:
        if not face.json:
            _tell(face, "Waiting for a peer that holds your history ...")
        done = node.call("restore", on_progress=progress, **params)

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import count, person_name

        yield f"Welcome back, {face.style(person_name(done['name'], done['identity']), bold=True)}."
        yield "You are:      " + done["identity"]
        yield "This device:  " + done["device"]
        yield (
            f"{count(done['entries'], 'entry', 'entries')} of yours in "
            f"{count(done['logs'], 'log')} are here."
        )
        yield "Next: p2pblog device list, to revoke the devices that you have lost."

    face.say(done, lines)


def ask_words() -> str:
    """Return the 24 words that a person types unseen, or that standard input holds."""
    if sys.stdin.isatty():
        words: str = click.prompt("Your 24 words (not shown)", hide_input=True, err=True)
    else:
        words = sys.stdin.read(WORDS_CHARS_MAX + 1)
    if not words.strip() or len(words) > WORDS_CHARS_MAX:
        raise click.UsageError("type your 24 words, with blanks between them")
    return words


def _tell(face: Face, line: str) -> None:
    click.echo(line, err=face.json)


def _digits(document: Document) -> str:
    compare = document["compare"]
    return f"{compare[:3]} {compare[3:]}"


def _first_address(offer: Document) -> str:
    from p2pblog.cli.show import plain

    addresses = offer["addresses"]
    if not addresses:
        return "HOST:PORT"
    host, _, port = plain(addresses[0]).rpartition(":")
    return f"THIS-MACHINE:{port}" if host in ("[::]", "0.0.0.0") else f"{host}:{port}"  # noqa: S104
