"""Commands about logs as such: log verify, log repair, log export, log import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from p2pblog.cli.face import Document, Face, FaceCommand, short
from p2pblog.cli.group import LazyGroup

LOG_SECTIONS = {
    "Commands": {
        "verify": "p2pblog.cli.logs:verify",
        "repair": "p2pblog.cli.logs:repair",
        "export": "p2pblog.cli.logs:export",
        "import": "p2pblog.cli.logs:import_",
    }
}


@click.command(cls=LazyGroup, sections=LOG_SECTIONS, no_args_is_help=False)
def log_group() -> None:
    """Check logs, or carry them as a file."""


@click.command(
    cls=FaceCommand,
    shape=(
        '{"logs", "entries", "signatures", "checkpoints", '
        '"errors": [{"log", "seq", "code", "message"}]}'
    ),
    note="The exit status is 1 when there are errors.",
)
@click.argument("log", required=False, metavar="[LOG]")
@click.pass_obj
def verify(face: Face, log: str | None) -> int:
    """Check every hash and signature of the logs that are here, or of LOG alone.

    LOG is the beginning of a device's key, which begins with d, or of an identity.
    """
    from p2pblog.cli.show import count, plain

    with face.node() as node, face.progress("Checking") as progress:
        params = {} if log is None else {"log": log}
        found = node.call("log.verify", on_progress=progress, **params)

    def lines() -> Iterator[str]:
        yield (
            f"{count(found['entries'], 'entry', 'entries')} in {count(found['logs'], 'log')}, "
            f"{count(found['signatures'], 'signature')}: "
            + ("all good" if not found["errors"] else count(len(found["errors"]), "error"))
        )
        for error in found["errors"]:
            yield f"{short(error['log'])} {error['seq']}: {plain(error['message'])}"

    face.say(found, lines)
    return 1 if found["errors"] else 0


@click.command(
    cls=FaceCommand,
    shape=(
        '{"repaired": bool, "problems": [TEXT], "aside", "entries", "missing", "nameless", '
        '"logs": [{"log", "entries", "ranges": [[LOW, HIGH]], "missing": [[LOW, HIGH]], '
        '"behind"}], "declared": [LOG]}'
    ),
)
@click.option(
    "--declare-lost",
    is_flag=True,
    help="Write on although the newest entries of this device are lost for good.",
)
@click.pass_obj
def repair(face: Face, declare_lost: bool) -> None:
    """Make a damaged log store anew from all that can be saved of it.

    Stop the node first. The damaged folder is kept beside the new one. What is missing comes
    back from peers that hold it; until this device has its own newest entries again it does
    not write, because a second entry with the same number would be a fork. Use --declare-lost
    only when nobody else can hold them.
    """
    with face.progress("Repairing") as progress:
        found = face.repair_store(progress, declare_lost=declare_lost)
    face.say(found, lambda: _repair_lines(found))


def _repair_lines(found: Document) -> Iterator[str]:
    from p2pblog.cli.show import count, plain

    if not found["repaired"]:
        yield "The store is whole; nothing was changed."
    for problem in found["problems"]:
        yield f"found      {plain(problem)}"
    if found["repaired"]:
        entries = count(found["entries"], "entry", "entries")
        yield f"saved      {entries} of {count(len(found['logs']), 'log')}"
        yield f"kept       the damaged store is now {plain(found['aside'])}"
    for log in found["logs"]:
        if log["missing"]:
            gaps = ", ".join(f"{low} to {high}" for low, high in log["missing"])
            yield f"missing    {short(log['log'])}: entries {gaps}"
    if found["nameless"]:
        yield f"missing    {count(found['nameless'], 'entry', 'entries')} of logs without a name"
    if found["missing"] or found["nameless"]:
        yield "What is missing comes from peers that hold it, once this node is linked to them."
    for log in found["logs"]:
        if log["behind"] and log["log"] not in found["declared"]:
            lost = count(log["behind"], "entry", "entries")
            yield (
                f"This device's own log {short(log['log'])} lacks its newest {lost}: it does not "
                "write before they are back. If nobody has them: p2pblog log repair --declare-lost"
            )
    for log in found["declared"]:
        yield f"declared   {short(log)} goes on without its lost entries"


@click.command(cls=FaceCommand, shape='{"logs", "entries"}')
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export(face: Face, file: Path) -> None:
    """Write all logs that are here into FILE, for a USB stick for example.

    A FILE of that name is replaced, once the new one is whole.
    """
    with face.node() as node, face.progress("Writing") as progress:
        done = node.call("log.export", on_progress=progress, path=str(Path.cwd() / file))

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import count

        entries = count(done["entries"], "entry", "entries")
        yield f"{entries} of {count(done['logs'], 'log')} written to {file}"

    face.say(done, lines)


@click.command(name="import", cls=FaceCommand, shape='{"logs", "entries", "new", "partly"}')
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_(face: Face, file: Path) -> None:
    """Take in the logs of FILE, which `p2pblog log export` wrote somewhere else."""
    with face.node(begins=True) as node, face.progress("Reading") as progress:
        done = node.call("log.import", on_progress=progress, path=str(Path.cwd() / file))

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import count

        entries = count(done["entries"], "entry", "entries")
        yield f"{entries} of {count(done['logs'], 'log')} read, {done['new']:,} of them new"
        if partly := done["partly"]:
            whose = "1 log is" if partly == 1 else f"{partly:,} logs are"
            yield f"{whose} of people you do not follow: only the newest entries of those stay"

    face.say(done, lines)
