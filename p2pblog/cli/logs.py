"""Commands about logs as such: log verify, log export, log import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from p2pblog.cli.face import Face, FaceCommand, short
from p2pblog.cli.group import LazyGroup

LOG_SECTIONS = {
    "Commands": {
        "verify": "p2pblog.cli.logs:verify",
        "export": "p2pblog.cli.logs:export",
        "import": "p2pblog.cli.logs:import_",
    }
}


@click.command(cls=LazyGroup, sections=LOG_SECTIONS, no_args_is_help=False)
def log_group() -> None:
    """Check logs, or carry them as a file."""


@click.command(
    cls=FaceCommand,
    shape='{"logs", "entries", "checkpoints", "errors": [{"log", "seq", "code", "message"}]}',
    note="The exit status is 1 when there are errors.",
)
@click.argument("log", required=False, metavar="[LOG]")
@click.pass_obj
def verify(face: Face, log: str | None) -> int:
    """Check every hash and signature of the logs that are here, or of LOG alone."""
    from p2pblog.cli.show import count, plain

    with face.node() as node, face.progress("Checking") as progress:
        params = {} if log is None else {"log": log}
        found = node.call("log.verify", on_progress=progress, **params)

    def lines() -> Iterator[str]:
        yield (
            f"{count(found['entries'], 'entry', 'entries')} in {count(found['logs'], 'log')}, "
            f"{count(found['checkpoints'], 'signature')}: "
            + ("all good" if not found["errors"] else count(len(found["errors"]), "error"))
        )
        for error in found["errors"]:
            yield f"{short(error['log'])} {error['seq']}: {plain(error['message'])}"

    face.say(found, lines)
    return 1 if found["errors"] else 0


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


@click.command(name="import", cls=FaceCommand, shape='{"logs", "entries", "new"}')
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_(face: Face, file: Path) -> None:
    """Take in the logs of FILE, which `p2pblog log export` wrote somewhere else."""
    with face.node() as node, face.progress("Reading") as progress:
        done = node.call("log.import", on_progress=progress, path=str(Path.cwd() / file))

    def lines() -> Iterator[str]:
        from p2pblog.cli.show import count

        entries = count(done["entries"], "entry", "entries")
        yield f"{entries} of {count(done['logs'], 'log')} read, {done['new']:,} of them new"

    face.say(done, lines)
